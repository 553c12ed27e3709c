"""`ganloss report`: the JSON of an earlier run in every other format, and what is no such JSON."""

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.reporters.checkpoint.document import CheckpointDocument
from ganloss_cli.reporters.compare.document import CompareDocument
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.log.document import LogDocument
from ganloss_cli.reporters.loss.document import LossDocument
from ganloss_cli.reporters.number.document import NumberDocument
from ganloss_cli.reporters.rank.document import RankDocument
from ganloss_cli.reporters.registry import render

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS: tuple[Document, ...] = runpy.run_path(str(ROOT / "reporters" / "documents.py"))["DOCUMENTS"]
KINDS = (EvalDocument, RankDocument, CheckpointDocument, NumberDocument, LogDocument, CompareDocument, LossDocument)
READ = [document for document in DOCUMENTS if type(document) in KINDS]
READ[2] = CheckpointDocument(replace(READ[2].record, gates=()))  # as every audit of a checkpoint has them
EVERY = pytest.mark.parametrize("document", READ, ids=lambda document: type(document).__name__)


def written(document: Document, folder: Path, name: str = "a.json") -> str:
    path = folder / name
    path.write_text(render(document, "json"), "utf-8")
    return str(path)


@EVERY
@pytest.mark.parametrize("format_", ["json", "markdown", "table", "github"])
def test_a_report_that_was_read_says_what_the_run_itself_said(
    format_: str, document: Document, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", written(document, tmp_path), "-f", format_]) == ExitStatus.DONE

    assert capsys.readouterr().out == render(document, format_)


def test_several_reports_stand_on_one_page_below_their_files(tmp_path: Path) -> None:
    paths = [written(document, tmp_path, f"{k}.json") for k, document in enumerate(READ)]

    assert main(["report", *paths, "-o", str(tmp_path / "all.html"), "-q"]) == ExitStatus.DONE

    root = html.parse(tmp_path / "all.html").getroot()
    titles = [title.partition(" ganloss ")[0] for title in (found.text_content() for found in root.xpath("//h2"))]
    assert [title for title in titles if title.endswith(".json")] == paths
    (script,) = root.xpath("//script")
    assert [one["path"] for one in json.loads(script.text)["reports"]] == paths


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"results": [{"loss": "ssim"}]}, "results.0.convention is missing"),
        ({"seed": "zero"}, "seed is 'zero'"),
        ({"seed": True}, "seed is 'True'"),
        ({"gates": [3]}, "gates.0 is no Gate"),
        ({"findings": [{"check": "a", "severity": "fatal", "message": "b"}]}, "findings.0.severity is 'fatal'"),
        ({"results": 1}, "results is '1'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_a_report_is_named(
    change: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**json.loads(render(READ[0], "json")), **change}), "utf-8")

    assert main(["report", str(path)]) == ExitStatus.INPUT
    assert f"is no report of ganloss: {said}" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1}', "[" * 100_000, "loss,value\n"])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")

    assert main(["report", str(path), "-o", str(tmp_path / "a.html")]) == ExitStatus.INPUT
    assert "is no report of ganloss" in capsys.readouterr().err
    assert not (tmp_path / "a.html").exists()


def test_a_field_of_a_later_version_is_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**json.loads(render(READ[0], "json")), "weather": "fine"}), "utf-8")

    assert main(["report", str(path), "-f", "markdown"]) == ExitStatus.DONE
    assert capsys.readouterr().out == render(READ[0], "markdown")


def test_samples_with_the_checksums_of_their_files_are_read(
    tmp_path: Path, sample_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "r.json"
    main(["eval", "--data", str(sample_data / "audio"), "--losses", "si_sdr", "--per-sample", "-o", str(report), "-q"])
    capsys.readouterr()

    assert main(["report", str(report), "--format", "json"]) == ExitStatus.DONE

    assert json.loads(capsys.readouterr().out) == json.loads(report.read_text())
