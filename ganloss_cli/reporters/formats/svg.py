"""Charts as SVG, each with its numbers in words. They take their colours from the page, and need no script."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from ganloss_cli.reporters.document import Bar, Chart, Curve, Distribution, Histogram, Plane, Strip
from ganloss_cli.reporters.figures import count, figure, printable
from ganloss_cli.reporters.formats.svg_curve import curve
from ganloss_cli.reporters.formats.svg_pieces import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Drawn,
    Scale,
    at,
    ends,
    scale,
    svg,
    text,
    upright,
)

__all__ = ["Drawn", "bar", "drawn"]

_MOST_BINS, _TICKED = 32, 60  # bins of a histogram; samples up to which each has a tick of its own
_STRIP_HEIGHT = 56
_NEAR = 0.5  # of a number: candidates that far from it are drawn, those beyond only if they are named
_SQUARE = 200  # a picture of two shares
_LARGEST_DOT = 7


def drawn(chart: Chart) -> Drawn:
    """Any chart."""
    if isinstance(chart, Curve):
        return curve(chart)
    if isinstance(chart, Distribution):
        return _distribution(chart)
    if isinstance(chart, Histogram):
        return _histogram(chart)
    return _plane(chart) if isinstance(chart, Plane) else _strip(chart)


def bar(one: Bar) -> str:
    """A line from the least value to the largest, a dot for the value, and a tick where it should be."""
    own = [value for value in (one.value, one.low, one.high, one.aim) if value is not None]
    known = [*own, *(one.within or ())]
    if len(known) < 2 or not all(map(math.isfinite, known)):
        return ""
    least = min((value for value in known if value > 0), default=1.0)
    placed = {value: math.log10(max(value, least)) if one.logarithmic else value for value in known}
    to_pixel = scale(placed.values(), 4, 92)
    x = {value: at(to_pixel(place)) for value, place in placed.items()}
    parts = []
    if one.low is not None and one.high is not None:
        parts.append(f'<path class="span" d="M{x[one.low]} 8H{x[one.high]}"/>')
    if one.aim is not None:
        parts.append(f'<path class="aim" d="M{x[one.aim]} 1V15"/>')
    parts.append(f'<circle class="dot" cx="{x[one.value]}" cy="8" r="3.5"/>')
    return f'<svg class="bar" viewBox="0 0 96 16" aria-hidden="true">{"".join(parts)}</svg>'


def _distribution(chart: Distribution) -> Drawn:
    everything = [value for values in chart.values.values() for value in values]
    low, high = min(everything), max(everything)
    bins = min(max(round(2 * math.sqrt(max(map(len, chart.values.values())))), 4), _MOST_BINS)
    counts = {name: _counts(values, low, high, bins) for name, values in chart.values.items()}
    aim, lines = _lines(chart, low, high)
    x = scale([*everything, *lines], LEFT, RIGHT)
    parts = _bins(counts, [x(low) + (x(high) - x(low)) * k / bins for k in range(bins + 1)])
    for name, values in chart.values.items():
        if len(values) <= _TICKED:
            ticks = "".join(f"M{at(x(value))} {BOTTOM}v-5" for value in values)
            parts.append(f'<path class="tick {_kind(name)}" d="{ticks}"/>')
    parts += [upright("aim", x, aim), upright("value", x, chart.value), *ends(low, high, x(low), x(high))]
    told = "; ".join(_spread(name, values) for name, values in chart.values.items())
    told += _among(chart, aim)
    return Drawn(svg=svg(chart.title, told, parts, HEIGHT, axis=True), told=told)


def _spread(name: str, values: Sequence[float]) -> str:
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    noun = count(len(values), "sample") if name == "samples" else f"{len(values)} {name}"
    return f"{noun} from {figure(ordered[0])} to {figure(ordered[-1])}, median {figure(middle)}"


def _counts(values: Iterable[float], low: float, high: float, bins: int) -> list[int]:
    counts, place = [0] * bins, scale((low, high), 0, bins)
    for value in values:
        counts[min(int(place(value)), bins - 1)] += 1
    return counts


def _bins(counted: Mapping[str, Sequence[float]], edges: Sequence[float]) -> list[str]:
    """Blocks over the edges, which are pixels; the tallest fills the picture."""
    most = max(max(counts) for counts in counted.values())
    parts = []
    for name, counts in counted.items():
        blocks = "".join(
            f"M{at(left)} {BOTTOM}v{at(-n * (BOTTOM - TOP) / most)}h{at(max(right - left, 2 / len(counts)))}"
            f"v{at(n * (BOTTOM - TOP) / most)}z"
            for (left, right), n in zip(itertools.pairwise(edges), counts, strict=True) if n
        )  # fmt: skip
        parts.append(f'<path class="bins {_kind(name)}" d="{blocks}"/>')
    return parts


def _kind(name: str) -> str:
    """The colour of a series: fakes and unseen reals have one of their own, everything else that of reals."""
    return {"fake": "series1", "holdout": "series2"}.get(name, "series0")


def _histogram(chart: Histogram) -> Drawn:
    low, high = chart.edges[0], chart.edges[-1]
    aim, lines = _lines(chart, low, high)
    x = scale([low, high, *lines], LEFT, RIGHT)
    shares = {name: [n / max(sum(counts), 1) for n in counts] for name, counts in chart.counts.items()}
    parts = _bins(shares, [LEFT, RIGHT] if low == high else [x(edge) for edge in chart.edges])
    parts += [upright("aim", x, aim), upright("value", x, chart.value), *ends(low, high, x(low), x(high))]
    told = f"{', '.join(f'{sum(counts)} {name}' for name, counts in chart.counts.items())}"
    told += f" from {figure(low)} to {figure(high)}{_among(chart, aim)}"
    told += ", as shares of each" if len(chart.counts) > 1 else ""
    legend = [*chart.counts] if len(chart.counts) > 1 else []
    return Drawn(svg=svg(chart.title, told, parts, HEIGHT, axis=True), told=told, legend=legend)


def _lines(chart: Distribution | Histogram, low: float, high: float) -> tuple[float | None, list[float]]:
    """Where it should be, if that is near enough to be drawn, and with it what the values come to."""
    aim = chart.aim
    if aim is not None and not low - (high - low) <= aim <= high + (high - low):
        aim = None  # it would leave no room for the values
    return aim, [value for value in (chart.value, aim) if value is not None]


def _among(chart: Distribution | Histogram, aim: float | None) -> str:
    """The lines among the values, in words."""
    told = f"; value {figure(chart.value)}" if chart.value is not None else ""
    if chart.aim is None:
        return told
    return f"{told}, equilibrium {figure(chart.aim)} ({'dashed' if aim is not None else 'beyond'})"


def _plane(chart: Plane) -> Drawn:
    x, y = scale((0, 1), 40, WIDTH - 40), scale((0, 1), _SQUARE - 24, TOP)
    parts = [
        f'<path class="axis" d="M{at(x(0))} {at(y(1))}V{at(y(0))}H{at(x(1))}"/>',
        f'<path class="aim" d="M{at(x(0))} {at(y(0))}L{at(x(1))} {at(y(1))}"/>',
    ]
    for name, points in chart.series.items():
        inner = "".join(_dots(name, points, chart.sizes, x, y)) if chart.sizes else _joined(name, points, x, y)
        parts.append(f'<g data-value="{chart.values[name]!r}">{inner}</g>')
    if chart.rest is not None:
        place, half = (x(chart.rest), y(chart.rest)), 5
        parts.append(
            f'<path class="value" d="M{at(place[0] - half)} {at(place[1])}h{2 * half}m-{half} -{half}v{2 * half}"/>'
        )
    parts += [
        text(x(0.5), _SQUARE - 6, chart.across, "middle"),
        f'<text transform="translate(28 {at(y(0.5))}) rotate(-90)" text-anchor="middle">{chart.up}</text>',
    ]
    legend = [] if chart.sizes or len(chart.series) < 2 else [*chart.series]
    return Drawn(svg=svg(chart.title, chart.told, parts, _SQUARE), told=chart.told, legend=legend)


def _joined(name: str, points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> str:
    places = "L".join(f"{at(x(across))} {at(y(up))}" for across, up in points)
    return f'<path class="line {_kind(name)}" d="M{places}"/>'


def _dots(name: str, points: Sequence[tuple[float, float]], sizes: Sequence[int], x: Scale, y: Scale) -> Iterator[str]:
    """One a point, its area as large as the number of samples that it stands for."""
    for (across, up), n in zip(points, sizes, strict=True):
        radius = max(_LARGEST_DOT * math.sqrt(n / max(sizes)), 2)
        title = f"<title>{figure(across)}, {figure(up)}; {count(n, 'sample')}</title>"
        place = f'cx="{at(x(across))}" cy="{at(y(up))}" r="{at(radius)}"'
        yield f'<circle class="bins {_kind(name)}" {place}>{title}</circle>'


def _strip(chart: Strip) -> Drawn:
    hits = [name for name, value in chart.others.items() if abs(value - chart.number) <= chart.tolerance]
    near = [value for value in chart.every if abs(value - chart.number) <= _NEAR * abs(chart.number)]
    shown = [chart.number, *chart.others.values(), *near]
    low, high = min(shown), max(shown)
    x = scale(shown, LEFT + 4, RIGHT - 4)
    ticks = "".join(f"M{at(x(value))} 17v8" for value in chart.every if low <= value <= high)
    left, right = x(chart.number - chart.tolerance), x(chart.number + chart.tolerance)
    parts = [
        f'<path class="rest" d="{ticks}"/>' if ticks else "",
        f'<rect class="interval" x="{at(left)}" y="{TOP}" width="{at(max(right - left, 1))}" height="26"/>',
    ]
    for name, value in chart.others.items():
        kind = "hit" if name in hits else "other"
        title = f"<title>{escape(printable(name))}: {figure(value, 6)}</title>"
        parts.append(
            f'<circle class="{kind}" data-value="{value!r}" cx="{at(x(value))}" cy="21" r="4">{title}</circle>'
        )
    parts.append(f'<path class="value" data-value="{chart.number!r}" d="M{at(x(chart.number))} {TOP - 4}V38"/>')
    parts += ends(low, high, x(low), x(high), 52)
    n_far = sum(not low <= value <= high for value in chart.every)
    told = f"the number (line) among {count(len(chart.every) or len(chart.others), 'candidate')}"
    told += f" from {figure(low)} to {figure(high)}" + (f", {n_far} of them further off" if n_far else "")
    told += f"; within rounding: {', '.join(map(printable, hits))}" if hits else "; none within rounding"
    return Drawn(svg=svg(chart.title, told, parts, _STRIP_HEIGHT), told=told)
