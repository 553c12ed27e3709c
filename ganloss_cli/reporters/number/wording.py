"""What a traced number has to say in words, the same in the table, in Markdown and in annotations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ganloss_cli.records.listing import listed
from ganloss_cli.reporters.figures import figure, number
from ganloss_cli.reporters.outcomes import IN_WORDS, trials
from ganloss_cli.reporters.provenance import lacking

if TYPE_CHECKING:
    from ganloss_cli.records.number import Candidate, NumberReport, TracedNumber

_SAME_SHOWN = 6
_UNTRIED_SHOWN = 3


def verdict(traced: TracedNumber, report: NumberReport) -> str:
    """What came of it; of a number alone nothing does."""
    return IN_WORDS[traced.outcome] if report.device is not None else "not recomputed"


def how_far(candidate: Candidate) -> str:
    """The difference to the number, or that rounding hides it."""
    return "rounding" if candidate.within_rounding else figure(candidate.difference, 3)


def origin(candidate: Candidate) -> str:
    """Where the formula is from, what is wrong with it, and what else it is called here."""
    parts = [candidate.source]
    if candidate.factor_meaning is not None:
        parts.insert(0, candidate.factor_meaning)
    if candidate.mistake:
        parts.append(f"a mistake: {candidate.mistake}")
    if candidate.same:
        parts.append(f"the same here: {listed(candidate.same, _SAME_SHOWN)}")
    return "; ".join(parts)


def tried(traced: TracedNumber) -> str:
    """How many formulas were tried, how much a hit means, and what counts as one."""
    told = trials(traced.tried, traced.formulas, traced.chance_hits)
    return f"{told}; within rounding means within {number(traced.tolerance)}"


def untried(report: NumberReport) -> Iterator[str]:
    """Formulas that may be what was logged, but could not be computed here; a line a reason."""
    if report.verdict == "reproduced":
        return
    for reason, names in lacking(report.not_applicable).items():
        yield f"not tried: {listed(names, _UNTRIED_SHOWN)}: {reason}"
