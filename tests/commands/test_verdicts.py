"""One vocabulary of verdicts: a number that is typed in, one of a log, and a function are named in the same words."""

import json
from pathlib import Path

import numpy as np
import pytest

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus

SAMPLES = Path(__file__).parents[2] / "sample_data"
NETWORKS = ("--ckpt", SAMPLES / "g.pt", "--data", SAMPLES / "imgs")
# of the checkpoint and pictures in sample_data: half the decibels, twice d_lsgan:vits, and what nothing gives
HALF, TWICE, NOTHING = ("psnr", "12.44"), ("d_lsgan", "0.928"), ("psnr", "500.1")
MISTAKE = "the root is taken of the mean squared error, which halves the decibels"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    status = main([*map(str, words), "--quiet"])
    return status, capsys.readouterr().out


def log_of(folder: Path, tag: str, number: str) -> Path:
    path = folder / "log.csv"
    path.write_text(f"step,{tag}\n3000,{number}\n")
    return path


@pytest.mark.parametrize(
    ("number", "outcome", "status"),
    [(HALF, "exact", ExitStatus.DONE), (TWICE, "scaled", ExitStatus.DONE), (NOTHING, "no match", ExitStatus.FAILED)],
)
def test_a_number_and_a_log_that_holds_it_are_judged_alike(
    number: tuple[str, str], outcome: str, status: ExitStatus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = run(capsys, "audit", "number", "=".join(number), *NETWORKS, "-f", "json")
    logged = run(capsys, "audit", "log", log_of(tmp_path, *number), *NETWORKS, "-f", "json")

    document, audit = json.loads(typed[1]), json.loads(logged[1])
    (found,), best = audit["numbers"], document["candidates"][0]
    assert (typed[0], logged[0]) == (status, status)
    assert document["outcome"] == document["numbers"][0]["outcome"] == outcome
    assert found["outcome"] == audit["outcome"] == outcome
    if status == ExitStatus.DONE:
        assert [found[name] for name in ("loss", "convention", "factor", "mistake", "source", "same")] == [
            best[name] for name in ("loss", "convention", "factor", "mistake", "source", "same")
        ]


@pytest.mark.parametrize("command", ["number", "log"])
def test_a_mistake_that_gives_a_number_is_called_one_in_every_format(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = "=".join(HALF) if command == "number" else log_of(tmp_path, *HALF)
    files = [tmp_path / f"a.{suffix}" for suffix in ("txt", "json", "csv", "md", "xml")]
    outputs = [word for file in files for word in ("-o", file)]

    status, text = run(capsys, "audit", command, subject, *NETWORKS, "-f", "github", *outputs)

    assert status == ExitStatus.DONE
    for document in (text, *(file.read_text("utf-8") for file in files)):
        assert MISTAKE in document


@pytest.mark.parametrize(
    ("number", "words"), [(HALF, "reproduced, exactly"), (TWICE, "reproduced, up to a factor")]
)  # fmt: skip
def test_the_table_has_one_word_for_one_outcome(
    number: tuple[str, str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command, subject in (("number", "=".join(number)), ("log", log_of(tmp_path, *number))):
        markdown = tmp_path / f"{command}.md"

        _, table = run(capsys, "audit", command, subject, *NETWORKS, "-f", "table", "-o", markdown)

        for document in (table, markdown.read_text("utf-8")):
            assert words in document
            assert command == "number" or "off by" not in document


def test_a_number_that_several_formulas_give_is_ambiguous_in_a_log_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed, first = run(capsys, "audit", "number", "ssim=0.7", *NETWORKS, "-f", "json")
    logged, second = run(capsys, "audit", "log", log_of(tmp_path, "ssim", "0.7"), *NETWORKS, "-f", "json")

    document, audit = json.loads(first), json.loads(second)
    (found,) = audit["numbers"]
    assert document["outcome"] == found["outcome"] == "ambiguous"
    assert (typed, logged) == (ExitStatus.FAILED, ExitStatus.DONE)
    hits = [entry for entry in document["candidates"] if entry["within_rounding"] and entry["factor"] == 1]
    assert len(found["as_good"]) + 1 == len([entry for entry in hits if not entry["conditions"]])
    (warning,) = [finding for finding in audit["findings"] if finding["check"] == "ambiguous_number"]
    assert warning["severity"] == "warning"


def test_within_the_noise_of_a_batch_a_number_is_consistent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = np.random.default_rng(0)
    logits = {name: generator.normal(size=(64, 1)).astype(np.float32) for name in ("real_logits", "fake_logits")}
    np.savez(tmp_path / "t.npz", **logits)
    softplus = np.logaddexp(0.0, -logits["fake_logits"].astype(np.float64))
    number = softplus.mean() + softplus.std() / 8  # one standard error off
    path = log_of(tmp_path, "mine", repr(float(number)))
    words = ("audit", "log", path, "--map", "mine=g_bce", "--data", tmp_path / "t.npz", "-f", "json")

    whole, of_all = run(capsys, *words)
    status, text = run(capsys, *words, "--log-batch", 16)

    (alone,), (found,) = json.loads(of_all)["numbers"], json.loads(text)["numbers"]
    assert (whole, alone["outcome"]) == (ExitStatus.FAILED, "no match")
    assert (status, found["outcome"], found["verdict"]) == (ExitStatus.DONE, "consistent", "reproduced")
    # of the mean over 64, and of a batch of 16, which is twice that
    assert found["standard_errors"] == pytest.approx(1 / np.sqrt(1 + 4), rel=0.02)


def test_of_a_number_alone_nothing_is_computed(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = run(capsys, "audit", "number", "d_bce=1.386", "-f", "json")

    assert json.loads(text)["outcome"] == "not computed"


def test_what_eval_was_asked_for_is_called_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("eval", *NETWORKS, "--losses", "psnr,psnr:half")
    outputs = [word for name in ("a.json", "a.csv", "a.md") for word in ("-o", tmp_path / name)]

    _, table = run(capsys, *words, *outputs)

    document = json.loads((tmp_path / "a.json").read_text("utf-8"))
    assert [result["mistake"] for result in document["results"]] == [None, MISTAKE]
    lines = {line.split()[0]: line for line in table.splitlines() if line.startswith("psnr")}
    assert ["a known mistake" in lines[name] for name in ("psnr", "psnr:half")] == [False, True]
    assert MISTAKE in (tmp_path / "a.csv").read_text("utf-8")
    assert "a known mistake" in (tmp_path / "a.md").read_text("utf-8")


def test_compare_says_that_both_sides_are_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    run(capsys, "eval", *NETWORKS, "--losses", "psnr:half", "-o", path)

    status, text = run(capsys, "compare", path, path)

    assert status == ExitStatus.DONE
    assert f"psnr:half, a known mistake: {MISTAKE}" in " ".join(text.split())


def test_a_training_whose_own_term_is_a_mistake_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = {name: np.linspace(-1, 1, 8, dtype=np.float32)[:, None] for name in ("real_logits", "fake_logits")}
    np.savez(tmp_path / "t.npz", **scores)
    words = ("--data", tmp_path / "t.npz", "--recipe", "pytorch_gan_relativistic_gan")

    _, text = run(capsys, "eval", *words)

    (line,) = [line for line in text.splitlines() if "g_rsgan:pytorch_gan" in line]
    assert "a known mistake" in line


@pytest.mark.usefixtures("losses_in_this_process")
def test_a_function_that_is_a_mistake_of_another_loss_says_so_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, words = SAMPLES / "losses.py", ("--as", "mse", "-f", "github")
    files = [tmp_path / f"a.{suffix}" for suffix in ("txt", "json", "md", "xml", "sarif")]
    outputs = [word for file in files for word in ("-o", file)]

    status, text = run(capsys, "audit", "loss", f"{path}:psnr_loss", *words, *outputs)

    assert status == ExitStatus.FAILED
    for document in (text, *(file.read_text("utf-8") for file in files)):
        assert f"psnr:half_pooled, a known mistake: {MISTAKE}" in " ".join(document.split())


@pytest.mark.usefixtures("losses_in_this_process")
@pytest.mark.parametrize(
    ("body", "outcome", "verdict"),
    [
        ("(fake - real).abs().mean()", "exact", "exact"),
        ("(fake - real).abs().mean() / 2", "scaled", "up to a factor"),
        ("(fake - real).abs().pow(1.3).mean()", "no match", "departs"),
        ("None", "not computed", "not evaluated"),
    ],
)
def test_a_function_is_judged_in_the_words_of_a_number(
    body: str, outcome: str, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.py").write_text(f"def mine(fake, real):\n    return {body}\n")

    status, text = run(capsys, "audit", "loss", f"{tmp_path / 'mine.py'}:mine", "--as", "l1", "-f", "json")

    document = json.loads(text)
    assert (document["outcome"], document["verdict"]) == (outcome, verdict)
    assert status == (ExitStatus.DONE if outcome in ("exact", "scaled") else ExitStatus.FAILED)


@pytest.mark.usefixtures("losses_in_this_process")
def test_a_function_has_the_names_that_a_number_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = "from torch.nn.functional import softplus\n\n\ndef mine(real_logits, fake_logits):\n"
    (tmp_path / "mine.py").write_text(
        f"{source}    return softplus(-real_logits).mean() + softplus(fake_logits).mean()\n"
    )

    _, text = run(capsys, "audit", "loss", f"{tmp_path / 'mine.py'}:mine", "--as", "d_bce", "-f", "json")

    assert "d_bce:stylegan2" in json.loads(text)["same"]
