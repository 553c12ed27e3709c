"""Two loss functions as people write them: one that computes half of what its name says, and one that is right."""

import torch
from torch.nn import functional


def psnr_loss(pred, target):
    """Peak signal-to-noise ratio, as a blog has it."""
    mse = torch.mean((pred - target) ** 2)
    return 10.0 * torch.log10(1.0 / torch.sqrt(mse))


def feature_loss(fmap_r, fmap_g):
    """Feature matching, as VITS has it."""
    loss = 0
    for dr, dg in zip(fmap_r, fmap_g, strict=True):
        for rl, gl in zip(dr, dg, strict=True):
            loss += functional.l1_loss(gl, rl.detach())
    return loss * 2
