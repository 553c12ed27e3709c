"""One logged number held against everything that it may be: what came of it, and which formula to name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.known_tags import Meaning
from ganloss_cli.pipeline.log.allowance import RELATIVE, Allowance
from ganloss_cli.pipeline.log.held import Held
from ganloss_cli.pipeline.log.passes import Pass
from ganloss_cli.pipeline.log.power import verdict_of
from ganloss_cli.pipeline.log.reasons import reasons
from ganloss_cli.pipeline.number.candidates import Formula
from ganloss_cli.pipeline.number.ranking import RankedFormulas, ranked
from ganloss_cli.records.evidence import LOSS
from ganloss_cli.records.log import LoggedNumber
from ganloss_cli.records.number import Candidate
from ganloss_cli.records.outcomes import AuditOutcome
from ganloss_cli.records.report import Report

MOST_BY_CHANCE = 0.01  # hits: beyond that, digits that agree prove nothing where more than digits comes in
MOST_OF_MULTIPLES = 0.05  # hits: a multiple of a convention is one of many


def logged_number(held: Held, run: Pass) -> LoggedNumber:
    """What came of one logged number.

    Args:
        held: it, with all that it may be.
        run: that its formulas were computed in.
    """
    entry, series = held.entry, held.entry.series
    meaning = entry.meaning or Meaning(losses=())
    blank = LoggedNumber(
        tag=series.tag, file=entry.file, at=held.at, logged=_finite(held.number.value), verdict="not computed"
    )
    if held.index is None:
        return replace(blank, at=run.step, reasons=(f"the log has no value at step {run.step}",))
    if not held.formulas:
        known = [*run.report.not_applicable.items(), *_without_a_value(run.report)]
        missing = (why for name, why in known if name.partition(":")[0] in meaning.losses)
        lacking = held.term.unavailable if held.term else None
        return replace(blank, reasons=(lacking or next(missing, "the loss has no value here"),))
    found = ranked(held.formulas, RELATIVE)
    decision = _decide(held, found)
    named, allowed = decision.formula.candidate, decision.allowance
    exact = decision.outcome in ("exact", "scaled", "ambiguous")
    fitting = {
        round(each.candidate.value, 9) for each in found.formulas if abs(each.candidate.difference) <= allowed.noticed
    }
    differing = () if exact or held.circumstances is None else reasons(held.circumstances, find_loss(named.loss))
    inexact = allowed.because and not exact and math.isfinite(allowed.accepted) and allowed.accepted > 0
    part = held.term.part if held.term else meaning.term
    return replace(
        blank,
        verdict=verdict_of(decision.outcome, named.factor_meaning),
        outcome=decision.outcome,
        exact=None if decision.outcome in ("no match", "cannot tell") else exact,
        loss=named.loss,
        convention=named.convention,
        factor=named.factor,
        factor_meaning=named.factor_meaning,
        term=part,
        recipe=held.term.recipe if held.term else None,
        recomputed=named.value,
        equilibrium=_equilibrium(held, named, part),
        difference=_finite(-named.difference),
        standard_error=decision.formula.unit,
        standard_errors=None if named.standard_errors is None else _finite(abs(named.standard_errors)),
        also_fit=0 if exact else len(fitting - {round(named.value, 9)}),
        reasons=tuple(differing),
        source=named.source,
        mistake=named.mistake,
        same=named.same,
        as_good=tuple(each.candidate.formula for each in found.hits[1:]) if exact else (),
        tried=found.tried,
        formulas=len(found.formulas),
        chance_hits=found.chance_hits(held.number.value, allowed.accepted if inexact else allowed.bound),
        separated_by=found.separated_by() if decision.outcome == "ambiguous" else None,
        bound=allowed.bound,
        interval=(named.value - allowed.accepted, named.value + allowed.accepted) if inexact else None,
        because=() if exact else allowed.because,
        power=_finite(allowed.bound if exact else allowed.noticed),
    )


def _equilibrium(held: Held, named: Candidate, part: str | None) -> float | None:
    """Of the formula that was named, with its factor and for as many sub-discriminators as were heard."""
    own = [each for each in held.values if (each.loss.name, each.convention.name) == (named.loss, named.convention)]
    if not own:
        return None
    loss, result = own[0].loss, own[0].result
    value = loss.equilibrium_at(result.sub_discriminators or 1, result.settings, part)
    return None if value is None else value * (named.factor or 1.0)


def _without_a_value(report: Report) -> Iterator[tuple[str, str]]:
    """Losses that are not finite, as typed, each with the samples that make them so."""
    for finding in report.findings:
        if finding.check == "non_finite_loss":
            yield finding.evidence[LOSS], finding.message


@dataclass(frozen=True, kw_only=True)
class _Decision:
    """What came of a number, and the formula to name."""

    outcome: AuditOutcome
    formula: Formula
    allowance: Allowance


def _decide(held: Held, found: RankedFormulas) -> _Decision:
    """A hit; else the nearest convention that is no mistake, and whether it is consistent with the number.

    A mistake or a factor needs a hit, but those of a recipe are what its log holds. Where more than digits comes in,
    and for a multiple, a hit counts only if none is to be expected by chance.
    """
    first = found.formulas[0]
    allowed = held.allowance(first)
    if found.hits:
        by_chance = found.chance_hits(held.number.value, first.bound)
        multiple = all(hit.candidate.factor_meaning is not None for hit in found.hits)
        limit = MOST_BY_CHANCE if allowed.because else MOST_OF_MULTIPLES if multiple else math.inf
        if held.term is not None or (0.0 if by_chance is None else by_chance) <= limit:
            return _Decision(outcome=found.outcome, formula=first, allowance=allowed)
    plain = [each for each in found.formulas if held.term or each.candidate.factor_meaning is None]
    best = min(plain, key=lambda each: (each.only_exact, abs(each.candidate.difference)))
    allowed = held.allowance(best)
    outcome = allowed.outcome(best.candidate.difference)
    if outcome == "consistent" and best.only_exact:
        outcome = "no match"
    return _Decision(outcome=outcome, formula=best, allowance=allowed)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
