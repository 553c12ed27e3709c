"""What a ranking says in words, the same in the table and in Markdown."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.figures import aim, count, figure, number, some
from ganloss_cli.reporters.provenance import from_journal

if TYPE_CHECKING:
    from ganloss_cli.records.ranking import RankedCheckpoint, RankedLoss, Ranking
    from ganloss_cli.records.report import Report, Result

BEST, TIED = "*", "≈"
_BARS = "▁▂▃▄▅▆▇█"
_WIDEST = 60  # bars of a curve; of more checkpoints neighbours share one


def ranking_of(report: Report) -> Ranking:
    """The ranking of a report of many checkpoints."""
    if report.ranking is None:
        raise ValueError("a report of one checkpoint")
    return report.ranking


def result_of(report: Report, checkpoint: RankedCheckpoint, loss: str) -> Result | None:
    """The result of one checkpoint in one loss."""
    standing = checkpoint.standings.get(loss)
    return None if standing is None or standing.result is None else report.results[standing.result]


def values_of(report: Report, ranking: Ranking, loss: str) -> list[float | None]:
    """Of a loss, one a checkpoint."""
    results = (result_of(report, checkpoint, loss) for checkpoint in ranking.checkpoints)
    return [None if result is None else result.value for result in results]


def head(report: Report, ranking: Ranking, loss: RankedLoss) -> str:
    """A loss with its unit and what is better: "psnr dB ↑", "d_lsgan eq 0.5"."""
    results = (result_of(report, checkpoint, loss.name) for checkpoint in ranking.checkpoints)
    first = next(result for result in results if result is not None)
    return " ".join(filter(None, (loss.name, first.unit, aim(first.higher_is_better, first.equilibrium))))


def mark(loss: RankedLoss, place: int) -> str:
    """What stands behind a value: whether it is the best, or cannot be told from it."""
    return BEST if place == loss.best else TIED if place in loss.ties else ""


def label(ranking: Ranking, place: int) -> str:
    """A checkpoint in a sentence: "step 300" where that is enough."""
    checkpoint = ranking.checkpoints[place]
    alike = [each for each in ranking.checkpoints if (each.step, each.weights) == (checkpoint.step, checkpoint.weights)]
    several = len({each.run for each in ranking.checkpoints}) > 1
    named = f"{checkpoint.run}/{checkpoint.name}" if several else checkpoint.name
    weights = f", {checkpoint.weights}" if checkpoint.weights else ""
    return (f"step {checkpoint.step}" if checkpoint.step is not None and len(alike) == 1 else named) + weights


def labels(ranking: Ranking, places: Sequence[int]) -> str:
    """Several of them."""
    return some((label(ranking, place) for place in places), 12)


def about(ranking: Ranking, loss: RankedLoss) -> str:
    """What is known of a loss: its best, what ties with it, and what would have been noticed."""
    if loss.best is None:
        return "" if ranking.level is None or loss.aim is not None else "neither lower nor higher is better"
    nearest = "nearest to equilibrium" if loss.aim == "equilibrium" else "best"
    best = f"{nearest} {label(ranking, loss.best)}"
    if loss.untold is not None:
        return f"{best}; whether others are as good is not known: {loss.untold}"
    if not loss.ties:
        return best
    powers = [ranking.checkpoints[place].standings[loss.name].power for place in loss.ties]
    known = [power for power in powers if power is not None]
    noticed = f" (it would have shown from {figure(max(known), 2)} on)" if known else ""
    return f"{best}, not told from {labels(ranking, loss.ties)}{noticed}"


def verdict(ranking: Ranking) -> str:
    """The last line: the best by the loss that decides, or who is on the front."""
    if ranking.level is None:
        return ""
    if ranking.best is not None:
        n_ties = f", not told at level {number(ranking.level)} from {labels(ranking, ranking.ties)}"
        return f"best by {ranking.by}: {label(ranking, ranking.best)}{n_ties if ranking.ties else ''}"
    if ranking.by is not None:
        return f"no checkpoint has a value of {ranking.by}"
    if len(ranking.front) > 1:
        return (
            f"losses disagree; none betters these in all of them: {labels(ranking, ranking.front)}; --by LOSS decides"
        )
    if ranking.front:
        return f"best in every loss with a better side: {label(ranking, ranking.front[0])}"
    return "--by LOSS names a single best" if len(ranking.losses) > 1 else ""


def front(ranking: Ranking) -> str:
    """Who is on the Pareto front; empty where fewer than two losses have a better side."""
    if not ranking.front:
        return ""
    return f"Pareto front, which no other betters in every loss: {labels(ranking, ranking.front)}"


def how(report: Report, ranking: Ranking) -> str:
    """How many checkpoints, in which order, whether the data were decoded once, and what a journal had."""
    order = "by step" if ranking.ordered_by == "step" else "by name, for want of steps"
    held = f"{count(ranking.kept, 'sample')} decoded once and kept"
    again = f", {ranking.again} decoded for each: they do not fit into memory" if ranking.again else ""
    return ", ".join([f"{count(len(ranking.checkpoints), 'row')} {order}", f"{held}{again}", *from_journal(report)])


def legend(ranking: Ranking) -> str:
    """What the marks mean."""
    if ranking.level is None or all(loss.best is None for loss in ranking.losses):
        return ""
    tied = f", {TIED} not told from it at level {number(ranking.level)}" if any(x.ties for x in ranking.losses) else ""
    return f"{BEST} best of its column{tied}"


def curve(values: Sequence[float | None]) -> str:
    """Values as bars from the lowest to the highest; a blank where there is none."""
    width = min(len(values), _WIDEST)
    ends = [round(k * len(values) / width) for k in range(width + 1)] if width else []
    shown = [_mean(values[start:end]) for start, end in itertools.pairwise(ends)]
    known = [each for each in shown if each is not None]
    if len(known) < 2:
        return ""
    low, reach = min(known), max(known) - min(known)
    bars = (None if each is None else (each - low) / reach if reach else 0.5 for each in shown)
    return "".join(" " if bar is None else _BARS[min(int(bar * len(_BARS)), len(_BARS) - 1)] for bar in bars)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None
