"""Checks of precision: does a loss survive the dtype it is computed in?"""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.evaluators.checks.observed import LossInDtypes
from ganloss_cli.evaluators.checks.registry import Observation, check

# of the value: float32 keeps seven digits, a deep network four to five of them
FLOAT32_AGREES = 1e-3
# bfloat16 keeps two to three digits; a loss that is off by more than a tenth cannot be compared with a log
BFLOAT16_AGREES = 0.1


@check(severity="warning")
def loss_breaks_in_bfloat16(losses: LossInDtypes) -> Iterator[Observation]:
    """A loss is finite in float64 and not in bfloat16, or another number by more than a tenth.

    bfloat16 has float32's range and 8 bits of precision: sums over many elements, differences of near-equal numbers
    (variances as E[x^2] - E[x]^2) and logarithms near one lose all of it.
    """
    yield from _departure(losses, "bfloat16", BFLOAT16_AGREES)


@check(severity="warning")
def loss_breaks_in_float32(losses: LossInDtypes) -> Iterator[Observation]:
    """A loss is another number in float32 than in float64, by more than a thousandth, or is not finite."""
    yield from _departure(losses, "float32", FLOAT32_AGREES)


def _departure(losses: LossInDtypes, dtype: str, tolerance: float) -> Iterator[Observation]:
    exact = losses.values.get("float64")
    if exact is None or dtype in losses.failures or dtype not in losses.values:
        return
    value = losses.values[dtype]
    if value is None:
        yield Observation(
            message=f"not finite in {dtype}; {exact:.6g} in float64",
            evidence={"float64": exact, dtype: None},
            hint="compute this loss in float32",
        )
        return
    # a loss near zero is compared with the spread of its samples, of which it is the mean
    scale = max(abs(exact), losses.spread or 0.0)
    if abs(value - exact) > tolerance * scale:
        yield Observation(
            message=f"{value:.6g} in {dtype}, {exact:.6g} in float64",
            evidence={"float64": exact, dtype: value, "relative": abs(value - exact) / scale if scale else None},
            hint="compute this loss in float64" if dtype == "float32" else "compute this loss in float32",
        )
