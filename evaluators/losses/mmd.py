"""How far a set of codes is from draws of the prior, by kernels."""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Randomness
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets

REFERENCE = "Zhao et al. 2017, InfoVAE: Information Maximizing Variational Autoencoders, arXiv:1706.02262"
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of tolstikhin/wae
Kernel = Literal["gaussian", "unit_gaussian", "inverse_multiquadric"]


@loss(
    family="latent",
    reference=REFERENCE,
    equilibrium=0.0,
    batch_dependent="it compares every pair of samples, and with itself each one adds about 1 / N",
    interpretation="near 0: the codes are spread like N(0, 1); it compares only between sets of one size",
    conventions=(
        Convention("infovae", "ShengjiaZhao/MMD-Variational-Autoencoder@e33606e mmd_vae.py"),
        Convention(
            "pytorch_vae", "AntixK/PyTorch-VAE@a6896b9 models/info_vae.py, compute_rbf", settings={"width": 2.0},
            relation="a kernel of twice the squared width",
        ),
        Convention(
            "unbiased", "Gretton et al. 2012, A Kernel Two-Sample Test, JMLR 13, equation 3", leaves_span=True,
            settings={"with_itself": False}, relation="no sample is compared with itself; may be negative",
        ),
        Convention(
            "wae", "tolstikhin/wae@6351565 wae.py, mmd_kernel IMQ", leaves_span=True,
            settings={"kernel": "inverse_multiquadric", "with_itself": False},
            relation="C / (C + squared distance) for seven C, added up; no sample is compared with itself",
        ),
        Convention(
            "ignite", "pytorch-ignite 0.5.5 ignite.metrics.MaximumMeanDiscrepancy of one batch",
            settings={"kernel": "unit_gaussian", "with_itself": False, "root": True},
            relation="the root, of a kernel exp(-d^2 / 2); no sample is compared with itself, and nothing is negative",
        ),
    ),
)  # fmt: skip
def mmd(
    z_q: Tensor,
    random: Randomness,
    *,
    kernel: Kernel = "gaussian",
    width: float = 1.0,
    with_itself: bool = True,
    root: bool = False,
) -> SampleSet:
    """Maximum mean discrepancy of the codes from the prior N(0, 1).

        MMD^2 = mean k(p, p') + mean k(z, z') - 2 mean k(p, z),  k(a, b) = exp(-||a - b||^2 / (width D^2))

    Args:
        z_q: one draw of the posterior for each sample; (N, ...), D numbers each.
        random: gives as many draws p of the prior, normal.
        kernel: "gaussian", "unit_gaussian" for exp(-||a - b||^2 / (2 width)), or "inverse_multiquadric" for the sum of
            C / (C + ||a - b||^2) over C = 2 D width s with s = 0.1, 0.2, 0.5, 1, 2, 5, 10.
        width: what the kernel's squared width is multiplied by.
        with_itself: whether a sample is compared with itself too.
        root: take the root of the squared discrepancy; of a negative one it is zero.

    Returns:
        a statistic of the whole set; with itself never negative.

    Convention: the squared discrepancy, biased, as the authors' code has it; its 200 draws of the prior are here as
    many as samples.

    Reference: arXiv:1706.02262; the kernel is that of the authors' code, squared width D^2.
    """
    codes = z_q.flatten(1)
    prior = random("mmd.prior", (codes.shape[1],), "normal").to(codes)
    finish = partial(_discrepancy, kernel=kernel, width=width, with_itself=with_itself, root=root)
    return SampleSet.of(finish, {"prior": prior, "codes": codes})


@finishes_sets
def _discrepancy(whole: Whole, *, kernel: Kernel, width: float, with_itself: bool, root: bool) -> Tensor:
    prior, codes = whole["prior"], whole["codes"]

    def mean(one: Tensor, other: Tensor) -> Tensor:
        total = one.new_zeros(())
        for rows in torch.split(one, 1024):  # (1024, N) at a time instead of (N, N)
            total = total + _kernel(rows, other, kernel, width).sum()
        if one is not other or with_itself:
            return total / (len(one) * len(other))
        itself = len(one) * (len(SCALES) if kernel == "inverse_multiquadric" else 1.0)
        return (total - itself) / (len(one) * (len(one) - 1))

    squared = mean(prior, prior) + mean(codes, codes) - 2 * mean(prior, codes)
    return squared.clamp(min=0).sqrt() if root else squared


def _kernel(one: Tensor, other: Tensor, kernel: Kernel, width: float) -> Tensor:
    size = one.shape[1]
    # by differences: the faster |a|^2 + |b|^2 - 2ab loses the small distances that decide
    squared = torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist").square()
    if kernel != "inverse_multiquadric":
        return torch.exp(-squared / (width * (size**2 if kernel == "gaussian" else 2)))
    bases = [2 * size * width * scale for scale in SCALES]
    return torch.stack([base / (base + squared) for base in bases]).sum(0)
