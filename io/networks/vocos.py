"""Vocos' generator: a ConvNeXt along time and an inverse Fourier transform, with the key names of gemelo-ai/vocos."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import fold, gelu, layer_norm

from ganloss_cli.io.networks.placing import place

_EPS = 1e-6
_LARGEST = 100.0  # magnitude


class LabelledNorm(nn.Module):
    """Layer norm whose scale and shift are those of a label (AdaLayerNorm). Keys: `scale.weight`, `shift.weight`.

    Args:
        n_labels: rows of both.
        n_channels: width.
    """

    def __init__(self, n_labels: int, n_channels: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Embedding(n_labels, n_channels), nn.Embedding(n_labels, n_channels)

    def forward(self, frames: Tensor, label: Tensor) -> Tensor:
        """Features of the same shape, (N, F, C); labels (N,)."""
        normed = layer_norm(frames, frames.shape[-1:], eps=_EPS)
        return normed * self.scale(label)[:, None] + self.shift(label)[:, None]  # type: ignore[no-any-return]


class ConvNextBlock(nn.Module):
    """A convolution of each channel along time, then two layers of each frame, scaled, and a skip connection.

    Args:
        n_channels: width.
        n_hidden: between the two layers.
        n_labels: that its norm takes; 0 for none.
        scaled: whether there is a scale for every channel.
    """

    def __init__(self, n_channels: int, n_hidden: int, *, n_labels: int, scaled: bool) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(n_channels, n_channels, 7, padding=3, groups=n_channels)
        self.norm = _norm(n_channels, n_labels)
        self.pwconv1, self.pwconv2 = nn.Linear(n_channels, n_hidden), nn.Linear(n_hidden, n_channels)
        self.gamma = nn.Parameter(torch.ones(n_channels)) if scaled else None

    def forward(self, signal: Tensor, label: Tensor | None) -> Tensor:
        """Features of the same shape, (N, C, F)."""
        frames = _normed(self.norm, self.dwconv(signal).transpose(1, 2), label)
        frames = self.pwconv2(gelu(self.pwconv1(frames)))
        frames = frames if self.gamma is None else self.gamma * frames
        return signal + frames.transpose(1, 2)  # type: ignore[no-any-return]


class VocosGenerator(nn.Module):
    """Features to a waveform: ConvNeXt blocks at their rate, magnitudes and phases of frames, overlapped and added.

    Siuzdak 2023 (arXiv 2306.00814). Keys: `backbone.embed`, `backbone.convnext.0`, `head.out`, `head.istft.window`.

    Args:
        in_channels: of its features: bands of a mel spectrogram, or of codes.
        n_channels: width.
        n_hidden: within the blocks.
        n_blocks: how many.
        n_fft: samples of a frame and of its window.
        hop: between frames, in samples.
        padding: "center": frames lie on multiples of the hop, one more than there are hops; "same": one a hop.
        n_labels: that the norms take, such as a codec's bandwidths; 0 for none.
        scaled: whether blocks scale what they add.
    """

    def __init__(
        self,
        *,
        in_channels: int,
        n_channels: int,
        n_hidden: int,
        n_blocks: int,
        n_fft: int,
        hop: int,
        padding: Literal["center", "same"] = "center",
        n_labels: int = 0,
        scaled: bool = True,
    ) -> None:
        super().__init__()
        self.n_fft, self.hop, self.padding = n_fft, hop, padding
        blocks = (ConvNextBlock(n_channels, n_hidden, n_labels=n_labels, scaled=scaled) for _ in range(n_blocks))
        self.backbone = nn.ModuleDict({
            "embed": nn.Conv1d(in_channels, n_channels, 7, padding=3), "norm": _norm(n_channels, n_labels),
            "convnext": nn.ModuleList(blocks), "final_layer_norm": nn.LayerNorm(n_channels, eps=_EPS),
        })  # fmt: skip
        self.head = nn.ModuleDict({"out": nn.Linear(n_channels, n_fft + 2)})
        place(self.head, "istft", nn.Module()).register_buffer("window", torch.hann_window(n_fft))

    def forward(self, features: Tensor, label: Tensor | None = None) -> Tensor:
        """The waveform.

        Args:
            features: log mel spectrogram, or sums of a codec's codes; (N, in_channels, F).
            label: (N,), where it takes one.

        Returns:
            (N, 1, (F - 1) hop) for "center", (N, 1, F hop) for "same".
        """
        hidden = self.backbone["embed"](features).transpose(1, 2)
        hidden = _normed(self.backbone["norm"], hidden, label).transpose(1, 2)
        for block in self.backbone["convnext"].children():
            hidden = block(hidden, label)
        made = self.head["out"](self.backbone["final_layer_norm"](hidden.transpose(1, 2))).transpose(1, 2)
        magnitude, phase = made.chunk(2, dim=1)
        return self._overlapped(torch.polar(magnitude.exp().clamp(max=_LARGEST), phase))[:, None]

    def _overlapped(self, spectrum: Tensor) -> Tensor:
        """The waveform of these frames, (N, bins, F) to (N, T)."""
        window = self.head.get_buffer("istft.window")
        if self.padding == "center":
            return torch.istft(spectrum, self.n_fft, self.hop, self.n_fft, window)
        frames = torch.fft.irfft(spectrum, self.n_fft, dim=1) * window[:, None]
        weights = window.square()[:, None].expand(1, -1, frames.shape[-1])
        size, cut = (frames.shape[-1] - 1) * self.hop + self.n_fft, (self.n_fft - self.hop) // 2
        added, weight = (
            fold(each, (1, size), (1, self.n_fft), stride=(1, self.hop))[:, 0, 0, cut : size - cut]
            for each in (frames, weights)
        )
        return added / weight


def _norm(n_channels: int, n_labels: int) -> nn.Module:
    return LabelledNorm(n_labels, n_channels) if n_labels else nn.LayerNorm(n_channels, eps=_EPS)


def _normed(norm: nn.Module, frames: Tensor, label: Tensor | None) -> Tensor:
    return norm(frames, label) if isinstance(norm, LabelledNorm) else norm(frames)  # type: ignore[no-any-return]
