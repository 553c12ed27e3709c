"""`--plot TAG`: a tag over its steps as columns of blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from rich.console import Group
from rich.text import Text

from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedTag
from ganloss_cli.reporters.blocks import blocks, columns
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.log.wording import span
from ganloss_cli.reporters.screen import Screen, text

_LINES = 10
_WIDEST = 100  # columns, where the screen has more
_LABEL = 14  # columns for a figure to the left
_BROADEST = 4  # columns of one value, where there are few


def plots(audit: LogAudit, screen: Screen) -> Iterator[Group]:
    """One for each tag that was asked for, in each file that has it."""
    tags = {(tag.file, tag.tag): tag for tag in audit.tags}
    for name in audit.plotted:
        for curve in audit.curves:
            if curve.tag == name:
                file = audit.files[curve.file].path if len(audit.files) > 1 else ""
                yield Group(*_plot(curve, tags[curve.file, name], file, screen))


def _plot(curve: LoggedCurve, tag: LoggedTag, file: str, screen: Screen) -> Iterator[Text]:
    room = min(screen.columns - _LABEL, _WIDEST)
    shown = columns([value if math.isfinite(value) else None for value in curve.values], room)
    told = _told(curve, tag, len(curve.values) > len(shown))
    yield Text.assemble(text(tag.tag, "bold"), text(f"  {file}" if file else ""), text(f"  {told}", "dim"))
    known = [value for value in shown if value is not None]
    if len(known) < 2:
        return
    shown = [value for value in shown for _ in range(min(room // len(shown), _BROADEST))]
    heads = [figure(max(known)), *[""] * (_LINES - 2), figure(min(known))]
    left = max(map(len, heads))
    lines = blocks(shown, len(shown), _LINES)
    for head, line in zip(heads, lines, strict=True):
        yield Text.assemble(text(f"{head:>{left}} ", "dim"), text("│", "dim"), text(line, "cyan"))
    yield text(f"{' ' * left} └{'─' * len(shown)}", "dim")
    first, last = ("" if end is None else str(end) for end in (tag.first, tag.last))
    yield text(f"{' ' * left}  {first}" + (f"{last:>{len(shown) - len(first)}}" if last != first else ""), "dim")


def _told(curve: LoggedCurve, tag: LoggedTag, shared: bool) -> str:
    parts = [count(len(curve.values), "value"), span(tag)]
    if shared:
        parts.append("columns are means of neighbours")
    if tag.non_finite:
        parts.append(f"{tag.non_finite} not finite")
    if resumed := sum(one != other for one, other in pairwise(curve.sessions)):
        parts.append(f"resumed {count(resumed, 'time')}")
    return ", ".join(parts)
