"""Values of options as they were typed, without Pydantic.

Typer builds a Pydantic validator for every parameter of a command, given or not, which takes longer than most commands
take to look at a file. Ours are text, paths and lists of them, checked by `option_values` in our own words.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_origin


class _Plain:
    """Stands where Typer would keep the validator of one parameter."""

    def __init__(self, make: Callable[[str], object], *, many: bool) -> None:
        self._make = make
        self._many = many

    def coerce(self, value: Any, **_: object) -> object:
        if value is None:
            return () if self._many else None
        return [self._make(item) for item in value] if self._many else self._make(value)


def keep_as_typed(command: Any) -> None:
    """Let the text and paths of a command, and of the commands below it, be taken as they are.

    The attribute is Typer's own affair: in a version without it the validators stay, and only time is lost.

    Args:
        command: what Typer made of an app.
    """
    for parameter in command.params:
        annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
        many = get_origin(annotation) is list
        of_each = get_args(annotation)[0] if many else annotation
        if of_each in (str, Path) and hasattr(parameter, "_runtime_param"):
            parameter._runtime_param = _Plain(of_each, many=many)
    for below in getattr(command, "commands", {}).values():
        keep_as_typed(below)
