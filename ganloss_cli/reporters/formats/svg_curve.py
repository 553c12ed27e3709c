"""Values one after the other as SVG: where they break off, are not finite, stand best, and what they are held to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ganloss_cli.reporters.document import Curve
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.formats.svg_pieces import (
    BOTTOM,
    HEIGHT,
    RIGHT,
    TOP,
    WIDTH,
    Drawn,
    Scale,
    at,
    scale,
    svg,
    text,
)

_LEFT = 62  # beside which the least and the largest value are written
_COLUMNS = 150  # in each the first, least, largest and last value are drawn
_MOST_MARKS = 100  # values that are not finite, or sessions
_LINE = 13  # pixels of a line of text
_ROOM = 7  # characters to the left of a curve
_DOTTED = 60  # values up to which each is a dot of its own
_FAR = 3.0  # ranges of the values beyond which a level is told and not drawn: it would flatten them


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """A curve in its picture.

    Args:
        chart: the curve.
        places: of its values along the picture.
        counted_in: what those count.
        x: places to pixels.
        y: values to pixels, of a logarithmic chart as their logarithms.
        changes: the values before which the line breaks.
        least: what stands for all smaller values where the chart is logarithmic.
    """

    chart: Curve
    places: Sequence[int]
    counted_in: str
    x: Scale
    y: Scale
    changes: set[int]
    least: float

    def height(self, value: float) -> float:
        """Where a value lies."""
        return self.y(math.log10(max(value, self.least)) if self.chart.logarithmic else value)

    def point(self, k: int) -> tuple[float, float]:
        """Where the k-th value lies."""
        return self.x(self.places[k]), self.height(self.chart.values[k])


def curve(chart: Curve) -> Drawn:
    """The line, and all that there is to mark."""
    finite = [value for value in chart.values if math.isfinite(value)]
    frame = _frame(chart, finite)
    parts = [*_shaded(frame), *_line(frame), *_lost(frame), *_levels(frame), *_point(frame)]
    low, high = min(frame.places), max(frame.places)
    x = frame.x
    parts += [text(x(low), HEIGHT - 6, str(low), "start"), text(x(high), HEIGHT - 6, str(high), "end")]
    if finite:
        parts += _extremes(frame, max(finite), min(finite))
    told = f"{_told(frame, finite)}; over {frame.counted_in}"
    return Drawn(svg=svg(chart.title, told, parts, HEIGHT, axis=True), told=told)


def _extremes(frame: _Frame, largest: float, least: float) -> Iterator[str]:
    """Both beside where they lie; where that is almost the same, one above the other."""
    upper, lower = frame.height(largest), frame.height(least)
    apart = max(0.0, _LINE - (lower - upper)) / 2
    yield text(_LEFT - 6, upper - apart + 4, _short(largest), "end")
    if largest != least:
        yield text(_LEFT - 6, lower + apart + 4, _short(least), "end")


def _short(value: float) -> str:
    """With as many digits as there is room for."""
    return next(told for digits in (4, 3, 2, 1) if len(told := figure(value, digits)) <= _ROOM or digits == 1)


def _frame(chart: Curve, finite: Sequence[float]) -> _Frame:
    places, counted_in = _places(chart)
    sessions = chart.sessions
    beside = [chart.point[1], *(chart.interval or ())] if chart.point else []
    reached = [*finite, *beside, *(value + side * error for value, error in _errors(chart) for side in (-1, 1))]
    if len(chart.levels) == 1:
        reached += [level for level in chart.levels.values() if _is_near(level, reached)]
    least = min((value for value in reached if value > 0), default=1.0)
    if chart.logarithmic:
        reached = [math.log10(max(value, least)) for value in reached]
    return _Frame(
        chart=chart,
        places=places,
        counted_in=counted_in,
        x=scale([*places, *([chart.point[0]] if chart.point else [])], _LEFT, RIGHT),
        y=scale(reached or [0.0], BOTTOM - 4, TOP + 4),
        changes={k for k in range(1, len(places)) if sessions[k] != sessions[k - 1] or places[k] < places[k - 1]},
        least=least,
    )


def _places(chart: Curve) -> tuple[Sequence[int], str]:
    """Where the values stand and in what that is counted: in rows, where they have no count or all the same."""
    places = [place for place in chart.places if place is not None]
    if len(places) < len(chart.places) or len(set(places)) < 2:
        return range(1, len(chart.places) + 1), "rows"
    return places, chart.counted_in


def _errors(chart: Curve) -> Iterator[tuple[float, float]]:
    """Values with the standard errors that they have."""
    for value, error in zip(chart.values, chart.errors, strict=False):
        if error is not None and math.isfinite(value) and math.isfinite(error):
            yield value, error


def _is_near(level: float, reached: Sequence[float]) -> bool:
    if not reached:
        return True
    low, high = min(reached), max(reached)
    room = _FAR * max(high - low, abs(high) / 10)
    return low - room <= level <= high + room


def _shaded(frame: _Frame) -> Iterator[str]:
    """Columns behind values that cannot be told from the best, each up to its neighbours."""
    middles = [frame.x(place) for place in frame.places]
    for k in frame.chart.shaded:
        left = (middles[k - 1] + middles[k]) / 2 if k else middles[k] - 6
        right = (middles[k] + middles[k + 1]) / 2 if k + 1 < len(middles) else middles[k] + 6
        left, right = sorted((max(left, _LEFT - 4), min(right, RIGHT + 4)))
        yield f'<rect class="tie" x="{at(left)}" y="{TOP}" width="{at(right - left)}" height="{BOTTOM - TOP}"/>'


def _line(frame: _Frame) -> Iterator[str]:
    """Lines between sessions, dashes where one ends; standard errors, dots of few values, a ring for the best."""
    chart = frame.chart
    yield f'<path class="curve" d="{"".join(_polyline(part, frame) for part in _unbroken(frame))}"/>'
    for k in sorted(frame.changes)[:_MOST_MARKS]:
        yield f'<path class="session" d="M{at(frame.x(frame.places[k]))} {TOP}V{BOTTOM}"/>'
    whiskers = "".join(
        f"M{at(frame.point(k)[0])} {at(frame.height(value - error))}V{at(frame.height(value + error))}"
        for k, value in enumerate(chart.values) if k < len(chart.errors)
        for error in [chart.errors[k]] if error is not None and math.isfinite(value)
    )  # fmt: skip
    if whiskers:
        yield f'<path class="error" d="{whiskers}"/>'
    if len(chart.values) <= _DOTTED:
        for k, value in enumerate(chart.values):
            if math.isfinite(value):
                x, y = frame.point(k)
                kind, radius = ("best", 4) if k == chart.best else ("each", 2)
                yield f'<circle class="{kind}" data-value="{value!r}" cx="{at(x)}" cy="{at(y)}" r="{radius}"/>'
    elif chart.best is not None:
        x, y = frame.point(chart.best)
        yield f'<circle class="best" data-value="{chart.values[chart.best]!r}" cx="{at(x)}" cy="{at(y)}" r="4"/>'


def _lost(frame: _Frame) -> Iterator[str]:
    """Crosses at the top where a value is not finite."""
    bad = [k for k, value in enumerate(frame.chart.values) if not math.isfinite(value)]
    crosses = "".join(f"M{at(frame.x(frame.places[k]) - 3)} {TOP}l6 6m0 -6l-6 6" for k in bad[:_MOST_MARKS])
    if bad:
        yield f'<path class="lost" d="{crosses}"/>'


def _levels(frame: _Frame) -> Iterator[str]:
    """Dashes across, and of several what each is, where its name would not lie on another one."""
    named = math.inf
    for name, level in sorted(frame.chart.levels.items(), key=lambda pair: pair[1]):
        if TOP <= (y := frame.height(level)) <= BOTTOM:
            yield f'<path class="aim" data-value="{level!r}" d="M{_LEFT} {at(y)}H{RIGHT}"/>'
            if len(frame.chart.levels) > 1 and named - y >= _LINE:
                named = y
                yield text(RIGHT, y - 2, escape(name), "end")


def _point(frame: _Frame) -> Iterator[str]:
    """A value of another origin, with its interval."""
    if frame.chart.point is None:
        return
    place, value = frame.chart.point
    low, high = frame.chart.interval or (value, value)
    x = at(frame.x(place))
    yield f'<path class="interval" d="M{x} {at(frame.height(low))}V{at(frame.height(high))}"/>'
    yield f'<circle class="dot" data-value="{value!r}" cx="{x}" cy="{at(frame.height(value))}" r="4"/>'


def _unbroken(frame: _Frame) -> Iterator[list[int]]:
    """The values between sessions and around those that are not finite."""
    part: list[int] = []
    for k, value in enumerate(frame.chart.values):
        if (k in frame.changes or not math.isfinite(value)) and part:
            yield part
            part = []
        if math.isfinite(value):
            part.append(k)
    if part:
        yield part


def _polyline(part: Sequence[int], frame: _Frame) -> str:
    """A line through them; of many in one column the first, the last and both extremes, so that no peak is lost."""
    columns: dict[int, list[int]] = {}
    for k in part:
        columns.setdefault(int(frame.x(frame.places[k]) * _COLUMNS / WIDTH), []).append(k)
    kept: list[int] = []
    for own in columns.values():
        if len(own) > 4:
            extremes = sorted(
                (min(own, key=frame.chart.values.__getitem__), max(own, key=frame.chart.values.__getitem__))
            )
            own = [own[0], *extremes, own[-1]]
        kept += own
    if len(kept) == 1:  # a round cap makes it a dot
        kept *= 2
    return "M" + "L".join(f"{at(x)} {at(y)}" for x, y in map(frame.point, kept))


def _told(frame: _Frame, finite: Sequence[float]) -> str:
    chart = frame.chart
    told = count(len(chart.values), "value")
    if finite:
        told += f" from {figure(min(finite))} to {figure(max(finite))}, the last {figure(chart.values[-1])}"
    n_bad = len(chart.values) - len(finite)
    told += f", {n_bad} not finite (crosses)" if n_bad else ""
    told += f", resumed {count(len(frame.changes), 'time')}" if frame.changes else ""
    dashed = {name: level for name, level in chart.levels.items() if TOP <= frame.height(level) <= BOTTOM}
    if levels := dashed or (chart.levels if len(chart.levels) == 1 else {}):
        several = "equilibria of " if len(chart.levels) > 1 else ""
        named = ", ".join(f"{name} {figure(level)}" for name, level in levels.items())
        told += f"; {several}{named}{' (dashed)' if dashed else ''}"
    if chart.point:
        told += f"; the checkpoint gives {figure(chart.point[1])} at {chart.point[0]} (dot)"
    return f"{told}; {chart.told}" if chart.told else told
