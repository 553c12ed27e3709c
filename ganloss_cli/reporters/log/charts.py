"""What a page draws of a log: every tag over its steps, and what the checkpoint gives."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Charts, Curve
from ganloss_cli.reporters.log.wording import called

if TYPE_CHECKING:
    from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedNumber, LoggedTag


def curves(audit: LogAudit) -> Charts:
    """One a tag: first those with a number held against a checkpoint, then those that are not finite, then losses."""
    numbers = {(entry.file, entry.tag): entry for entry in audit.numbers}
    tags = {(tag.file, tag.tag): tag for tag in audit.tags}
    drawn = [
        _curve(
            curve,
            tags[curve.file, curve.tag],
            numbers.get((curve.file, curve.tag)),
            called(curve.tag, curve.file, audit),
        )
        for curve in audit.curves
        if len(curve.values) > 1
    ]
    losses = {called(tag.tag, tag.file, audit) for tag in audit.tags if tag.may_be}
    drawn.sort(key=lambda one: (one.point is None, all(map(math.isfinite, one.values)), one.title not in losses))
    return Charts(charts=drawn, heading="Curves")


def _curve(curve: LoggedCurve, tag: LoggedTag, number: LoggedNumber | None, title: str) -> Curve:
    held = number is not None and number.at is not None and number.recomputed is not None
    return Curve(
        title=title,
        counted_in=tag.counted_in,
        places=curve.places,
        values=curve.values,
        sessions=curve.sessions,
        point=(number.at, number.recomputed) if held else None,  # type: ignore[union-attr, arg-type]  # as held says
        interval=number.interval if number is not None else None,
        levels=_equilibria(tag, number),
    )


def _equilibria(tag: LoggedTag, number: LoggedNumber | None) -> dict[str, float]:
    """Of the formula that the checkpoint gives it by; else of all losses that it may be."""
    if number is not None and number.loss is not None:
        return {} if number.equilibrium is None else {"equilibrium": number.equilibrium}
    several = len(tag.equilibria) > 1
    return {name if several else "equilibrium": value for name, value in tag.equilibria.items()}
