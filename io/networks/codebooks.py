"""Codebooks of auto-encoders: the nearest entry, or one that is drawn."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.networks.vae import noise_of


class Codebook(nn.Module):
    """The nearest entry for every position (van den Oord et al. 2017, arXiv:1711.00937).

    Args:
        n_codes: entries.
        width: of an entry.
        spherical: whether positions and entries are brought to length 1 first.
    """

    def __init__(self, n_codes: int, width: int, *, spherical: bool) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_codes, width)
        self._spherical = spherical

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """What is replaced and the entries that replace it, (N, width, H, W) each."""
        entries = self.embedding.weight
        if self._spherical:
            latents, entries = functional.normalize(latents, dim=1), functional.normalize(entries, dim=1)
        flat = latents.permute(0, 2, 3, 1).flatten(0, 2)
        distances = flat.square().sum(1, keepdim=True) + entries.square().sum(1) - 2 * flat @ entries.mT
        n, _, height, width = latents.shape
        nearest = entries[distances.argmin(1)].view(n, height, width, -1).permute(0, 3, 1, 2)
        return latents, nearest


class GumbelCodebook(nn.Module):
    """An entry drawn for every position by its scores (Jang, Gu and Poole 2016, arXiv:1611.01144)."""

    def __init__(self, n_codes: int, width: int, before: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(before, n_codes, 1)
        self.embed = nn.Embedding(n_codes, width)

    def forward(self, hidden: Tensor, image: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """The scores (N, n_codes, H, W), and the entries drawn."""
        scores = self.proj(hidden)
        normal = noise_of(image, scores) if noise is None else noise
        # -log(-log(u)) of the uniform number under the normal one: Gumbel noise
        gumbel = -torch.log(-torch.special.log_ndtr(normal.double())).to(scores)
        drawn = (scores + gumbel).argmax(1)
        return scores, self.embed(drawn).permute(0, 3, 1, 2)
