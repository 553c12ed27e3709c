"""The words in which every audit says what came of a check. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from ganloss_cli.records.report import Finding

# From the best to the worst. "scaled" is exact up to a catalogued factor, "consistent" within a stated interval,
# "cannot tell" a check that nothing could have failed.
AuditOutcome = Literal["not computed", "exact", "scaled", "consistent", "cannot tell", "ambiguous", "no match"]
REPRODUCED: tuple[AuditOutcome, ...] = ("exact", "scaled", "consistent")


def worst(outcomes: Iterable[AuditOutcome]) -> AuditOutcome:
    """What came of all checks together; of none, and of none that could be made, "not computed".

    Args:
        outcomes: one a check.
    """
    return max(outcomes, key=get_args(AuditOutcome).index, default="not computed")


def named(formula: str, mistake: str | None) -> str:
    """A convention as every sentence names it: one that is a mistake says so, and what is wrong with it.

    Args:
        formula: "psnr:half", with what stands before and behind it.
        mistake: of the convention; None where it is none.
    """
    return f"{formula}, a known mistake: {mistake}" if mistake else formula


def mistake_finding(number: str, formula: str, mistake: str) -> Finding:
    """What to say of a number that is explained by a mistake.

    Args:
        number: which it is.
        formula: "psnr:half".
        mistake: what is wrong with it.
    """
    from ganloss_cli.records.report import Finding  # whoever only names conventions does not wait for it

    message = f"{number}: {named(formula, mistake)}"
    evidence = {"number": number, "formula": formula, "mistake": mistake}
    return Finding(check="known_mistake", severity="warning", message=message, evidence=evidence)
