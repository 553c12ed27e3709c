"""Names in messages: the first few of them, and sorted by what is said of them. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable

TYPE_CHECKING = False  # see the package
if TYPE_CHECKING:
    from typing import TypeVar

    Key = TypeVar("Key")
    Value = TypeVar("Value")


def listed(names: Iterable[str], most: int = 5) -> str:
    """Names in a sentence, the first `most` of them and how many are left out: "a, b and 3 more"."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")


def grouped(pairs: Iterable[tuple[Key, Value]]) -> dict[Key, list[Value]]:
    """The values of each key, keys and values in the order in which they come first."""
    found: dict[Key, list[Value]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found
