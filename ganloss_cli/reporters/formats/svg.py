"""Charts as SVG, each with its numbers in words. They take their colours from the page, and need no script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ganloss_cli.reporters.document import Bar, Chart, Curve, Distribution, Strip
from ganloss_cli.reporters.figures import count, figure, printable

_WIDTH, _HEIGHT, _STRIP_HEIGHT = 320, 120, 56
_LEFT_OF_CURVE = 62  # beside which the least and the largest value are written
_LEFT, _RIGHT, _TOP, _BOTTOM = 6, 314, 8, 98
_MOST_BINS, _TICKED = 32, 60  # bins of a histogram; samples up to which each has a tick of its own
_COLUMNS = 150  # of a curve: in each its first, least, largest and last value are drawn
_MOST_MARKS = 100  # values of a curve that are not finite, or sessions


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An SVG element, and what it shows in words."""

    svg: str
    told: str


def drawn(chart: Chart) -> Drawn:
    """Any chart."""
    if isinstance(chart, Distribution):
        return _distribution(chart)
    return _curve(chart) if isinstance(chart, Curve) else _strip(chart)


def bar(one: Bar) -> str:
    """A line from the least value to the largest, a dot for the value, and a tick where it should be."""
    known = [value for value in (one.value, one.low, one.high, one.aim) if value is not None]
    if len(known) < 2:
        return ""
    x = _scale(known, 4, 92)
    parts = []
    if one.low is not None and one.high is not None:
        parts.append(f'<path class="span" d="M{_at(x(one.low))} 8H{_at(x(one.high))}"/>')
    if one.aim is not None:
        parts.append(f'<path class="aim" d="M{_at(x(one.aim))} 1V15"/>')
    parts.append(f'<circle class="dot" cx="{_at(x(one.value))}" cy="8" r="3.5"/>')
    return f'<svg class="bar" viewBox="0 0 96 16" aria-hidden="true">{"".join(parts)}</svg>'


def _distribution(chart: Distribution) -> Drawn:
    everything = [value for values in chart.values.values() for value in values]
    lines = [value for value in (chart.value, chart.aim) if value is not None]
    x = _scale([*everything, *lines], _LEFT, _RIGHT)
    low, high = min(everything), max(everything)
    bins = min(max(round(2 * math.sqrt(max(map(len, chart.values.values())))), 4), _MOST_BINS)
    counted = {name: _counts(values, low, high, bins) for name, values in chart.values.items()}
    most = max(max(counts) for counts in counted.values())
    parts = []
    for k, (name, counts) in enumerate(counted.items()):
        parts.append(f'<path class="bins series{k}" d="{_bins(counts, most, x(low), x(high))}"/>')
        if len(chart.values[name]) <= _TICKED:
            ticks = "".join(f"M{_at(x(value))} {_BOTTOM}v-5" for value in chart.values[name])
            parts.append(f'<path class="tick series{k}" d="{ticks}"/>')
    parts += [_line("aim", x, chart.aim), _line("value", x, chart.value), *_ends(low, high, x(low), x(high))]
    told = "; ".join(_spread(name, values) for name, values in chart.values.items())
    told += f"; value {figure(chart.value)}" if chart.value is not None else ""
    told += f", equilibrium {figure(chart.aim)} (dashed)" if chart.aim is not None else ""
    return Drawn(svg=_svg(chart.title, told, parts, _HEIGHT), told=told)


def _spread(name: str, values: Sequence[float]) -> str:
    ordered = sorted(values)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    noun = count(len(values), "sample") if name == "samples" else f"{len(values)} {name}"
    return f"{noun} from {figure(ordered[0])} to {figure(ordered[-1])}, median {figure(middle)}"


def _counts(values: Iterable[float], low: float, high: float, bins: int) -> list[int]:
    counts, place = [0] * bins, _scale((low, high), 0, bins)
    for value in values:
        counts[min(int(place(value)), bins - 1)] += 1
    return counts


def _bins(counts: Sequence[int], most: int, left: float, right: float) -> str:
    wide = max(right - left, 2) / len(counts)
    tall = (_BOTTOM - _TOP) / most
    return "".join(
        f"M{_at(left + k * wide)} {_BOTTOM}v{_at(-n * tall)}h{_at(wide)}v{_at(n * tall)}z"
        for k, n in enumerate(counts) if n
    )  # fmt: skip


def _curve(chart: Curve) -> Drawn:
    places, counted_in = _places(chart)
    finite = [value for value in chart.values if math.isfinite(value)]
    point = [chart.point[1], *(chart.interval or ())] if chart.point else []
    x = _scale([*places, *([chart.point[0]] if chart.point else [])], _LEFT_OF_CURVE, _RIGHT)
    y = _scale([*finite, *point] or [0.0], _BOTTOM - 4, _TOP + 4)
    changes = _resumed(chart, places)
    lines = "".join(_polyline(part, x, y) for part in _unbroken(chart.values, places, changes))
    parts = [f'<path class="curve" d="{lines}"/>']
    parts += [
        f'<path class="session" d="M{_at(x(places[k]))} {_TOP}V{_BOTTOM}"/>' for k in sorted(changes)[:_MOST_MARKS]
    ]
    bad = [k for k, value in enumerate(chart.values) if not math.isfinite(value)]
    crosses = "".join(f"M{_at(x(places[k]) - 3)} {_TOP}l6 6m0 -6l-6 6" for k in bad[:_MOST_MARKS])
    parts.append(f'<path class="lost" d="{crosses}"/>' if bad else "")
    if chart.point:
        at, value = x(chart.point[0]), chart.point[1]
        low, high = chart.interval or (value, value)
        parts.append(f'<path class="interval" d="M{_at(at)} {_at(y(low))}V{_at(y(high))}"/>')
        parts.append(f'<circle class="dot" data-value="{value!r}" cx="{_at(at)}" cy="{_at(y(value))}" r="4"/>')
    low, high = min(places), max(places)
    parts += [_text(x(low), _HEIGHT - 6, str(low), "start"), _text(x(high), _HEIGHT - 6, str(high), "end")]
    if finite:
        (top, bottom), left = (y(max(finite)) + 4, y(min(finite)) + 4), _LEFT_OF_CURVE - 6
        parts += [_text(left, top, figure(max(finite)), "end"), _text(left, bottom, figure(min(finite)), "end")]
    told = f"{_told(chart, finite, len(changes), len(bad))}; over {counted_in}"
    return Drawn(svg=_svg(chart.title, told, parts, _HEIGHT), told=told)


def _told(chart: Curve, finite: Sequence[float], n_changes: int, n_bad: int) -> str:
    told = count(len(chart.values), "value")
    told += (
        f" from {figure(min(finite))} to {figure(max(finite))}, the last {figure(chart.values[-1])}" if finite else ""
    )
    told += f", {n_bad} not finite (crosses)" if n_bad else ""
    told += f", resumed {count(n_changes, 'time')}" if n_changes else ""
    if chart.point:
        told += f"; the checkpoint gives {figure(chart.point[1])} at {chart.point[0]} (dot)"
    return told


def _places(chart: Curve) -> tuple[Sequence[int], str]:
    """Where the values stand and in what that is counted: in rows, where they have no count or all the same."""
    places = [place for place in chart.places if place is not None]
    if len(places) < len(chart.places) or len(set(places)) < 2:
        return range(1, len(chart.places) + 1), "rows"
    return places, chart.counted_in


def _resumed(chart: Curve, places: Sequence[int]) -> set[int]:
    """Where another session goes on, or the count goes back: also a training that was resumed."""
    sessions = chart.sessions
    return {k for k in range(1, len(places)) if sessions[k] != sessions[k - 1] or places[k] < places[k - 1]}


def _unbroken(values: Sequence[float], places: Sequence[int], changes: set[int]) -> Iterator[list[tuple[int, float]]]:
    """The parts of a curve between sessions and around values that are not finite."""
    part: list[tuple[int, float]] = []
    for k, (place, value) in enumerate(zip(places, values, strict=True)):
        if (k in changes or not math.isfinite(value)) and part:
            yield part
            part = []
        if math.isfinite(value):
            part.append((place, value))
    if part:
        yield part


def _polyline(part: Sequence[tuple[int, float]], x: _Scale, y: _Scale) -> str:
    """A line through them; of many in one column the first, the last and both extremes, so that no peak is lost."""
    columns: dict[int, list[tuple[int, float]]] = {}
    for place, value in part:
        columns.setdefault(int(x(place) * _COLUMNS / _WIDTH), []).append((place, value))
    kept: list[tuple[int, float]] = []
    for points in columns.values():
        if len(points) > 4:
            least, largest = min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1])
            points = [points[0], *sorted((least, largest)), points[-1]]
        kept += points
    if len(kept) == 1:  # a round cap makes it a dot
        kept *= 2
    return "M" + "L".join(f"{_at(x(place))} {_at(y(value))}" for place, value in kept)


def _strip(chart: Strip) -> Drawn:
    hits = [name for name, value in chart.others.items() if abs(value - chart.number) <= chart.tolerance]
    x = _scale([chart.number, *chart.others.values()], _LEFT + 4, _RIGHT - 4)
    left, right = x(chart.number - chart.tolerance), x(chart.number + chart.tolerance)
    parts = [f'<rect class="interval" x="{_at(left)}" y="{_TOP}" width="{_at(max(right - left, 1))}" height="26"/>']
    for name, value in chart.others.items():
        kind = "hit" if name in hits else "other"
        title = f"<title>{escape(printable(name))}: {figure(value, 6)}</title>"
        parts.append(
            f'<circle class="{kind}" data-value="{value!r}" cx="{_at(x(value))}" cy="21" r="4">{title}</circle>'
        )
    parts.append(f'<path class="value" data-value="{chart.number!r}" d="M{_at(x(chart.number))} {_TOP - 4}V38"/>')
    values = chart.others.values()
    parts += _ends(min(values), max(values), x(min(values)), x(max(values)), 52)
    told = (
        f"the number (line) among {count(len(values), 'candidate')} from {figure(min(values))} to {figure(max(values))}"
    )
    told += f"; within rounding: {', '.join(map(printable, hits))}" if hits else "; none within rounding"
    return Drawn(svg=_svg(chart.title, told, parts, _STRIP_HEIGHT), told=told)


@dataclass(frozen=True)
class _Scale:
    """Numbers to places on the page."""

    low: float
    span: float
    start: float
    length: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / self.span * self.length


def _scale(values: Iterable[float], start: float, end: float) -> _Scale:
    known = list(values)
    low, high = min(known), max(known)
    span = high - low
    if not 0 < span < math.inf:  # one value stands in the middle, and so do values that no float tells apart
        return _Scale(0.0, math.inf, (start + end) / 2, 0.0)
    return _Scale(low, span, start, end - start)


def _line(kind: str, x: _Scale, value: float | None) -> str:
    return "" if value is None else f'<path class="{kind}" data-value="{value!r}" d="M{_at(x(value))} 2V{_BOTTOM}"/>'


def _ends(low: float, high: float, left: float, right: float, baseline: float = _HEIGHT - 8) -> list[str]:
    """The least and the largest value beneath where they stand; what would run out of the picture is moved into it."""
    if low == high:
        return [_text(min(max(left, 24), _WIDTH - 24), baseline, figure(low), "middle")]
    return [
        _text(min(left, _WIDTH - 130), baseline, figure(low), "start"),
        _text(max(right, 130), baseline, figure(high), "end"),
    ]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{_at(x)}" y="{_at(y)}" text-anchor="{anchor}">{text}</text>'


def _svg(title: str, told: str, parts: Iterable[str], height: int) -> str:
    name = escape(f"{printable(title)}: {told}")
    axis = f'<path class="axis" d="M{_LEFT} {_BOTTOM}H{_RIGHT}"/>' if height == _HEIGHT else ""
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{name}">{axis}{"".join(parts)}</svg>'


def _at(place: float) -> str:
    """A tenth of a pixel is as fine as anybody sees."""
    return f"{place:.1f}".removesuffix(".0")
