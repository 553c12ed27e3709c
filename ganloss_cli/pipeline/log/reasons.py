"""Why a logged number may rightly differ from that of the checkpoint, as far as no recomputation can tell."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.known_tags import words_of
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.log.sums import display_clips
from ganloss_cli.records.request import Request

_NEIGHBOURS = 10


def reasons(log: Log, series: Series, index: int, loss: str, request: Request, batch: int | None) -> Iterator[str]:
    """Each that applies, the likeliest first.

    Args:
        log: the file.
        series: the tag's values.
        index: of the number.
        loss: that it is taken for.
        request: that was recomputed.
        batch: how many samples one logged number is a mean of; None where it is a mean over very many.
    """
    words = words_of(series.tag).split("_")
    if log.per_epoch or words[-1] in ("epoch", "avg", "mean") or _one_an_epoch(series):
        scatter = _scatter(series, index)
        moves = "" if scatter is None else f"; from one value to the next this log moves by {scatter:.2g}"
        yield (
            "epoch average: one value an epoch is a mean over networks that moved, and the checkpoint is the last of"
            f" them{moves}"
        )
    elif batch is None and series.errors[index] is None:
        yield "one iteration: a line may be of a single batch; --log-batch N counts its spread"
    if (often := find_loss(loss).lazy) is not None:
        yield f"lazy regularisation: computed {often}, and shown as it was or times that"
    clips = display_clips(series.tag)
    if (shown := series.values[index]) in clips:
        yield f"display clip: {clips[shown]} shows no more than {shown:g}"
    if request.data or request.roles:
        yield "data: the log is of the training data, in its own order and augmentation"


def _scatter(series: Series, index: int) -> float | None:
    """The median change from one value to the next, over ten of them before and after."""
    near = series.values[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS + 1]
    changes = [abs(after - before) for before, after in itertools.pairwise(near)]
    finite = [change for change in changes if math.isfinite(change)]
    return statistics.median(finite) if finite else None


def _one_an_epoch(series: Series) -> bool:
    known = [epoch for epoch in series.epochs if epoch is not None]
    return len(known) == len(series.values) > 1 and len(set(known)) == len(known) and series.steps[0] is None
