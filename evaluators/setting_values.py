"""The values of settings, read from text in the types that a loss function annotates them with."""

from __future__ import annotations

import contextlib
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.records.request import SettingChange

# Settings that take more than a closed set: how they are read, and what a message calls them.
_OPEN_KINDS: Mapping[Any, tuple[Callable[[str], object], str]] = {
    int: (int, "an integer"),
    float: (float, "a number"),
    str: (str, "a word"),
    tuple: (lambda text: tuple(float(part) for part in text.split(",")), "numbers separated by commas"),
}


def setting_value(change: SettingChange, annotation: Any) -> object:
    """What a setting is changed to.

    Args:
        change: with the text of the value.
        annotation: the setting's type.

    Raises:
        UsageError: a text that is no value of the type; with all that would be.
    """
    kinds = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    spelled: dict[str, object] = {}
    wanted: list[str] = []
    for kind in kinds:
        kind = typing.get_origin(kind) if typing.get_origin(kind) is tuple else kind
        if kind in _OPEN_KINDS:
            parse, description = _OPEN_KINDS[kind]
            with contextlib.suppress(ValueError):
                return parse(change.value)
            wanted.append(description)
        else:
            choices = {bool: (False, True), types.NoneType: (None,)}.get(kind) or typing.get_args(kind)
            spelled |= {str(choice).lower(): choice for choice in choices}
    if change.value.lower() in spelled:
        return spelled[change.value.lower()]
    wanted = [*spelled, *wanted]
    one_of = "one of " * (len(wanted) > 1)
    raise UsageError(f"--set {change.text}: expected {one_of}{', '.join(wanted)}; got {change.value!r}")
