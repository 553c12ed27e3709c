"""Kullback-Leibler divergences between Gaussians."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet
from ganloss_cli.evaluators.shapes import check_shapes

AURALFLOW = "kianzohoury/auralflow@503e249 auralflow/losses/losses.py"
VITS = "jaywalnut310/vits@2e561ba"

Misread = Literal["nothing", "log_sigma_as_logvar", "logvar_as_log_sigma"]

EVERYTHING = Convention(
    "vae_example", "pytorch/examples@77f55b9 vae/main.py", settings={"reduction": "sum"},
    relation="summed over all samples",
)  # fmt: skip


@loss(
    family="latent",
    synonyms=("kld",),
    reference="Kingma and Welling 2013, Auto-Encoding Variational Bayes, arXiv:1312.6114, appendix B",
    one_of=("sigma", "log_sigma", "logvar"),
    interpretation="0: the posterior is the prior and carries nothing; in nats, what one sample's code says beyond the "
    "prior",
    conventions=(
        Convention("kingma2013", "arXiv:1312.6114, appendix B"),
        EVERYTHING,
        EVERYTHING.alias("spade", "NVlabs/SPADE@fecacc9 models/networks/loss.py"),
        EVERYTHING.alias("auralflow_page", "auralflow's page on its losses: a sum over the n elements of the tensor"),
        Convention(
            "auralflow", AURALFLOW, settings={"reduction": "mean"},
            relation="divided by the number of elements of a sample",
        ),
        Convention(
            "stable_audio", "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/models/bottleneck.py",
            settings={"reduction": "twice_of_frames"},
            relation="twice the sum over a frame's values, mean over frames: its formula lacks the half",
        ),
        Convention(
            "two_gaussians", f"{VITS} commons.py", settings={"prior": "given"},
            relation="to N(m_p, exp(logs_p)^2) instead of N(0, 1)", needs=("m_p", "logs_p"),
        ),
        Convention(
            "log_sigma_as_logvar", "log sigma read as log variance", settings={"misread": "log_sigma_as_logvar"},
            relation="at sigma^(1/2)",
            mistake="log sigma is taken for log sigma^2, so every sigma is replaced by its root",
        ),
        Convention(
            "logvar_as_log_sigma", "log variance read as log sigma", settings={"misread": "logvar_as_log_sigma"},
            relation="at sigma^2",
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
    reduction: Literal["sample", "twice_of_frames", "mean", "sum"] = "sample",
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
        reduction: "sample" sums a sample's elements, "twice_of_frames" those of axis 1 and averages twice
            the sums, "mean" averages all, "sum" adds up the elements of all samples.
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
    if reduction == "twice_of_frames":
        elements = 2 * (elements.sum(1, keepdim=True) if elements.dim() > 1 else elements)
    if reduction in ("mean", "twice_of_frames"):
        return elements.flatten(1).mean(1)
    values = elements.flatten(1).sum(1)
    return SampleSet.summed(values) if reduction == "sum" else values


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
