"""The command line: one line a command, and the one place where an exception becomes an exit status."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated

import typer
from typer.main import get_command

from ganloss_cli import streams
from ganloss_cli.commands.help import HELP, show_help
from ganloss_cli.commands.parameters import keep_as_typed, option_info
from ganloss_cli.errors import ExitStatus, GanlossError
from ganloss_cli.launch import launched

# One line a command, in the order of --help. Only what is called is imported: all of them take twice as long to load.
COMMANDS = {
    "eval": "ganloss_cli.commands.eval:eval_command",
    "inspect": "ganloss_cli.commands.inspect:inspect_command",
    "losses": "ganloss_cli.commands.losses:losses_command",
    "compare": "ganloss_cli.commands.compare:compare_command",
    "merge": "ganloss_cli.commands.merge:merge_command",
}
AUDITS = {
    "checkpoint": "ganloss_cli.commands.checkpoint:checkpoint_command",
    "checks": "ganloss_cli.commands.checks:checks_command",
    "number": "ganloss_cli.commands.number:number_command",
    "log": "ganloss_cli.commands.log:log_command",
    "loss": "ganloss_cli.commands.loss:loss_command",
}

# Typer exports one of its usage errors; the class they all derive from is that one's base.
_TyperUsageError: type[Exception] = typer.BadParameter.__bases__[0]


def _show_version(wanted: bool) -> None:
    if wanted:
        from ganloss_cli import __version__

        streams.write_document(f"ganloss {__version__}\n")
        raise typer.Exit


def _app(words: Sequence[str]) -> typer.Typer:
    """The commands that a command line may come to: the one that its first words name, else all."""
    # No pretty exceptions: main() tells what went wrong. No completion: its two options would stand above ours in
    # --help, whose own option is options.Help.
    no_help: dict[str, list[str]] = {"help_option_names": []}
    app = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich", context_settings=no_help
    )
    app.callback(invoke_without_command=True)(_ganloss)
    first, second = (*words, "", "")[:2]
    if first.startswith("-") and not {"--help", "-h"} & {*words}:
        return app  # answered, or refused, before any command is looked for
    if first != "audit":
        _add(app, COMMANDS, first)
    if first not in COMMANDS:
        audits = typer.Typer(add_completion=False, context_settings=no_help)
        audits.callback(invoke_without_command=True)(_audit)
        _add(audits, AUDITS, second if first == "audit" else "")
        app.add_typer(audits, name="audit")
    return app


def _add(app: typer.Typer, commands: Mapping[str, str], wanted: str) -> None:
    for name in [wanted] if wanted in commands else commands:
        module, function = commands[name].split(":")
        command = getattr(importlib.import_module(module), function)
        app.command(name)(command if name == wanted else _only_listed(command))


def _only_listed(command: Callable[..., int]) -> Callable[[], None]:
    """What stands for a command where it is listed and cannot be called: sixty options would be built to be dropped."""

    def listed() -> None:
        pass

    listed.__doc__ = command.__doc__
    return listed


def _ganloss(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", help="Print the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
    help_: Annotated[bool, option_info(HELP)] = False,
) -> int:
    """Losses of GAN checkpoints: computed, traced to their convention, audited.

    Example: ganloss eval --ckpt g.pt --data imgs/ --losses ssim,psnr,fm
    """
    return _help_without_command(context)


def _audit(context: typer.Context, help_: Annotated[bool, option_info(HELP)] = False) -> int:
    """Verify numbers, training logs, loss functions and checkpoints.

    Example: ganloss audit number d_bce=1.386
    """
    return _help_without_command(context)


def _help_without_command(context: typer.Context) -> int:
    if context.invoked_subcommand is None:
        show_help(context)
        return ExitStatus.USAGE
    return ExitStatus.DONE


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
        with _ended_like_ctrl_c():
            return _run(words)
    except KeyboardInterrupt:
        streams.say("error", "interrupted")
        return ExitStatus.INTERRUPTED
    except GanlossError as error:
        _tell(error.message, error.hint)
        return error.status
    except _TyperUsageError as error:
        _tell(*_in_our_words(error))
        return ExitStatus.USAGE
    except MemoryError:
        _tell("out of memory", "give a smaller --batch-size, --limit, --tile or --segment")
        return ExitStatus.INTERNAL
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # the reader of our help went away
            streams.discard_stdout()
            return ExitStatus.DONE
        return _internal(error)
    except Exception as error:  # noqa: BLE001  the one boundary
        return _internal(error)


@contextlib.contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Within this block, being told to end or losing the terminal cleans up as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    ours = [number for number, handler in before.items() if handler is signal.SIG_DFL]  # nohup ignores one, on purpose
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _run(words: Sequence[str]) -> int:
    with warnings.catch_warnings():
        if not (sys.warnoptions or _debugging()):
            # what matters about an input is a finding of the report; a library's own warnings are for its developers
            warnings.simplefilter("ignore")
        command = get_command(_app(words))
        keep_as_typed(command)
        status = command.main(args=list(words), prog_name="ganloss", standalone_mode=False, obj=tuple(words))
    if status == ExitStatus.INTERRUPTED:  # Typer has turned the KeyboardInterrupt into this
        raise KeyboardInterrupt
    return int(status or ExitStatus.DONE)


def _divides(words: Sequence[str]) -> bool:
    """Whether a command shares its work with the other processes of a launcher; of the rest, the first does all."""
    return words[:1] == ["eval"] and not {"--help", "-h", "--schema"} & {*words}


def _tell(message: str, hint: str | None) -> None:
    if _debugging():
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


def _in_our_words(error: Exception) -> tuple[str, str]:
    """A usage error of Typer's as message and hint: lower case, no full stop, the nearest option named."""
    typed = str(getattr(error, "option_name", ""))
    possibilities = difflib.get_close_matches(typed, getattr(error, "possibilities", None) or (), n=1)
    message = error.message if possibilities else error.format_message()  # type: ignore[attr-defined]
    message = " ".join(message.split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "ganloss"
    suggestion = f"did you mean {possibilities[0]}? " if possibilities else ""
    takes_files = context is not None and any(parameter.name == "ckpt" for parameter in context.command.params)
    if takes_files and "unexpected extra argument" in message:  # the shell has made several names of one pattern
        suggestion = "a file stands behind an option, which is repeated for several, as in --ckpt A --ckpt B; "
    return message[:1].lower() + message[1:], f"{suggestion}{command} --help shows what there is"
