"""In which order formulas are named that may have made a number, and what the order says of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ganloss_cli.pipeline.number.candidates import Formula, distinct
from ganloss_cli.records.number import Candidate
from ganloss_cli.records.outcomes import AuditOutcome

# A log holds means over a moving network, so some per cent off is what the right formula looks like; a formula that
# is much further away is only listed by its distance.
NEAR = 0.25
NEAR_ERRORS = 3.0


@dataclass(frozen=True, kw_only=True)
class RankedFormulas:
    """The formulas that may have made one number.

    Args:
        tried: how many candidates they were merged from.
        formulas: those that differ on the data at hand, the best first.
    """

    tried: int
    formulas: Sequence[Formula]

    @property
    def hits(self) -> list[Formula]:
        """Those within rounding that depart least from a plain convention."""
        found = [each for each in self.formulas if each.candidate.within_rounding and not each.outranked]
        least = min((formula.candidate.departures for formula in found), default=0)
        return [formula for formula in found if formula.candidate.departures == least]

    @property
    def outcome(self) -> AuditOutcome:
        """One formula among the simplest hits is a reproduction, several are ambiguous."""
        hits = self.hits
        if len(hits) != 1:
            return "ambiguous" if hits else "no match"
        return "exact" if hits[0].candidate.factor_meaning is None else "scaled"

    def chance_hits(self, value: float, tolerance: float) -> float | None:
        """How many would agree with an unrelated number: their density between half and twice the number."""
        if value == 0:
            return None
        near = sum(0.5 <= formula.candidate.value / value <= 2 for formula in self.formulas)
        return min(float(near), near * 2 * tolerance / (1.5 * abs(value)))

    def separated_by(self) -> str:
        """What would tell the hits apart."""
        values = sorted({formula.candidate.value for formula in self.hits})
        gap = min((b - a for a, b in pairwise(values)), default=0.0)
        if gap > 0:
            decimals = max(0, math.ceil(-math.log10(gap)))
            return f"the number with {decimals} decimals, or a second number of the same log, would separate them"
        return "they agree on these data; another batch, or a second number of the same log, would separate them"


def ranked(formulas: Sequence[Formula], precision: float) -> RankedFormulas:
    """Hits first, the simplest before the others; then the plain conventions that lead; then all by distance.

    Of plain conventions near the number those lead that are as near as the nearest, up to three standard errors: a
    factor or another condition would have to explain what the formula as it is may explain just as well. A mistake
    never leads: it is only taken for what happened where it reproduces the number.

    Args:
        formulas: for one number, one for each candidate.
        precision: the relative rounding of the computation.
    """
    # of the first that has one: the relative standard error for those that have none
    units = ((each.unit, each.candidate.value) for each in formulas)
    typical = next((unit / abs(value) for unit, value in units if unit and value), None)
    found = distinct(formulas, precision)
    near = (_distance(each.candidate, typical) for each in found if _may_lead(each, typical))
    nearest = min(near, default=0.0)
    lead = nearest if typical is None else max(NEAR_ERRORS, nearest)

    def rank(formula: Formula) -> tuple[int, int, float, bool]:
        candidate = formula.candidate
        distance = _distance(candidate, typical)
        if candidate.within_rounding:
            return 0, candidate.departures, distance, False
        leads = _may_lead(formula, typical) and distance <= lead
        return 1 if leads else 2, 0, distance, candidate.mistake is not None

    return RankedFormulas(tried=len(formulas), formulas=sorted(found, key=rank))


def _distance(candidate: Candidate, typical: float | None) -> float:
    """In standard errors; of one without, in what is typical here; else relative to its value."""
    if candidate.standard_errors is not None:
        return abs(candidate.standard_errors)
    return abs(candidate.difference) / (max(abs(candidate.value), 1e-12) * (typical or 1.0))


def _may_lead(formula: Formula, typical: float | None) -> bool:
    """A plain convention that is no mistake, applies nothing twice and lies near the number."""
    candidate = formula.candidate
    if candidate.departures or formula.only_exact or candidate.within_rounding:
        return False
    number = candidate.value - candidate.difference
    errors = candidate.standard_errors is not None and _distance(candidate, typical) <= NEAR_ERRORS
    return errors or abs(candidate.difference) <= NEAR * abs(number)
