"""Which samples share a step: a fixed grid over the data, whoever takes which of its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_FEW = 2  # blocks that are left as large as they may be
_EVENLY = 8  # what their number is a multiple of, where there are more


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The data cut into steps, each a block of consecutive samples of every group.

    It depends on the data, --batch-size and whole groups only: what is dealt to processes, written to a journal and
    resumed is a step of it, and the samples of a step go through the networks together whoever runs it. Samples of
    several shapes within a block go through in several passes, and in as many where one is too large.

    Args:
        counts: of samples, by group; 0 for a group that nobody reads.
        sizes: of samples in a block, by group.
    """

    counts: tuple[int, ...]
    sizes: tuple[int, ...]

    def __len__(self) -> int:
        """How many steps there are."""
        return max((-(-count // size) for count, size in zip(self.counts, self.sizes, strict=True)), default=0)

    def block(self, step: int, space: int) -> range:
        """The samples of a group that a step holds; none where the group has run out."""
        size, count = self.sizes[space], self.counts[space]
        return range(min(step * size, count), min((step + 1) * size, count))

    def samples(self, steps: Sequence[int]) -> int:
        """How many samples some steps hold, of the longest group."""
        return max((sum(len(self.block(step, k)) for step in steps) for k in range(len(self.counts))), default=0)

    def dealt(self, index: int, of: int) -> range:
        """The steps of one of several shares: consecutive ones, and as many for each as can be.

        Args:
            index: of the share, from 0.
            of: how many shares there are.
        """
        return range(len(self) * index // of, len(self) * (index + 1) // of)


def balanced(most: int, count: int) -> int:
    """The size of blocks that two, four or eight processes share evenly.

    Args:
        most: samples that a block may hold.
        count: of all samples.
    """
    n_blocks = -(-count // most)
    return most if n_blocks <= _FEW else -(-count // (-(-n_blocks // _EVENLY) * _EVENLY))
