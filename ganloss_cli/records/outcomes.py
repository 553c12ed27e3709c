"""The words in which every audit says what came of a check. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

# From the best to the worst. "scaled" is exact up to a catalogued factor, "consistent" within a stated interval,
# "cannot tell" a check that nothing could have failed.
Outcome = Literal["not computed", "exact", "scaled", "consistent", "cannot tell", "ambiguous", "no match"]
REPRODUCED: tuple[Outcome, ...] = ("exact", "scaled", "consistent")


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """What came of all checks together; of none, and of none that could be made, "not computed".

    Args:
        outcomes: one a check.
    """
    return max(outcomes, key=get_args(Outcome).index, default="not computed")
