"""`--journal`: steps that an earlier run has come through are not computed again."""

from __future__ import annotations

import contextlib
import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses import compiled
from ganloss_cli.io.changes import Changes
from ganloss_cli.io.datasets import Group
from ganloss_cli.io.journal import MOST_LINE, Journal
from ganloss_cli.pipeline.data.randomness import SampleKeys
from ganloss_cli.pipeline.run.arrays import Array, from_text, in_text, packed, unpacked
from ganloss_cli.pipeline.run.conditions import key_of
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.grid import Grid
from ganloss_cli.pipeline.run.losses import LossValues
from ganloss_cli.pipeline.run.processes import Processes
from ganloss_cli.pipeline.run.tally import GivenUp, Tally
from ganloss_cli.records.plain import as_data, restored
from ganloss_cli.records.tool import NUMBERS

_SMALL = 1024  # bytes of an array that is the last to leave its line


@dataclass(kw_only=True)
class Resumed:
    """The steps of a run, as far as a journal has them.

    Args:
        journal: where they are.
        run: everything but the samples that decides what a step comes to, as plain values.
        forward: the samples.
        grid: which of them share a step.
        changes: what options change about them.
        over_batches: whether a batch is one value.
    """

    journal: Journal
    run: Mapping[str, Any]
    forward: Forward
    grid: Grid
    changes: Changes
    over_batches: bool
    n_found: int = 0
    _keys: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._run_key = key_of(
            run=self.run,
            numbers=NUMBERS,
            torch=torch.__version__,
            device=self.forward.device.type,
            threads=torch.get_num_threads(),
            compiled=compiled.IS_HERE,
        )
        self._sample_keys = [SampleKeys(group) for group in self.forward.groups]

    def missing(self, steps: Sequence[int]) -> list[int]:
        """The steps that have to be computed.

        Args:
            steps: all of the run, in their order.
        """
        left, given_up = [], set[str]()
        for step in steps:
            line = self._line(step)
            if (
                line is None
                or not self._draws_the_same(step, line["drawn"])
                or not all(typed in given_up or self._still(why) for typed, why in line["without"].items())
            ):
                left.append(step)
                self._keys.pop(step, None)
            else:
                given_up |= {*line["tally"]["given_up"], *line["without"]}
                self._keys[step] = line["keys"]
        self.n_found = len(self._keys)
        return left

    def tally(self, step: int) -> Tally:
        """What a step came to.

        Raises:
            InputError: the journal was changed meanwhile, or is damaged.
        """
        line = self.journal.find(self._keys[step][0])

        def fetch(data: Mapping[str, Any]) -> Array:
            return self.journal.array(line or {}, data["beside"]) if "beside" in data else from_text(data)

        try:
            if line is None:
                raise KeyError(step)
            self.changes.extend(Changes.of_state(line["changes"]))
            tally = Tally.of_state(unpacked(line["tally"], fetch), over_batches=self.over_batches)
            without = {typed: restored(GivenUp, why["given_up"]) for typed, why in line["without"].items()}
            tally.given_up = {**without, **tally.given_up}
            return tally
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{self.journal.path}: step {step} cannot be read ({error})") from error

    def _still(self, why: Mapping[str, Any]) -> bool:
        """Whether the step for which a loss was given up, and has no values in later lines, is what it was."""
        step = why["given_up"]["step"]
        return step < len(self.grid) and not {*why["keys"]}.isdisjoint(self._both_keys(step))

    def _drawn(self, step: int) -> list[Any]:
        """What the random numbers of a step follow from: of equal files, also how many come before them."""
        found = []
        for (space, roles), keys in self.forward.drawn.items():
            block = self.grid.block(step, space)
            places = [place for place, index in enumerate(block) if index in keys]
            if places:
                found.append([space, roles, places, key_of(keys=[keys[block[place]] for place in places])])
        self.forward.drawn.clear()
        return found

    def _draws_the_same(self, step: int, drawn: list[Any]) -> bool:
        return all(
            key_of(keys=self._sample_keys[space].of([self.grid.block(step, space)[place] for place in places], roles))
            == keys
            for space, roles, places, keys in drawn
        )

    def write(self, step: int, tally: Tally, before: Mapping[str, GivenUp]) -> None:
        """Keep what a step came to.

        Args:
            step: which.
            tally: what it came to.
            before: losses that had been given up by then.
        """
        files = {name for k, group in enumerate(self.forward.groups) for index in self.grid.block(step, k)
                 for name in group.called(index)}  # fmt: skip
        line = {
            "keys": self._both_keys(step),
            "without": {
                typed: {"given_up": as_data(reason), "keys": self._both_keys(reason.step)}
                for typed, reason in before.items()
            },
            "changes": self.changes.of_files(files).state(),
            "drawn": self._drawn(step),
        }
        for most in (math.inf, _SMALL, 0):
            line |= self._placed(tally, most)
            if len(json.dumps(line)) <= MOST_LINE:
                break
        self.journal.append(line)

    def _placed(self, tally: Tally, most: float) -> dict[str, Any]:
        """What a step came to, arrays of more bytes than that beside the line."""
        beside: list[str] = []

        def place(array: Array) -> Mapping[str, Any]:
            if array.nbytes <= most:
                return in_text(array)
            beside.append(self.journal.keep(array))
            return {"beside": beside[-1]}

        return {"tally": packed(tally.state(), place), "beside": beside}

    def _line(self, step: int) -> dict[str, Any] | None:
        """By size, time and number of the files where these are known, else by what the files hold."""
        if not len(self.journal):
            return None
        return self.journal.find(self._key(step, _stamps)) or self.journal.find(self._key(step, _contents))

    def _both_keys(self, step: int) -> list[str]:
        return [self._key(step, _stamps), self._key(step, _contents)]

    def _key(self, step: int, of: Callable[[Group, int], Any]) -> str:
        samples = [
            [[group.names[index], of(group, index)] for index in self.grid.block(step, k)]
            for k, group in enumerate(self.forward.groups)
        ]
        return key_of(run=self._run_key, samples=samples)


class Counted:
    """Steps counted in their order, those that are computed and those that a journal has.

    Args:
        values: reads the steps and counts them up.
        share: the steps of this process.
        resumed: what a journal has of them.
        processes: the others, one of which may be unable to go on.
    """

    def __init__(
        self, values: LossValues, share: Sequence[int], resumed: Resumed | None, processes: Processes | None
    ) -> None:
        self._values, self._resumed, self._processes = values, resumed, processes
        self.missing = resumed.missing(share) if resumed else share
        self._waiting = deque(share)

    def ended(self, number: int, halved: bool) -> None:
        """A step has gone through."""
        self._count_until(number)
        self._waiting.popleft()
        before = dict(self._values.tally.given_up)
        step = self._values.end_step(number, halved)
        if self._resumed:
            self._resumed.write(number, step, before)
        if self._processes:
            self._processes.check()

    def finish(self) -> None:
        """All that were missing have gone through."""
        self._count_until(None)

    def _count_until(self, number: int | None) -> None:
        while self._waiting and self._waiting[0] != number and self._resumed:
            self._values.count(self._resumed.tally(self._waiting.popleft()))


def _contents(group: Group, index: int) -> Any:
    return {role: digest.hex() for role, digest in group.digests(index).items()}


def _stamps(group: Group, index: int) -> Any:
    """What the system says of the files of a sample, and its label, which may lie in another one."""
    labels = group.labels.values if group.labels else ()
    with contextlib.suppress(OSError):  # whoever reads it tells
        stats = [file.stat() for file in group.on_disk(index)]
        return [*labels[index : index + 1], *([stat.st_size, stat.st_mtime_ns, stat.st_ino] for stat in stats)]
    return None
