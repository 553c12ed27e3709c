"""Images carry the range they are in, and are converted only where someone needs another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from torch import Tensor

from ganloss_cli.errors import UsageError

Range = tuple[float, float]
UNIT: Range = (0.0, 1.0)
ASSUMED: Range = (-1.0, 1.0)


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


def parse_network_ranges(entries: Iterable[str]) -> dict[str | None, Range]:
    """What `--network-range` says: by role, and under None for every network.

    Args:
        entries: "LOW,HIGH" or "ROLE=LOW,HIGH".

    Raises:
        UsageError: not two numbers, or the first is not the smaller.
    """
    ranges: dict[str | None, Range] = {}
    for entry in entries:
        role, equals, text = entry.rpartition("=")
        ranges[role.strip() if equals else None] = parse_range(text, f"--network-range {entry}")
    return ranges


def parse_range(text: str, where: str) -> Range:
    """Two numbers, "LOW,HIGH".

    Args:
        text: what was typed.
        where: the option, for the message.

    Raises:
        UsageError: not two finite numbers in rising order.
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{where}: expected LOW,HIGH, got {text!r}", hint="for example -1,1") from None
    if not low < high < float("inf") or low == float("-inf"):
        raise UsageError(f"{where}: {low:g} is not below {high:g}", hint="for example -1,1")
    return low, high
