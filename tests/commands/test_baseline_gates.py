"""`--baseline`: what passes, fails and is refused, on tiny pictures whose losses anybody can work out."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.pipeline.evaluate import evaluation

N = 12
Run = Callable[..., dict[str, Any]]


def pictures(
    folder: Path, strength: float = 20.0, *, names: list[str] | None = None, n: int = N, seed: int = 1
) -> Path:
    """Pairs of pictures that differ by noise of about this strength, of 256, which is a little another for each."""
    drawn, noises = np.random.default_rng(0), np.random.default_rng(seed)
    for side in ("real", "fake"):
        (folder / side).mkdir(parents=True)
    for k in range(n):
        real = drawn.integers(60, 190, size=(16, 16, 3))
        own = strength * (1 + 0.2 * noises.normal())
        fake = real + own * np.sign(noises.normal(size=real.shape))
        for side, values in (("real", real), ("fake", fake)):
            name = names[k] if names else f"{k:02d}"
            Image.fromarray(np.clip(values, 0, 255).astype(np.uint8)).save(folder / side / f"{name}.png")
    return folder


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str], project: Path) -> Run:
    """The JSON of a run, which its schema knows; with its exit status and what it told beside it."""
    schema = json.loads((project / "ganloss_cli" / "report.schema.json").read_text())

    def run(*words: object) -> dict[str, Any]:
        capsys.readouterr()
        status = main(["eval", *map(str, words), "--format", "json"])
        captured = capsys.readouterr()
        document = json.loads(captured.out) if captured.out else {}
        if document:
            jsonschema.validate(document, schema)
        return {**document, "status": status, "err": captured.err}

    return run


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A report of pictures, with the values of each."""
    return baseline(pictures(tmp_path / "before"), tmp_path / "base.json", "--losses", "l1,psnr,ssim")


def baseline(data: Path, report: Path, *words: object) -> Path:
    main(["eval", "--data", str(data), "--per-sample", "-q", "-o", str(report), *map(str, words)])
    return report


def held(base: Path, *gates: str) -> list[object]:
    return ["--baseline", base, *(word for gate in gates for word in ("--fail-if-worse", gate))]


def test_the_same_again_is_not_worse(ran: Run, base: Path, tmp_path: Path) -> None:
    document = ran("--data", tmp_path / "before", "--losses", "l1,psnr", *held(base, "l1", "psnr by 1%"))

    assert document["status"] == ExitStatus.DONE
    assert [gate["change"]["outcome"] for gate in document["gates"]] == ["not worse", "not worse"]
    assert [gate["change"]["count"] for gate in document["gates"]] == [N, N]
    assert "samples" not in document  # which were not asked for


def test_stronger_noise_is_worse_in_every_loss_and_each_gate_says_by_how_much(
    ran: Run, base: Path, tmp_path: Path
) -> None:
    data = pictures(tmp_path / "after", 30.0, seed=2)

    document = ran("--data", data, "--losses", "l1,psnr", *held(base, "l1", "psnr"), "--fail-if", "psnr<10")

    plain, *gates = document["gates"]
    assert document["status"] == ExitStatus.FAILED
    assert not plain["failed"]
    assert [gate["change"]["outcome"] for gate in gates] == ["worse", "worse"]
    # a mean absolute difference of about 30 instead of 20, of 256
    assert gates[0]["change"]["difference"] == pytest.approx(10 / 255, rel=0.3)
    assert gates[0]["change"]["now"] - gates[0]["change"]["before"] == pytest.approx(gates[0]["change"]["difference"])
    assert gates[0]["observed"] == gates[0]["change"]["now"] == document["results"][0]["value"]


@pytest.mark.parametrize("gate", ["l1 by 0.1", "l1 by 120%", "psnr by 20"])
def test_a_worsening_within_what_is_allowed_passes(gate: str, ran: Run, base: Path, tmp_path: Path) -> None:
    data = pictures(tmp_path / "after", 30.0, seed=2)

    document = ran("--data", data, "--losses", "l1,psnr", *held(base, gate))

    assert (document["status"], document["gates"][0]["change"]["outcome"]) == (ExitStatus.DONE, "not worse")


def test_what_nobody_can_tell_passes_and_says_how_many_samples_would(ran: Run, base: Path, tmp_path: Path) -> None:
    data = pictures(tmp_path / "after", 20.5, seed=5)

    document = ran("--data", data, "--losses", "l1", *held(base, "l1"))

    change = document["gates"][0]["change"]
    assert (document["status"], change["outcome"]) == (ExitStatus.DONE, "cannot tell")
    assert change["count_to_tell"] > N
    (finding,) = document["findings"]
    assert finding["check"] == "gate_cannot_tell"
    assert f"about {change['count_to_tell']} would" in finding["message"]
    assert "cannot tell whether it is worse" in document["err"]


def test_samples_are_matched_by_their_bytes_whatever_their_names(ran: Run, base: Path, tmp_path: Path) -> None:
    data = pictures(tmp_path / "after", names=[f"{(k * 5) % N:02d}" for k in range(N)])

    change = ran("--data", data, "--losses", "l1", *held(base, "l1"))["gates"][0]["change"]

    # by their names every pair would differ
    assert (change["paired"], change["standard_error"], change["outcome"]) == (True, 0, "not worse")


def test_pictures_that_were_saved_anew_are_matched_by_name_and_it_is_noted(
    ran: Run, base: Path, tmp_path: Path
) -> None:
    data = pictures(tmp_path / "after")
    for path in (data / "real").iterdir():
        Image.open(path).save(path, compress_level=0)

    document = ran("--data", data, "--losses", "l1", *held(base, "l1"))

    assert document["gates"][0]["change"]["difference"] == 0
    assert [finding["check"] for finding in document["findings"]] == ["matched_by_name"]


def test_a_missing_sample_fails_and_is_named_unless_that_is_allowed(ran: Run, base: Path, tmp_path: Path) -> None:
    data = pictures(tmp_path / "after")
    for side in ("real", "fake"):
        (data / side / "07.png").unlink()

    strict = ran("--data", data, "--losses", "l1", *held(base, "l1"))
    allowing = ran("--data", data, "--losses", "l1", *held(base, "l1"), "--allow-missing")

    assert strict["status"] == ExitStatus.FAILED
    assert strict["gates"][0]["failures"] == ["1 of the baseline's samples missing: 07"]
    assert strict["gates"][0]["missing"] == ["07"]
    assert allowing["status"] == ExitStatus.DONE
    assert [(finding["check"], finding["severity"]) for finding in allowing["findings"]] == [
        ("samples_missing", "note")
    ]
    assert allowing["gates"][0]["change"]["count"] == N - 1


def test_new_samples_are_left_out_and_noted(ran: Run, base: Path, tmp_path: Path) -> None:
    document = ran("--data", pictures(tmp_path / "after", n=N + 2), "--losses", "l1", *held(base, "l1"))

    assert document["status"] == ExitStatus.DONE
    assert document["gates"][0]["change"]["difference"] == 0
    assert document["gates"][0]["observed"] != document["results"][0]["value"]
    (finding,) = document["findings"]
    assert (finding["check"], finding["evidence"]["samples"]) == ("samples_added", ["12", "13"])


def test_a_loss_that_is_gone_fails(ran: Run, base: Path, tmp_path: Path) -> None:
    document = ran("--data", tmp_path / "before", "--losses", "psnr", *held(base, "l1"))

    assert document["status"] == ExitStatus.FAILED
    assert document["gates"][0]["failures"] == ["gone: in the baseline, and not in this run"]
    assert document["gates"][0]["change"] is None


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_side_without_a_finite_value_fails(side: str, ran: Run, tmp_path: Path) -> None:
    for name in ("before", "after"):
        data = pictures(tmp_path / name)
        if name == side:  # the PSNR of equal pictures is infinite
            (data / "fake" / "03.png").write_bytes((data / "real" / "03.png").read_bytes())
    report = baseline(tmp_path / "before", tmp_path / "base.json", "--losses", "psnr")

    document = ran("--data", tmp_path / "after", "--losses", "psnr", *held(report, "psnr by 100"))

    assert document["status"] == ExitStatus.FAILED
    where = "the baseline" if side == "before" else "this run"
    assert document["gates"][0]["failures"] == [f"no value in {where} (infinite)"]


def test_sides_of_different_samples_are_compared_by_their_means(ran: Run, tmp_path: Path) -> None:
    drawn = torch.Generator().manual_seed(0)
    for name, n in (("before", 40), ("after", 40)):
        logits = {
            "real_logits.0": torch.randn(n, 1, generator=drawn),
            "fake_logits.0": torch.randn(n + 9, 1, generator=drawn),
        }
        save_file(logits, tmp_path / f"{name}.safetensors")
    report = baseline(tmp_path / "before.safetensors", tmp_path / "base.json", "--losses", "d_lsgan")

    document = ran(
        "--data", tmp_path / "after.safetensors", "--losses", "d_lsgan",
        *held(report, "d_lsgan from equilibrium by 10"),
    )  # fmt: skip

    change = document["gates"][0]["change"]
    assert (document["status"], change["paired"], change["outcome"]) == (ExitStatus.DONE, False, "not worse")
    errors = [document["results"][0]["standard_error"], json.loads(report.read_text())["results"][0]["standard_error"]]
    assert change["standard_error"] == pytest.approx(np.hypot(*errors))


def changed(base: Path, tmp_path: Path, **fields: object) -> Path:
    """A report with other fields."""
    path = tmp_path / "changed.json"
    path.write_text(json.dumps({**json.loads(base.read_text()), **fields}))
    return path


@pytest.mark.parametrize(
    ("words", "gates", "message", "hint"),
    [
        ([], ["psnr by 0.1", "lpips"], "base.json holds no 'lpips', but l1, psnr, ssim", "name one of these"),
        (["--seed", 1], ["l1"], "made with --seed 0, and this run with 1", "give --seed 0"),
        (["--dtype", "float64"], ["l1"], "made with --dtype float32, and this run", "give --dtype float32"),
        (["--losses", "ssim:piq"], ["ssim"], "not the quantity of the baseline: convention wang2004 and piq", "anew"),
        (["--set", "psnr.border=2"], ["psnr"], "not the quantity of the baseline: settings border 0 and 2", "anew"),
        (["--over", "batch"], ["l1"], "not the quantity of the baseline: over all and batch", "anew"),
    ],
)  # fmt: skip
def test_another_quantity_is_refused(
    words: list[object], gates: list[str], message: str, hint: str, ran: Run, base: Path, tmp_path: Path
) -> None:
    words = words if "--losses" in words else ["--losses", "l1,psnr,ssim", *words]

    refused = ran("--data", tmp_path / "before", *words, *held(base, *gates))

    assert refused["status"] == ExitStatus.USAGE
    assert message in refused["err"]
    assert hint in refused["err"].partition("hint: ")[2]


def test_a_baseline_without_values_of_samples_is_refused_with_what_makes_one(
    ran: Run, base: Path, tmp_path: Path
) -> None:
    refused = ran("--data", tmp_path / "before", *held(changed(base, tmp_path, samples=None), "l1"))

    assert refused["status"] == ExitStatus.USAGE
    assert "holds no values of single samples\nhint: make the baseline with ganloss eval --per-sample" in refused["err"]


def test_a_part_of_a_run_is_no_baseline(ran: Run, base: Path, tmp_path: Path) -> None:
    refused = ran("--data", tmp_path / "before", *held(changed(base, tmp_path, part={"index": 1, "of": 2}), "l1"))

    assert refused["status"] == ExitStatus.USAGE
    assert "is a part of a run\nhint: merge the parts first: ganloss merge" in refused["err"]


def test_a_ranking_of_many_checkpoints_is_no_baseline(ran: Run, base: Path, tmp_path: Path) -> None:
    refused = ran("--data", tmp_path / "before", *held(changed(base, tmp_path, ranking={"checkpoints": []}), "l1"))

    assert refused["status"] == ExitStatus.USAGE
    assert "is of many checkpoints\nhint: give a report of one: ganloss eval" in refused["err"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--fail-if-worse", "l1"], "--fail-if-worse: worse than what?\nhint: give --baseline REPORT.json"),
        (["--allow-missing"], "--allow-missing: worse than what?"),
        (["--baseline", "BASE"], "nothing is held against it\nhint: give --fail-if-worse LOSS"),
        (["--baseline", "BASE", "--fail-if-worse", "l1 by"], "expected LOSS, 'LOSS by X', 'LOSS by X%' or"),
        (["--baseline", "BASE", "--fail-if-worse", "l1 by -1"], "at least 0 after by, got '-1'"),
        (["--baseline", "BASE", "--fail-if-worse", "l1 by 1e999%"], "at least 0 after by, got '1e999'"),
        (["--baseline", "BASE", "--fail-if-worse", "l1<0.2"], "expected LOSS, 'LOSS by X'"),
        (["--baseline", "BASE", "--fail-if-worse", "psnr from equilibrium"], "psnr has no equilibrium"),
        (["--baseline", "BASE", "--fail-if-worse", "l1", "--level", "0"], "a chance above 0 and at most 0.5, got '0'"),
        (["--baseline", "BASE", "--fail-if-worse", "l1", "-o", "BASE"], "base.json"),
    ],
)  # fmt: skip
def test_what_asks_nothing_is_refused(words: list[str], message: str, ran: Run, base: Path, tmp_path: Path) -> None:
    given = [str(base) if word == "BASE" else word for word in words]

    refused = ran("--data", tmp_path / "before", "--losses", "l1", *given)

    assert refused["status"] == ExitStatus.USAGE
    assert message in refused["err"]


def test_a_missing_baseline_and_one_that_is_no_report_cannot_be_read(ran: Run, tmp_path: Path) -> None:
    data = pictures(tmp_path / "before")
    (tmp_path / "other.json").write_text('{"results": 3}')
    np.save(tmp_path / "array.npy", np.zeros(3))

    for name, told in (("none.json", "no such file"), ("other.json", "no report"), ("array.npy", "holds arrays")):
        refused = ran("--data", data, *held(tmp_path / name, "l1"))
        assert (refused["status"], told in refused["err"]) == (ExitStatus.INPUT, True)


def test_a_loss_without_a_better_side_is_refused_and_its_equilibrium_named(ran: Run, tmp_path: Path) -> None:
    save_file({"real_logits.0": torch.ones(5, 1), "fake_logits.0": torch.zeros(5, 1)}, tmp_path / "a.safetensors")
    report = baseline(tmp_path / "a.safetensors", tmp_path / "base.json", "--losses", "d_lsgan")

    refused = ran("--data", tmp_path / "a.safetensors", "--losses", "d_lsgan", *held(report, "d_lsgan by 0.1"))

    assert refused["status"] == ExitStatus.USAGE
    assert "of d_lsgan neither higher nor lower is better" in refused["err"]
    assert "'d_lsgan from equilibrium by 0.1' fails where it moves away from 0.5" in refused["err"]


def test_a_loss_that_the_baseline_has_no_value_of_fails_whatever_its_direction(
    ran: Run, base: Path, tmp_path: Path
) -> None:
    row = {**json.loads(base.read_text())["results"][0], "value": None, "reason": "unavailable"}
    other = changed(base, tmp_path, results=[{**row, "higher_is_better": None, "equilibrium": None}])

    document = ran("--data", tmp_path / "before", "--losses", "l1", *held(other, "l1 by 5%"))

    assert document["status"] == ExitStatus.FAILED
    assert document["gates"][0]["failures"] == ["no value in the baseline (unavailable)"]


def test_a_share_of_zero_is_refused(ran: Run, tmp_path: Path) -> None:
    data = pictures(tmp_path / "same", 0.0)
    report = baseline(data, tmp_path / "base.json", "--losses", "l1")

    refused = ran("--data", data, "--losses", "l1", *held(report, "l1 by 5%"))

    assert refused["status"] == ExitStatus.USAGE
    assert "l1 is 0 in the baseline, and so is any share of it" in refused["err"]


def test_one_number_of_a_whole_set_is_refused(ran: Run, base: Path, tmp_path: Path) -> None:
    row = json.loads(base.read_text())["results"][0]
    whole = {**row, "loss": "mmd", "typed": "mmd", "standard_error": None}

    refused = ran("--data", tmp_path / "before", *held(changed(base, tmp_path, results=[whole]), "mmd"))

    assert refused["status"] == ExitStatus.USAGE
    assert "mmd is one number of a whole set" in refused["err"]
    assert "--fail-if 'mmd>" in refused["err"]


WAIVER = '[[waiver]]\nwhat = "{what}"\nwhy = "a new decoder"\nuntil = {until}\n'


@pytest.mark.parametrize(
    ("what", "until", "strength", "status", "told"),
    [
        ("l1", "2999-12-31", 30.0, ExitStatus.DONE, "a new decoder (until 2999-12-31)"),
        ("l1 by 1%", "2999-12-31", 30.0, ExitStatus.DONE, "a new decoder (until 2999-12-31)"),
        ("l1", "2020-01-31", 30.0, ExitStatus.FAILED, "the waiver expired on 2020-01-31: a new decoder"),
        ("l1", "2020-01-31", 20.0, ExitStatus.FAILED, "the waiver expired on 2020-01-31: a new decoder"),
        ("l1", "2999-12-31", 20.0, ExitStatus.DONE, "waiver_not_needed"),
        ("psnr", "2999-12-31", 30.0, ExitStatus.USAGE, "'psnr' is none of the gates"),
        ("l1", "'soon'", 30.0, ExitStatus.INPUT, "until is 'soon'; expected a date"),
    ],
)
def test_what_is_worse_may_be_waived_for_a_time(
    what: str, until: str, strength: float, status: ExitStatus, told: str, ran: Run, base: Path, tmp_path: Path
) -> None:
    data = pictures(tmp_path / "after", strength)
    (tmp_path / "waivers.toml").write_text(WAIVER.format(what=what, until=until))

    document = ran("--data", data, "--losses", "l1", *held(base, "l1 by 1%"), "--waivers", tmp_path / "waivers.toml")

    assert document["status"] == status
    assert told in json.dumps(document, ensure_ascii=False)


def test_a_waiver_does_not_excuse_a_loss_that_is_gone(ran: Run, base: Path, tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").write_text(WAIVER.format(what="l1", until="2999-12-31"))

    document = ran(
        "--data", tmp_path / "before", "--losses", "psnr", *held(base, "l1"), "--waivers", tmp_path / "waivers.toml"
    )

    assert document["status"] == ExitStatus.FAILED


def test_a_review_shows_what_was_what_is_and_which_way(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = pictures(tmp_path / "after", 30.0)
    words = ["eval", "--data", str(data), "--losses", "l1,psnr", *map(str, held(base, "l1", "psnr by 20"))]
    capsys.readouterr()

    for format_ in ("markdown", "github", "junit", "table"):
        main([*words, "--format", format_])
        out = capsys.readouterr().out
        if format_ == "markdown":
            assert "|  | gate | better | before | now | change | ± s.e. | n | verdict |" in out
            (line,) = [line for line in out.splitlines() if line.startswith("| failed | l1 | ↓ |")]
            assert " | ↑ 0.0" in line
            assert "| 12 | worse (p " in line
            assert "| passed | psnr by 20 | ↑ |" in out
        if format_ == "github":
            assert "::error title=gate l1::l1: 0.0" in out
            assert "psnr by 20" not in out.partition("\n")[0]
        if format_ == "junit":
            assert '<failure type="gate" message="l1: 0.0' in out
        if format_ == "table":
            assert "failed  l1: 0.0" in out


def test_the_versions_of_both_runs_are_noted_where_they_differ(ran: Run, base: Path, tmp_path: Path) -> None:
    other = changed(base, tmp_path, tool={"name": "ganloss", "version": "0.0.1"})

    document = ran("--data", tmp_path / "before", "--losses", "l1", *held(other, "l1"))

    assert document["status"] == ExitStatus.DONE
    (finding,) = document["findings"]
    assert (finding["check"], finding["severity"]) == ("different_versions", "note")


def test_compare_shows_what_the_gate_found(
    ran: Run, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, after = pictures(tmp_path / "after", 22.0, seed=4), tmp_path / "after.json"
    gated = ran("--data", data, "--losses", "l1", "--per-sample", "-o", after, *held(base, "l1"))["gates"][0]["change"]
    capsys.readouterr()

    main(["compare", str(base), str(after), "--format", "json"])

    compared = json.loads(capsys.readouterr().out)["changes"]
    assert list(compared) == ["l1"]
    assert compared["l1"] == gated


def test_python_may_ask_the_same(base: Path, tmp_path: Path) -> None:
    report = evaluate(data=tmp_path / "before", losses="l1", baseline=base, fail_if_worse=["l1 by 0.1%"])

    assert [gate.failed for gate in report.gates] == [False]
    with pytest.raises(UsageError, match="holds no 'fm'"):
        evaluate(data=tmp_path / "before", losses="l1", baseline=base, fail_if_worse="fm")


def test_parts_are_judged_where_they_are_merged(
    ran: Run, base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = pictures(tmp_path / "after", 30.0, seed=2)
    of_run = ["--data", str(data), "--losses", "l1,psnr", "-b", "4"]
    whole = ran(*of_run, *held(base, "l1"))
    parts = [str(tmp_path / f"{k}.json") for k in (1, 2)]
    for k, part in enumerate(parts, 1):
        main(["eval", *of_run, "--shard", f"{k}/2", "-o", part, "-q"])
    capsys.readouterr()

    status = main(["merge", *parts, *map(str, held(base, "l1")), "--format", "json"])

    merged = json.loads(capsys.readouterr().out)
    assert status == merged["exit_status"] == ExitStatus.FAILED
    assert merged["gates"] == whole["gates"]
    assert "samples" not in merged
    refused = ran(*of_run, "--shard", "1/2", *held(base, "l1"), "-o", tmp_path / "part.json")
    assert (refused["status"], "give it to ganloss merge" in refused["err"]) == (ExitStatus.USAGE, True)


def test_a_part_holds_the_checksums_of_its_own_samples(tmp_path: Path) -> None:
    data = pictures(tmp_path / "before", n=6)
    whole = evaluate(data=data, losses="l1", per_sample=True, batch_size=2)
    part = evaluate(data=data, losses="l1", per_sample=True, batch_size=2, shard="2/2")

    assert part.samples
    assert 0 < len(part.samples) < 6
    assert part.samples == whole.samples[-len(part.samples) :]  # type: ignore[index]
    real = (data / "real" / "05.png").read_bytes()
    assert part.samples[-1].sha256["real"] == hashlib.sha256(real).hexdigest()


def test_another_quantity_is_refused_before_any_sample_is_read(ran: Run, base: Path, tmp_path: Path) -> None:
    last = tmp_path / "before" / "fake" / "11.png"
    last.write_bytes(last.read_bytes()[:-200])

    refused = ran("--data", tmp_path / "before", "--losses", "psnr", "--set", "psnr.border=2", *held(base, "psnr"))

    assert refused["status"] == ExitStatus.USAGE


def scores(place: Path, shift: float, *, n: int = 200, seed: int = 1) -> Path:
    """Scores of reals, the same ones each time, and of fakes."""
    reals = torch.randn(400, 1, generator=torch.Generator().manual_seed(0))[:n]
    fakes = torch.randn(400, 1, generator=torch.Generator().manual_seed(seed))[:n] - shift
    save_file({"real_logits": reals, "fake_logits": fakes.contiguous()}, place)
    return place


def figures(place: Path, spread: float, *, n: int = 200, seed: int = 1) -> Path:
    """Reals of two numbers, the same ones each time, and fakes that lie this far around their middle."""
    reals = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))[:n]
    fakes = spread * torch.randn(400, 2, generator=torch.Generator().manual_seed(seed))[:n]
    save_file({"real": reals, "fake": fakes.contiguous()}, place)
    return place


def test_a_number_of_a_set_is_held_against_its_baseline_on_samples_drawn_anew(ran: Run, tmp_path: Path) -> None:
    base = scores(tmp_path / "base.safetensors", 1.0)
    report = baseline(base, tmp_path / "base.json", "--losses", "d_ragan,d_bce")
    gate = "d_ragan from equilibrium"

    documents = [
        ran("--data", data, "--losses", "d_ragan", *held(report, gate))
        for data in (
            base,
            scores(tmp_path / "same.safetensors", 1.0, seed=2),
            scores(tmp_path / "far.safetensors", 3.0, seed=2),
        )
    ]

    assert [document["status"] for document in documents] == [ExitStatus.DONE, ExitStatus.DONE, ExitStatus.FAILED]
    changes = [document["gates"][0]["change"] for document in documents]
    assert [change["outcome"] for change in changes] == ["not worse", "cannot tell", "worse"]
    assert [change["paired"] for change in changes] == [True, True, True]
    assert [change["count"] for change in changes] == [200, 200, 200]
    assert all(change["power"] > 0 for change in changes[1:])
    assert changes[1]["count_to_tell"] > 200
    assert "redrawn" not in documents[0]


def test_what_is_drawn_anew_is_kept_beside_the_values_of_samples_and_merged(tmp_path: Path, project: Path) -> None:
    words = ["--losses", "d_ragan,d_bce", "--batch-size", "50"]
    data = scores(tmp_path / "scores.safetensors", 1.0)
    whole = json.loads(baseline(data, tmp_path / "whole.json", *words).read_text())
    for k in (1, 2):
        part = ["--shard", f"{k}/2", "-o", str(tmp_path / f"{k}.json"), "-q"]
        assert main(["eval", "--data", str(data), *words, *part]) == ExitStatus.DONE
    out = tmp_path / "merged.json"
    main(["merge", *(str(tmp_path / f"{k}.json") for k in (2, 1)), "--per-sample", "-q", "-o", str(out)])

    merged = json.loads(out.read_text())

    jsonschema.validate(merged, json.loads((project / "ganloss_cli" / "report.schema.json").read_text()))
    assert [(each["result"], len(each["values"])) for each in whole["redrawn"]] == [(0, 200)]
    assert np.mean(whole["redrawn"][0]["values"]) == pytest.approx(whole["results"][0]["value"], rel=0.05)
    assert merged["redrawn"] == whole["redrawn"]


@pytest.mark.parametrize("loss", ["coverage", "density"])
def test_fakes_that_no_longer_reach_the_reals_fail_and_others_do_not(loss: str, ran: Run, tmp_path: Path) -> None:
    words = ["--losses", loss]
    report = baseline(figures(tmp_path / "base.safetensors", 0.7), tmp_path / "base.json", *words)
    spread = {"coverage": 0.05, "density": 2.0}[loss]

    again, worse = (
        ran("--data", data, *words, *held(report, loss))
        for data in (
            figures(tmp_path / "again.safetensors", 0.7, seed=2),
            figures(tmp_path / "worse.safetensors", spread, seed=2),
        )
    )

    assert (again["status"], worse["status"]) == (ExitStatus.DONE, ExitStatus.FAILED)
    assert again["gates"][0]["change"]["outcome"] != "worse"
    assert worse["gates"][0]["change"]["outcome"] == "worse"


def test_sets_of_other_sizes_do_not_compare_where_the_number_depends_on_it(ran: Run, tmp_path: Path) -> None:
    words = ["--losses", "coverage"]
    report = baseline(figures(tmp_path / "base.safetensors", 0.7), tmp_path / "base.json", *words)

    fewer = ran(
        "--data",
        figures(tmp_path / "fewer.safetensors", 0.7, n=150),
        *words,
        *held(report, "coverage"),
        "--allow-missing",
    )

    assert fewer["status"] == ExitStatus.FAILED
    assert fewer["gates"][0]["change"] is None
    assert "of 200 samples in the baseline and of 150 here" in fewer["gates"][0]["failures"][0]


def test_compare_shows_what_a_gate_on_a_set_found(ran: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--losses", "coverage"]
    reports = [
        baseline(figures(tmp_path / f"{name}.safetensors", spread, seed=seed), tmp_path / f"{name}.json", *words)
        for name, spread, seed in (("a", 0.7, 1), ("b", 0.05, 2))
    ]
    document = ran("--data", tmp_path / "b.safetensors", *words, *held(reports[0], "coverage"))

    main(["compare", *map(str, reports), "--format", "json"])

    found = json.loads(capsys.readouterr().out)
    assert found["changes"] == {"coverage": document["gates"][0]["change"]}


def test_drawings_that_are_no_numbers_are_damaged(ran: Run, tmp_path: Path) -> None:
    data = scores(tmp_path / "scores.safetensors", 1.0)
    report = baseline(data, tmp_path / "base.json", "--losses", "d_ragan")
    report.write_text(json.dumps({**json.loads(report.read_text()), "redrawn": [{"result": 0, "values": ["x"]}]}))

    document = ran("--data", data, "--losses", "d_ragan", *held(report, "d_ragan from equilibrium"))

    assert document["status"] == ExitStatus.INPUT
    assert "what was drawn anew is no list of numbers" in document["err"]


def test_a_gate_on_a_total_names_the_terms_that_have_no_better_side(ran: Run, tmp_path: Path) -> None:
    row = {"loss": "total", "convention": "r", "typed": "G loss", "value": 2.0, "count": 2, "standard_error": None}
    place = {"recipe": "r", "total": "G loss", "weight": 1.0}
    terms = [{**row, "loss": loss, "typed": loss, "recipe": place, "higher_is_better": better}
             for loss, better in (("l1", False), ("g_lsgan", None))]  # fmt: skip
    base = baseline(pictures(tmp_path / "before"), tmp_path / "base.json", "--losses", "l1")

    refused = ran("--data", tmp_path / "before",
                  *held(changed(base, tmp_path, results=[row, *terms]), "G loss"))  # fmt: skip

    assert refused["status"] == ExitStatus.USAGE
    assert "of G loss neither higher nor lower is better, for it adds g_lsgan" in refused["err"]


def maps(place: Path) -> Path:
    """Scores of two sub-discriminators, with a hidden map each."""
    drawn = torch.Generator().manual_seed(0)
    made = {f"{side}_{kind}.{k}{'.0' if kind == 'features' else ''}": torch.randn(8, 2, 5, generator=drawn)
            for side in ("real", "fake") for kind in ("logits", "features") for k in range(2)}  # fmt: skip
    made |= {f"{side}_features.{k}.1": made[f"{side}_logits.{k}"].clone() for side in ("real", "fake") for k in (0, 1)}
    save_file(made, place)
    return place


def test_another_quantity_of_a_recipe_is_refused_before_any_sample_is_read(
    ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--recipe", "melgan"]
    data = maps(tmp_path / "maps.safetensors")
    report = baseline(data, tmp_path / "base.json", *words)
    gates = held(report, "loss/feature_matching from equilibrium", "loss/discriminator from equilibrium by 0.1")
    again = ran("--data", data, *words, *gates)
    monkeypatch.setattr(evaluation, "send_through", lambda *_: pytest.fail("samples were read"))

    refused = ran("--data", data, *words, "--set", "fm:melgan.scale=2", *gates)

    assert again["status"] == ExitStatus.DONE, again["err"]
    assert refused["status"] == ExitStatus.USAGE
    assert "not the quantity of the baseline: settings scale" in refused["err"]


def test_each_of_two_domains_in_the_same_samples_has_values_of_its_own(ran: Run, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    held_at = {f"{role}_{side}": random.uniform(0, 1, (N, 3, 8, 8)) for role in ("real", "fake") for side in "AB"}
    before, now = tmp_path / "before.npz", tmp_path / "now.npz"
    np.savez(before, **{name: values.astype(np.float32) for name, values in held_at.items()})
    worse = held_at["fake_A"] * 0.2
    np.savez(now, **{name: values.astype(np.float32) for name, values in {**held_at, "fake_A": worse}.items()})
    base = baseline(before, tmp_path / "base.json", "--losses", "l1")

    document = ran("--data", now, "--losses", "l1", "--per-sample", *held(base, "l1"))

    own = {side: np.mean([sample[f"l1 of {side}"] for sample in document["samples"]]) for side in "AB"}
    assert own == pytest.approx({row["domain"]: row["value"] for row in document["results"]})
    assert document["status"] == ExitStatus.FAILED
    assert "l1 of A" in document["err"]
    assert "l1 of B" not in document["err"]
