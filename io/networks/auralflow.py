"""auralflow's mask networks: U-Nets on magnitude spectrograms, with the key names of kianzohoury/auralflow."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.auralflow_layers import CenterScale, UpBlock, down_block, input_norm, triple_block

MaskActivation = Literal["sigmoid", "relu", "hardtanh", "tanh", "softmax", "prelu", "selu", "elu"]

N_LEVELS = 5
_N_DROPPED = 3  # decoder levels that get the dropout asked for; the others keep the default of upstream
_DROPOUT = 0.4
_RECURRENT_DROPOUT = 0.3


class SpectrogramMaskNet(nn.Module):
    """SpectrogramNetSimple: a U-Net of five levels that makes a soft mask in [0, 1] from a magnitude spectrogram.

    Its input norm, where there is one, fixes the number of frames.

    Args:
        n_bins: frequencies.
        channels: of the audio.
        hidden_channels: of the first level; they double with each.
        normalized_shape: of the input norm, (C, F, T); None for no input norm.
        mask_activation: last layer; what it gives is clamped to [0, 1].
        leak: slope of the encoder's LeakyReLU; 0 stands for SELU.
        dropout: of the deepest three decoder levels, in train mode.
    """

    def __init__(
        self,
        *,
        n_bins: int,
        channels: int = 1,
        hidden_channels: int = 16,
        normalized_shape: tuple[int, ...] | None = None,
        mask_activation: MaskActivation = "sigmoid",
        leak: float = 0,
        dropout: float = _DROPOUT,
    ) -> None:
        super().__init__()
        widths = [channels, *(hidden_channels << level for level in range(N_LEVELS + 1))]
        self.input_norm = input_norm(normalized_shape)
        for level in range(N_LEVELS):
            self.add_module(f"down_{level + 1}", down_block(widths[level], widths[level + 1], leak))
        # the networks with an LSTM carry these weights too, and do not use them
        self.bottleneck = triple_block(widths[-2], widths[-1])
        for level in range(N_LEVELS):
            probability = dropout if level < _N_DROPPED else _DROPOUT
            self.add_module(f"up_{level + 1}", UpBlock(widths[-1 - level], widths[-2 - level], probability))
        self.soft_conv = nn.Sequential(nn.Conv2d(hidden_channels, channels, 1), nn.BatchNorm2d(channels))
        self.output_norm = CenterScale(n_bins)
        self.mask_activation = _activation(mask_activation)
        self.pool = nn.MaxPool2d(2)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """The mask.

        Args:
            spectrogram: magnitudes; (N, channels, F, T).

        Returns:
            in [0, 1], of the same shape.
        """
        skips = self._encoded(spectrogram)
        return self._decoded(self._between(self.pool(skips[-1])), skips)

    def _between(self, deepest: Tensor) -> Tensor:
        return self.bottleneck(deepest)  # type: ignore[no-any-return]

    def _encoded(self, spectrogram: Tensor) -> list[Tensor]:
        skips: list[Tensor] = []
        hidden = self.input_norm(spectrogram)
        for level in range(N_LEVELS):
            skips.append(getattr(self, f"down_{level + 1}")(self.pool(skips[-1]) if skips else hidden))
        return skips

    def _decoded(self, hidden: Tensor, skips: list[Tensor]) -> Tensor:
        for level in range(N_LEVELS):
            hidden = getattr(self, f"up_{level + 1}")(hidden, skips[-1 - level])
        return self.mask_activation(self.output_norm(self.soft_conv(hidden))).clamp(0, 1)  # type: ignore[no-any-return]


class RecurrentMaskNet(SpectrogramMaskNet):
    """SpectrogramNetLSTM: the deepest level goes through a bidirectional LSTM and two linear layers.

    As upstream has it, the LSTM runs over the samples of a batch, not over time: a mask depends on the batch around it.

    Args:
        n_features: of one step of the LSTM.
        hidden_size: of the LSTM.
        n_layers: of the LSTM.
        input_axis: what lies beside the channels in a step's features: 0 frequency, 1 time.
        settings: as SpectrogramMaskNet's.
    """

    mixes_samples = True

    def __init__(
        self, *, n_features: int, hidden_size: int = 1024, n_layers: int = 3, input_axis: int = 1, **settings: object
    ) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self.order = (0, 3, 1, 2) if input_axis == 0 else (0, 2, 1, 3)
        self.order_back = (0, 2, 3, 1) if input_axis == 0 else (0, 2, 1, 3)
        dropout = _RECURRENT_DROPOUT if n_layers > 1 else 0.0
        self.lstm = nn.LSTM(n_features, hidden_size, n_layers, bidirectional=True, dropout=dropout)
        self.linear = nn.Sequential(
            nn.Linear(2 * hidden_size, hidden_size), nn.SELU(), nn.Linear(hidden_size, 2 * n_features), nn.SELU()
        )

    def _between(self, deepest: Tensor) -> Tensor:
        deepest = deepest.permute(self.order)
        return self._unrolled(self._recurred(deepest.flatten(2)), deepest)

    def _recurred(self, steps: Tensor) -> Tensor:
        # (N, S, features) with N as the sequence, since upstream's LSTM is not batch_first
        return self.linear(self.lstm(steps)[0])  # type: ignore[no-any-return]

    def _unrolled(self, steps: Tensor, like: Tensor) -> Tensor:
        n_samples, n_steps, n_channels, last = like.shape
        return steps.reshape(n_samples, n_steps, 2 * n_channels, last).permute(self.order_back)


class VariationalMaskNet(RecurrentMaskNet):
    """SpectrogramNetVAE: the deepest level is sampled from a normal distribution before it enters the LSTM.

    Args:
        n_features: of one step of the LSTM, and of the latent.
        settings: as RecurrentMaskNet's.
    """

    def __init__(self, *, n_features: int, **settings: object) -> None:
        super().__init__(n_features=n_features, **settings)  # type: ignore[arg-type]
        self.mu = nn.Linear(n_features, n_features)
        self.log_sigma = nn.Linear(n_features, n_features)

    def forward(  # type: ignore[override]  # it gives its distribution too
        self, spectrogram: Tensor, noise: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The mask, mu and sigma.

        Args:
            spectrogram: magnitudes; (N, channels, F, T).
            noise: standard normal, of the shape of mu; None takes the mean of the distribution.

        Returns:
            the mask in [0, 1], of the same shape; mu and sigma, (N, S, n_features) each.
        """
        skips = self._encoded(spectrogram)
        deepest = self.pool(skips[-1]).permute(self.order)
        steps = deepest.flatten(2)
        mu, sigma = self.mu(steps), torch.exp(self.log_sigma(steps))
        latent = mu if noise is None else mu + sigma * noise
        return self._decoded(self._unrolled(self._recurred(latent), deepest), skips), mu, sigma


def _activation(name: MaskActivation) -> nn.Module:
    if name == "softmax":
        return nn.Softmax(dim=1)  # upstream names no axis; of four, torch then takes the channels
    rows: dict[str, nn.Module] = {
        "relu": nn.ReLU(),
        "hardtanh": nn.Hardtanh(0, 1),
        "tanh": nn.Tanh(),
        "prelu": nn.PReLU(),
        "selu": nn.SELU(),
        "elu": nn.ELU(),
    }
    return rows.get(name, nn.Sigmoid())
