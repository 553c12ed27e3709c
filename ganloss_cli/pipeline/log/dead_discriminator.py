"""A discriminator that tells nothing apart: reals and fakes scored alike while its loss rests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

import torch

from ganloss_cli.evaluators.catalogue import adversarial_losses, total
from ganloss_cli.pipeline.log.held import LoggedSeries
from ganloss_cli.records.report import Finding

ALIKE = 1e-3
LEAST_ROWS = 10
AT_REST = 0.01  # of the loss, relative or absolute


def dead_discriminators(tagged: Sequence[LoggedSeries]) -> Iterator[Finding]:
    """Reals and fakes that score within 1e-3 of each other in most rows, with D's loss where a blind one leaves it.

    Args:
        tagged: the series that are looked at, with what they may be.
    """
    for real in _meaning(tagged, "real_score"):
        for fake in _meaning(tagged, "fake_score"):
            if (real.file, real.meaning and real.meaning.domain) == (fake.file, fake.meaning and fake.meaning.domain):
                yield from _found(real, fake, [entry for entry in tagged if entry.file == real.file])


def _found(real: LoggedSeries, fake: LoggedSeries, beside: Sequence[LoggedSeries]) -> Iterator[Finding]:
    of_fake = dict(zip(fake.series.rows, fake.series.values, strict=True))
    both = {
        row: (r, of_fake[row]) for row, r in zip(real.series.rows, real.series.values, strict=True) if row in of_fake
    }
    alike = {row: r for row, (r, f) in both.items() if abs(r - f) <= ALIKE}
    if len(both) < LEAST_ROWS or 2 * len(alike) <= len(both):
        return
    losses = [entry for entry in beside if _is_whole_loss(entry)]
    if losses and not any(_rests(entry, alike) for entry in losses):
        return
    yield Finding(
        check="dead_discriminator",
        severity="warning",
        message=f"{real.series.tag} and {fake.series.tag} are alike within {ALIKE:g} in {len(alike)} of {len(both)}"
        " rows: the discriminator tells nothing apart",
        evidence={"tags": [real.series.tag, fake.series.tag], "alike": len(alike), "of": len(both)},
        hint="the generator learns nothing from it: look at its learning rate, its initialisation and its inputs",
    )


def _meaning(tagged: Sequence[LoggedSeries], loss: str) -> list[LoggedSeries]:
    return [entry for entry in tagged if entry.meaning is not None and entry.meaning.losses == (loss,)]


def _is_whole_loss(entry: LoggedSeries) -> bool:
    known = {loss.name for loss in adversarial_losses("discriminator")}
    return entry.meaning is not None and entry.meaning.term is None and bool(known & {*entry.meaning.losses})


def _rests(entry: LoggedSeries, alike: dict[int, float]) -> bool:
    """Whether most of its values are what some loss gives a discriminator that scores everything alike."""
    values = dict(zip(entry.series.rows, entry.series.values, strict=True))
    logged = [values[row] for row in alike if row in values]
    at_rest = {round(value, 6) for value in _of_a_blind_one(median(alike.values()))}
    resting = sum(any(abs(value - rest) <= AT_REST * max(1.0, abs(rest)) for rest in at_rest) for value in logged)
    return 2 * resting > len(logged)


def _of_a_blind_one(score: float) -> Iterator[float]:
    """What losses are for a discriminator that cannot tell: at its balance, and at the score that it gives to all."""
    scores = [torch.tensor([score], dtype=torch.float64)]
    for loss in adversarial_losses("discriminator"):
        for row in loss.conventions:
            settings = {**loss.settings, **row.settings}
            if row.mistake is None and row.alias_of is None:
                if (balance := loss.equilibrium_at(1, settings)) is not None:
                    yield balance
                kinds = ("logits", "probabilities") if "scores" in settings and 0 <= score <= 1 else ("logits",)
                for kind in kinds:
                    given = {**settings, "scores": kind} if "scores" in settings else settings
                    yield total(loss.function(real_logits=scores, fake_logits=scores, **given))
