"""Checkpoints dealt over the processes of a launcher, one at a time to whoever is free, and brought together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganloss_cli import errors
from ganloss_cli.errors import GanlossError, InputError
from ganloss_cli.io.checkpoints import State
from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.rank.each import Evaluated, Seen, Series, Settled, raise_common
from ganloss_cli.pipeline.run.conditions import conditions, identity, key_of
from ganloss_cli.pipeline.run.grid import Grid
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.progress import Progress
from ganloss_cli.records.plain import as_data, restored
from ganloss_cli.records.report import BaselineGate, Gate, Report

_SETTLED = "settled"
_NO_GRID = Grid(counts=(), sizes=())  # every network has its own


@dataclass(kw_only=True)
class Dealt:
    """A series of which several processes evaluate what they take.

    Args:
        series: of this process.
        states: in their order, the same ones in all processes.
        processes: all of them.
    """

    series: Series
    states: Sequence[State]
    processes: Processes

    def __post_init__(self) -> None:
        self.series.watched = Watch(self.processes)

    def run(self, done: Callable[[Evaluated], None]) -> list[Evaluated] | None:
        """Every state, the newest first, in the first process; None in the others, whose work is done.

        Args:
            done: is called with each that this process evaluates, or takes in from another one.

        Raises:
            GanlossError: as one process raises.
            OthersFailedError: another process cannot go on.
        """
        own: dict[int, Evaluated] = {}
        while (turn := self.processes.next("checkpoint")) < len(self.states):
            self._await_settled(turn)
            own[turn] = self.series.one(self.states[-1 - turn])
            self._tell_settled(turn)
            done(own[turn])
        found = self._gathered(own, done)
        if found is None:
            return None
        newest_first = [found[turn] for turn in range(len(self.states))]
        for number in range(1, len(newest_first) + 1):  # as one process does, which stops at the first two
            raise_common(newest_first[:number], more=number < len(newest_first))
        return newest_first[::-1]

    def _await_settled(self, turn: int) -> None:
        """Until the losses are known: those of the newest state that can be evaluated; of the newest, nobody waits."""
        if self.series.settled is None and turn:
            told = self.processes.first_told(_SETTLED, f"failed/{turn - 1}")
            self.series.settled = restored(Settled, json.loads(told)) if told else None

    def _tell_settled(self, turn: int) -> None:
        if self.series.settled is None:
            self.processes.tell(f"failed/{turn}", "")
        else:
            self.processes.tell(_SETTLED, json.dumps(as_data(self.series.settled)))

    def _gathered(self, own: dict[int, Evaluated], done: Callable[[Evaluated], None]) -> dict[int, Evaluated] | None:
        """What all processes evaluated, by turn; None in all but the first."""
        processes, decoded = self.processes, self.series.decoded
        data = {str(key): identity(each.groups, _NO_GRID) for key, each in decoded.data_sets.items()}
        run = key_of(
            conditions=conditions(self.series.request),
            states=[[str(file) for file in state.files] for state in self.states],
        )
        evaluated = {str(turn): _told(each) for turn, each in own.items()} if processes.rank else {}
        here = {"run": run, "data": data, "kept": decoded.kept, "again": decoded.again, "evaluated": evaluated}
        for rank, there in enumerate(processes.gathered(here)):
            if there["run"] != run or any(there["data"].get(key, each) != each for key, each in data.items()):
                raise InputError(f"rank {rank} sees other data, checkpoints or options than rank 0")
            data |= there["data"]
            decoded.kept, decoded.again = max(decoded.kept, there["kept"]), max(decoded.again, there["again"])
            for turn, told in there["evaluated"].items():
                own[int(turn)] = _evaluated(self.states[-1 - int(turn)], told)
                done(own[int(turn)])
        return own if processes.rank == 0 else None


class Watch(Progress):
    """Goes no further in a run if another process cannot."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes

    def advance(self, n: int) -> None:
        """Look at what the others say."""
        self._processes.check()


def _told(each: Evaluated) -> dict[str, Any]:
    """What a state came to, for another process."""
    if each.report is None or each.seen is None:
        error = each.error or InputError("was not evaluated")
        return {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    seen = {"outline": as_data(each.seen.outline), "tally": each.seen.tally.state()}
    return {"report": as_data(each.report), **seen}


def _evaluated(state: State, told: Mapping[str, Any]) -> Evaluated:
    """The same again."""
    if "error" in told:
        error: GanlossError = getattr(errors, told["error"])(told["message"], hint=told["hint"])
        return Evaluated(state=state, error=error)
    gates = tuple(restored(BaselineGate if "change" in gate else Gate, gate) for gate in told["report"]["gates"])
    outline = restored(Outline, told["outline"])
    tally = Tally.of_state(told["tally"], over_batches=outline.over_batches)
    report = replace(restored(Report, told["report"]), gates=gates)
    return Evaluated(state=state, report=report, seen=Seen(outline=outline, tally=tally))
