"""The auto-encoder of stable-audio-tools with Oobleck's convolutions, with its key names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import softplus

from ganloss_cli.io.architectures.dac import plain_names
from ganloss_cli.io.networks.convolutional_codec import decoded_length, decoder, encoder
from ganloss_cli.io.networks.snake import Snake
from ganloss_cli.io.networks.spellings import accept_spellings, respelling

_NARROWEST = 1e-4  # the least standard deviation


class Oobleck(nn.Module):
    """A waveform to its reconstruction from a draw of its posterior (Evans et al. 2024, arXiv 2407.14358).

    Args:
        in_channels: of the waveform that is taken.
        out_channels: of the one that is made.
        encoder_widths: before the first and behind every down-sampling.
        encoder_rates: strides of the down-samplings.
        decoder_widths: before the first and behind every up-sampling.
        decoder_rates: strides of the up-samplings.
        n_latents: values of a frame.
        snake: whether the activations are Snakes, else ELU.
        tanh: whether what is made is bounded by one.
    """

    uniform: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self,
        *,
        in_channels: int = 2,
        out_channels: int = 2,
        encoder_widths: Sequence[int],
        encoder_rates: Sequence[int],
        decoder_widths: Sequence[int],
        decoder_rates: Sequence[int],
        n_latents: int,
        snake: bool = True,
        tanh: bool = False,
    ) -> None:
        super().__init__()
        self._rates, self._n_latents = (encoder_rates, decoder_rates), n_latents
        activation = Snake if snake else _elu
        self.encoder = encoder(in_channels, encoder_widths, encoder_rates, 2 * n_latents, activation)
        self.decoder = decoder(
            out_channels, decoder_widths, decoder_rates, n_latents, activation, bias=False, tanh=tanh
        )
        respelling(self, _plain_names)
        accept_spellings(self)

    def _n_frames(self, n_samples: int) -> int:
        for rate in self._rates[0]:
            n_samples = (n_samples + rate % 2) // rate
        return n_samples

    def length_of(self, n_samples: int) -> int:
        """Samples that are made of so many: those of whole frames."""
        return min(n_samples, decoded_length(self._n_frames(n_samples), self._rates[1]))

    def noise_shapes(self, waveform: Tensor, **_held: Tensor | None) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample: the noise of its latents."""
        return {"noise": (self._n_latents, self._n_frames(waveform.shape[-1]))}

    def forward(self, waveform: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The reconstruction, and mean and standard deviation of the latents.

        Args:
            waveform: in [-1, 1], (N, in_channels, T).
            noise: standard normal, (N, n_latents, frames).

        Returns:
            (N, out_channels, `length_of(T)`), and (N, n_latents, frames) each.
        """
        mean, scale = self.encoder(waveform).chunk(2, dim=1)
        deviation = softplus(scale) + _NARROWEST
        return self.decoder(noise * deviation + mean)[..., : waveform.shape[-1]], mean, deviation


def _elu(_n_channels: int) -> nn.Module:
    return nn.ELU()


def _plain_names(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    names = plain_names([key.removeprefix(prefix) for key in state_dict if key.startswith(prefix)])
    for name, plain in names.items():
        state_dict[prefix + plain] = state_dict.pop(prefix + name)
