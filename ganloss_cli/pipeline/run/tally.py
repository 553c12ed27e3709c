"""What steps came to: a record that travels, and that meets the record of the steps that follow."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from torch import Tensor

from ganloss_cli.errors import GanlossError, InputError, UsageError
from ganloss_cli.evaluators.statistics import State
from ganloss_cli.pipeline.data.batching import Chunk
from ganloss_cli.pipeline.run.series import Series
from ganloss_cli.records.plain import restored
from ganloss_cli.records.report import Finding

V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class Note:
    """Something worth knowing that a step showed first."""

    step: int
    finding: Finding


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """Why a loss was not computed from a step on.

    Args:
        step: which could not be computed, alone or beside those before.
        message: why.
        sample: the first one that went through then, as a message begins; "" where it is not known.
        hint: what to do.
        usage: whether it is the command line's fault, not the data's.
    """

    step: int
    message: str
    sample: str = ""
    hint: str | None = None
    usage: bool = False

    def error(self, label: str) -> GanlossError:
        """It as an error, where the loss was asked for by name."""
        kind = UsageError if self.usage else InputError
        return kind(f"{label}: {self.sample}{self.message}", hint=self.hint)


@dataclass(kw_only=True)
class Tally:
    """What consecutive steps came to.

    Args:
        losses: of the runs of the plan, as typed.
        series: one a run.
        digests: role -> sha256 of the bytes of every sample, in the order of the samples.
        groups: role -> the group of samples that it is of.
        shapes: role -> the shapes of its samples.
        largest_batch: the most samples that went through at once.
        halved: the steps that went through in halves, since memory ran out.
        notes: about batches and settings, each once, in the order of the steps.
        given_up: losses that could not be computed, as typed.
        scores: label of a run -> the lowest and the highest score that it took for a logit.
        decisive: labels of the runs whose value is another one where these are probabilities.
    """

    losses: list[str]
    series: list[Series]
    digests: dict[str, bytearray] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)
    shapes: dict[str, set[tuple[int, ...]]] = field(default_factory=dict)
    largest_batch: int = 0
    halved: list[int] = field(default_factory=list)
    notes: dict[str, Note] = field(default_factory=dict)
    given_up: dict[str, GivenUp] = field(default_factory=dict)
    scores: dict[str, tuple[float, float]] = field(default_factory=dict)
    decisive: set[str] = field(default_factory=set)
    _arrived: list[Chunk] = field(default_factory=list)

    @classmethod
    def empty(cls, losses: Sequence[str], *, over_batches: bool) -> Tally:
        """Of no steps.

        Args:
            losses: of the runs of the plan, as typed.
            over_batches: whether a batch is one value.
        """
        return cls(losses=list(losses), series=[Series(over_batches) for _ in losses])

    def saw(self, pieces: Iterable[Chunk]) -> None:
        """Take in which samples went through together."""
        for space, piece in enumerate(pieces):
            self.groups |= {role: space for digests in piece.digests[:1] for role in digests}
            self.largest_batch = max(self.largest_batch, len(piece.indices))
            for role, value in piece.values.items():
                if isinstance(value, Tensor) and piece.indices:
                    self.shapes.setdefault(role, set()).add(tuple(value.shape[1:]))
            self._arrived.append(piece.without_values())

    def saw_scores(self, label: str, low: float, high: float) -> None:
        """Take in how far scores reach that a run takes for logits."""
        before = self.scores.get(label, (math.inf, -math.inf))  # NaN is below none, and above none
        self.scores[label] = min(before[0], low), max(before[1], high)

    def checksums(self, space: int, place: int) -> dict[str, str]:
        """Role -> sha256 of the bytes of a sample.

        Args:
            space: its group.
            place: among those of the group that these steps hold.
        """
        width = hashlib.sha256().digest_size
        start, end = width * place, width * (place + 1)
        own = ((role, digests) for role, digests in self.digests.items() if self.groups[role] == space)
        return {role: digests[start:end].hex() for role, digests in own if end <= len(digests)}

    def settle(self, step: int) -> None:
        """Nothing more of this step will come in."""
        for series in self.series:
            series.settle(step)
        # a chunk holds samples of one group, and a role belongs to one: the order of the places is all it takes
        of_samples = [pair for chunk in self._arrived for pair in zip(chunk.indices, chunk.digests, strict=True)]
        for _, digests in sorted(of_samples, key=lambda pair: pair[0]):
            for role, digest in digests.items():
                self.digests.setdefault(role, bytearray()).extend(digest)
        self._arrived.clear()

    def extend(self, later: Tally) -> None:
        """Take in the steps that follow; both are settled."""
        self._extend_series(later)
        for role, digests in later.digests.items():
            self.digests.setdefault(role, bytearray()).extend(digests)
        self.groups |= later.groups
        for role, shapes in later.shapes.items():
            self.shapes.setdefault(role, set()).update(shapes)
        self.largest_batch = max(self.largest_batch, later.largest_batch)
        self.halved += later.halved
        self.notes = _first_of_each(self.notes, later.notes)
        self.given_up = _first_of_each(self.given_up, later.given_up)
        for label, (low, high) in later.scores.items():
            self.saw_scores(label, low, high)
        self.decisive |= later.decisive

    def _extend_series(self, later: Tally) -> None:
        """The values of the steps that follow; a loss that cannot be taken over both is given up."""
        for typed, own, more in zip(self.losses, self.series, later.series, strict=True):
            if typed in self.given_up:
                continue
            try:
                own.extend(more)
            except InputError as error:
                message = error.message.removeprefix(f"{re.split('[:,]', typed)[0]}: ")
                self.given_up[typed] = GivenUp(step=more.merged[0].start, message=message, hint=error.hint)

    def state(self) -> State:
        """All of it, for another process; settled."""
        return {
            "losses": self.losses,
            "series": [series.state() for series in self.series],
            "digests": {role: np.frombuffer(bytes(digests), np.uint8) for role, digests in self.digests.items()},
            "groups": self.groups,
            "shapes": {role: sorted(map(list, shapes)) for role, shapes in self.shapes.items()},
            "largest_batch": self.largest_batch,
            "halved": self.halved,
            "notes": self.notes,
            "given_up": self.given_up,
            "scores": {label: np.array(ends) for label, ends in self.scores.items()},  # which may be infinite
            "decisive": sorted(self.decisive),
        }

    @classmethod
    def of_state(cls, state: State, *, over_batches: bool) -> Tally:
        """The same again."""
        return cls(
            losses=list(state["losses"]),
            series=[Series.of_state(each, over_batches=over_batches) for each in state["series"]],
            digests={role: bytearray(digests.tobytes()) for role, digests in state["digests"].items()},
            groups=dict(state["groups"]),
            shapes={role: set(map(tuple, shapes)) for role, shapes in state["shapes"].items()},
            largest_batch=state["largest_batch"],
            halved=list(state["halved"]),
            notes={key: restored(Note, note) for key, note in state["notes"].items()},
            given_up={typed: restored(GivenUp, reason) for typed, reason in state["given_up"].items()},
            scores={label: (float(ends[0]), float(ends[1])) for label, ends in state["scores"].items()},
            decisive=set(state["decisive"]),
        )


def _first_of_each(earlier: Mapping[str, V], later: Mapping[str, V]) -> dict[str, V]:
    return {**earlier, **{key: value for key, value in later.items() if key not in earlier}}
