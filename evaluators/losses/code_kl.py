"""How far a posterior over the entries of a codebook is from an even one."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganloss_cli.evaluators.catalogue import Convention, loss


@loss(
    family="latent",
    reference="Ramesh et al. 2021, Zero-Shot Text-to-Image Generation, arXiv:2102.12092, section 2.1",
    equilibrium=0.0,
    interpretation="0: every entry is as likely as any other; ln K where one of K is certain at every position",
    conventions=(Convention("taming", "CompVis/taming-transformers@3ba01b2 taming/modules/vqvae/quantize.py"),),
)
def code_kl(code_logits: Tensor, *, scale: float = 1.0) -> Tensor:
    """Kullback-Leibler divergence of a codebook's posterior from the even distribution over its K entries.

        KL = mean over positions of sum over k of q_k log(K q_k),  q = softmax(scores)

    Args:
        code_logits: scores of all entries; (N, K), or (N, K, ...) for one of them at each position.
        scale: what the divergence is multiplied by.

    Returns:
        (N,), in nats; none is negative.

    Convention: as GumbelQuantize of taming-transformers before its kl_weight, whose logarithm has 1e-10 added.

    Reference: arXiv:2102.12092.
    """
    logs = torch.log_softmax(code_logits, dim=1)
    each = (logs.exp() * (logs + math.log(code_logits.shape[1]))).sum(1)
    return scale * (each.flatten(1).mean(1) if each.dim() > 1 else each)
