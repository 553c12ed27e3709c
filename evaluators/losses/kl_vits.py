"""Kullback-Leibler divergence of VITS: one draw of the posterior on the valid frames of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.evaluators.statistics import Weighted
from ganloss_cli.records.report import Finding

VITS = "jaywalnut310/vits@2e561ba"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12"
APPLIO = "IAHispano/Applio@b9c0ccb1 rvc/train/losses.py"

Misread = Literal[
    "nothing", "log_sigma_as_logvar", "exchanged", "ratio_exchanged", "sigma_as_variance", "whole_square",
    "variance_twice",
]  # fmt: skip
Reduction = Literal["valid_frames", "all_frames", "all_over_valid", "elements", "sum", "samples"]


def _about_mask(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A mask with one entry a channel divides the sum over channels by their number; a mask of zeros leaves nothing."""
    mask, z = batch.z_mask, batch.z_p
    if mask is not None and len(mask) and bool((mask.flatten(1) == 0).all(1).any()):
        yield Finding(
            check="wholly_masked_samples",
            severity="note",
            message="samples whose z_mask is zero everywhere count for nothing, and have no value of their own",
        )
    if mask is not None and z is not None and mask.shape == z.shape and z.shape[1] > 1:
        yield Finding(
            check="mask_spans_channels",
            severity="warning",
            message=f"z_mask has shape {tuple(mask.shape)}, expected ({len(z)}, 1, {z.shape[-1]}): the value is "
            f"divided by the {z.shape[1]} channels",
            evidence={"mask": list(mask.shape), "channels": z.shape[1]},
            hint="save z_mask[:, :1] to get the number that VITS logs",
        )


ESTIMATE = Convention("vits", f"{VITS} losses.py")


@loss(
    family="latent",
    span=(None, None),
    reference="Kim et al. 2021, Conditional Variational Autoencoder with Adversarial Learning for End-to-End "
    "Text-to-Speech, arXiv:2106.06103",
    findings=_about_mask,
    interpretation="in nats a frame; one draw of the posterior, so a sample may be negative and still be right",
    conventions=(
        ESTIMATE,
        ESTIMATE.alias("rvc", f"{RVC} train/losses.py"),
        ESTIMATE.alias("applio", APPLIO),
        Convention(
            "rvc_logged", f"{RVC} train/train.py", settings={"clip": 9.0},
            relation="never above 9: RVC clips what it shows",
        ),
        Convention(
            "channel_mask", f"{APPLIO}, its docstring: z_mask [b, h, t_t]", settings={"mask_channels": True},
            relation="divided by the number of channels",
            mistake="with a mask for each channel, the sum over channels becomes a mean",
        ),
        Convention(
            "log_variance", "the page that calls logs_p and logs_q log variances",
            settings={"misread": "log_sigma_as_logvar"}, relation="at the roots of both sigmas",
            mistake="logs_p and logs_q are log sigma: exp(-2 logs_p) is 1 / sigma^2",
        ),
        Convention(
            "sigma_as_variance", "exp(-logs_p) where exp(-2 logs_p) belongs", settings={"misread": "sigma_as_variance"},
            relation="squares over sigma, not over sigma^2",
            mistake="logs_p is log sigma: the square is divided by sigma^2, exp(-2 logs_p), not by sigma",
        ),
        Convention(
            "whole_square", "the squares without their half", settings={"misread": "whole_square"},
            relation="the squares count twice",
            mistake="the factor 1/2 of the squares is missing, so their gradient is twice what it should be",
        ),
        Convention(
            "exchanged", "p and q as in VITS's commons.py, kl_divergence: there p is the posterior",
            settings={"misread": "exchanged"}, relation="logs_q for logs_p, and logs_p for logs_q",
            mistake="logs_p and logs_q are exchanged: logs_p is of the prior, whose mean is m_p",
        ),
        Convention(
            "ratio_exchanged", "logs_q - logs_p where logs_p - logs_q belongs", settings={"misread": "ratio_exchanged"},
            relation="another sign of the log ratio",
            mistake="the log ratio has the wrong sign: it is logs_p - logs_q, by which a wide posterior costs less",
        ),
        Convention(
            "variance_twice", "what jaywalnut310/vits issue 155 asks for", settings={"misread": "variance_twice"},
            relation="adds exp(2 logs_q - 2 logs_p) / 2",
            mistake="z_p is a draw, whose square holds the posterior's variance already: it is counted twice",
        ),
        Convention(
            "no_mask", "z_mask left out", settings={"reduction": "all_frames"},
            relation="over all frames, padding included",
            mistake="without z_mask what lies in the padding counts as if it were sound",
        ),
        Convention(
            "mask_below_only", "z_mask in the divisor only", settings={"reduction": "all_over_valid"},
            relation="the padding's divergence is added",
            mistake="the sum runs over the padding too, which z_mask leaves out of the divisor only",
        ),
        Convention(
            "element_mean", "the mean of kl * z_mask", settings={"reduction": "elements"},
            relation="divided by all elements, padding included",
            mistake="a mean over elements instead of the division by the sum of z_mask: it falls with more padding",
        ),
        Convention(
            "undivided", "the sum of kl * z_mask", settings={"reduction": "sum"},
            relation="times the number of valid frames",
            mistake="the sum is not divided by that of z_mask: it grows with the batch and with its lengths",
        ),
        Convention(
            "sample_mean", "the mean of what each sample gives", settings={"reduction": "samples"},
            relation="each sample by its own frames, then the mean",
            mistake="each sample is divided by its own frames: those of a short sample weigh more",
        ),
    ),
)  # fmt: skip
def kl_vits(
    z_p: Tensor,
    logs_q: Tensor,
    m_p: Tensor,
    logs_p: Tensor,
    z_mask: Tensor,
    *,
    clip: float | None = None,
    mask_channels: bool = False,
    misread: Misread = "nothing",
    reduction: Reduction = "valid_frames",
) -> Weighted | SampleSet | Tensor:
    """Kullback-Leibler divergence of VITS: one draw of the posterior, held against the prior.

        KL = sum(kl * z_mask) / sum(z_mask),  kl = logs_p - logs_q - 1/2 + (z_p - m_p)^2 exp(-2 logs_p) / 2

    Args:
        z_p: a draw of the posterior, as the prior sees it after the flow; (N, H, T).
        logs_q: log sigma of the posterior; (N, H, T).
        m_p: mean of the prior; (N, H, T).
        logs_p: log sigma of the prior; (N, H, T).
        z_mask: 1 on valid frames, 0 on padding; (N, 1, T).
        clip: the largest value that is shown, or None.
        mask_channels: repeat the mask for every channel, which is a mistake.
        misread: a mistake to make on purpose in the formula.
        reduction: "valid_frames" divides the sum over valid frames by their number; the others are mistakes, too.

    Returns:
        sums over valid frames and numbers of valid frames, each (N,): the ratio of their totals is summed over
        channels and averaged over the frames of all samples. With `clip` or the reduction "sum", a statistic of the
        whole set; with "samples", (N,).

    Convention: logs are log sigma, not log variance; the mask has one channel, so channels are summed. An exact
    entropy and a sampled cross-entropy: negative values occur.

    Reference: arXiv:2106.06103, equation 4.
    """
    check_shapes(z_p=z_p, logs_q=logs_q, m_p=m_p, logs_p=logs_p)
    if z_mask.shape not in {z_p.shape, (len(z_p), 1, *z_p.shape[2:])}:
        raise InputError(
            f"z_p has shape {tuple(z_p.shape)} but z_mask has {tuple(z_mask.shape)}", hint="give z_mask as (N, 1, T)"
        )
    elements = _elements(z_p, logs_q, m_p, logs_p, misread)
    mask = z_mask.to(elements.dtype)
    mask = mask.expand_as(elements) if mask_channels else mask
    counted, divisor = _weights(mask, elements, reduction)
    values, weights = (elements * counted).flatten(1).sum(1), divisor.flatten(1).sum(1)
    if reduction == "sum":
        return SampleSet.summed(values)
    if reduction == "samples":
        return values / weights
    if clip is not None:
        return SampleSet.of(partial(_clipped, clip=clip), {"values": values, "weights": weights})
    return Weighted(values=values, weights=weights)


def _elements(z_p: Tensor, logs_q: Tensor, m_p: Tensor, logs_p: Tensor, misread: Misread) -> Tensor:
    """The divergence element by element, before any mask."""
    if misread == "exchanged":
        logs_p, logs_q = logs_q, logs_p
    if misread == "log_sigma_as_logvar":
        logs_p, logs_q = logs_p / 2, logs_q / 2
    squares = 0.5 * (z_p - m_p) ** 2 * torch.exp(-logs_p if misread == "sigma_as_variance" else -2 * logs_p)
    ratio = logs_q - logs_p if misread == "ratio_exchanged" else logs_p - logs_q
    if misread == "whole_square":
        squares = 2 * squares
    if misread == "variance_twice":
        squares = squares + 0.5 * torch.exp(2 * (logs_q - logs_p))
    return ratio - 0.5 + squares


def _weights(mask: Tensor, elements: Tensor, reduction: Reduction) -> tuple[Tensor, Tensor]:
    """What the elements are multiplied by, and what their sum is divided by the sum of."""
    if reduction == "all_frames":
        frames = torch.ones_like(elements[:, :1])
        return frames, frames
    if reduction == "all_over_valid":
        return torch.ones_like(elements[:, :1]), mask
    if reduction == "elements":
        return mask, torch.ones_like(elements)
    return mask, mask


@finishes_sets
def _clipped(whole: Whole, *, clip: float) -> Tensor:
    return torch.clamp(whole["values"].sum() / whole["weights"].sum(), max=clip)
