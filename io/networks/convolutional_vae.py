"""The convolutional variational auto-encoder, with the key names of AntixK's PyTorch-VAE."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from ganloss_cli.io.networks.vae import noise_of

_BOTTOM = 2  # pixels of the map between encoder and decoder


def _halving(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, 2, 1), nn.BatchNorm2d(after), nn.LeakyReLU())


def _doubling(before: int, after: int) -> list[nn.Module]:
    up = nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1)
    return [up, nn.BatchNorm2d(after), nn.LeakyReLU()]


class ConvolutionalVAE(nn.Module):
    """An image to the mean and log variance of its latent, and a latent to an image.

    Kingma and Welling 2013 (arXiv 1312.6114) in the form of AntixK/PyTorch-VAE, whose VanillaVAE and most of its
    relatives have these layers. Keys: `encoder.0.0.weight`, `fc_mu.weight`, `fc_var.weight`, `decoder_input.weight`,
    `decoder.0.0.weight`, `final_layer.0.weight`.

    Args:
        in_channels: of the image that is encoded.
        out_channels: of the image that is decoded.
        widths: channels after every halving.
        latent: values of a latent.
    """

    def __init__(self, *, in_channels: int, out_channels: int, widths: Sequence[int], latent: int) -> None:
        super().__init__()
        values = widths[-1] * _BOTTOM**2
        self.encoder = nn.Sequential(*(_halving(before, after) for before, after in pairwise([in_channels, *widths])))
        self.fc_mu = nn.Linear(values, latent)
        self.fc_var = nn.Linear(values, latent)
        self.decoder_input = nn.Linear(latent, values)
        back = list(reversed(widths))
        self.decoder = nn.Sequential(*(nn.Sequential(*_doubling(before, after)) for before, after in pairwise(back)))
        last = nn.Conv2d(back[-1], out_channels, 3, 1, 1)
        self.final_layer = nn.Sequential(*_doubling(back[-1], back[-1]), last, nn.Tanh())
        self.side = _BOTTOM * 2 ** len(widths)

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the latent, (N, latent) each.

        Args:
            image: in [0, 1]; (N, C, S, S).

        Raises:
            ValueError: an image of another size.
        """
        if tuple(image.shape[2:]) != (self.side, self.side):
            raise ValueError(f"images must be {self.side}x{self.side}, and these are {image.shape[2]}x{image.shape[3]}")
        hidden = self.encoder(image).flatten(1)
        return self.fc_mu(hidden), self.fc_var(hidden)

    def decode(self, latents: Tensor) -> Tensor:
        """The image of a latent, in [-1, 1] though it was trained on images in [0, 1]; (N, C, S, S)."""
        hidden = self.decoder_input(latents).unflatten(1, (-1, _BOTTOM, _BOTTOM))
        return self.final_layer(self.decoder(hidden))  # type: ignore[no-any-return]

    def forward(self, image: Tensor, noise: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The reconstruction with the latent's mean and log variance.

        Args:
            image: in [0, 1]; (N, C, S, S).
            noise: normal, (N, latent), scaled and added to the mean. None: noise that depends on the sample only.
        """
        mean, log_variance = self.encode(image)
        noise = noise_of(image, mean) if noise is None else noise
        return self.decode(mean + noise * (log_variance / 2).exp()), mean, log_variance
