"""The gated convolutions of VITS, and the two networks made of them: posterior encoder and coupling flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


class WaveNet(nn.Module):
    """Gated convolutions, each adding to the signal and to what goes out; VITS's WN.

        acts_i = tanh(a) sigmoid(b),  (a, b) = in_i(x) + cond_i(speaker)
        x, out = x + res_i(acts_i), out + skip_i(acts_i)

    Kim et al. 2021 (arXiv 2106.06103), after van den Oord et al. 2016 (arXiv 1609.03499). Keys: `in_layers.0`,
    `res_skip_layers.0` ..., `cond_layer` where a speaker conditions it.

    Args:
        n_channels: width.
        kernel: of the gated convolutions.
        n_layers: gated convolutions.
        dilation_rate: of layer i the dilation is its i-th power.
        condition_channels: of the speaker's embedding; 0 for none.
        separable: whether a gated convolution is one of single channels before one over channels.
    """

    def __init__(
        self,
        *,
        n_channels: int,
        kernel: int,
        n_layers: int,
        dilation_rate: int,
        condition_channels: int,
        separable: bool = False,
    ) -> None:
        super().__init__()
        self.n_channels = n_channels
        self.in_layers = nn.ModuleList()
        self.res_skip_layers = nn.ModuleList()
        for layer in range(n_layers):
            dilation = dilation_rate**layer
            padding = dilation * (kernel - 1) // 2
            gated = _Separable if separable else nn.Conv1d
            self.in_layers.append(gated(n_channels, 2 * n_channels, kernel, dilation=dilation, padding=padding))
            # nothing reads the signal behind the last layer
            n_out = n_channels if layer == n_layers - 1 else 2 * n_channels
            self.res_skip_layers.append(nn.Conv1d(n_channels, n_out, 1))
        if condition_channels:
            self.cond_layer = nn.Conv1d(condition_channels, 2 * n_channels * n_layers, 1)

    def forward(self, signal: Tensor, condition: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """What the layers add up to.

        Args:
            signal: (N, n_channels, F).
            condition: embedding of the speaker; (N, condition_channels, 1).
            mask: 1 on valid frames, 0 on padding; (N, 1, F); None where all are valid.

        Returns:
            (N, n_channels, F).
        """
        total = torch.zeros_like(signal)
        shifts = None if condition is None else self.cond_layer(condition).split(2 * self.n_channels, dim=1)
        for layer, (gated, mixing) in enumerate(zip(self.in_layers, self.res_skip_layers, strict=True)):
            wave, gate = (gated(signal) if shifts is None else gated(signal) + shifts[layer]).chunk(2, dim=1)
            mixed = mixing(torch.tanh(wave) * torch.sigmoid(gate))
            if layer < len(self.in_layers) - 1:
                step, mixed = mixed.chunk(2, dim=1)
                signal = masked(signal + step, mask)
            total = total + mixed
        return masked(total, mask)


class _Separable(nn.Module):
    """so-vits-svc's Depthwise_Separable_Conv1D. Keys: `depth_conv`, `point_conv`."""

    def __init__(self, n_in: int, n_out: int, kernel: int, *, dilation: int, padding: int) -> None:
        super().__init__()
        self.depth_conv = nn.Conv1d(n_in, n_in, kernel, groups=n_in, dilation=dilation, padding=padding)
        self.point_conv = nn.Conv1d(n_in, n_out, 1)

    def forward(self, signal: Tensor) -> Tensor:
        """(N, n_out, F) of (N, n_in, F)."""
        mixed: Tensor = self.point_conv(self.depth_conv(signal))
        return mixed


def masked(signal: Tensor, mask: Tensor | None) -> Tensor:
    """The signal with 0 in the padding."""
    return signal if mask is None else signal * mask


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """A diagonal Gaussian and a draw of it; each (N, C, F), `logs` the log of sigma."""

    draw: Tensor
    mean: Tensor
    logs: Tensor


class PosteriorEncoder(nn.Module):
    """A magnitude spectrogram to the posterior of its latents; VITS's enc_q.

    Keys: `pre`, `enc.in_layers.0` ..., `proj`.

    Args:
        n_bins: of the spectrogram, n_fft / 2 + 1.
        n_latents: channels of the latents.
        layers: of the gated convolutions.
    """

    def __init__(self, *, n_bins: int, n_latents: int, layers: WaveNet) -> None:
        super().__init__()
        self.pre = nn.Conv1d(n_bins, layers.n_channels, 1)
        self.enc = layers
        self.proj = nn.Conv1d(layers.n_channels, 2 * n_latents, 1)

    def forward(
        self, spectrogram: Tensor, noise: Tensor, condition: Tensor | None = None, mask: Tensor | None = None
    ) -> Posterior:
        """The posterior, and its draw mean + noise exp(logs).

        Args:
            spectrogram: magnitudes; (N, n_bins, F).
            noise: standard normal; (N, n_latents, F).
            condition: embedding of the speaker; (N, condition_channels, 1).
            mask: 1 on valid frames; (N, 1, F).
        """
        hidden = self.enc(masked(self.pre(spectrogram), mask), condition, mask)
        mean, logs = masked(self.proj(hidden), mask).chunk(2, dim=1)
        return Posterior(draw=masked(mean + noise * torch.exp(logs), mask), mean=mean, logs=logs)


class CouplingLayer(nn.Module):
    """One half of the channels moved by what the other half says; its volume does not change (VITS's mean_only).

    Keys: `pre`, `enc.in_layers.0` ..., `post`.

    Args:
        n_latents: channels; even.
        layers: of the gated convolutions, or a transformer; with `n_channels`, its width.
    """

    def __init__(self, *, n_latents: int, layers: Any) -> None:
        super().__init__()
        self.pre = nn.Conv1d(n_latents // 2, layers.n_channels, 1)
        self.enc = layers
        self.post = nn.Conv1d(layers.n_channels, n_latents // 2, 1)

    def forward(self, latents: Tensor, condition: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Latents of the same shape, (N, n_latents, F); those of padding are 0."""
        kept, moved = latents.chunk(2, dim=1)
        step = self.post(self.enc(masked(self.pre(kept), mask), condition, mask))
        return torch.cat([kept, masked(moved + step, mask)], dim=1)


class Flip(nn.Module):
    """The channels in reverse order."""

    def forward(self, latents: Tensor, condition: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Latents of the same shape."""
        return latents.flip(1)


class CouplingFlow(nn.Module):
    """Latents of the posterior as the prior sees them; VITS's flow. A flip follows every coupling layer.

    Keys: `flows.0` (coupling), `flows.2`, ...; the flips between them have none.

    Args:
        couplings: the coupling layers.
        shared: the layers of all of them, where so-vits-svc shares those; key `wn`.
    """

    def __init__(self, couplings: list[CouplingLayer], shared: nn.Module | None = None) -> None:
        super().__init__()
        self.flows = nn.ModuleList(layer for coupling in couplings for layer in (coupling, Flip()))
        if shared is not None:
            self.wn = shared

    def forward(self, latents: Tensor, condition: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """z_p of z; (N, n_latents, F)."""
        for layer in self.flows:
            latents = layer(latents, condition, mask)
        return latents
