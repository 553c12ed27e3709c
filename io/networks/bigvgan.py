"""BigVGAN's generator: HiFi-GAN's with periodic activations between filters, by the key names of NVIDIA/BigVGAN."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.snake import AliasFreeSnake, SnakeBlock1, SnakeBlock2


class BigvganGenerator(HifiganGenerator):
    """Mel spectrogram to waveform: HiFi-GAN's generator with filtered periodic activations, none before up-sampling.

    Lee et al. 2022 (arXiv 2206.04658). Keys: those of HiFi-GAN's generator but `ups.0.0`, `activation_post`, and
    `resblocks.0.activations.0`.

    Args:
        initial_channels: after the first convolution; every up-sampling halves them.
        upsample_rates: strides of the transposed convolutions.
        upsample_kernels: their kernels.
        resblock: type of the residual blocks, 1 or 2.
        resblock_kernels: a block of each after every up-sampling.
        dilations: of each of these blocks.
        beta: whether the activations have betas.
        log_scale: whether alphas and betas are stored as logarithms.
        tanh: whether it ends in tanh, rather than cut off at -1 and 1.
        in_channels: bands of the mel spectrogram.
        post_bias: whether the last convolution has a bias.
    """

    def __init__(
        self,
        *,
        initial_channels: int,
        upsample_rates: Sequence[int],
        upsample_kernels: Sequence[int],
        resblock: Literal[1, 2] = 1,
        resblock_kernels: Sequence[int] = (3, 7, 11),
        dilations: Sequence[Sequence[int]] = ((1, 3, 5), (1, 3, 5), (1, 3, 5)),
        beta: bool = True,
        log_scale: bool = True,
        tanh: bool = True,
        in_channels: int = 100,
        post_bias: bool = True,
    ) -> None:
        activation = partial(AliasFreeSnake, beta=beta, log_scale=log_scale)
        super().__init__(
            in_channels=in_channels,
            initial_channels=initial_channels,
            upsample_rates=upsample_rates,
            upsample_kernels=upsample_kernels,
            resblock_kernels=resblock_kernels,
            dilations=dilations,
            post_bias=post_bias,
            block=partial(SnakeBlock1 if resblock == 1 else SnakeBlock2, activation=activation),
        )
        self.ups = nn.ModuleList(nn.ModuleList([up]) for up in self.ups)
        self.activation_post = activation(initial_channels // 2 ** len(upsample_rates))
        self.tanh = tanh

    def forward(self, mel: Tensor) -> Tensor:  # type: ignore[override]  # no speaker conditions it
        """The waveform in [-1, 1].

        Args:
            mel: log mel spectrogram; (N, in_channels, F).

        Returns:
            (N, 1, F hop).
        """
        hidden = self.conv_pre(mel)
        for stage in range(len(self.ups)):
            hidden = self._blended(self.get_submodule(f"ups.{stage}.0")(hidden), stage)
        wave: Tensor = self.conv_post(self.activation_post(hidden))
        return torch.tanh(wave) if self.tanh else wave.clamp(-1, 1)
