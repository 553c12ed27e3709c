"""The variational auto-encoder of two linear layers each way, with the key names of pytorch/examples."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor, nn


class LinearVAE(nn.Module):
    """An image to the mean and log variance of its latent, and a latent to an image.

    Kingma and Welling 2013 (arXiv 1312.6114) in the form of pytorch/examples vae. Keys: `fc1.weight`, `fc21.weight` for
    the mean, `fc22.weight` for the log variance, `fc3.weight`, `fc4.weight`.

    Args:
        n_values: of an image.
        hidden: values of the hidden layers.
        latent: values of a latent.
    """

    def __init__(self, *, n_values: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(n_values, hidden)
        self.fc21 = nn.Linear(hidden, latent)
        self.fc22 = nn.Linear(hidden, latent)
        self.fc3 = nn.Linear(latent, hidden)
        self.fc4 = nn.Linear(hidden, n_values)

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latent, (N, latent) each, of an image in [0, 1]."""
        hidden = self.fc1(image.flatten(1)).relu()
        return self.fc21(hidden), self.fc22(hidden)

    def decode(self, latents: Tensor) -> Tensor:
        """The probability of every pixel, (N, n_values)."""
        return self.fc4(self.fc3(latents).relu()).sigmoid()  # type: ignore[no-any-return]

    def forward(self, image: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The reconstruction with the latent's mean and log variance.

        Args:
            image: in [0, 1], (N, ...) of n_values.
            noise: normal, (N, latent), scaled and added to the mean. None: noise that depends on the sample only.

        Returns:
            The reconstruction in the image's shape; mean; log variance.
        """
        mean, log_variance = self.encode(image)
        noise = noise_of(image, mean) if noise is None else noise
        return self.decode(mean + noise * (log_variance / 2).exp()).view_as(image), mean, log_variance


def noise_of(image: Tensor, like: Tensor) -> Tensor:
    """Normal noise keyed by the image's bytes, so that no batch changes it."""
    rows = []
    for sample in image.detach().float().cpu():
        digest = hashlib.sha256(sample.contiguous().numpy().tobytes()).digest()
        rows.append(torch.randn(like.shape[1:], generator=torch.Generator().manual_seed(int.from_bytes(digest[:7]))))
    return torch.stack(rows).to(like)
