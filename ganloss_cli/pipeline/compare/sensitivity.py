"""What a comparison could have noticed: its numbers computed wrong on purpose, and held against the same tolerance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.differences import difference
from ganloss_cli.evaluators.recipes.published import find_recipe
from ganloss_cli.pipeline.compare import discogan_alignment as discogan
from ganloss_cli.pipeline.compare.recipe_mistakes import recipe_mistakes, recipe_values
from ganloss_cli.records.comparison import Comparison, Perturbation, Sensitivity, Tolerance
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

_MOST_NAMES = 8


@dataclass(frozen=True, kw_only=True)
class _Computation:
    """A computation that can be repeated.

    Args:
        weights: where its weights are from.
        values: by key; None where it has no value.
        wrong: each mistake with what it makes of them.
    """

    weights: str
    values: Mapping[str, float | None]
    wrong: Iterable[tuple[str, Mapping[str, float | None]]]


def with_sensitivity(comparison: Comparison, request: Request) -> Comparison:
    """The comparison together with what it could have noticed.

    The recipe's numbers are computed once as they should be and once with each mistake; a mistake is noticed where a
    number moves further than the comparison's tolerance allows. Without data, DiscoGAN's recipe stands for the forward
    check of its conversion to Paddle, which makes its own.

    Args:
        comparison: of files that hold the recipe's keys.
        request: names the recipe, the checkpoints, the data, and the seed of what is changed at random.

    Raises:
        UsageError: the files hold none of the recipe's keys, or there are no data.
        InputError: the checkpoint does not hold its networks.
    """
    recipe = find_recipe(request.recipe or "").name
    held = [row.key for row in comparison.keys]
    computation = _of_recipe(request) if request.data or request.roles else _of_alignment(request)
    keys = [key for key in held if computation.values.get(key) is not None]
    if not keys:
        computed = ", ".join(key for key, value in computation.values.items() if value is not None)
        raise UsageError(
            f"--sensitivity: {recipe} computes {computed}; the files hold {', '.join(held[:_MOST_NAMES])}",
            hint="rename keys with --map THEIRS=OURS",
        )
    values = {key: value for key in keys if (value := computation.values[key]) is not None}
    sensitivity = Sensitivity(
        recipe=recipe,
        weights=computation.weights,
        tolerance=comparison.tolerance,
        values=values,
        perturbations=tuple(_perturbation(name, values, of, comparison.tolerance) for name, of in computation.wrong),
    )
    return replace(comparison, sensitivity=sensitivity, findings=(*comparison.findings, *_findings(sensitivity)))


def _of_alignment(request: Request) -> _Computation:
    if request.recipe != "discogan":
        raise UsageError(f"--as {request.recipe}: nothing to compute it from", hint="give --data PATH and --ckpt PATH")
    if len(request.ckpt) > 1 or request.disc:
        raise UsageError("--as discogan without --data: expected one checkpoint, with all four networks")
    networks = discogan.stored_networks(request.ckpt[0]) if request.ckpt else discogan.fresh_networks(request.seed)
    right = discogan.Check(networks=networks)
    return _Computation(
        weights=str(request.ckpt[0]) if request.ckpt else f"freshly initialised networks, seed {request.seed}",
        values=discogan.losses(right),
        wrong=((name, discogan.losses(wrong)) for name, wrong in discogan.mistakes(right, request.seed)),
    )


def _of_recipe(request: Request) -> _Computation:
    def wrong() -> Iterable[tuple[str, Mapping[str, float | None]]]:
        for mistake in recipe_mistakes(request):
            try:
                yield mistake.name, recipe_values(request, mistake)
            except InputError:  # networks of other shapes cannot be exchanged: nobody could make that mistake
                continue

    return _Computation(
        weights=", ".join(str(path) for path in (*request.ckpt, *request.disc)) or "no networks",
        values=recipe_values(request),
        wrong=wrong(),
    )


def _perturbation(
    name: str, right: Mapping[str, float], wrong: Mapping[str, float | None], tolerance: Tolerance
) -> Perturbation:
    found = {
        key: difference(
            torch.tensor(value, dtype=torch.float64),
            torch.tensor(float("nan") if (other := wrong.get(key)) is None else other, dtype=torch.float64),
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
