"""What a page draws of a log: every tag over its steps, and what the checkpoint gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Charts, Curve

if TYPE_CHECKING:
    from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedNumber, LoggedTag


def curves(audit: LogAudit) -> Iterator[Charts]:
    """One a tag: first those with a number held against a checkpoint, then those that are not finite, then losses."""
    for place, file in enumerate(audit.files):
        heading = f"Curves of {file.path}" if len(audit.files) > 1 else "Curves"
        yield Charts(charts=_of_file(audit, place), heading=heading)


def _of_file(audit: LogAudit, file: int) -> list[Curve]:
    numbers = {(entry.file, entry.tag): entry for entry in audit.numbers}
    tags = {(tag.file, tag.tag): tag for tag in audit.tags}
    drawn = [
        _curve(curve, tags[curve.file, curve.tag], numbers.get((curve.file, curve.tag)))
        for curve in audit.curves
        if curve.file == file and len(curve.values) > 1
    ]
    losses = {tag.tag for tag in audit.tags if tag.may_be and tag.file == file}
    drawn.sort(key=lambda one: (one.point is None, all(map(math.isfinite, one.values)), one.title not in losses))
    return drawn


def _curve(curve: LoggedCurve, tag: LoggedTag, number: LoggedNumber | None) -> Curve:
    held = number is not None and number.at is not None and number.recomputed is not None
    return Curve(
        title=curve.tag,
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
