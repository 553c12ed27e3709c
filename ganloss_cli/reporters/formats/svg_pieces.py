"""What all charts are made of: scales, lines, texts, and the element that holds them with its numbers in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from ganloss_cli.reporters.figures import figure, printable

WIDTH, HEIGHT = 320, 120
LEFT, RIGHT, TOP, BOTTOM = 6, 314, 8, 98


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An SVG element, what it shows in words, and what its colours stand for where there are several."""

    svg: str
    told: str
    legend: Sequence[str] = ()


@dataclass(frozen=True)
class Scale:
    """Numbers to places on the page."""

    low: float
    span: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        """Where a number lies."""
        return self.start + (value - self.low) / self.span * self.length


def scale(values: Iterable[float], start: float, end: float) -> Scale:
    """From the least of them at `start` to the largest at `end`."""
    known = list(values)
    low, high = min(known), max(known)
    span = high - low
    if not 0 < span < math.inf:  # one value stands in the middle, and so do values that no float tells apart
        return Scale(0.0, math.inf, (start + end) / 2, 0.0)
    return Scale(low, span, start, end - start)


def upright(kind: str, x: Scale, value: float | None) -> str:
    """A line from top to bottom; nothing for None."""
    return "" if value is None else f'<path class="{kind}" data-value="{value!r}" d="M{at(x(value))} 2V{BOTTOM}"/>'


def ends(low: float, high: float, left: float, right: float, baseline: float = HEIGHT - 8) -> list[str]:
    """The least and the largest value beneath where they stand; what would run out of the picture is moved into it."""
    if low == high:
        return [text(min(max(left, 24), WIDTH - 24), baseline, figure(low), "middle")]
    return [
        text(min(left, WIDTH - 130), baseline, figure(low), "start"),
        text(max(right, 130), baseline, figure(high), "end"),
    ]


def text(x: float, y: float, told: str, anchor: str) -> str:
    """A short text of our own."""
    return f'<text x="{at(x)}" y="{at(y)}" text-anchor="{anchor}">{told}</text>'


def svg(title: str, told: str, parts: Iterable[str], height: int, *, axis: bool = False) -> str:
    """The element; a screen reader hears what it shows.

    Args:
        title: foreign text.
        told: what is seen.
        parts: of it.
        height: for a width of 320.
        axis: whether a line runs along the bottom.
    """
    name = escape(f"{printable(title)}: {told}")
    line = f'<path class="axis" d="M{LEFT} {BOTTOM}H{RIGHT}"/>' if axis else ""
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}">{line}{"".join(parts)}</svg>'


def at(place: float) -> str:
    """A tenth of a pixel is as fine as anybody sees."""
    return f"{place:.1f}".removesuffix(".0")
