"""Which checkpoints are best in a loss, which cannot be told from the best, and where losses disagree."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.significance import Standing as Compared
from ganloss_cli.evaluators.significance import front, stand_paired, stand_resampled
from ganloss_cli.evaluators.statistics import Floats
from ganloss_cli.pipeline.evaluate.spread import DRAWS, DRAWS_OF_SETS, Spread
from ganloss_cli.records.listing import listed
from ganloss_cli.records.ranking import FROM_EQUILIBRIUM, Aim, RankedLoss, Standing
from ganloss_cli.records.report import Result


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One checkpoint's result of a loss, and what it is the mean of."""

    result: Result
    spread: Spread | None = None

    @property
    def redrawn(self) -> Spread | None:
        """What can be computed of samples drawn anew, where no sample has a value; None for what is known better."""
        spread = self.spread
        return spread if spread is not None and spread.samples is None and spread.can_be_redrawn else None


@dataclass(frozen=True, kw_only=True)
class Column:
    """One loss of all checkpoints; None where a checkpoint has no result of it."""

    name: str
    cells: Sequence[Cell | None]

    @property
    def first(self) -> Result:
        """Of the checkpoints, what the others are alike."""
        return next(cell.result for cell in self.cells if cell is not None)

    @property
    def aim(self) -> Aim | None:
        """Which value is better."""
        first = self.first
        if first.higher_is_better is not None:
            return "higher" if first.higher_is_better else "lower"
        return "equilibrium" if first.equilibrium is not None else None

    @property
    def values(self) -> Floats:
        """NaN where there is none."""
        found = (None if cell is None else cell.result.value for cell in self.cells)
        return np.asarray([math.nan if value is None else value for value in found])

    def badness(self, values: Floats) -> Floats:
        """Numbers of which less is better.

        Args:
            values: a row a checkpoint, or the values themselves.
        """
        if self.aim != "equilibrium":
            return -values if self.aim == "higher" else values
        own = [math.nan if cell is None else cell.result.equilibrium for cell in self.cells]
        away = values - np.asarray([math.nan if each is None else each for each in own]).reshape(
            -1, *[1] * (values.ndim - 1)
        )
        return np.asarray(np.abs(away))


@dataclass(frozen=True, kw_only=True)
class Stood:
    """A loss with its standings, None where a checkpoint has no result of it."""

    loss: RankedLoss
    standings: tuple[Standing | None, ...]


def with_errors(column: Column, seed: int) -> Column:
    """The column with standard errors by drawing samples anew, where the loss itself gives none.

    Args:
        column: of a loss.
        seed: of the drawing.
    """

    def completed(cell: Cell | None) -> Cell | None:
        if cell is None or cell.result.standard_error is not None or cell.result.value is None or not cell.redrawn:
            return cell
        drawn = cell.redrawn.redrawn(seed, DRAWS_OF_SETS)
        error = float(drawn.std(ddof=1))
        return replace(cell, result=replace(cell.result, standard_error=error if math.isfinite(error) else None))

    return replace(column, cells=[completed(cell) for cell in column.cells])


def standings(column: Column, seed: int, level: float | None) -> Stood:
    """The best of a column, and all that cannot be told from it.

    Args:
        column: of a loss.
        seed: of samples that are drawn anew.
        level: chance, at most, that any false difference is found; None where nothing is to be compared.
    """
    plain = [None if cell is None else Standing(from_equilibrium=_away(cell.result)) for cell in column.cells]
    unranked = Stood(loss=RankedLoss(name=column.name, aim=column.aim), standings=tuple(plain))
    finite = np.flatnonzero(np.isfinite(column.values))
    if level is None or column.aim is None or not len(finite):
        return unranked
    places = [int(place) for place in finite]
    bad = column.badness(column.values)[finite]
    best = places[int(np.argmin(bad))]
    loss = replace(unranked.loss, best=best)
    if len(places) == 1:
        return replace(unranked, loss=loss)
    how, compared = _compared(Column(name=column.name, cells=[column.cells[place] for place in places]), seed, level)
    if compared is None:
        return replace(unranked, loss=replace(loss, untold=how))
    told = dict(zip(places, zip(compared.chances, compared.noticed, strict=True), strict=True))
    ties = tuple(places[k] for k in compared.ties(level) if places[k] != best)
    return Stood(
        loss=replace(loss, ties=ties, compared="paired" if how == "paired" else "bootstrap"),
        standings=tuple(
            replace(one, chance=told[k][0], power=told[k][1]) if one is not None and k in told and k != best else one
            for k, one in enumerate(plain)
        ),
    )


def _away(result: Result) -> float | None:
    return None if result.value is None or result.equilibrium is None else result.value - result.equilibrium


def _compared(column: Column, seed: int, level: float) -> tuple[str, Compared | None]:
    """How they were compared, and what came of it; or why they could not be."""
    spreads = [cell.spread for cell in column.cells if cell is not None]
    if any(each is None or not (each.parts or each.sets) for each in spreads):
        return "the values of its samples are not known", None
    known = [each for each in spreads if each is not None]
    if not all(each.makes(float(value)) for each, value in zip(known, column.values, strict=True)):
        return "the values of its samples do not add up to it", None
    samples = [each.samples for each in known]
    if all(one is not None for one in samples) and len({len(one) for one in samples if one is not None}) == 1:
        values = _towards_zero(column, np.stack([s for s in samples if s is not None]))
        return "paired", stand_paired(values, level, int(np.argmin(column.badness(column.values))))
    if not all(each.can_be_redrawn for each in known):
        return "it keeps no samples that could be drawn anew in a moment", None
    draws = DRAWS_OF_SETS if any(each.sets for each in known) else DRAWS
    redrawn = column.badness(np.stack([each.redrawn(seed, draws) for each in known]))
    if not np.isfinite(redrawn).all():
        return "it has no value on some samples drawn anew", None
    return "bootstrap", stand_resampled(column.badness(column.values), redrawn, level)


def _towards_zero(column: Column, samples: Floats) -> Floats:
    """Samples' values of which less is better, and whose means are the badness.

    The distance from equilibrium is, near its mean, the difference with the sign that the mean has.
    """
    if column.aim != "equilibrium":
        return column.badness(samples)
    own = np.asarray([cell.result.equilibrium for cell in column.cells if cell is not None], dtype=np.float64)
    away = samples - own[:, None]
    return np.asarray(away * np.where(away.mean(axis=1, keepdims=True) < 0, -1.0, 1.0))


def on_front(columns: Sequence[Column], level: float | None) -> tuple[int, ...]:
    """Checkpoints that no other one matches in every loss with a better side, and betters in one."""
    directed = [column for column in columns if column.aim in ("lower", "higher") and np.isfinite(column.values).any()]
    if level is None or len(directed) < 2:
        return ()
    return front(np.stack([column.badness(column.values) for column in directed], axis=1))


def loss_that_decides(by: str | None, columns: Mapping[str, Column]) -> str | None:
    """The name of the column that a single best is by; None where several were computed and none is named.

    Args:
        by: as typed.
        columns: by name.

    Raises:
        UsageError: it was not computed, or has no better side.
    """
    if by is None:
        directed = [name for name, column in columns.items() if column.aim in ("lower", "higher")]
        return directed[0] if len(columns) == 1 and directed else None
    name = by.removesuffix(FROM_EQUILIBRIUM)
    if name not in columns:
        known = ", ".join(columns) or "none"
        raise UsageError(f"--by {by!r}: is not among the losses computed ({known})", hint="add it to --losses")
    aim = columns[name].aim
    if (aim == "equilibrium") != by.endswith(FROM_EQUILIBRIUM) or aim is None:
        raise _without_direction(by, name, aim, _terms_without_side(name, columns))
    return name


def _terms_without_side(total: str, columns: Mapping[str, Column]) -> list[str]:
    """Those of a recipe's total."""
    firsts = {name: column.first for name, column in columns.items() if name != total}
    return [
        name
        for name, result in firsts.items()
        if result.recipe and result.recipe.total == total and result.recipe.weight and result.higher_is_better is None
    ]


def _without_direction(by: str, name: str, aim: Aim | None, terms: Sequence[str]) -> UsageError:
    if aim == "equilibrium":
        hint: str | None = f"--by '{name}{FROM_EQUILIBRIUM}' asks which is nearest to it"
    else:
        hint = f"--by {name}" if aim else "name a loss of which lower or higher is better, such as ssim"
    what = f"{aim} is better" if aim in ("lower", "higher") else "neither lower nor higher is better"
    what += f", for it adds {listed(terms)}" if terms else ""
    return UsageError(f"--by {by!r}: of {name} {what}", hint=hint)
