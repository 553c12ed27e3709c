"""What a comparison could have noticed: its numbers computed wrong on purpose, and held against the same tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from ganloss_cli.comparison import Comparison, Perturbation, Sensitivity, Tolerance
from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.differences import difference
from ganloss_cli.pipeline.comparing import discogan_alignment as discogan
from ganloss_cli.records import Finding


def with_sensitivity(comparison: Comparison, ckpt: Path | None, seed: int) -> Comparison:
    """The comparison together with what it could have noticed.

    The recipe's numbers are computed once as they should be and once with each mistake; a mistake is noticed where a
    number moves further than the comparison's tolerance allows.

    Args:
        comparison: of files that hold the recipe's keys.
        ckpt: the weights; None for freshly initialised networks.
        seed: of these, and of what is changed at random.

    Raises:
        UsageError: the files hold none of the recipe's keys.
        InputError: the checkpoint does not hold its networks.
    """
    keys = tuple(key for key in discogan.KEYS if any(row.key == key for row in comparison.keys))
    if not keys:
        raise UsageError(
            f"--sensitivity: discogan computes {', '.join(discogan.KEYS)}; the files hold"
            f" {', '.join(row.key for row in comparison.keys[:8])}",
            hint="rename keys with --map THEIRS=OURS",
        )
    networks = discogan.fresh_networks(seed) if ckpt is None else discogan.stored_networks(ckpt)
    right = discogan.Check(networks=networks)
    values = {key: value for key, value in discogan.losses(right).items() if key in keys}
    perturbations = tuple(
        _perturbation(name, values, discogan.losses(wrong), comparison.tolerance)
        for name, wrong in discogan.mistakes(right, seed)
    )
    sensitivity = Sensitivity(
        recipe="discogan",
        weights=f"freshly initialised networks, seed {seed}" if ckpt is None else str(ckpt),
        tolerance=comparison.tolerance,
        values=values,
        perturbations=perturbations,
    )
    return replace(comparison, sensitivity=sensitivity, findings=(*comparison.findings, *_findings(sensitivity)))


def _perturbation(
    name: str, right: Mapping[str, float], wrong: Mapping[str, float], tolerance: Tolerance
) -> Perturbation:
    found = {
        key: difference(
            torch.tensor(value, dtype=torch.float64),
            torch.tensor(wrong[key], dtype=torch.float64),
            rtol=tolerance.rtol,
            atol=tolerance.atol,
        )
        for key, value in right.items()
    }
    failing = tuple(key for key, one in found.items() if one.failing)
    return Perturbation(
        name=name,
        noticed=bool(failing),
        max_absolute={key: one.max_absolute for key, one in found.items()},
        failing=failing,
    )


def _findings(sensitivity: Sensitivity) -> tuple[Finding, ...]:
    missed = [entry.name for entry in sensitivity.perturbations if not entry.noticed]
    if not missed:
        return ()
    return (
        Finding(
            check="check_without_power",
            severity="warning",
            message=f"this check passes {len(missed)} of {len(sensitivity.perturbations)} computations that are wrong",
            evidence={"missed": missed},
            hint="compare outputs and gradients of trained networks on real data, tensor by tensor, not one sum",
        ),
    )
