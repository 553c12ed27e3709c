"""The command line: one line a command, and the one place where an exception becomes an exit status."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command

from ganloss_cli import options, streams
from ganloss_cli.commands.audit import audit_app
from ganloss_cli.commands.compare import compare_command
from ganloss_cli.commands.eval import eval_command
from ganloss_cli.commands.inspect import inspect_command
from ganloss_cli.commands.losses import losses_command
from ganloss_cli.errors import ExitStatus, GanlossError

# No pretty exceptions: main() tells what went wrong. No completion: its two options would stand above ours in --help.
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": []},  # ours is options.Help
)
app.command("eval")(eval_command)
app.command("inspect")(inspect_command)
app.command("losses")(losses_command)
app.command("compare")(compare_command)
app.add_typer(audit_app, name="audit")

# Typer exports one of its usage errors; the class they all derive from is that one's base.
_TyperUsageError: type[Exception] = typer.BadParameter.__bases__[0]


def _show_version(wanted: bool) -> None:
    if wanted:
        from ganloss_cli import __version__

        streams.write_document(f"ganloss {__version__}\n")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _ganloss(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", help="Print the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
    help_: Annotated[bool, options.help_option(None)] = False,
) -> int:
    """Losses of GAN checkpoints: computed, traced to their convention, audited.

    Example: ganloss eval --ckpt g.pt --data imgs/ --losses ssim,psnr,fm
    """
    if context.invoked_subcommand is None:
        options.show_help(context)
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
    try:
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


def _run(words: Sequence[str]) -> int:
    with warnings.catch_warnings():
        if not (sys.warnoptions or _debugging()):
            # what matters about an input is a finding of the report; a library's own warnings are for its developers
            warnings.simplefilter("ignore")
        command = get_command(app)
        status = command.main(args=list(words), prog_name="ganloss", standalone_mode=False, obj=tuple(words))
    if status == ExitStatus.INTERRUPTED:  # Typer has turned the KeyboardInterrupt into this
        raise KeyboardInterrupt
    return int(status or ExitStatus.DONE)


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
    return message[:1].lower() + message[1:], f"{suggestion}{command} --help shows what there is"
