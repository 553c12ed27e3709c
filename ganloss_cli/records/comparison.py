"""What `ganloss compare` has to say: records. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ganloss_cli.records.report import SCHEMA_VERSION, Change, Finding

Kind = Literal["report", "tensors", "reprod_log"]


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """How far two numbers may be apart: |a - b| <= atol + rtol max(|a|, |b|).

    Args:
        profile: its name; "custom" where --rtol or --atol was given.
    """

    profile: str
    rtol: float
    atol: float


PROFILES: Mapping[str, Tolerance] = {
    # outputs and feature maps of deep networks: hundreds of float32 roundings, and elements near zero
    "forward": Tolerance(profile="forward", rtol=1e-4, atol=1e-5),
    # a mean over many elements: their roundings cancel
    "loss": Tolerance(profile="loss", rtol=1e-5, atol=1e-6),
    # losses after a few optimizer steps and gradients: Adam divides by small second moments
    "backprop": Tolerance(profile="backprop", rtol=1e-3, atol=1e-5),
}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two files.

    Args:
        path: as it was given.
        kind: what it is.
        keys: how many it holds.
        sha256: of its bytes.
    """

    path: str
    kind: Kind
    keys: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ComparedKey:
    """One key of both files; what could not be computed is None, and `reason` says why.

    Args:
        key: its name.
        passed: whether every element is within the tolerance.
        reason: why it failed, or what is worth knowing about a pass; empty for a plain one.
        shape_a: of A's array; None where A has no such key, and for numbers of reports.
        shape_b: of B's.
        dtype_a: of A's array.
        dtype_b: of B's.
        count: how many elements were compared.
        failing: how many of them are beyond the tolerance.
        max_absolute: the largest |a - b|.
        mean_absolute: the mean |a - b|.
        max_relative: the largest |a - b| / max(|a|, |b|).
        max_ulp: the most representable numbers between two elements.
        worst: the index of the worst element.
        a: A's value there.
        b: B's value there.
        outcome: of a loss that has a better side and differs, whether B is worse than A; None for all others.
    """

    key: str
    passed: bool
    reason: str = ""
    shape_a: tuple[int, ...] | None = None
    shape_b: tuple[int, ...] | None = None
    dtype_a: str | None = None
    dtype_b: str | None = None
    count: int = 0
    failing: int = 0
    max_absolute: float | None = None
    mean_absolute: float | None = None
    max_relative: float | None = None
    max_ulp: int | None = None
    worst: tuple[int, ...] | None = None
    a: float | None = None
    b: float | None = None
    outcome: Literal["worse", "not worse"] | None = None


@dataclass(frozen=True, kw_only=True)
class Drift:
    """Keys that are one quantity over steps: gen_loss_0, gen_loss_1 ...

    Args:
        name: what they have in common.
        steps: the numbers behind it, ascending.
        relative: the largest relative difference at each step; None where it has none.
        enters: the first step beyond the tolerance, or None.
        jumps: the steps at which the difference is more than three times what it was at any step before.
    """

    name: str
    steps: tuple[int, ...]
    relative: tuple[float | None, ...]
    enters: int | None
    jumps: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """One wrong computation, and whether the check would have noticed it.

    Args:
        name: what was done wrong.
        noticed: whether any key is beyond the tolerance.
        max_absolute: by key, the difference that it makes; None where it is not finite.
        failing: the keys that are beyond the tolerance.
    """

    name: str
    noticed: bool
    max_absolute: Mapping[str, float | None]
    failing: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """What a check with this tolerance could have noticed.

    Args:
        recipe: whose computation was repeated.
        weights: where the weights came from.
        tolerance: that of the check.
        values: the keys as they should be.
        perturbations: each wrong computation.
    """

    recipe: str
    weights: str
    tolerance: Tolerance
    values: Mapping[str, float]
    perturbations: tuple[Perturbation, ...]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything one run of `ganloss compare` has to say."""

    tool: Mapping[str, str | None]
    command: tuple[str, ...]
    a: Side
    b: Side
    tolerance: Tolerance
    passed: bool
    keys: tuple[ComparedKey, ...]
    drift: tuple[Drift, ...] = ()
    findings: tuple[Finding, ...] = ()
    changes: Mapping[str, Change] | None = None  # by key, of reports that hold what tells chance from change
    sensitivity: Sensitivity | None = None
    schema_version: str = SCHEMA_VERSION
