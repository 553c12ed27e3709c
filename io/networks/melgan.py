"""MelGAN's generator and its discriminator at several scales, with the key names of descriptinc/melgan-neurips."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ganloss_cli.io.networks.spellings import accept_spellings
from ganloss_cli.io.networks.waveform_discriminators import WaveformDiscriminator

_SLOPE = 0.2


class MelganResidualBlock(nn.Module):
    """A dilated and a 1x1 convolution beside a 1x1 convolution.

    Args:
        n_channels: width.
        dilation: of the first convolution.
    """

    def __init__(self, n_channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(_SLOPE),
            nn.ReflectionPad1d(dilation),
            nn.Conv1d(n_channels, n_channels, 3, dilation=dilation),
            nn.LeakyReLU(_SLOPE),
            nn.Conv1d(n_channels, n_channels, 1),
        )
        self.shortcut = nn.Conv1d(n_channels, n_channels, 1)

    def forward(self, signal: Tensor) -> Tensor:
        """Features of the same shape, (N, C, T)."""
        return self.shortcut(signal) + self.block(signal)  # type: ignore[no-any-return]


class MelganGenerator(nn.Module):
    """Mel spectrogram to waveform: transposed convolutions, residual blocks of growing dilation after each, tanh.

    Kumar et al. 2019 (arXiv 1910.06711). Keys: `model.1`, `model.3`, `model.4.block.2`, `model.4.shortcut` ...

    Args:
        in_channels: bands of the log10 mel spectrogram.
        channels: after the first convolution and after every up-sampling.
        ratios: strides of the transposed convolutions; their kernels are twice as long.
        n_residual: residual blocks after each up-sampling, of dilation 1, 3, 9 ...
    """

    def __init__(
        self,
        *,
        in_channels: int = 80,
        channels: Sequence[int] = (512, 256, 128, 64, 32),
        ratios: Sequence[int] = (8, 8, 2, 2),
        n_residual: int = 3,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.ReflectionPad1d(3), nn.Conv1d(in_channels, channels[0], 7)]
        for before, after, ratio in zip(channels, channels[1:], ratios, strict=False):
            odd = ratio % 2
            layers += [
                nn.LeakyReLU(_SLOPE),
                nn.ConvTranspose1d(before, after, 2 * ratio, ratio, padding=ratio // 2 + odd, output_padding=odd),
                *(MelganResidualBlock(after, 3**block) for block in range(n_residual)),
            ]
        layers += [nn.LeakyReLU(_SLOPE), nn.ReflectionPad1d(3), nn.Conv1d(channels[-1], 1, 7), nn.Tanh()]
        self.model = nn.Sequential(*layers)
        accept_spellings(self)

    def forward(self, mel: Tensor) -> Tensor:
        """The waveform in [-1, 1].

        Args:
            mel: log10 mel spectrogram; (N, in_channels, F).

        Returns:
            (N, 1, F hop).
        """
        return self.model(mel)  # type: ignore[no-any-return]


class MelganSubDiscriminator(nn.Module):
    """Grouped strided convolutions along time; its layers are `layer_0` to `layer_n`, the last without activation.

    Args:
        channels: after each convolution but the last.
        groups: of the strided convolutions.
        factor: their stride; kernels are 10 times as long, and one.
    """

    def __init__(self, *, channels: Sequence[int], groups: Sequence[int], factor: int) -> None:
        super().__init__()
        first = nn.Sequential(nn.ReflectionPad1d(7), nn.Conv1d(1, channels[0], 15), nn.LeakyReLU(_SLOPE))
        strided = [
            _activated(nn.Conv1d(before, after, 10 * factor + 1, factor, padding=5 * factor, groups=parts))
            for before, after, parts in zip(channels, channels[1:], groups, strict=False)
        ]
        wide = _activated(nn.Conv1d(channels[-2], channels[-1], 5, padding=2))
        layers = [first, *strided, wide, nn.Conv1d(channels[-1], 1, 3, padding=1)]
        self.model = nn.ModuleDict({f"layer_{index}": layer for index, layer in enumerate(layers)})

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, 1, L) and feature maps, one a layer and the logit map last.

        Args:
            waveform: (N, 1, T).
        """
        features: list[Tensor] = []
        hidden = waveform
        for layer in self.model.values():
            hidden = layer(hidden)
            features.append(hidden)
        return hidden, features


class MelganDiscriminator(WaveformDiscriminator):
    """Equal sub-discriminators on the waveform, its half rate, its quarter rate.

    Kumar et al. 2019 (arXiv 1910.06711). Keys: `model.disc_0.model.layer_0.1`, `model.disc_0.model.layer_1.0` ...

    Args:
        n_scales: sub-discriminators.
        channels: after each convolution of a sub-discriminator but the last.
        groups: of the strided convolutions.
        factor: their stride.
    """

    container = "model"

    def __init__(
        self,
        *,
        n_scales: int = 3,
        channels: Sequence[int] = (16, 64, 256, 1024, 1024, 1024),
        groups: Sequence[int] = (4, 16, 64, 256),
        factor: int = 4,
    ) -> None:
        scales = {
            f"disc_{scale}": MelganSubDiscriminator(channels=channels, groups=groups, factor=factor)
            for scale in range(n_scales)
        }
        super().__init__(nn.ModuleDict(scales), nn.AvgPool1d(4, 2, padding=1, count_include_pad=False))


def _activated(convolution: nn.Module) -> nn.Sequential:
    return nn.Sequential(convolution, nn.LeakyReLU(_SLOPE))
