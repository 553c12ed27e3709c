"""What the discriminators of a run said of its reals and fakes, beside the losses made of that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.checks.observed import Scores
from ganloss_cli.evaluators.checks.score_curves import separation
from ganloss_cli.evaluators.statistics import Floats
from ganloss_cli.pipeline.evaluate.outline import Entry, Outline
from ganloss_cli.pipeline.evaluate.results import Computed
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.separation import Separation


def separations(outline: Outline, tally: Tally, found: Sequence[Computed]) -> Iterator[Separation]:
    """One a discriminator whose scores of both sides were watched, and kind of weights of the generator.

    Args:
        outline: what was known beforehand.
        tally: what the samples came to.
        found: the losses, which say what the scores stand for.
    """
    values = [_values(entry, tally, k) for k, entry in enumerate(outline.watched, start=len(outline.entries))]
    pairs = zip(outline.watched[::2], values[::2], values[1::2], strict=True)
    several = len({entry.result.weights for entry in outline.watched}) > 1
    for entry, real, fake in pairs:
        if not (len(real) and len(fake)):
            continue
        own = {
            each.entry.result.settings["scores"]
            for each in found
            if "scores" in each.entry.result.settings and each.entry.result.domain == entry.result.domain
            if not find_loss(each.entry.result.loss).observed
        }
        yield separation(
            Scores(real=real, fake=fake),
            network=f"{entry.result.network} ({entry.sub})" if entry.sub else entry.result.network,
            domain=entry.result.domain,
            weights=entry.result.weights if several else None,
            stand_for=own.pop() if len(own) == 1 else None,
        )


def _values(entry: Entry, tally: Tally, place: int) -> Floats:
    series = tally.series[place]
    of_samples = series.outcome(entry.paired).per_sample if series.n_updates else None
    return np.empty(0) if of_samples is None else of_samples.values
