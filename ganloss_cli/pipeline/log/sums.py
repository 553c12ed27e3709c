"""Terms of a log that should add up, and whether they do."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
MOST_BY_CHANCE = 0.01  # expected hits: beyond that, a sum that was searched for is told as what it may be


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
    for total, parts in _totals_with_parts(log.series):
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


def _totals_with_parts(series: Mapping[str, Series]) -> Iterator[tuple[str, tuple[str, ...]]]:
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
class SharedRow:
    """What one row holds of a sum: by tag the values, and half a last place of each."""

    values: Mapping[str, float]
    roundings: Mapping[str, float]
    at: int | None

    def allowed(self, total: str, parts: Mapping[str, float]) -> float:
        """The difference that rounding may make.

        Args:
            total: the tag of the sum.
            parts: tags of the terms with their weights.
        """
        terms = sum(abs(weight * self.values[tag]) for tag, weight in parts.items())
        rounding = sum(abs(weight) * self.roundings[tag] for tag, weight in parts.items())
        return ABSOLUTE + RELATIVE * terms + rounding + self.roundings[total]

    def difference(self, total: str, parts: Mapping[str, float], constant: float) -> float:
        """How far the total is from the sum; NaN where something is not finite."""
        terms = [weight * self.values[tag] for tag, weight in parts.items()]
        finite = all(map(math.isfinite, (self.values[total], *terms)))
        return abs(self.values[total] - math.fsum((constant, *terms))) if finite else math.nan


def shared_rows(series: Mapping[str, Series], total: str, parts: Iterable[str]) -> list[SharedRow]:
    """The rows that hold a total and all of its terms.

    Args:
        series: by tag.
        total: the tag of the sum.
        parts: tags of the terms.
    """
    tags = (total, *parts)
    indices = {tag: {row: k for k, row in enumerate(series[tag].rows)} for tag in tags}
    rows = []
    for row in series[total].rows:
        if all(row in indices[tag] for tag in tags):
            step, epoch = (places[indices[total][row]] for places in (series[total].steps, series[total].epochs))
            rows.append(
                SharedRow(
                    values={tag: series[tag].values[indices[tag][row]] for tag in tags},
                    roundings={tag: series[tag].roundings[indices[tag][row]] for tag in tags},
                    at=epoch if step is None else step,
                )
            )
    return rows


def checked_sum(
    series: Mapping[str, Series], total: str, parts: Mapping[str, float], file: int, constant: float = 0.0
) -> LoggedSum | None:
    """The sum with one choice of weights; None where no row holds all of it.

    Args:
        series: by tag.
        total: the tag of the sum.
        parts: tags of the terms with their weights.
        file: its place in the list of files.
        constant: what is added to them.
    """
    shared = shared_rows(series, total, parts)
    clips = {tag: display_clips(tag) for tag in parts}
    rows = [row for row in shared if not any(row.values[tag] in clips[tag] for tag in parts)]
    if not rows:
        return None
    # how far each is beyond what rounding allows; what is not finite is furthest
    found = [(row.difference(total, parts, constant), row.allowed(total, parts), row.at) for row in rows]
    excesses = [off - allowed if math.isfinite(off) else math.inf for off, allowed, _ in found]
    worst = max(range(len(found)), key=excesses.__getitem__)
    _, allowed, at = found[worst]
    return LoggedSum(
        total=total,
        parts=dict(parts),
        file=file,
        rows=len(rows),
        skipped=len(shared) - len(rows),
        holds=excesses[worst] <= 0,
        largest_difference=max(off for off, _, _ in found) if math.isfinite(excesses[worst]) else None,
        allowed=allowed if math.isfinite(allowed) else None,
        worst_at=at,
        constant=constant,
    )
