"""From rows of options to what Typer takes: the signature of a command, without a line for each of sixty options."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_origin

import typer

from ganloss_cli import streams
from ganloss_cli.commands.option_kinds import FLAG
from ganloss_cli.commands.option_rows import Option

if TYPE_CHECKING:
    from ganloss_cli.commands.given import Given


def takes(*parts: Option | Iterable[Option]) -> Callable[[Callable[[Given], int]], Callable[..., int]]:
    """Make a command of a function: options in the order of --help, each read before the function is called.

    Args:
        parts: options, and groups of them.
    """
    options = [option for part in parts for option in ([part] if isinstance(part, Option) else part)]

    def decorate(function: Callable[[Given], int]) -> Callable[..., int]:
        @wraps(function)
        def command(context: typer.Context, **typed: Any) -> int:
            from ganloss_cli.commands.given import Given  # help and --version wait for nothing

            streams.require_stdout()
            return function(Given(values=_read(options, typed), command=("ganloss", *context.obj)))

        parameters = [parameter(option) for option in options]
        context = inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        command.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in (context, *parameters)}
        return command

    return decorate


def _read(options: Iterable[Option], typed: Mapping[str, Any]) -> dict[str, Any]:
    return {option.key: option.read(typed[option.key]) for option in options if option.answer is None}


def parameter(option: Option) -> inspect.Parameter:
    """One option as a parameter of a command."""
    kind: Any = bool if option.kind is FLAG else list[str] if option.kind.repeatable else str
    info = _argument(option) if not option.names else option_info(option)
    default = None if option.default in (None, ()) else option.default if kind is bool else str(option.default)
    return inspect.Parameter(
        option.key,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if option.required else default,
        annotation=Annotated[kind if option.required or default is not None else kind | None, info],
    )


def _argument(option: Option) -> Any:
    return typer.Argument(metavar=option.metavar, show_default=False, help=option.help)


def option_info(option: Option) -> Any:
    """What Typer has to know of an option."""
    return typer.Option(
        *option.names,
        metavar=option.metavar,
        help=f"{option.help.removesuffix('.')}; repeatable." if option.kind.repeatable else option.help,
        rich_help_panel=option.panel,
        is_eager=option.answer is not None,
        callback=_answering(option.answer) if option.answer else None,
    )


def _answering(answer: Callable[[Any], None]) -> Callable[[typer.Context, bool], None]:
    def and_exit(context: typer.Context, wanted: bool) -> None:
        if wanted:
            answer(context)
            raise typer.Exit

    return and_exit


class _AsTyped:
    """Stands where Typer would keep the validator of one parameter.

    Typer builds a Pydantic validator for every parameter of a command, given or not, which takes longer than most
    commands take to look at a file. Ours are texts and lists of them, checked in our own words.
    """

    def __init__(self, *, many: bool) -> None:
        self._many = many

    def coerce(self, value: Any, **_: object) -> object:
        return list(value or ()) if self._many else value


def keep_as_typed(command: Any) -> None:
    """Let the texts of a command, and of the commands below it, be taken as they are; arguments show no type in --help.

    The attributes are Typer's own affair: in a version without them the validators stay, and only time is lost.

    Args:
        command: what Typer made of an app.
    """
    for each in command.params:
        annotation = getattr(getattr(each, "type_descriptor", None), "annotation", None)
        if annotation in (str, list[str]) and hasattr(each, "_runtime_param"):
            each._runtime_param = _AsTyped(many=get_origin(annotation) is list)
        if each.param_type_name == "argument":
            each.display_type_rich = lambda **_: None  # the metavar says what it is
    for below in getattr(command, "commands", {}).values():
        keep_as_typed(below)
