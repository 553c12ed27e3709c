"""Which samples of two reports are the same: those of equal bytes, then those of equal names."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from ganloss_cli.records.report import SampleValues

# what data are given, of all that may lie in files: a network made the rest, and another checkpoint makes others
_GIVEN = ("real", "input", "latents", "label", "pitch", "mixture", "target", "real_A", "real_B")

Key = Callable[[SampleValues], Hashable]


@dataclass(kw_only=True)
class Matching:
    """What two lists of samples share.

    Args:
        pairs: places in both.
        missing: names of those that only the first holds.
        added: names of those that only the second holds.
        by_name: names of those that are matched although their bytes differ.
    """

    pairs: list[tuple[int, int]] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    by_name: tuple[str, ...] = ()


def match(before: Sequence[SampleValues], now: Sequence[SampleValues]) -> Matching:
    """Match samples, each once.

    Args:
        before: those of the baseline.
        now: those of the run.
    """
    roles = [role for role in _GIVEN if all(any(role in each.sha256 for each in side) for side in (before, now))]

    def content(sample: SampleValues) -> Hashable:
        return tuple((role, sample.sha256[role]) for role in roles if role in sample.sha256) or None

    found = Matching()
    left: tuple[list[int], list[int]] = (list(range(len(before))), list(range(len(now))))
    # of samples with equal bytes, those of equal names belong together
    for key in (lambda sample: (content(sample), sample.name) if content(sample) else None, content):
        left = _match(before, now, key, left, found.pairs)
    n_by_content = len(found.pairs)
    left = _match(before, now, lambda sample: sample.name, left, found.pairs)
    found.by_name = tuple(
        before[a].name for a, b in found.pairs[n_by_content:] if content(before[a]) and content(now[b])
    )
    found.missing = tuple(before[a].name for a in left[0])
    found.added = tuple(now[b].name for b in left[1])
    found.pairs.sort()
    return found


def _match(
    before: Sequence[SampleValues],
    now: Sequence[SampleValues],
    key: Key,
    left: tuple[list[int], list[int]],
    pairs: list[tuple[int, int]],
) -> tuple[list[int], list[int]]:
    """Match what is left by one key, in order; None is no key. What is left then."""
    waiting: dict[Hashable, deque[int]] = {}
    for b in left[1]:
        if (its := key(now[b])) is not None:
            waiting.setdefault(its, deque()).append(b)
    unmatched = []
    for a in left[0]:
        its = key(before[a])
        if its is not None and waiting.get(its):
            pairs.append((a, waiting[its].popleft()))
        else:
            unmatched.append(a)
    taken = {b for _, b in pairs}
    return unmatched, [b for b in left[1] if b not in taken]
