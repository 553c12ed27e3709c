"""EnCodec's auto-encoder, with the key names of facebookresearch/encodec, of audiocraft and of transformers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import elu, embedding, pad

from ganloss_cli.io.architectures.encodec import plain_name
from ganloss_cli.io.networks.spellings import accept_spellings, respelling

PadMode = Literal["reflect", "constant"]
_QUIETEST = 1e-8  # added to the volume that a recording is divided by


@dataclass(frozen=True, kw_only=True)
class Style:
    """What all convolutions have in common.

    Args:
        causal: whether they see nothing of what is to come.
        pad_mode: what lies beyond the ends.
        group_norm: whether each has a norm over channels and time behind it.
        trim_right: share of what a causal transposed convolution makes too much that is cut off at its end.
    """

    causal: bool
    pad_mode: PadMode
    group_norm: bool
    trim_right: float


class Convolution(nn.Module):
    """A convolution of which a stride makes one frame, the last one too.

    Args:
        layer: the convolution.
        style: of all of them.
    """

    def __init__(self, layer: nn.Conv1d, style: Style) -> None:
        super().__init__()
        self.conv, self._style = layer, style
        self.norm = nn.GroupNorm(1, layer.out_channels) if style.group_norm else nn.Identity()

    def forward(self, signal: Tensor) -> Tensor:
        """(N, out_channels, ceil(T / stride))."""
        (kernel,), (stride,), (dilation,) = self.conv.kernel_size, self.conv.stride, self.conv.dilation
        total = (kernel - 1) * dilation + 1 - stride
        right = 0 if self._style.causal else total // 2
        padded = _padded(signal, total - right, right + -signal.shape[-1] % stride, self._style.pad_mode)
        return self.norm(self.conv(padded))  # type: ignore[no-any-return]


class TransposedConvolution(nn.Module):
    """The transposed convolution that makes a stride of samples from each frame.

    Args:
        layer: the convolution.
        style: of all of them.
    """

    def __init__(self, layer: nn.ConvTranspose1d, style: Style) -> None:
        super().__init__()
        self.conv, self._style = layer, style
        self.norm = nn.GroupNorm(1, layer.out_channels) if style.group_norm else nn.Identity()

    def forward(self, frames: Tensor) -> Tensor:
        """(N, out_channels, F stride)."""
        total = self.conv.kernel_size[0] - self.conv.stride[0]
        right = math.ceil(total * self._style.trim_right) if self._style.causal else total // 2
        made: Tensor = self.norm(self.conv(frames))
        return made[..., total - right : made.shape[-1] - right]


def _padded(signal: Tensor, left: int, right: int, mode: PadMode) -> Tensor:
    """Zeros are put behind a signal that is too short to be reflected, and taken off again."""
    missing = max(0, max(left, right) - signal.shape[-1] + 1) if mode == "reflect" else 0
    padded = pad(pad(signal, (0, missing)), (left, right), mode)
    return padded[..., : padded.shape[-1] - missing]


class Elu(nn.Module):
    """ELU of alpha 1."""

    def forward(self, signal: Tensor) -> Tensor:
        """The same shape."""
        return elu(signal)


class ResidualBlock(nn.Module):
    """Two convolutions behind their ELUs, beside the signal itself or a convolution of it.

    Args:
        n_channels: width.
        hidden: width between the two.
        kernel: of the first.
        dilation: of the first.
        shortcut: whether the signal beside them goes through a convolution.
        style: of the convolutions.
    """

    def __init__(self, n_channels: int, hidden: int, kernel: int, dilation: int, shortcut: bool, style: Style) -> None:
        super().__init__()
        first = Convolution(nn.Conv1d(n_channels, hidden, kernel, dilation=dilation), style)
        self.block = nn.Sequential(Elu(), first, Elu(), Convolution(nn.Conv1d(hidden, n_channels, 1), style))
        beside = Convolution(nn.Conv1d(n_channels, n_channels, 1), style) if shortcut else nn.Identity()
        self.shortcut = beside

    def forward(self, signal: Tensor) -> Tensor:
        """The same shape, (N, C, T)."""
        return self.shortcut(signal) + self.block(signal)  # type: ignore[no-any-return]


class Recurrent(nn.Module):
    """LSTM layers over time, with a skip connection.

    Args:
        n_channels: width.
        n_layers: of them.
    """

    def __init__(self, n_channels: int, n_layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(n_channels, n_channels, n_layers)

    def forward(self, signal: Tensor) -> Tensor:
        """The same shape, (N, C, T)."""
        steps = signal.permute(2, 0, 1)
        return (self.lstm(steps)[0] + steps).permute(1, 2, 0)  # type: ignore[no-any-return]


class EuclideanCodebook(nn.Module):
    """Entries that a running mean has trained.

    Args:
        n_entries: of them.
        n_values: of an entry.
    """

    def __init__(self, n_entries: int, n_values: int) -> None:
        super().__init__()
        self.register_buffer("embed", torch.zeros(n_entries, n_values))

    def forward(self, latents: Tensor) -> Tensor:
        """The nearest entry to each frame's values, (N, n_values, F)."""
        values, entries = latents.transpose(1, 2).flatten(0, 1), self.get_buffer("embed")
        # in upstream's order of operations, so that of two entries as near as each other the same is taken
        distances = -(values.pow(2).sum(1, keepdim=True) - 2 * values @ entries.T + entries.T.pow(2).sum(0))
        indices = distances.max(-1).indices.view(len(latents), -1)
        return embedding(indices, entries).transpose(1, 2)


class Quantizer(nn.Module):
    """Codebooks, each of what the ones before it left (Zeghidour et al. 2021, arXiv 2107.03312).

    Args:
        n_codebooks: of them.
        n_entries: of each.
        n_values: of an entry.
    """

    def __init__(self, n_codebooks: int, n_entries: int, n_values: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(EuclideanCodebook(n_entries, n_values) for _ in range(n_codebooks))

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What replaces the latents; what each codebook was given and what it had, (N, n_codebooks, n_values, F)."""
        total, residual = torch.zeros_like(latents), latents
        given: list[Tensor] = []
        found: list[Tensor] = []
        for layer in self.layers:
            entries = layer(residual)
            given.append(residual)
            found.append(entries)
            total, residual = total + entries, residual - entries
        return total, torch.stack(given, 1), torch.stack(found, 1)


class Encodec(nn.Module):
    """A waveform to its reconstruction through residual codebooks (Défossez et al. 2022, arXiv 2210.13438).

    Args:
        n_channels: of the waveform.
        n_filters: channels behind the first convolution; every down-sampling doubles them.
        ratios: of the up-samplings; the down-samplings have them in the opposite order.
        n_residual: residual blocks before a down-sampling and behind an up-sampling.
        kernel: of the first convolution.
        last_kernel: of the last one.
        residual_kernel: of residual blocks.
        compress: what their inner width is divided by.
        shortcut: whether they have a convolution beside them.
        dilation_base: by which the dilation grows from one residual block to the next.
        n_lstm: layers over time.
        n_latents: values of a frame, and of an entry.
        n_codebooks: one for what the one before it left.
        n_entries: of each codebook.
        group_norm: whether every convolution has a norm over channels and time behind it.
        causal: whether nothing sees what is to come.
        pad_mode: what lies beyond the ends of a signal.
        trim_right: see `Style`.
        normalize: whether each recording is brought to one volume first, and back at the end.
        segment: samples that are coded at once, None for all.
        stride: samples from one segment to the next.
    """

    def __init__(
        self,
        *,
        n_channels: int = 1,
        n_filters: int = 32,
        ratios: Sequence[int] = (8, 5, 4, 2),
        n_residual: int = 1,
        kernel: int = 7,
        last_kernel: int = 7,
        residual_kernel: int = 3,
        compress: int = 2,
        shortcut: bool = True,
        dilation_base: int = 2,
        n_lstm: int = 2,
        n_latents: int = 128,
        n_codebooks: int = 32,
        n_entries: int = 1024,
        group_norm: bool = False,
        causal: bool = True,
        pad_mode: PadMode = "reflect",
        trim_right: float = 1.0,
        normalize: bool = False,
        segment: int | None = None,
        stride: int | None = None,
    ) -> None:
        super().__init__()
        style = Style(causal=causal, pad_mode=pad_mode, group_norm=group_norm, trim_right=trim_right)
        self._normalize, self._segment, self._stride = normalize, segment, stride
        block = partial(ResidualBlock, kernel=residual_kernel, shortcut=shortcut, style=style)

        def residuals(width: int) -> list[nn.Module]:
            return [block(width, width // compress, dilation=dilation_base**k) for k in range(n_residual)]

        recurrent = [Recurrent(n_filters * 2 ** len(ratios), n_lstm)] if n_lstm else []
        down: list[nn.Module] = [Convolution(nn.Conv1d(n_channels, n_filters, kernel), style)]
        up: list[nn.Module] = []
        width = n_filters
        for ratio in reversed(ratios):
            down += [*residuals(width), Elu(), Convolution(nn.Conv1d(width, 2 * width, 2 * ratio, ratio), style)]
            layer = nn.ConvTranspose1d(2 * width, width, 2 * ratio, ratio)
            up = [Elu(), TransposedConvolution(layer, style), *residuals(width), *up]
            width *= 2
        down += [*recurrent, Elu(), Convolution(nn.Conv1d(width, n_latents, last_kernel), style)]
        first = Convolution(nn.Conv1d(n_latents, width, kernel), style)
        last = Convolution(nn.Conv1d(n_filters, n_channels, last_kernel), style)
        again = [Recurrent(width, n_lstm)] if n_lstm else []
        self.encoder = nn.Sequential(*down)
        self.decoder = nn.Sequential(first, *again, *up, Elu(), last)
        self.quantizer = Quantizer(n_codebooks, n_entries, n_latents)
        respelling(self, _plain_names)
        accept_spellings(self)

    def length_of(self, n_samples: int) -> int:
        """Samples that are made of so many: as many."""
        return n_samples

    def forward(self, waveform: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The reconstruction; what each codebook was given and what it had.

        Args:
            waveform: in [-1, 1], (N, n_channels, T).

        Returns:
            (N, n_channels, T); (N, codebooks, values, frames); the same.
        """
        length = waveform.shape[-1]
        size, step = self._segment or length, self._stride or length
        coded = [self._coded(waveform[..., first : first + size]) for first in range(0, length, step)]
        made, given, found = ([parts[k] for parts in coded] for k in range(3))
        return _faded(made, step)[..., :length], torch.cat(given, -1), torch.cat(found, -1)

    def _coded(self, segment: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if not self._normalize:
            replaced, given, found = self.quantizer(self.encoder(segment))
            return self.decoder(replaced), given, found
        volume = segment.mean(1, keepdim=True).pow(2).mean(2, keepdim=True).sqrt() + _QUIETEST
        replaced, given, found = self.quantizer(self.encoder(segment / volume))
        return self.decoder(replaced) * volume, given, found


def _faded(segments: Sequence[Tensor], step: int) -> Tensor:
    """Segments over one another, each loudest in its middle; one alone is what it is."""
    if len(segments) == 1:
        return segments[0]
    total = step * (len(segments) - 1) + segments[-1].shape[-1]
    place = torch.linspace(0, 1, segments[0].shape[-1] + 2, dtype=segments[0].dtype, device=segments[0].device)[1:-1]
    shares = 0.5 - (place - 0.5).abs()
    made, weight = segments[0].new_zeros(*segments[0].shape[:-1], total), shares.new_zeros(total)
    for k, segment in enumerate(segments):
        where = slice(k * step, k * step + segment.shape[-1])
        made[..., where] += shares[: segment.shape[-1]] * segment
        weight[where] += shares[: segment.shape[-1]]
    return made / weight


def _plain_names(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[prefix + plain_name(key.removeprefix(prefix))] = state_dict.pop(key)
