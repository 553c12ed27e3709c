"""Terms of a log that should add up, and whether they do."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.known_tags import losses_of, words_of
from ganloss_cli.evaluators.recipes.published import shown_at_most
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.records.log import LoggedSum

_TOTAL = re.compile(r"(.+[/_.])total(?:_loss)?", re.IGNORECASE)
NO_TERMS = frozenset({
    "lr", "rate", "learning", "grad", "norm", "acc", "accuracy", "score", "scores", "prob", "weight", "scale", "time",
    "total", "epoch", "step",
})  # fmt: skip
# what published code adds up under names that do not say so
_NAMED = {
    "G": (
        ("G_GAN", "G_L1"),  # junyanz/pytorch-CycleGAN-and-pix2pix pix2pix_model.py
        ("G_A", "G_B", "cycle_A", "cycle_B", "idt_A", "idt_B"),  # cycle_gan_model.py
        ("G_A", "G_B", "cycle_A", "cycle_B"),
    )
}
# a mean over an epoch of float32 terms, and the mean of their sum, round differently
RELATIVE, ABSOLUTE = 1e-5, 1e-6


def check_sums(log: Log, file: int) -> Iterator[LoggedSum]:
    """Every sum that the tags of a log suggest.

        |total - w_1 part_1 - w_2 part_2 ...| <= 1e-6 + 1e-5 (|w_1 part_1| + ...) + half a last place of each

    "P/total" is the sum of "P/...", a loss the sum or half the sum of its real and its fake side, and the totals of
    pix2pix, CycleGAN and VITS are those of their code. Where weights may be in the terms or not, one choice must fit
    all rows.

    Args:
        log: as it was read.
        file: its place in the list of files.
    """
    for total, parts in _candidates(log.series):
        best: LoggedSum | None = None
        for weights in _weights(parts):
            found = checked_sum(log.series, total, dict(zip(parts, weights, strict=True)), file)
            if found is None:
                break
            best = found if best is None or found.holds else best
            if best.holds:
                break
        if best is not None:
            yield best


def _candidates(series: Mapping[str, Series]) -> Iterator[tuple[str, tuple[str, ...]]]:
    words = {words_of(tag): tag for tag in series}
    for tag in series:
        parts = _siblings(tag, series) or _sides(tag, words)
        if parts:
            yield tag, parts
    for total, choices in _NAMED.items():
        parts = next((choice for choice in choices if all(part in series for part in choice)), ())
        if total in series and parts:
            yield total, parts


def _siblings(tag: str, series: Mapping[str, Series]) -> tuple[str, ...]:
    """The terms beside a total: loss/g/fm and loss/g/mel beside loss/g/total."""
    match = _TOTAL.fullmatch(tag)
    if not match:
        return ()
    prefix = match[1]
    beside = tuple(other for other in series if other != tag and other.startswith(prefix) and _is_term(other, prefix))
    if beside:
        return beside
    # VITS: loss/d/total is that of all loss/d_r/0, loss/d_g/0, loss/d_r/1 ...
    sides = re.compile(rf"{re.escape(prefix[:-1])}_[rg]/\d+")
    return tuple(other for other in series if sides.fullmatch(other))


def _is_term(tag: str, prefix: str) -> bool:
    rest = tag[len(prefix) :]
    return "/" not in rest and NO_TERMS.isdisjoint(words_of(rest).split("_"))


def _sides(tag: str, words: Mapping[str, str]) -> tuple[str, ...]:
    """The real and the fake side of a loss: discriminator_real_loss beside discriminator_loss."""
    own = words_of(tag).split("_")
    if not NO_TERMS.isdisjoint(own):
        return ()
    for place in range(len(own) + 1):
        real, fake = ("_".join([*own[:place], side, *own[place:]]) for side in ("real", "fake"))
        if real in words and fake in words:
            return words[real], words[fake]
    return ()


def _weights(parts: Sequence[str]) -> Iterator[tuple[float, ...]]:
    """All ones; of two sides also all halves; and each known weight left out of its term."""
    yield tuple(1.0 for _ in parts)
    if len(parts) == 2:
        yield tuple(0.5 for _ in parts)
    choices = [(1.0, *usual_weights(part)) for part in parts]
    yield from itertools.islice(itertools.product(*choices), 1, 64)


def usual_weights(tag: str) -> Iterator[float]:
    """Those of the losses that a tag may be, which some codes log it with and others without."""
    for name in losses_of(tag):
        yield from find_loss(name).usual_weights


def display_clips(tag: str) -> Mapping[float, str]:
    """The most that some code shows of what a tag may be, though its total holds the whole, with that code."""
    return {most: code for name in losses_of(tag) for most, code in shown_at_most(name).items()}


@dataclass(frozen=True, kw_only=True)
class _Row:
    difference: float
    allowed: float
    at: int | None

    @property
    def excess(self) -> float:
        """How far beyond what rounding allows; what is not finite is furthest."""
        return self.difference - self.allowed if math.isfinite(self.difference) else math.inf


def checked_sum(series: Mapping[str, Series], total: str, parts: Mapping[str, float], file: int) -> LoggedSum | None:
    """The sum with one choice of weights; None where no row holds all of it.

    Args:
        series: by tag.
        total: the tag of the sum.
        parts: tags of the terms with their weights.
        file: its place in the list of files.
    """
    indices = {tag: {row: k for k, row in enumerate(series[tag].rows)} for tag in (total, *parts)}
    shared = [row for row in series[total].rows if all(row in indices[tag] for tag in parts)]
    clips = {tag: display_clips(tag) for tag in parts}
    kept = [row for row in shared if not any(series[tag].values[indices[tag][row]] in clips[tag] for tag in parts)]
    if not kept:
        return None
    largest, worst = 0.0, _row(series, indices, total, parts, kept[0])
    for row in (_row(series, indices, total, parts, place) for place in kept):
        largest, worst = max(largest, row.difference), max(worst, row, key=lambda one: one.excess)
    return LoggedSum(
        total=total,
        parts=dict(parts),
        file=file,
        rows=len(kept),
        skipped=len(shared) - len(kept),
        holds=worst.excess <= 0,
        largest_difference=largest if math.isfinite(worst.excess) else None,
        allowed=worst.allowed if math.isfinite(worst.allowed) else None,
        worst_at=worst.at,
    )


def _row(
    series: Mapping[str, Series],
    indices: Mapping[str, Mapping[int, int]],
    total: str,
    parts: Mapping[str, float],
    row: int,
) -> _Row:
    place = indices[total][row]
    values = {tag: weight * series[tag].values[indices[tag][row]] for tag, weight in parts.items()}
    rounding = sum(weight * series[tag].roundings[indices[tag][row]] for tag, weight in parts.items())
    allowed = ABSOLUTE + RELATIVE * sum(abs(value) for value in values.values())
    return _Row(
        difference=abs(series[total].values[place] - math.fsum(values.values()))
        if all(map(math.isfinite, (series[total].values[place], *values.values())))
        else math.nan,
        allowed=allowed + rounding + series[total].roundings[place],
        at=series[total].steps[place] if series[total].steps[place] is not None else series[total].epochs[place],
    )
