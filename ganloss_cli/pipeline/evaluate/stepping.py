"""The samples of a planned run, sent through its networks: all but what a journal has or other processes take."""

from __future__ import annotations

from dataclasses import dataclass

from ganloss_cli.pipeline.data.batching import chunks
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.dry_run import describe_plan
from ganloss_cli.pipeline.evaluate.gathering import Share, gather
from ganloss_cli.pipeline.evaluate.parts import columns
from ganloss_cli.pipeline.evaluate.planned import Planned
from ganloss_cli.pipeline.run.conditions import conditions, identity, key_of
from ganloss_cli.pipeline.run.grid import Grid
from ganloss_cli.pipeline.run.losses import LossValues
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.pipeline.run.resuming import Counted, Resumed
from ganloss_cli.pipeline.run.steps import Steps
from ganloss_cli.progress import Progress
from ganloss_cli.records.plain import as_data
from ganloss_cli.records.report import Finding, Part


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What came of the steps: of all processes, in the first of them."""

    grid: Grid
    steps: range
    share: Share
    elsewhere: tuple[Finding, ...] = ()


def send_through(planned: Planned, progress: Progress | None, kept: Kept | None, processes: Processes | None) -> Ran:
    """Send the samples through, but those that a journal has or that other processes take.

    Args:
        planned: the run.
        progress: is told how far the work is.
        kept: data that earlier runs have read.
        processes: that share the steps.
    """
    forward, request = planned.forward, planned.forward.request
    values = LossValues(forward=forward, plan=planned.plan)
    steps = Steps(forward=forward, consumers=[values], spaces=values.spaces, batch_size=values.batch_size())
    grid = steps.grid()
    index, of = request.shard or (1, 1)
    whole = grid.dealt(index - 1, of)
    mine = processes.share(whole) if processes else whole
    resumed = _resumed(planned, steps, grid, kept or Kept()) if request.journal else None
    counted = Counted(values=values, share=mine, resumed=resumed, processes=processes)
    reads = kept.chunks if kept else chunks
    steps.run(progress, "evaluating", grid=grid, only=counted.missing, chunks=reads, ended=counted.ended)
    counted.finish()
    share = Share(
        tally=values.tally,
        changes=planned.data.changes,
        passes=dict(forward.model.calls()),
        found=resumed.n_found if resumed else 0,
        environment=planned.outline.report.environment,
    )
    if processes is None:
        return Ran(grid=grid, steps=whole, share=share)
    run = key_of(data=identity(forward.groups, grid), conditions=conditions(request), checkpoints=planned.checkpoints())
    elsewhere = gather(share, processes, run, over_batches=planned.outline.over_batches)
    return Ran(grid=grid, steps=whole, share=share, elsewhere=elsewhere)


def part_of(planned: Planned, ran: Ran) -> Part:
    """A share of the run as a document holds it."""
    request, groups, grid = planned.forward.request, planned.forward.groups, ran.grid
    index, of = request.shard or (1, 1)
    held = [[group.names[k] for step in ran.steps for k in grid.block(step, space)]
            for space, group in enumerate(groups)]  # fmt: skip
    return Part(
        index=index,
        of=of,
        steps=(ran.steps.start, ran.steps.stop),
        n_steps=len(grid),
        data=identity(groups, grid),
        conditions=conditions(request),
        outline=planned.outline,
        columns=columns(ran.share.tally, ran.share.changes, held),
    )


def _resumed(planned: Planned, steps: Steps, grid: Grid, kept: Kept) -> Resumed:
    """The steps that a journal has; its key holds all that decides what a step comes to, but its samples."""
    forward, plan = planned.forward, describe_plan(planned.plan, planned.forward)
    held = [[group.roles, group.kinds, group.sample_rates, group.ranges] for group in forward.groups]
    networks = [{name: value for name, value in network.items() if name != "file"} for network in plan["networks"]]
    chosen = conditions(forward.request)
    return Resumed(
        journal=kept.journal(forward.request),
        run=as_data({
            "conditions": {name: value for name, value in chosen.items() if name not in ("limit", "samples")},
            "networks": networks,
            "losses": plan["losses"],
            "data": held,
            "batch_size": steps.batch_size,
            "checkpoints": planned.checkpoints(),
        }),
        forward=forward,
        grid=grid,
        changes=planned.data.changes,
        over_batches=planned.outline.over_batches,
    )  # fmt: skip
