"""Which samples of two reports are the same: those of equal bytes, then those of equal names."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from ganloss_cli.records.report import SampleValues

# what data are given, of all that may lie in files: a network made the rest, and another checkpoint makes others
_GIVEN = ("real", "input", "latents", "label", "pitch", "mixture", "target", "real_A", "real_B")

Keys = Sequence[Hashable]  # one a sample; None for one that has none


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
    names, contents = (
        [[each.name for each in side] for side in (before, now)],
        [_contents(before, roles), _contents(now, roles)],
    )
    # of samples with equal bytes, those of equal names belong together
    both = [
        [content and (content, name) for content, name in zip(*of, strict=True)]
        for of in zip(contents, names, strict=True)
    ]
    found, left = Matching(), (list(range(len(before))), list(range(len(now))))
    for keys in (both, contents):
        left = _match(keys[0], keys[1], left, found.pairs)
    n_by_content = len(found.pairs)
    left = _match(names[0], names[1], left, found.pairs)
    found.by_name = tuple(names[0][a] for a, b in found.pairs[n_by_content:] if contents[0][a] and contents[1][b])
    found.missing, found.added = tuple(names[0][a] for a in left[0]), tuple(names[1][b] for b in left[1])
    found.pairs.sort()
    return found


def _contents(samples: Sequence[SampleValues], roles: Sequence[str]) -> Keys:
    """The checksums of what was given of each sample."""
    return [tuple([(role, each.sha256[role]) for role in roles if role in each.sha256]) or None for each in samples]


def _match(
    before: Keys, now: Keys, left: tuple[list[int], list[int]], pairs: list[tuple[int, int]]
) -> tuple[list[int], list[int]]:
    """Match what is left by one kind of key, in order. What is left then."""
    waiting: dict[Hashable, deque[int]] = {}
    for b in left[1]:
        if now[b] is not None:
            waiting.setdefault(now[b], deque()).append(b)
    unmatched = []
    for a in left[0]:
        if waiting.get(before[a]):
            pairs.append((a, waiting[before[a]].popleft()))
        else:
            unmatched.append(a)
    return unmatched, sorted([*(b for own in waiting.values() for b in own), *(b for b in left[1] if now[b] is None)])
