"""What the processes of a launcher came to, brought together in the first of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.changes import Changes
from ganloss_cli.pipeline.evaluate.parts import different_environments
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.report import Finding


@dataclass(kw_only=True)
class Share:
    """What one process came to.

    Args:
        tally: of its steps.
        changes: what options changed about its samples.
        passes: through each network.
        found: steps that a journal had.
        environment: what its numbers were computed with.
    """

    tally: Tally
    changes: Changes
    passes: dict[str, int]
    found: int
    environment: Mapping[str, Any]


def gather(own: Share, processes: Processes, run: str, *, over_batches: bool) -> tuple[Finding, ...]:
    """Let the first process take in what all have; the others have nothing to do any more.

    Args:
        own: what this process came to; extended in the first.
        processes: all of them.
        run: one hash of everything that all of them have to have in common.
        over_batches: whether a batch is one value.

    Returns:
        what is worth reporting.

    Raises:
        InputError: the processes see different data or checkpoints.
        OthersFailedError: another process cannot go on.
    """
    tree = {
        "run": run,
        "tally": own.tally.state() if processes.rank else None,  # the first need not send its own to itself
        "changes": own.changes.state(),
        "passes": own.passes,
        "found": own.found,
        "environment": own.environment,
    }
    environments = []
    for rank, state in enumerate(processes.gathered(tree)):
        environments.append(state["environment"])
        if rank == 0:
            continue
        if state["run"] != run:
            raise InputError(f"rank {rank} sees other data, checkpoints or options than rank 0")
        own.tally.extend(Tally.of_state(state["tally"], over_batches=over_batches))
        own.changes.extend(Changes.of_state(state["changes"]))
        own.found += state["found"]
        own.passes = {name: count + state["passes"].get(name, 0) for name, count in own.passes.items()}
    return different_environments(environments)
