"""What a page draws of a ranking: every loss over the steps of every training, the best and what ties with it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Charts, Curve
from ganloss_cli.reporters.figures import count
from ganloss_cli.reporters.rank.wording import label, result_of

if TYPE_CHECKING:
    from ganloss_cli.records.ranking import RankedLoss, Ranking
    from ganloss_cli.records.report import Report


def curves(report: Report, ranking: Ranking) -> Charts:
    """One a loss, and with several trainings or kinds of weights one for each of them."""
    parts = list(_trainings(ranking))
    drawn = [
        _curve(report, ranking, loss, places, f"{loss.name}{f' of {called}' if len(parts) > 1 else ''}")
        for loss in ranking.losses
        for called, places in parts
        if len(places) > 1
    ]
    return Charts(charts=[curve for curve in drawn if any(map(math.isfinite, curve.values))], heading="Over the steps")


def _trainings(ranking: Ranking) -> Iterator[tuple[str, list[int]]]:
    """The checkpoints of each, in the order of their steps: those without a value are last in a ranking."""
    by_training: dict[tuple[str, str], list[int]] = {}
    for place, checkpoint in enumerate(ranking.checkpoints):
        by_training.setdefault((checkpoint.run, checkpoint.weights or ""), []).append(place)
    for (run, weights), places in by_training.items():
        places.sort(key=lambda place: (ranking.checkpoints[place].step or 0, place))
        yield ", ".join(filter(None, (run, weights))), places


def _curve(report: Report, ranking: Ranking, loss: RankedLoss, places: Sequence[int], called: str) -> Curve:
    results = [result_of(report, ranking.checkpoints[place], loss.name) for place in places]
    known = next((result for result in results if result is not None), None)
    level = known.equilibrium if known is not None else None
    return Curve(
        title=called,
        counted_in="steps",
        places=[ranking.checkpoints[place].step for place in places],
        values=[math.nan if result is None or result.value is None else result.value for result in results],
        sessions=[0] * len(places),
        errors=[None if result is None else result.standard_error for result in results],
        levels={} if level is None else {"equilibrium": level},
        best=places.index(loss.best) if loss.best in places else None,
        shaded=[k for k, place in enumerate(places) if place in loss.ties],
        told=_told(loss, ranking),
    )


def _told(loss: RankedLoss, ranking: Ranking) -> str:
    if loss.best is None:
        return ""
    ties = f", {count(len(loss.ties), 'tie')} shaded" if loss.ties else ""
    nearest = "nearest" if loss.aim == "equilibrium" else "best"
    return f"{nearest} {label(ranking, loss.best)} (ring){ties}; whiskers are standard errors"
