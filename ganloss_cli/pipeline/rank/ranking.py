"""Checkpoints in rows, losses in columns, and what ranks them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ganloss_cli.errors import UsageError
from ganloss_cli.io.checkpoints import State, states_of
from ganloss_cli.pipeline.evaluate.spread import key_of
from ganloss_cli.pipeline.rank.dealt import Dealt
from ganloss_cli.pipeline.rank.each import Evaluated, Series
from ganloss_cli.pipeline.rank.follow import Following
from ganloss_cli.pipeline.rank.rows import Row, rows_of
from ganloss_cli.pipeline.rank.standings import Cell, Column, loss_that_decides, on_front, standings, with_errors
from ganloss_cli.pipeline.rank.whole import whole_report
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.progress import Progress
from ganloss_cli.records.listing import listed
from ganloss_cli.records.ranking import RankedCheckpoint, Ranking, Standing
from ganloss_cli.records.report import Report, Result
from ganloss_cli.records.request import Request


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How checkpoints are ranked.

    Args:
        by: the loss that decides, as typed.
        level: chance, at most, that two equal checkpoints are told apart; None for a table alone.
        follow: wait for new checkpoints of a running training.
        until: the step that ends that.
    """

    by: str | None = None
    level: float | None = None
    follow: bool = False
    until: int | None = None


def rank_request(
    request: Request,
    choices: Choices | None = None,
    progress: Progress | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Report:
    """Evaluate every checkpoint of --ckpt on the same data, and rank them.

    Args:
        request: every choice; its checkpoints are files, folders and patterns.
        choices: how they are ranked; by default not at all.
        progress: is told how many are done.
        told: is handed a line for every checkpoint of a training that is followed.

    Raises:
        GanlossError: the user's mistake; a checkpoint that was named by itself and cannot be read.
    """
    _refuse_of_one(request)
    series, choices = Series(request=request), choices or Choices()
    done = _done(choices, progress or Progress())
    if choices.follow:

        def done_and_told(evaluated: Evaluated) -> None:
            done(evaluated)
            told(_line(evaluated))

        following = Following(series=series, states=partial(states_below, request), until=choices.until)
        return ranked(series, following.run(done_and_told), choices)
    states = states_below(request)
    if progress:
        progress.start(len(states), "checkpoints")
    return ranked(series, series.run(states, done), choices)


def rank_together(request: Request, choices: Choices, progress: Progress, processes: Processes) -> Report | None:
    """The same with other processes; None in all but the first, whose work is done.

    Args:
        request: every choice.
        choices: how they are ranked; nothing is followed.
        progress: is told how many are done.
        processes: all of them.

    Raises:
        GanlossError: as one process raises.
        OthersFailedError: another process cannot go on.
    """
    _refuse_of_one(request)
    series, states = Series(request=request), states_below(request)
    progress.start(len(states), "checkpoints")
    dealt = Dealt(series=series, states=states, processes=processes)
    found = dealt.run(_done(choices, progress))
    return None if found is None else ranked(series, found, choices)


def _done(choices: Choices, progress: Progress) -> Callable[[Evaluated], None]:
    """What is done with every state that was evaluated."""

    def done(evaluated: Evaluated) -> None:
        progress.advance(1)
        if evaluated.report is not None:  # a mistake is told before all of them have run
            loss_that_decides(choices.by, _columns(list(rows_of(evaluated, 0))))

    return done


def _line(evaluated: Evaluated) -> str:
    """One checkpoint while others are awaited."""
    if evaluated.error is not None:
        return f"{evaluated.state.name}: {evaluated.error.message}"
    results = evaluated.report.results if evaluated.report else ()
    values = (f"{each.typed} {'—' if each.value is None else f'{each.value:.4g}'}" for each in results)
    return f"{evaluated.state.name}: {listed(values, 8)}"


def _refuse_of_one(request: Request) -> None:
    """Refuse what a run of one checkpoint alone gives."""
    if not request.ckpt:
        raise UsageError("--each: no checkpoints", hint="name a folder of them")
    for option, value in (
        ("--dry-run", request.dry_run), ("--shard", request.shard),
        ("--per-sample", request.per_sample), ("--worst", request.worst),
    ):  # fmt: skip
        if value:
            raise UsageError(f"--each: {option} is of one checkpoint", hint=f"leave {option} out, or name one")


def states_below(request: Request) -> tuple[State, ...]:
    """The states that a request names; one discriminator for all is that of --disc."""
    return states_of(request.ckpt, rescue=request.rescue, generators_only=bool(request.disc))


def ranked(series: Series, found: Sequence[Evaluated], choices: Choices) -> Report:
    """The report.

    Args:
        series: that they were evaluated in.
        found: what each state came to, in their order.
        choices: how they are ranked.

    Raises:
        UsageError: --by names no loss that was computed and has a better side.
    """
    firsts = itertools.accumulate((len(each.report.checkpoints) if each.report else 0 for each in found), initial=0)
    rows = [row for each, first in zip(found, firsts, strict=False) for row in rows_of(each, first)]
    columns = _columns(rows)
    by = loss_that_decides(choices.by, columns) if columns else None
    rows = sorted(rows, key=lambda row: _order(row, by))
    columns = {name: with_errors(column, series.request.seed) for name, column in _columns(rows).items()}
    stood = {name: standings(column, series.request.seed, choices.level) for name, column in columns.items()}
    results: list[Result] = []
    checkpoints = []
    for place, row in enumerate(rows):
        own: dict[str, Standing] = {}
        for name, column in columns.items():
            cell, standing = column.cells[place], stood[name].standings[place]
            if cell is not None and standing is not None:
                own[name] = replace(standing, result=len(results))
                results.append(cell.result)
        checkpoints.append(_ranked_checkpoint(row, own))
    losses = tuple(each.loss for each in stood.values())
    deciding = next((loss for loss in losses if loss.name == by), None) if choices.level is not None else None
    steps = all(row.evaluated.step is not None for row in rows)
    ranking = Ranking(
        checkpoints=tuple(checkpoints),
        losses=losses,
        ordered_by="step" if steps else "name",
        by=choices.by or by,
        best=deciding.best if deciding else None,
        ties=deciding.ties if deciding else (),
        front=on_front(list(columns.values()), choices.level),
        level=choices.level,
        kept=series.decoded.kept,
        again=series.decoded.again,
    )
    return whole_report(series.request, found, rows, results, ranking)


def _columns(rows: Sequence[Row]) -> dict[str, Column]:
    names = dict.fromkeys(name for row in rows for name in row.results)
    return {name: Column(name=name, cells=[_cell(row, name) for row in rows]) for name in names}


def _cell(row: Row, name: str) -> Cell | None:
    result = row.results.get(name)
    return None if result is None else Cell(result=result, spread=row.evaluated.spreads.get(key_of(result)))


def _order(row: Row, by: str | None) -> tuple[object, ...]:
    """Those with values first, each in the order of steps; where none has one, of names."""
    deciding = row.results.get(by) if by is not None else None
    lacking = bool(row.not_finite) or (by is not None and (deciding is None or deciding.value is None))
    step = row.evaluated.step
    state = row.evaluated.state
    run, _, _, name = state.order
    return row.evaluated.report is None, lacking, run, step is None, step or 0, name, row.weights == "ema"


def _ranked_checkpoint(row: Row, own: Mapping[str, Standing]) -> RankedCheckpoint:
    state, error = row.evaluated.state, row.evaluated.error
    return RankedCheckpoint(
        name=state.name,
        run=str(state.run),
        step=row.evaluated.step,
        weights=row.weights,
        files=tuple(map(str, state.files)),
        reason=error.message if error else None,
        standings=own,
    )
