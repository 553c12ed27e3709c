"""One of the processes that a launcher started. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Launched:
    """One of several processes.

    Args:
        rank: which one, from 0.
        of: how many there are.
        local_rank: which one on this machine.
        variables: by which it is known, as "WORLD_SIZE=2, RANK=0".
    """

    rank: int
    of: int
    local_rank: int
    variables: str
