"""In which order formulas are named that may have made a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ganloss_cli.records.number import Candidate

if TYPE_CHECKING:
    from ganloss_cli.pipeline.number.candidates import Formula

# A log holds means over a moving network, so some per cent off is what the right formula looks like; a formula that
# is much further away is only listed by its distance.
NEAR = 0.25
NEAR_ERRORS = 3.0


def ranked(formulas: Sequence[Formula], typical: float | None) -> list[Formula]:
    """Hits first, the simplest before the others; then the plain conventions that lead; then all by distance.

    Of plain conventions near the number those lead that are as near as the nearest, up to three standard errors: a
    factor or another condition would have to explain what the formula as it is may explain just as well. A mistake
    never leads: it is only taken for what happened where it reproduces the number.

    Args:
        formulas: the simplest first.
        typical: the relative standard error of the first convention that has one, for those that have none; None
            where none has.
    """
    near = (_distance(formula.candidate, typical) for formula in formulas if _may_lead(formula.candidate, typical))
    nearest = min(near, default=0.0)
    lead = nearest if typical is None else max(NEAR_ERRORS, nearest)

    def rank(formula: Formula) -> tuple[int, int, float, bool]:
        candidate = formula.candidate
        distance = _distance(candidate, typical)
        if candidate.within_rounding:
            return 0, candidate.departures, distance, False
        leads = _may_lead(candidate, typical) and distance <= lead
        return 1 if leads else 2, 0, distance, candidate.mistake is not None

    return sorted(formulas, key=rank)


def _distance(candidate: Candidate, typical: float | None) -> float:
    """In standard errors; of one without, in what is typical here; else relative to its value."""
    if candidate.standard_errors is not None:
        return abs(candidate.standard_errors)
    return abs(candidate.difference) / (max(abs(candidate.value), 1e-12) * (typical or 1.0))


def _may_lead(candidate: Candidate, typical: float | None) -> bool:
    """A plain convention that is no mistake and lies near the number."""
    if candidate.departures or candidate.mistake is not None or candidate.within_rounding:
        return False
    number = candidate.value - candidate.difference
    errors = candidate.standard_errors is not None and _distance(candidate, typical) <= NEAR_ERRORS
    return errors or abs(candidate.difference) <= NEAR * abs(number)
