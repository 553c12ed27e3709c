"""Kullback-Leibler divergences between Gaussians."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole
from ganloss_cli.evaluators.shapes import check_shapes
from ganloss_cli.evaluators.statistics import Weighted
from ganloss_cli.records import Finding

AURALFLOW = "kianzohoury/auralflow@503e249 auralflow/losses/losses.py"
VITS = "jaywalnut310/vits@2e561ba"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12"
APPLIO = "IAHispano/Applio@b9c0ccb1 rvc/train/losses.py"

Misread = Literal["nothing", "log_sigma_as_logvar", "logvar_as_log_sigma"]

EVERYTHING = Convention(
    name="vae_example", source="pytorch/examples@77f55b9 vae/main.py", settings={"reduction": "sum"},
    relation="summed over all samples",
)  # fmt: skip


@loss(
    family="latent",
    reference="Kingma and Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114, appendix B",
    one_of=("sigma", "log_sigma", "logvar"),
    tells="0: the posterior is the prior and carries nothing; in nats, what one sample's code says beyond the prior",
    conventions=(
        Convention(name="kingma2013", source="arXiv:1312.6114, appendix B"),
        EVERYTHING,
        EVERYTHING.alias("spade", "NVlabs/SPADE@fecacc9 models/networks/loss.py"),
        EVERYTHING.alias("auralflow_page", "auralflow's page on its losses: a sum over the n elements of the tensor"),
        Convention(
            name="auralflow", source=AURALFLOW, settings={"reduction": "mean"},
            relation="divided by the number of elements of a sample",
        ),
        Convention(
            name="two_gaussians", source=f"{VITS} commons.py", settings={"prior": "given"},
            relation="to N(m_p, exp(logs_p)^2) instead of N(0, 1)", needs=("m_p", "logs_p"),
        ),
        Convention(
            name="log_sigma_as_logvar", source="log sigma read as log variance",
            settings={"misread": "log_sigma_as_logvar"}, relation="at sigma^(1/2)",
            mistake="log sigma is taken for log sigma^2, so every sigma is replaced by its root",
        ),
        Convention(
            name="logvar_as_log_sigma", source="log variance read as log sigma",
            settings={"misread": "logvar_as_log_sigma"}, relation="at sigma^2",
            mistake="log sigma^2 is taken for log sigma, so every sigma is replaced by its square",
        ),
    ),
)  # fmt: skip
def kl(
    mu: Tensor,
    sigma: Tensor | None = None,
    log_sigma: Tensor | None = None,
    logvar: Tensor | None = None,
    m_p: Tensor | None = None,
    logs_p: Tensor | None = None,
    *,
    prior: Literal["standard", "given"] = "standard",
    reduction: Literal["sample", "mean", "sum"] = "sample",
    misread: Misread = "nothing",
) -> Tensor | SampleSet:
    """Kullback-Leibler divergence of a Gaussian posterior from its prior, in closed form.

        KL = sum over a sample's elements of (mu^2 + sigma^2 - log sigma^2 - 1) / 2

        and for a prior N(m_p, s_p^2):  log(s_p / sigma) + (sigma^2 + (mu - m_p)^2) / (2 s_p^2) - 1 / 2

    Args:
        mu: mean of the posterior; (N, ...).
        sigma: its standard deviation, positive; (N, ...).
        log_sigma: or the logarithm of that; (N, ...).
        logvar: or the logarithm of its square; (N, ...). Of several, the first in this order counts.
        m_p: mean of the prior, where it is given; (N, ...).
        logs_p: log sigma of the prior, where it is given; (N, ...).
        prior: "standard" for N(0, 1), "given" for m_p and logs_p.
        reduction: "sample" sums a sample's elements, "mean" averages them, "sum" adds up the elements of all samples.
        misread: a mistake to make on purpose in reading the logarithm.

    Returns:
        (N,), in nats, none negative; for the reduction "sum" a statistic of the whole set.

    Convention: summed over one sample's elements, mean over samples. pytorch/examples and SPADE sum over the batch as
    well; auralflow's page has that sum and its code the mean over everything.

    Reference: arXiv:1312.6114, appendix B.
    """
    spread = _spread(sigma, log_sigma, logvar, misread)
    check_shapes(mu=mu, **spread)
    (logs,) = spread.values()
    if prior == "given":
        centre, width = _given(m_p, logs_p)
        check_shapes(mu=mu, m_p=centre, logs_p=width)
        mu, logs = (mu - centre) * torch.exp(-width), logs - width
    # expm1 keeps sigma^2 - 1 exact near sigma = 1, where the divergence is a difference of nearly equal numbers
    elements = 0.5 * (mu**2 + torch.expm1(2 * logs)) - logs
    if reduction == "mean":
        return elements.flatten(1).mean(1)
    values = elements.flatten(1).sum(1)
    return SampleSet.of(_sum, {"values": values}) if reduction == "sum" else values


def _spread(
    sigma: Tensor | None, log_sigma: Tensor | None, logvar: Tensor | None, misread: Misread
) -> dict[str, Tensor]:
    """Log sigma by the name of the field it came from."""
    factor = {"nothing": 1.0, "log_sigma_as_logvar": 0.5, "logvar_as_log_sigma": 2.0}[misread]
    if sigma is not None:
        return {"sigma": factor * torch.log(sigma)}
    if log_sigma is not None:
        return {"log_sigma": factor * log_sigma}
    if logvar is not None:
        return {"logvar": factor * logvar / 2}
    raise InputError("kl: mu is given without its spread", hint="give sigma, log_sigma or logvar")


def _given(m_p: Tensor | None, logs_p: Tensor | None) -> tuple[Tensor, Tensor]:
    if m_p is None or logs_p is None:
        raise InputError("kl: the prior is to be given, but m_p and logs_p are not both there")
    return m_p, logs_p


def _sum(whole: Whole) -> Tensor:
    return whole["values"].sum()


def _mask_spans_channels(batch: Batch, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """A mask with one entry a channel divides the sum over channels by their number."""
    mask, z = batch.z_mask, batch.z_p
    if mask is not None and z is not None and mask.shape == z.shape and z.shape[1] > 1:
        yield Finding(
            check="mask_spans_channels",
            severity="warning",
            message=f"z_mask has shape {tuple(mask.shape)}, expected ({len(z)}, 1, {z.shape[-1]}): the value is "
            f"divided by the {z.shape[1]} channels",
            evidence={"mask": list(mask.shape), "channels": z.shape[1]},
            hint="save z_mask[:, :1] to get the number that VITS logs",
        )


ESTIMATE = Convention(name="vits", source=f"{VITS} losses.py")


@loss(
    family="latent",
    span=(None, None),
    reference="Kim et al. 2021, Conditional Variational Autoencoder with Adversarial Learning for End-to-End "
    "Text-to-Speech, arXiv:2106.06103",
    findings=_mask_spans_channels,
    tells="in nats a frame; one draw of the posterior, so a sample may be negative and still be right",
    conventions=(
        ESTIMATE,
        ESTIMATE.alias("rvc", f"{RVC} train/losses.py"),
        ESTIMATE.alias("applio", APPLIO),
        Convention(
            name="rvc_logged", source=f"{RVC} train/train.py", settings={"clip": 9.0},
            relation="never above 9: RVC clips what it shows",
        ),
        Convention(
            name="channel_mask", source=f"{APPLIO}, its docstring: z_mask [b, h, t_t]",
            settings={"mask_channels": True}, relation="divided by the number of channels",
            mistake="with a mask for each channel, the sum over channels becomes a mean",
        ),
        Convention(
            name="log_variance", source="the page that calls logs_p and logs_q log variances",
            settings={"misread": "log_sigma_as_logvar"}, relation="at the roots of both sigmas",
            mistake="logs_p and logs_q are log sigma: exp(-2 logs_p) is 1 / sigma^2",
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
    misread: Literal["nothing", "log_sigma_as_logvar"] = "nothing",
) -> Weighted | SampleSet:
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
        misread: a mistake to make on purpose in reading the logarithms.

    Returns:
        sums over valid frames and numbers of valid frames, each (N,): the ratio of their totals is summed over
        channels and averaged over the frames of all samples. With `clip`, a statistic of the whole set.

    Convention: logs are log sigma, not log variance; the mask has one channel, so channels are summed. An exact
    entropy and a sampled cross-entropy: negative values occur.

    Reference: arXiv:2106.06103, equation 4.
    """
    check_shapes(z_p=z_p, logs_q=logs_q, m_p=m_p, logs_p=logs_p)
    if z_mask.shape not in {z_p.shape, (len(z_p), 1, *z_p.shape[2:])}:
        raise InputError(
            f"z_p has shape {tuple(z_p.shape)} but z_mask has {tuple(z_mask.shape)}",
            hint="give z_mask as (N, 1, T)",
        )
    if misread == "log_sigma_as_logvar":
        logs_p, logs_q = logs_p / 2, logs_q / 2
    elements = logs_p - logs_q - 0.5 + 0.5 * (z_p - m_p) ** 2 * torch.exp(-2 * logs_p)
    mask = z_mask.to(elements.dtype)
    mask = mask.expand_as(elements) if mask_channels else mask
    values, weights = (elements * mask).flatten(1).sum(1), mask.flatten(1).sum(1)
    if clip is not None:
        return SampleSet.of(partial(_clipped, clip=clip), {"values": values, "weights": weights})
    return Weighted(values=values, weights=weights)


def _clipped(whole: Whole, *, clip: float) -> Tensor:
    return torch.clamp(whole["values"].sum() / whole["weights"].sum(), max=clip)
