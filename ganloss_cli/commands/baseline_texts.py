"""The texts that gates against a baseline take, checked and parsed before anything heavy is imported."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from ganloss_cli.errors import UsageError
from ganloss_cli.records.request import WorseCondition

# losses of a recipe have the names of its log, which hold blanks: "GEN Loss A by 2%"
_CONDITION = re.compile(
    r"\s*(?P<loss>[\w(]([^<>=!]*?[^\s<>=!])?)(?P<equilibrium>\s+from\s+equilibrium)?"
    r"(\s+by\s+(?P<allowed>[^\s%]+)(?P<percent>\s?%)?)?\s*",
    re.ASCII,
)
_KEYWORDS = re.compile(r"(^|\s)(by|from)(\s|$)")


def worse_conditions(option: str, texts: Iterable[str]) -> tuple[WorseCondition, ...]:
    """Gates against a baseline.

    Args:
        option: its name, for the message.
        texts: "ssim", "ssim by 0.002", "mel by 2%", "d_lsgan from equilibrium by 0.1".

    Raises:
        UsageError: one is something else.
    """
    return tuple(_condition(option, text) for text in texts)


def _condition(option: str, text: str) -> WorseCondition:
    match = _CONDITION.fullmatch(text)
    if match is None or _KEYWORDS.search(match["loss"]):
        raise UsageError(
            f"{option} {text!r}: expected LOSS, 'LOSS by X', 'LOSS by X%' or 'LOSS from equilibrium by X'",
            hint=f"for example {option} 'ssim by 0.002'",
        )
    allowed = _number(match["allowed"] or "0")
    if not 0 <= allowed < math.inf:
        raise UsageError(f"{option} {text!r}: expected a number of at least 0 after by, got {match['allowed']!r}")
    return WorseCondition(
        expression=text,
        loss=match["loss"],
        allowed=allowed / 100 if match["percent"] else allowed,
        relative=match["percent"] is not None,
        from_equilibrium=match["equilibrium"] is not None,
    )


def level(option: str, text: str) -> float:
    """A chance: above 0 and at most 0.5."""
    number = _number(text)
    if not 0 < number <= 0.5:
        raise UsageError(f"{option}: expected a chance above 0 and at most 0.5, got {text!r}")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
