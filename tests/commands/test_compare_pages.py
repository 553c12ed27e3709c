"""`ganloss compare page.html other.json` answers by the samples in the page or by means, and says which."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lxml import html
from PIL import Image

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.reporters.formats import embedded

Compared = Callable[..., dict[str, object]]


@pytest.fixture
def compared(capsys: pytest.CaptureFixture[str]) -> Compared:
    def run(*words: object) -> dict[str, object]:
        capsys.readouterr()
        status = main(["compare", *map(str, words), "--format", "json", "--quiet"])
        captured = capsys.readouterr()
        return {**(json.loads(captured.out) if captured.out else {}), "status": status, "err": captured.err}

    return run


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A page and a report of 12 pairs, and a report of the same with fakes that are further off."""
    noise = np.random.default_rng(0)
    for run, spread in (("a", 20), ("b", 40)):
        for k in range(12):
            real = np.random.default_rng(k).integers(60, 190, (12, 16, 3))
            for side, levels in (("real", real), ("fake", real + noise.integers(-spread, spread, real.shape))):
                (tmp_path / run / side).mkdir(parents=True, exist_ok=True)
                Image.fromarray(levels.astype(np.uint8)).save(tmp_path / run / side / f"{k}.png")
        data, outputs = tmp_path / run, [tmp_path / f"{run}.html", tmp_path / f"{run}.json"]
        main(["eval", "--data", str(data), "--losses", "l1,psnr", "--per-sample", "-q", "-f", "csv",
              *(word for output in outputs for word in ("-o", str(output)))])  # fmt: skip
    return tmp_path


def test_a_page_and_its_own_json_are_the_same_and_paired(runs: Path, compared: Compared) -> None:
    found = compared(runs / "a.html", runs / "a.json")

    assert (found["status"], found["passed"], found["findings"]) == (ExitStatus.DONE, True, [])
    change = found["changes"]["l1"]  # type: ignore[index]
    assert change["paired"]
    assert change["difference"] == pytest.approx(0, abs=1e-7)


def test_a_page_answers_as_its_json_does_but_for_the_rounding_to_32_bits(runs: Path, compared: Compared) -> None:
    by_page, by_json = (compared(runs / f"a.{suffix}", runs / "b.json") for suffix in ("html", "json"))

    assert by_page["status"] == by_json["status"] == ExitStatus.FAILED
    for loss in ("l1", "psnr"):
        ours, theirs = (found["changes"][loss] for found in (by_page, by_json))  # type: ignore[index]
        assert (ours["outcome"], ours["paired"], ours["count"]) == (theirs["outcome"], True, 12)
        for field in ("before", "now", "difference", "standard_error"):
            assert ours[field] == pytest.approx(theirs[field], rel=1e-5)


def test_without_columns_means_and_standard_errors_answer_and_this_is_said(
    runs: Path, compared: Compared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_ROOM", 0)
    main(["report", str(runs / "a.json"), "-o", str(runs / "small.html"), "-q", "-f", "github"])

    found = compared(runs / "small.html", runs / "b.json")

    footer = html.parse(runs / "small.html").getroot().xpath("string(//footer)")
    assert "the values of 12 samples had no room" in footer
    (finding,) = [one for one in found["findings"] if one["check"] == "means_alone"]  # type: ignore[attr-defined]
    assert "small.html: no values of single samples" in finding["message"]
    change = found["changes"]["l1"]  # type: ignore[index]
    assert (change["paired"], change["outcome"]) == (False, "worse")


def test_the_json_of_the_page_is_the_report_without_samples(runs: Path) -> None:
    (script,) = html.parse(runs / "a.html").getroot().xpath("//script")
    plain = json.loads((runs / "a.json").read_text())

    plain.pop("samples")
    assert json.loads(script.text) == plain
    assert "the values of 12 samples as numbers of 32 bits" in (runs / "a.html").read_text()


@pytest.mark.parametrize(
    ("content", "status", "told"),
    [
        ("<!DOCTYPE html><p>hello</p>", ExitStatus.INPUT, "is a page, and holds no report of ganloss"),
        ('<script type="application/json" id="report">{"keys":[]}</script>', ExitStatus.USAGE, "holds no results"),
        ('<script type="application/json" id="report">{"results"</script>', ExitStatus.INPUT, "damaged"),
        (
            '<script type="application/json" id="report" data-columns="eJwB">{"results":[]}</script>',
            ExitStatus.INPUT,
            "damaged",
        ),
    ],
)
def test_a_page_without_results_is_refused(
    content: str, status: ExitStatus, told: str, runs: Path, compared: Compared
) -> None:
    other = runs / "other.html"
    other.write_text(f"<!DOCTYPE html>{content}")

    found = compared(other, runs / "a.json")

    assert found["status"] == status
    assert told in str(found["err"])
