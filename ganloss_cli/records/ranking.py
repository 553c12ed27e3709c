"""What `ganloss rank` has to say beside the results of every checkpoint. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Aim = Literal["lower", "higher", "equilibrium"]
FROM_EQUILIBRIUM = " from equilibrium"  # behind the name of a loss: how near it is to that value


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One checkpoint in one loss.

    Args:
        result: its place in the report's `results`; None where the loss was not computed for this checkpoint.
        from_equilibrium: the value less that at which neither network can gain, where the loss has one.
        chance: that it is as good as the best: a p-value corrected by Holm for all pairs; None where nothing tells.
        power: the smallest difference from the best that would have been noticed in 80 of 100 runs.
    """

    result: int | None = None
    from_equilibrium: float | None = None
    chance: float | None = None
    power: float | None = None


@dataclass(frozen=True, kw_only=True)
class RankedCheckpoint:
    """One state of a training.

    Args:
        name: of its first file, below the folder of its training.
        run: the folder of its training.
        step: that the file counts, or that its name says.
        weights: of the generator, with `--weights both`.
        files: that it was read from.
        reason: why it has no values at all.
        standings: by loss, for those that were computed.
    """

    name: str
    run: str
    step: int | None
    weights: Literal["raw", "ema"] | None = None
    files: tuple[str, ...]
    reason: str | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RankedLoss:
    """One loss over all checkpoints.

    Args:
        name: as in `standings`.
        aim: which value is better; None where none is.
        best: which checkpoint; None where none has a value, or none is better.
        ties: those that cannot be told from it at the ranking's level, in their order.
        compared: how differences were told from chance: sample by sample, or by drawing samples anew.
        untold: why they could not be.
    """

    name: str
    aim: Aim | None
    best: int | None = None
    ties: tuple[int, ...] = ()
    compared: Literal["paired", "bootstrap"] | None = None
    untold: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Checkpoints in their order; those without a value of `by`, or with a loss that is not finite, are last.

    Args:
        checkpoints: all of them.
        losses: in the order of the results.
        ordered_by: whether each of them has a step.
        by: the loss that decides; None where several were computed and none was named.
        best: by it.
        ties: those that cannot be told from the best, by it.
        front: those that no other one matches in every loss and betters in one; empty where fewer than two losses have
            a better side.
        level: the chance, at most, that any two equal checkpoints of a loss are told apart; None for a table alone.
        kept: how many samples were decoded once and held.
        again: how many did not fit, and were decoded for every checkpoint.
    """

    checkpoints: tuple[RankedCheckpoint, ...]
    losses: tuple[RankedLoss, ...]
    ordered_by: Literal["step", "name"]
    by: str | None = None
    best: int | None = None
    ties: tuple[int, ...] = ()
    front: tuple[int, ...] = ()
    level: float | None = None
    kept: int = 0
    again: int = 0
