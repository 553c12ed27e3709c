"""The command line: one line a command, and the one place where an exception becomes an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
import types
import warnings
from collections.abc import Iterator, Sequence

from ganloss_cli import streams
from ganloss_cli.errors import ExitStatus, GanlossError
from ganloss_cli.launch import launched

# One line a command, in the order of --help. Only what is called is imported: all of them take twice as long to load.
COMMANDS = {
    "eval": "ganloss_cli.commands.eval:eval_command",
    "rank": "ganloss_cli.commands.rank:rank_command",
    "inspect": "ganloss_cli.commands.inspect:inspect_command",
    "convert": "ganloss_cli.commands.convert:convert_command",
    "losses": "ganloss_cli.commands.losses:losses_command",
    "compare": "ganloss_cli.commands.compare:compare_command",
    "merge": "ganloss_cli.commands.merge:merge_command",
    "report": "ganloss_cli.commands.report:report_command",
}
AUDITS = {
    "checkpoint": "ganloss_cli.commands.checkpoint:checkpoint_command",
    "checks": "ganloss_cli.commands.checks:checks_command",
    "number": "ganloss_cli.commands.number:number_command",
    "log": "ganloss_cli.commands.log:log_command",
    "loss": "ganloss_cli.commands.loss:loss_command",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        arguments: what stands after `ganloss`; by default this process's own.

    Returns:
        the exit status, one of `ExitStatus`; never 1 unless a gate failed.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    mine = None if "--no-distributed" in words else launched(os.environ)
    streams.speak(wanted=mine is None or mine.rank == 0)
    if mine is not None and mine.rank > 0 and not _divides(words):
        return ExitStatus.DONE
    try:
        if words == ["--version"]:  # answered before Typer is imported
            show_version()
            return ExitStatus.DONE
        with _ended_like_ctrl_c():
            return _run(words)
    except KeyboardInterrupt:
        streams.say("error", "interrupted")
        return ExitStatus.INTERRUPTED
    except GanlossError as error:
        _tell(error.message, error.hint)
        return error.status
    except MemoryError:
        _tell("out of memory", "give a smaller --batch-size, --limit, --tile or --segment")
        return ExitStatus.INTERNAL
    except OSError as error:
        if error.filename is None:
            return _internal(error)
        # a name that is too long, a folder that may not be entered, a disk that fails: whoever asked expected none
        _tell(f"{error.filename}: cannot be read: {error.strerror}", None)
        return ExitStatus.INPUT
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # the reader of our help went away
            streams.discard_stdout()
            return ExitStatus.DONE
        return _internal(error)
    except Exception as error:  # noqa: BLE001  the one boundary
        return _internal(error)


@contextlib.contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Within this block, Ctrl-C, being told to end and losing the terminal clean up."""
    import signal
    import threading

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    usual = (signal.SIG_DFL, signal.default_int_handler)
    ours = {number: handler for number, handler in before.items() if handler in usual}  # nohup ignores one, on purpose
    for number in ours:
        signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def _interrupt(_number: int, frame: types.FrameType | None) -> None:
    """Interrupt what runs; but where a module is being imported, end: torch's C++ drops an exception, or aborts."""
    while frame is not None and frame.f_code is not main.__code__:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            writing = sys.modules.get("ganloss_cli.io.writing")
            getattr(writing, "discard_all", int)()  # not yet there where it is what is being imported
            streams.say("error", "interrupted")
            os._exit(ExitStatus.INTERRUPTED)
        frame = frame.f_back
    raise KeyboardInterrupt


def _run(words: Sequence[str]) -> int:
    with warnings.catch_warnings():
        if not (sys.warnoptions or _debugging()):
            # what matters about an input is a finding of the report; a library's own warnings are for its developers
            warnings.simplefilter("ignore")
        from ganloss_cli.commands.app import call

        return call(words, COMMANDS, AUDITS)


def show_version() -> None:
    """Print the version, and what computes SSIM on a processor."""
    from ganloss_cli import __version__

    try:
        import ganloss_cli.evaluators._ssim  # noqa: F401  which needs no torch

        path = "compiled"
    except ImportError:
        path = "torch"
    streams.write_document(f"ganloss {__version__}\nssim and ms_ssim on a CPU: {path}\n")


def _divides(words: Sequence[str]) -> bool:
    """Whether a command shares its work with the other processes of a launcher; of the rest, the first does all."""
    return words[:1] in (["eval"], ["rank"]) and not {"--help", "-h", "--schema", "--follow"} & {*words}


def _tell(message: str, hint: str | None) -> None:
    if _debugging():
        import traceback

        streams.say_as_is(traceback.format_exc())
    streams.say("error", message)
    if hint:
        streams.say("hint", hint)


def _internal(error: BaseException) -> int:
    """Our own mistake: never 1, which would read as a failed gate."""
    _tell(
        f"internal error: {type(error).__name__}: {error}",
        "this is a bug of ganloss; please report it with the command, the output of `ganloss --version` and the"
        " traceback that GANLOSS_DEBUG=1 prints",
    )
    return ExitStatus.INTERNAL


def _debugging() -> bool:
    return os.environ.get("GANLOSS_DEBUG", "0") not in ("", "0")
