"""Images carry the range they are in, and are converted only where someone needs another one."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from ganloss_cli.records.request import Range

UNIT: Range = (0.0, 1.0)
ASSUMED: Range = (-1.0, 1.0)
RANGES: tuple[Range, ...] = (ASSUMED, UNIT, (0.0, 255.0))  # that networks are known to take


@dataclass(frozen=True, kw_only=True)
class Ranged:
    """A tensor and what its values span; None where it is no image and is never converted."""

    tensor: Tensor
    range: Range | None

    def to(self, wanted: Range | None) -> Ranged:
        """The same samples on another range; itself where nothing changes, so that no rounding is added."""
        if self.range is None or wanted is None or self.range == wanted:
            return self
        (low, high), (new_low, new_high) = self.range, wanted
        scale = (new_high - new_low) / (high - low)
        return Ranged(tensor=(self.tensor - low) * scale + new_low, range=wanted)
