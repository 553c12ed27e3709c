"""The commands as Typer has them: built for one command line, called, and its refusals said in our words."""

from __future__ import annotations

import ast
import difflib
import importlib
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from ganloss_cli.cli import show_version
from ganloss_cli.commands.help import HELP, show_help
from ganloss_cli.commands.parameters import keep_as_typed, option_info
from ganloss_cli.errors import ExitStatus, UsageError

# Typer exports one of its usage errors; the class they all derive from is that one's base.
_TyperUsageError: type[Exception] = typer.BadParameter.__bases__[0]


def call(words: Sequence[str], commands: Mapping[str, str], audits: Mapping[str, str]) -> int:
    """Call the command that a command line names.

    Args:
        words: what stands after `ganloss`.
        commands: where the function of each is, as "module:function".
        audits: the same of those below `audit`.

    Returns:
        its exit status.

    Raises:
        UsageError: no such command or option, or no value behind one.
        KeyboardInterrupt: it was interrupted.
    """
    command = get_command(_app(words, commands, audits))
    keep_as_typed(command)
    try:
        status = command.main(args=list(words), prog_name="ganloss", standalone_mode=False, obj=tuple(words))
    except _TyperUsageError as error:
        message, hint = _in_our_words(error)
        raise UsageError(message, hint=hint) from error
    if status == ExitStatus.INTERRUPTED:  # Typer has turned the KeyboardInterrupt into this
        raise KeyboardInterrupt
    return int(status or ExitStatus.DONE)


def parsed(words: Sequence[str], commands: Mapping[str, str]) -> Mapping[str, Any]:
    """The texts that a command line gives to the options of its command, which is not called.

    Args:
        words: what stands after `ganloss`.
        commands: where the function of each is, as "module:function".
    """
    command = get_command(_app(words, commands, {})).commands[words[0]]  # type: ignore[attr-defined]  # a group
    keep_as_typed(command)
    return dict(command.make_context(words[0], list(words[1:]), resilient_parsing=True).params)


def _app(words: Sequence[str], commands: Mapping[str, str], audits: Mapping[str, str]) -> typer.Typer:
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
        _add(app, commands, first)
    if first not in commands:
        below = typer.Typer(add_completion=False, context_settings=no_help)
        below.callback(invoke_without_command=True)(_audit)
        _add(below, audits, second if first == "audit" else "")
        app.add_typer(below, name="audit")
    return app


def _add(app: typer.Typer, commands: Mapping[str, str], wanted: str) -> None:
    for name in [wanted] if wanted in commands else commands:
        module, function = commands[name].split(":")
        app.command(name)(
            getattr(importlib.import_module(module), function) if name == wanted else _only_listed(module, function)
        )


def _only_listed(module: str, function: str) -> Callable[[], None]:
    """What stands for a command where it is listed and cannot be called: its docstring, without importing it."""

    def listed() -> None:
        pass

    spec = importlib.util.find_spec(module)
    source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
    functions = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    listed.__doc__ = next((ast.get_docstring(node) for node in functions if node.name == function), None)
    return listed


def _show_version(wanted: bool) -> None:
    if wanted:
        show_version()
        raise typer.Exit


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
