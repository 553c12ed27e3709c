"""The verdicts of all audits in words and colours, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.records.outcomes import AuditOutcome
from ganloss_cli.reporters.figures import Mark, count, figure

IN_WORDS: Mapping[AuditOutcome, str] = {
    "exact": "reproduced, exactly",
    "scaled": "reproduced, up to a factor",
    "consistent": "consistent",
    "ambiguous": "ambiguous",
    "cannot tell": "cannot tell",
    "no match": "closest, not reproduced",
    "not computed": "not computed",
}
STYLES: Mapping[AuditOutcome, str] = {
    "exact": "bold green",
    "scaled": "green",
    "consistent": "green",
    "ambiguous": "bold yellow",
    "cannot tell": "yellow",
    "no match": "bold red",
    "not computed": "dim",
}
MARKS: Mapping[AuditOutcome, Mark] = {
    "exact": "passed",
    "scaled": "passed",
    "consistent": "passed",
    "ambiguous": "warning",
    "cannot tell": "warning",
    "no match": "failed",
    "not computed": "note",
}


def trials(tried: int, formulas: int, chance_hits: float | None) -> str:
    """How many formulas were held against a number, and how much a hit means.

    Args:
        tried: candidates.
        formulas: that differ on the data at hand.
        chance_hits: how many would agree with an unrelated number.
    """
    told = f"{count(tried, 'candidate')} tried, {count(formulas, 'formula')} of them different here"
    return told if chance_hits is None else f"{told}; {figure(chance_hits, 2)} chance hits to expect"
