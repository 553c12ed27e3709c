import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import ganloss_cli
from ganloss_cli.cli import AUDITS, COMMANDS, main
from ganloss_cli.commands.options import DATA
from ganloss_cli.errors import (
    ExitStatus,
    GanlossError,
    InputError,
    NothingEvaluatedError,
    UnsafeCheckpointError,
    UsageError,
)
from ganloss_cli.io.roles import DATA_ROLES
from ganloss_cli.pipeline.evaluate import evaluation
from ganloss_cli.records.request import Request

Run = Callable[..., CompletedProcess[str]]
Failing = Callable[[BaseException], int]


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Failing:
    """failing(error): the status of an evaluation in which the pipeline raises `error`."""

    def run(error: BaseException) -> int:
        def pipeline(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(evaluation, "evaluate_request", pipeline)
        return main(["eval", "--data", str(tmp_path), "--format", "json"])

    monkeypatch.delenv("GANLOSS_DEBUG", raising=False)
    return run


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["eval", "--btach-size", "3"], "no such option: --btach-size", "did you mean --batch-size"),
        (["eval", "--data"], "option '--data' requires an argument", "ganloss --help shows what there is"),
        (["losses", "l1", "stray"], "got unexpected extra argument", "ganloss losses --help shows what there is"),
        (["evl"], "no such command 'evl'", "ganloss --help shows what there is"),
        (["eval"], "nothing to evaluate", "give --data PATH"),
        (["losses", "--format", "markdown"], "--format: expected one of table, json, csv; got 'markdown'", ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistaken_command_line_ends_with_2_and_says_what_to_do(
    arguments: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(arguments)

    out, err = capsys.readouterr()
    assert status == ExitStatus.USAGE
    assert err.startswith(f"error: {message}")
    assert hint in err
    assert out == ""


@pytest.mark.parametrize("kind", [UsageError, InputError, UnsafeCheckpointError, NothingEvaluatedError])
def test_a_mistake_is_a_message_a_hint_and_its_own_status(
    kind: type[GanlossError], failing: Failing, capsys: pytest.CaptureFixture[str]
) -> None:
    status = failing(kind("g.pt: is \x1b[31mbad", hint="try another"))

    assert status == kind.status
    assert capsys.readouterr() == ("", "error: g.pt: is \\x1b[31mbad\nhint: try another\n")


@pytest.mark.parametrize("crash", [KeyError("x"), RuntimeError("y"), AssertionError(), OSError(5, "z"), SystemExit(1)])
def test_a_crash_is_70_and_never_looks_like_a_failed_gate(
    crash: BaseException, failing: Failing, capsys: pytest.CaptureFixture[str]
) -> None:
    status = failing(crash)

    err = capsys.readouterr().err
    assert status == ExitStatus.INTERNAL
    assert err.startswith(f"error: internal error: {type(crash).__name__}")
    assert "GANLOSS_DEBUG=1" in err
    assert "Traceback" not in err


def test_a_path_that_the_system_refuses_is_an_input_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a" * 5000

    assert {main(["inspect", name]), main(["eval", "--data", name]), main(["audit", "log", name])} == {3}
    assert capsys.readouterr().err.splitlines() == [f"error: {name}: cannot be read: File name too long"] * 3


def test_debugging_shows_the_traceback(
    failing: Failing, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GANLOSS_DEBUG", "1")

    failing(KeyError("x"))

    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_interrupt_is_130(failing: Failing, capsys: pytest.CaptureFixture[str]) -> None:
    status = failing(KeyboardInterrupt())

    assert status == ExitStatus.INTERRUPTED
    assert capsys.readouterr() == ("", "error: interrupted\n")


def test_running_out_of_memory_names_the_options_that_save_it(
    failing: Failing, capsys: pytest.CaptureFixture[str]
) -> None:
    status = failing(MemoryError())

    assert status == ExitStatus.INTERNAL
    assert "error: out of memory\nhint: give a smaller --batch-size" in capsys.readouterr().err


def test_the_version_is_that_of_the_installed_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitStatus.DONE
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"ganloss {ganloss_cli.__version__}"
    assert (
        second
        == f"ssim and ms_ssim on a CPU: {'torch' if find_spec('ganloss_cli.evaluators._ssim') is None else 'compiled'}"
    )


def test_the_version_says_that_torch_does_it_where_nothing_is_compiled(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ganloss_cli.evaluators._ssim", None)

    main(["--version"])

    assert capsys.readouterr().out.splitlines()[1] == "ssim and ms_ssim on a CPU: torch"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["eval", "--help"], ["losses", "-h"]])
def test_help_has_an_example_and_cuts_nothing_at_eighty_columns(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    status = main(arguments)

    out = capsys.readouterr().out
    assert status == ExitStatus.DONE
    assert "Example: ganloss " in out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("words", [["--help"], ["-h"], [], ["audit", "-h"], ["audit"]], ids=" ".join)
def test_help_lists_every_command_though_few_are_imported(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(words)

    listed = re.findall(r"^│ (\w+) ", capsys.readouterr().out, re.MULTILINE)
    assert listed == (list(AUDITS) if "audit" in words else [*COMMANDS, "audit"])


def test_the_help_of_eval_explains_every_option_under_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    main(["eval", "--help"])

    out = capsys.readouterr().out
    for heading in ("Networks", "Data", "Losses", "How it runs", "Output", "Gates"):
        assert f"─ {heading} ─" in out
    options = re.findall(r"│ (--[\w-]+)", out)
    roles = [option for option in DATA if option.key in DATA_ROLES]
    assert len(options) == len(set(options)) == len(dataclasses.fields(Request)) - 2 + len(roles) + 9


@pytest.mark.parametrize("command", [*COMMANDS, *(f"audit {name}" for name in AUDITS)])
def test_what_an_exit_status_means_stands_beside_it_on_a_narrow_screen(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    main([*command.split(), "--help"])

    lines = capsys.readouterr().out.partition("Exit status:")[2].partition("╭")[0].splitlines()
    assert [line for line in lines if line.strip() and not re.match(r"   \d+ +\S| {8}\S", line)] == []


def test_no_command_prints_the_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitStatus.USAGE
    assert "Usage: ganloss" in capsys.readouterr().out


def test_the_module_runs_as_the_command(run_ganloss: Run) -> None:
    done = run_ganloss("--version")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"ganloss {ganloss_cli.__version__}"


@pytest.mark.parametrize("arguments", [["--help"], ["eval", "--schema"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_failure(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run([sys.executable, "-m", "ganloss_cli", *arguments], stdout=writer, stderr=subprocess.PIPE,
                          check=False, timeout=60)  # fmt: skip
    os.close(writer)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_behind_standard_output_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-m", "ganloss_cli", "eval", "--schema"], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)  # fmt: skip

    assert done.returncode == ExitStatus.USAGE
    assert done.stderr.startswith("error: standard output: cannot be written")


def test_several_files_behind_one_option_are_told_how_they_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "log", "log.csv", "--ckpt", "a.pt", "b.pt", "c.pt"]) == 2

    told = capsys.readouterr().err
    assert "unexpected extra argument(s) (b.pt c.pt)" in told
    assert "repeated for several, as in --ckpt A --ckpt B; ganloss audit log --help" in told
