"""The arguments of `evaluate`, each checked as the option of its name is; texts are read as that option reads them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, get_type_hints

from ganloss_cli.commands.option_values import PARSERS
from ganloss_cli.errors import UsageError
from ganloss_cli.records.request import Request

_FIELDS: Mapping[str, Field[Any]] = {field.name: field for field in fields(Request) if field.name != "roles"}
_OF_PATHS = frozenset({"ckpt", "disc"})
_BETWEEN = {"latent_shape": "x", "range": ","}  # the numbers of a tuple, as text has them


def request_of(choices: Mapping[str, Any], roles: Mapping[str, str]) -> Request:
    """The request that arguments make.

    Args:
        choices: fields of `Request` by name; a field that takes several values takes one as well.
        roles: role -> path.

    Raises:
        UsageError: an unknown name, or a value that the option of that name would not take either.
        InputError: a file that does not exist.
    """
    unknown = sorted(choices.keys() - _FIELDS)
    if unknown:
        raise UsageError(f"evaluate: no argument {unknown[0]!r}", hint=f"it takes {', '.join(sorted(_FIELDS))}")
    return Request(roles=roles, **{name: _checked(_FIELDS[name], value) for name, value in choices.items()})


def _checked(field: Field[Any], value: Any) -> Any:
    name = field.name
    if value is None and field.default in (None, ()):
        return field.default
    if field.default == ():
        several = _several(name, value)
        several = PARSERS[name](name, several) if name in PARSERS else several
        return tuple(Path(path) for path in several) if name in _OF_PATHS else tuple(several)
    if name in PARSERS:
        return PARSERS[name](name, _as_text(name, value))
    if isinstance(field.default, bool):
        if not isinstance(value, bool):
            raise UsageError(f"{name}: expected True or False, got {value!r}")
        return value
    if not isinstance(value, (str, os.PathLike)):
        raise UsageError(f"{name}: expected text, got {value!r}")
    return Path(value) if _HINTS[name] == Path | None else str(value)


def _several(name: str, value: Any) -> tuple[str, ...]:
    """One text or path, or several, as texts."""
    many = [value] if isinstance(value, (str, os.PathLike)) or not isinstance(value, Iterable) else list(value)
    for one in many:
        if not isinstance(one, (str, os.PathLike)):
            raise UsageError(f"{name}: expected text or several texts, got {value!r}")
    return tuple(str(one) for one in many)


def _as_text(name: str, value: Any) -> str:
    """A number, or a tuple of some, as an option would have it."""
    if name in _BETWEEN and isinstance(value, Iterable) and not isinstance(value, str):
        return _BETWEEN[name].join(str(part) for part in value)
    return str(value)


_HINTS: Mapping[str, Any] = get_type_hints(Request)
