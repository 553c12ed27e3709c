"""The kinds of values that options take: how each is read, from a text or from a value of Python's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ganloss_cli.commands import baseline_texts, option_values
from ganloss_cli.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What an option takes.

    Args:
        parse: its value, from the option's name and its text; from all its texts where it is repeatable.
        annotation: what the argument of `evaluate` may be.
        as_text: what the option would have been given, from the argument's name and what a caller gave.
    """

    parse: Callable[[str, Any], Any]
    annotation: str
    as_text: Callable[[str, Any], Any]

    @property
    def repeatable(self) -> bool:
        """Whether it may be given several times."""
        return self.as_text is _texts

    def read(self, name: str, given: Any) -> Any:
        """The value.

        Args:
            name: of the option or the argument, for messages.
            given: a text, several, or what stands for them in Python.

        Raises:
            UsageError: nothing that the option takes.
        """
        return self.parse(name, self.as_text(name, given))


def _text(name: str, given: Any) -> str:
    if not isinstance(given, (str, os.PathLike)):
        raise UsageError(f"{name}: expected text, got {given!r}")
    return str(given)


def _texts(name: str, given: Any) -> tuple[str, ...]:
    """One text or path, or several, as texts."""
    if given is None:
        return ()
    many = [given] if isinstance(given, (str, os.PathLike)) or not isinstance(given, Iterable) else list(given)
    if not all(isinstance(one, (str, os.PathLike)) for one in many):
        raise UsageError(f"{name}: expected text or several texts, got {given!r}")
    return tuple(map(str, many))


def _written(name: str, given: Any) -> str:
    """A number or a word."""
    return str(given)


def _joined(between: str, name: str, given: Any) -> str:
    """Numbers as an option has them."""
    parts = [given] if isinstance(given, str) or not isinstance(given, Iterable) else given
    return between.join(str(part) for part in parts)


def _as_given(name: str, given: Any) -> Any:
    return given


def whole(least: int, *, most: int | None = None) -> Kind:
    """A whole number of at least `least`, and of at most `most` where that is given."""
    return Kind(parse=partial(option_values.whole, least, most=most), annotation="int", as_text=_written)


def one_of(choices: Sequence[str]) -> Kind:
    """A word of a closed set."""
    annotation = f"Literal[{', '.join(map(repr, choices))}]".replace("'", '"')
    return Kind(parse=partial(option_values.one_of, choices), annotation=annotation, as_text=_written)


def parsed(parse: Callable[[str, str], Any], annotation: str = "str") -> Kind:
    """A text that is checked, or a value that is written like it."""
    return Kind(parse=parse, annotation=annotation, as_text=_written)


def several(parse: Callable[[str, Sequence[str]], Any]) -> Kind:
    """A repeatable option: all its texts make one value."""
    return Kind(parse=parse, annotation="Texts", as_text=_texts)


FLAG = Kind(parse=option_values.truth, annotation="bool", as_text=_as_given)
TEXT = Kind(parse=_as_given, annotation="Text", as_text=_text)
TEXTS = several(_as_given)
WORDS = several(option_values.words)
PATH = Kind(parse=lambda _, text: Path(text), annotation="Text", as_text=_text)
PATHS = several(lambda _, texts: tuple(map(Path, texts)))
RANGE = Kind(parse=option_values.low_high, annotation="tuple[float, float] | str", as_text=partial(_joined, ","))
SHAPE = Kind(parse=option_values.shape, annotation="int | Sequence[int] | str", as_text=partial(_joined, "x"))
SIZE = Kind(parse=option_values.size, annotation="int | tuple[int, int] | str", as_text=partial(_joined, "x"))
COUNT = whole(1)
NATURAL = whole(0)
THREADS = whole(0, most=256)  # all of them are started
POSITIVE = parsed(option_values.positive, "float")
NOT_NEGATIVE = parsed(option_values.not_negative, "float")
DEVICE = parsed(option_values.device)
PATTERN = parsed(option_values.pattern)
BACKBONES = several(option_values.backbones)
USER_NETWORKS = several(option_values.user_networks)
PLACES = several(option_values.places)
NETWORK_RANGES = several(option_values.network_ranges)
ARCHITECTURES = several(option_values.architectures)
ARCHITECTURE_ARGUMENTS = several(option_values.architecture_arguments)
RENAMES = several(option_values.renames)
ROLES = several(option_values.roles)
SETTINGS = several(option_values.setting_changes)
GATES = several(option_values.gates)
SHARE = parsed(option_values.share)
WORSE = several(baseline_texts.worse_conditions)
LEVEL = parsed(baseline_texts.level, "float")
