import dataclasses
import io
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, InputError
from ganloss_cli.records.report import Finding, Gate, Report, Result
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.registry import by_suffix, offered, render

SSIM = Result(loss="ssim", convention="wang2004", typed="ssim", value=0.75, count=2)
NAN = Result(loss="psnr", convention="default", typed="psnr", value=None, reason="nan", count=2)
FAILED = Gate(expression="ssim<0.9", loss="ssim", observed=0.75, failed=True)
WARNING = Finding(check="c", severity="warning", message="something is odd", hint="look at it")
ERROR = Finding(check="d", severity="error", message="something is wrong")
NOTE = Finding(check="e", severity="note", message="by the way")


def evaluate(*arguments: str) -> int:
    return main(["eval", "--data", "imgs", *arguments])


@pytest.mark.parametrize("format_", offered(EvalDocument))
def test_standard_output_is_the_document_whatever_is_printed_meanwhile(
    format_: str, report: Report, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def talkative() -> Report:
        sys.stdout.write("a network prints\n")
        warnings.warn("a library warns", UserWarning, stacklevel=1)
        return report

    pipeline.answer = talkative

    status = evaluate("--format", format_)

    out, err = capsys.readouterr()
    assert status == ExitStatus.DONE
    assert out == render(EvalDocument(report), format_)
    assert err == "a network prints\n"


def test_quiet_drops_what_networks_print(report: Report, pipeline: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def talkative() -> Report:
        sys.stdout.write("a network prints\n")
        return report

    pipeline.answer = talkative

    evaluate("--quiet")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_documents_for_programs_have_their_warnings_told_on_standard_error(
    format_: str, report: Report, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.answer = dataclasses.replace(report, findings=(NOTE, WARNING, ERROR), gates=(FAILED,))

    evaluate("--format", format_)

    assert capsys.readouterr().err == (
        "warning: something is odd\nhint: look at it\nerror: something is wrong\n"
        "error: gate failed: ssim<0.9: ssim is 0.75\n"
    )


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_documents_for_people_say_everything_once(
    format_: str, report: Report, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.answer = dataclasses.replace(report, findings=(NOTE, WARNING, ERROR), gates=(FAILED,))

    evaluate("--format", format_)

    out, err = capsys.readouterr()
    assert err == ""
    assert all(out.count(said) == 1 for said in ("by the way", "something is odd", "something is wrong", "is 0.75"))


def test_quiet_leaves_errors(report: Report, pipeline: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.answer = dataclasses.replace(report, findings=(WARNING, ERROR), gates=(FAILED,))

    evaluate("--format", "json", "--quiet")

    assert capsys.readouterr().err == "error: something is wrong\nerror: gate failed: ssim<0.9: ssim is 0.75\n"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"results": (SSIM,)}, ExitStatus.DONE),
        ({"results": (SSIM,), "findings": (ERROR,)}, ExitStatus.DONE),
        ({"results": (SSIM,), "gates": (dataclasses.replace(FAILED, failed=False),)}, ExitStatus.DONE),
        ({"results": (SSIM,), "gates": (FAILED,)}, ExitStatus.FAILED),
        ({"results": (SSIM, NAN)}, ExitStatus.NON_FINITE),
        ({"results": (dataclasses.replace(NAN, reason="infinite"),)}, ExitStatus.NON_FINITE),
        ({"results": (SSIM, NAN), "gates": (FAILED,)}, ExitStatus.FAILED),
        ({"results": ()}, ExitStatus.NOTHING),
        ({"results": (dataclasses.replace(NAN, reason="unavailable"),)}, ExitStatus.NOTHING),
        ({"plan": {"data": []}}, ExitStatus.DONE),
    ],
)
def test_the_exit_status_tells_how_the_run_ended(
    changes: dict[str, Any], status: ExitStatus, report: Report, pipeline: Any
) -> None:
    pipeline.answer = dataclasses.replace(report, **changes)

    assert evaluate("--quiet") == status


def test_an_output_file_has_the_format_of_its_suffix(report: Report, pipeline: Any, tmp_path: Path) -> None:
    outputs = [f"r{suffix}" for suffix in by_suffix(EvalDocument)]

    status = evaluate(*(word for output in outputs for word in ("-o", output)), "-o", "UPPER.JSON")

    assert status == ExitStatus.DONE
    for suffix, format_ in by_suffix(EvalDocument).items():
        assert (tmp_path / f"r{suffix}").read_text("utf-8") == render(EvalDocument(report), format_)
    assert (tmp_path / "UPPER.JSON").read_bytes() == (tmp_path / "r.json").read_bytes()


def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    report: Report, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status = evaluate("-o", "missing/report.json")

    assert status == ExitStatus.USAGE
    assert "missing/report.json" in capsys.readouterr().err
    assert pipeline.requests == []


@pytest.mark.parametrize("failure", [InputError("x"), KeyboardInterrupt(), RuntimeError("y")])
def test_a_failed_run_leaves_no_file_and_keeps_the_one_before(
    failure: BaseException, pipeline: Any, tmp_path: Path
) -> None:
    (tmp_path / "old.json").write_text("before")
    present = sorted(tmp_path.iterdir())
    pipeline.answer = failure

    evaluate("-o", "old.json", "-o", "new.json")

    assert sorted(tmp_path.iterdir()) == present
    assert (tmp_path / "old.json").read_text() == "before"


def test_a_name_that_no_encoding_holds_is_written_all_the_same(report: Report, pipeline: Any, tmp_path: Path) -> None:
    finding = dataclasses.replace(NOTE, message="bad\udcff.png")
    pipeline.answer = dataclasses.replace(report, results=(dataclasses.replace(SSIM, reference="\udcff"),),
                                          findings=(finding,))  # fmt: skip

    status = evaluate("-o", "r.csv", "-o", "r.txt", "--format", "csv")

    assert status == ExitStatus.DONE
    assert "\\udcff" in (tmp_path / "r.csv").read_text("utf-8")
    assert "bad\\udcff.png" in (tmp_path / "r.txt").read_text("utf-8")


def test_the_schema_is_printed_as_it_lies_in_the_package(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    assert main(["eval", "--schema"]) == ExitStatus.DONE
    assert capsys.readouterr().out == (project / "ganloss_cli" / "report.schema.json").read_text("utf-8")


def test_a_closed_standard_output_is_refused_before_any_work(
    pipeline: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    assert evaluate() == ExitStatus.USAGE
    assert "standard output: is closed" in capsys.readouterr().err
    assert pipeline.requests == []


def test_an_encoding_without_our_glyphs_gets_others(
    report: Report, pipeline: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    pipeline.answer = dataclasses.replace(report, results=(SSIM, NAN))

    evaluate()

    assert b"----" in raw.getvalue()
    assert b"\\u" not in raw.getvalue()


def test_only_a_page_asks_for_what_it_draws(pipeline: Any) -> None:
    main(["eval", "--data", "imgs", "-o", "a.json"])
    main(["eval", "--data", "imgs", "-o", "a.json", "-o", "a.html"])
    main(["eval", "--data", "imgs", "-f", "html"])

    assert pipeline.drawn == [False, True, True]
