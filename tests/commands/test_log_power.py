"""What a held number could have noticed: no wrong checkpoint is reproduced, and what cannot be told is not passed."""

import itertools
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ganloss_cli.api import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.pipeline.log.passes import Pass
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request

SAMPLES = Path(__file__).parents[2] / "sample_data"
NETWORKS = ("--ckpt", SAMPLES / "g.pt", "--data", SAMPLES / "imgs")
PSNR = 24.878  # of the checkpoint and pictures in sample_data
Audited = Callable[..., dict[str, object]]


@pytest.fixture
def audited(capsys: pytest.CaptureFixture[str]) -> Audited:
    """The JSON document of an audit, its exit status among it."""

    def run(*words: object) -> dict[str, object]:
        status = main(["audit", "log", *map(str, words), "--format", "json", "--quiet"])
        return {**json.loads(capsys.readouterr().out), "status": status}

    return run


@pytest.fixture
def training(tmp_path: Path) -> Callable[..., tuple[object, ...]]:
    """Checkpoints of steps 100, 200 and 300 beside each other, and what a log says of them."""

    def make(*lines: str) -> tuple[object, ...]:
        (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
        for step in (100, 200, 300):
            shutil.copy(SAMPLES / "g.pt", tmp_path / f"checkpoint_{step}.pt")
        ckpt = tmp_path / "checkpoint_100.pt"
        return (tmp_path / "log.csv", "--ckpt", ckpt, "--data", SAMPLES / "imgs", "--step", 100)

    return make


@pytest.fixture
def scores(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """What a discriminator said of 400 fakes, and softplus(-score) of each by numpy."""
    logits = np.random.default_rng(0).normal(size=(400, 1)).astype(np.float32)
    np.savez(tmp_path / "t.npz", real_logits=logits, fake_logits=logits)
    return tmp_path / "t.npz", np.logaddexp(0.0, -logits[:, 0].astype(np.float64))


def logged(folder: Path, number: float | str) -> Path:
    path = folder / "log.csv"
    path.write_text(f"step,mine\n1,{number}\n")
    return path


def test_the_spread_over_samples_excuses_nothing(
    audited: Audited, scores: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    data, values = scores
    path = logged(tmp_path, repr(float(values.mean() + 0.1 * values.std() / 20)))  # a tenth of a standard error

    document = audited(path, "--map", "mine=g_bce", "--data", data)

    (found,) = document["numbers"]
    assert (document["status"], found["outcome"], found["interval"]) == (ExitStatus.FAILED, "no match", None)
    assert found["power"] == pytest.approx(1e-6 + 1e-5 * values.mean(), rel=1e-5)


@pytest.mark.parametrize(("digits", "outcome"), [(3, "exact"), (6, "exact"), (4, "exact")])
def test_a_number_is_held_to_the_digits_logged(
    digits: int, outcome: str, audited: Audited, scores: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    data, values = scores

    (found,) = audited(logged(tmp_path, f"{values.mean():.{digits}f}"), "--map", "mine=g_bce", "--data", data)[
        "numbers"
    ]

    assert found["outcome"] == outcome
    assert found["bound"] == pytest.approx(max(0.5 * 10.0**-digits, 1e-6 + 1e-5 * values.mean()), rel=1e-5)


def test_of_a_part_of_the_data_a_number_is_consistent_with_an_interval_at_most(
    audited: Audited, scores: tuple[Path, np.ndarray], tmp_path: Path
) -> None:
    data, values = scores
    path = logged(tmp_path, repr(float(values.mean())))
    error = values[:380].std(ddof=1) / np.sqrt(380)

    whole = audited(path, "--map", "mine=g_bce", "--data", data)
    part = audited(path, "--map", "mine=g_bce", "--data", data, "--limit", 380)
    few = audited(path, "--map", "mine=g_bce", "--data", data, "--limit", 20)

    assert whole["outcome"] == "exact"
    (found,) = part["numbers"]
    assert found["because"] == ["a part of the data"]
    assert found["power"] == pytest.approx(0.05 * values.mean() + 3 * error, rel=1e-3)
    assert (few["outcome"], few["status"]) == ("cannot tell", ExitStatus.DONE)
    assert audited(path, "--map", "mine=g_bce", "--data", data, "--limit", 20, "--strict")["status"] == (
        ExitStatus.FAILED
    )


def test_other_checkpoints_that_share_the_digits_leave_it_open(
    audited: Audited, training: Callable[..., tuple[object, ...]]
) -> None:
    words = training("step,psnr", f"100,{PSNR:.2f}", f"200,{PSNR:.2f}", "300,25.11")

    document = audited(*words)

    (found,) = document["numbers"]
    assert (document["outcome"], document["other_steps"], document["would_pass"]) == ("cannot tell", [200, 300], [200])
    assert (found["outcome"], found["exact"], found["would_pass"]) == ("cannot tell", None, [200])
    assert (document["status"], audited(*words, "--strict")["status"]) == (ExitStatus.DONE, ExitStatus.FAILED)
    (warning,) = [finding for finding in document["findings"] if finding["check"] == "cannot_tell"]
    assert (warning["severity"], warning["evidence"]) == ("warning", {"would_pass": [200]})


def test_another_number_of_the_log_tells_them_apart(
    audited: Audited, training: Callable[..., tuple[object, ...]]
) -> None:
    lines = ("step,psnr,ssim", f"100,{PSNR:.2f},0.7", f"200,{PSNR:.2f},0.6", "300,25.11,0.5")

    document = audited(*training(*lines), "--map", "psnr=psnr:per_image", "--map", "ssim=ssim:wang2004")

    assert [entry["outcome"] for entry in document["numbers"]] == ["exact", "exact"]
    assert [entry["would_pass"] for entry in document["numbers"]] == [[200], []]
    assert (document["outcome"], document["would_pass"]) == ("exact", [])


def test_checkpoints_that_the_log_has_no_numbers_of_are_listed(
    audited: Audited, training: Callable[..., tuple[object, ...]]
) -> None:
    document = audited(*training("step,psnr", f"100,{PSNR:.3f}", "300,25.111"))

    assert (document["outcome"], document["other_steps"], document["steps_not_logged"]) == ("exact", [300], [200])


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_what_would_have_passed_as_well_is_said(
    format_: str, training: Callable[..., tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    words = training("step,psnr", *(f"{step},{PSNR:.2f}" for step in (100, 200, 300)))

    main(["audit", "log", *map(str, words), "-f", format_, "-q"])

    out = capsys.readouterr().out
    assert "steps 200, 300 would pass as well" in " ".join(out.split())
    assert "cannot tell: 0 of 1 number reproduced" in out
    assert "0.0050" in out  # half a unit of the last digit: the smallest difference it would have noticed


def psnr_and_ssim(*conventions: str, **choices: object) -> dict[str, float]:
    report = evaluate(ckpt=SAMPLES / "g.pt", data=SAMPLES / "imgs", losses=conventions, **choices)
    return {result.typed: result.value for result in report.results if result.value is not None}


@pytest.mark.parametrize(("off", "outcome"), [(1.2e-5, "exact"), (1e-3, "no match")])
def test_the_nearest_formula_is_named(off: float, outcome: str, audited: Audited, tmp_path: Path) -> None:
    value = psnr_and_ssim("ssim:pytorch_ssim")["ssim:pytorch_ssim"]
    path = logged(tmp_path, repr(value + off))

    document = audited(path, "--map", "mine=ssim", "--step", 1, *NETWORKS)

    (found,) = document["numbers"]
    assert (found["outcome"], found["convention"], found["factor"]) == (outcome, "pytorch_ssim", 1.0)


def test_a_known_mistake_needs_an_exact_hit(audited: Audited, tmp_path: Path) -> None:
    value = psnr_and_ssim("psnr:half")["psnr:half"]
    words = ("--map", "mine=psnr", "--step", 1, *NETWORKS)

    (exact,) = audited(logged(tmp_path, repr(value)), *words)["numbers"]
    (near,) = audited(logged(tmp_path, repr(value + 2e-3)), *words)["numbers"]

    assert (exact["outcome"], exact["convention"]) == ("exact", "half")
    assert (near["outcome"], near["mistake"]) == ("no match", None)


@pytest.mark.parametrize("off", [0.0, 0.01])
def test_a_sigmoid_of_probabilities_is_never_named_for_being_near(off: float, audited: Audited, tmp_path: Path) -> None:
    chance = np.linspace(0.05, 0.95, 400, dtype=np.float32)[:, None]
    np.savez(tmp_path / "t.npz", real_logits=chance, fake_logits=chance)
    twice = float((1 / (1 + np.exp(-chance.astype(np.float64)))).mean())
    words = ("--map", "mine=real_score", "--data", tmp_path / "t.npz", "--scores", "probabilities")

    (found,) = audited(logged(tmp_path, repr(twice + off)), *words, "--limit", 400)["numbers"]

    assert (found["outcome"], found["convention"]) == (("exact", "sigmoid") if off == 0 else ("no match", "stylegan3"))


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_the_candidates_tried_and_the_chance_of_a_hit_are_told(
    format_: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--map", "mine=psnr", "--step", 1, *NETWORKS, "-q")

    main(["audit", "log", str(logged(tmp_path, 24.88)), *map(str, words), "-f", format_])

    out = " ".join(capsys.readouterr().out.split())
    assert "mine: 45 candidates tried, 32 formulas of them different here; 0.0046 chance hits to expect" in out


COMPUTED: dict[str, tuple[Report, Model]] = {}


@pytest.fixture
def computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a checkpoint gives is computed once, whichever rows of the log it is held against."""
    evaluate_pass = Pass.evaluate

    def once(run: Pass, request: Request, selected: Sequence[Selected], progress: Progress | None) -> Report:
        key = repr((replace(request, command=()), run.recipe, [entry.typed for entry in selected]))
        if key not in COMPUTED:
            COMPUTED[key] = evaluate_pass(run, request, selected, progress), run.model
        report, run.model = COMPUTED[key]
        return report

    monkeypatch.setattr(Pass, "evaluate", once)


@pytest.mark.usefixtures("computed_once")
@pytest.mark.parametrize("row", [10, 100])
@pytest.mark.parametrize("other", ["srgan-logged 10", "srgan-logged 100", "srgan-x4 100"])
def test_a_real_row_is_reproduced_by_its_own_checkpoint_alone(
    row: int, other: str, audited: Audited, real_data: Path
) -> None:
    folder, epoch = other.split()
    checkpoints = real_data / "checkpoints"

    document = audited(
        checkpoints / "srgan-logged" / f"baseline_srf_4_{row}_test_results.csv", "--only", "Set5/*",
        "--ckpt", checkpoints / folder / f"netG_epoch_4_{epoch}.pth", "--data", real_data / "images" / "set5-x4",
        "--no-reasons",
    )  # fmt: skip

    own = (folder, int(epoch)) == ("srgan-logged", row)
    assert [found["outcome"] for found in document["numbers"]] == ["exact" if own else "no match"] * 2
    assert [found["power"] for found in document["numbers"]] == [1e-3, pytest.approx(6.62e-5, rel=1e-3)]


@pytest.mark.usefixtures("computed_once")
@pytest.mark.parametrize(("row", "epoch"), [*itertools.product((50, 150, 300), repeat=2)])
def test_a_real_epoch_mean_is_consistent_with_its_own_checkpoint_alone(
    row: int, epoch: int, audited: Audited, real_data: Path
) -> None:
    folder = real_data / "checkpoints" / "mnist-mlp-gan"
    words = (
        folder, "--step", row, "--ckpt", folder / f"G--{epoch}.pth", "--disc", folder / f"D--{epoch}.pth",
        "--real", f"{real_data / 'images' / 'mnist' / 'train-first-20000.npz'}:images", "--no-reasons",
    )  # fmt: skip

    outcomes = [audited(*words, *limit)["outcome"] for limit in ((), ("--limit", 2000), ("--limit", 50))]

    if row == epoch:
        assert outcomes[0] == "consistent"
    else:
        assert outcomes[0] in ("no match", "cannot tell")
        assert {"exact", "scaled", "consistent"}.isdisjoint(outcomes)  # fewer samples, no more agreement
    assert outcomes[2] == "cannot tell"
