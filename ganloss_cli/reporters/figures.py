"""How numbers and foreign strings are shown to a person; files keep every digit and every byte."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ganloss_cli.records.listing import listed
from ganloss_cli.records.severity import Severity

if TYPE_CHECKING:
    from ganloss_cli.reporters.document import Bar

ABSENT = "—"
_SHOWN = 8
_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


Mark = Severity | Literal["passed", "failed"]


class Shown(str):
    """Text as a person reads it, which still knows what it stands for; formats of plain text need not look.

    Args:
        text: to be read.
        value: the number that it shows, with all its digits.
        mark: what it says of what it stands beside, where that has a colour.
        bar: what is drawn before it, where a format draws.
    """

    value: float | None
    mark: Mark | None
    bar: Bar | None

    def __new__(  # noqa: D102
        cls, text: str, value: float | None = None, mark: Mark | None = None, bar: Bar | None = None
    ) -> Shown:
        shown = super().__new__(cls, text)
        shown.value, shown.mark, shown.bar = value, mark, bar
        return shown


def verdict_mark(passed: bool) -> Mark:
    """How what passed or failed is marked."""
    return "passed" if passed else "failed"


def figure(value: float | None, digits: int = 4) -> Shown:
    """A number with `digits` significant digits, and never fewer than its integer digits below a million.

    Args:
        value: None and non-finite values are absent.
        digits: 4 for values, 2 for standard errors.
    """
    if value is None or not math.isfinite(value):
        return Shown(ABSENT)
    return Shown(_rounded(value, digits), value)


def _rounded(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    magnitude = abs(value)
    if 10**digits - 0.5 <= magnitude < 1e6:
        return f"{value:.0f}"
    if not 1e-4 <= magnitude < 1e6:
        return f"{value:.{digits - 1}e}"
    return f"{value:#.{digits}g}".rstrip(".")


def number(value: float) -> Shown:
    """A number that someone chose, such as an end of a range, without needless digits."""
    return Shown(f"{value:.6g}", value)


def count(n: int, noun: str) -> str:
    """A count with its noun: "1 sample", "2 samples"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def shape(sizes: Sequence[int]) -> str:
    """The shape of one sample, "3×64×64"."""
    return "×".join(str(size) for size in sizes) or "scalar"


def span(low_high: tuple[float, float]) -> str:
    """A range, "[-1, 1]"."""
    low, high = low_high
    return f"[{number(low)}, {number(high)}]"


def aim(higher_is_better: bool | None, equilibrium: float | None) -> str:
    """Which way is better; where neither is, the value at which neither network can gain."""
    if higher_is_better is not None:
        return "↑" if higher_is_better else "↓"
    return "" if equilibrium is None else f"eq {figure(equilibrium)}"


def printable(text: object, keep: str = "") -> str:
    """Foreign text without what would steer a terminal: control characters are spelled out.

    Args:
        text: a path, a name or a message that may quote one.
        keep: control characters that are let through.
    """
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in str(text))


def brief(value: object) -> str:
    """Any value of a setting or a plan, on one line."""
    if value is None or value in ({}, [], ()):
        return ABSENT
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{printable(key)} {brief(entry)}" for key, entry in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(brief(entry) for entry in value)
    return printable(value)


def size(n_bytes: int) -> str:
    """A number of bytes: "2.61 MB"."""
    factor, unit = next(((factor, unit) for factor, unit in _UNITS if n_bytes >= factor), (1, "B"))
    return f"{n_bytes / factor:.3g} {unit}" if n_bytes < 1000 * factor else f"{n_bytes / factor:.0f} {unit}"


def dtypes(counts: Mapping[str, int]) -> str:
    """The types of tensors; of several, how many there are of each."""
    return ", ".join(dtype if len(counts) == 1 else f"{dtype} ×{n}" for dtype, n in counts.items())


def some(names: Iterable[str], most: int = _SHOWN) -> str:
    """The first of them, and how many more there are."""
    return listed(map(printable, names), most)
