"""Why a logged number may rightly differ from that of the checkpoint, as far as no recomputation can tell."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.pipeline.log.allowance import Circumstances
from ganloss_cli.pipeline.log.sums import display_clips


def reasons(made: Circumstances, loss: Loss) -> Iterator[str]:
    """Each that applies, the likeliest first.

    Args:
        made: what is known of the number's making.
        loss: that it is taken for.
    """
    series, index, request = made.series, made.index, made.request
    of_training = loss.family != "structural"  # quality is measured on data of its own, on weights at rest
    if made.of_an_epoch:
        yield (
            "epoch average: one value an epoch is a mean over networks that moved, and the checkpoint is the last of"
            " them"
        )
    elif of_training and made.batch is None and series.errors[index] is None:
        yield "one iteration: a line may be of a single batch; --log-batch N counts its spread"
    if loss.lazy is not None:
        yield f"lazy regularisation: computed {loss.lazy}, and shown as it was or times that"
    clips = display_clips(series.tag)
    if (shown := series.values[index]) in clips:
        yield f"display clip: {clips[shown]} shows no more than {shown:g}"
    if of_training and (request.data or request.roles):
        yield "data: the log is of the training data, in its own order and augmentation"
