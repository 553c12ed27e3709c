"""The prior's encoder of VITS and RVC: a transformer with relative positions over symbols, or over features and pitch.

Vaswani et al. 2017 (arXiv 1706.03762) with the positions of Shaw et al. 2018 (arXiv 1803.02155), within a window.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_MASKED = -1e4  # the score of what is padding, as upstream writes it
_SLOPE = 0.1  # of RVC's LeakyReLU before the transformer
COARSE = 256  # numbers of RVC's coarse pitch, 0 for padding


class ChannelNorm(nn.Module):
    """Layer norm over the channels of (N, C, T). Keys: `gamma`, `beta`.

    Args:
        n_channels: C.
    """

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(n_channels))
        self.beta = nn.Parameter(torch.zeros(n_channels))

    def forward(self, signal: Tensor) -> Tensor:
        """Values of the same shape."""
        normed = functional.layer_norm(signal.transpose(1, 2), self.gamma.shape, self.gamma, self.beta)
        return normed.transpose(1, 2)


class RelativeAttention(nn.Module):
    """Self-attention in which the distance of two places counts, up to a window.

        scores = q (k + e_k(j - i)) / sqrt(d),  out_i = sum_j softmax(scores)_ij (v_j + e_v(j - i))

    Keys: `conv_q`, `conv_k`, `conv_v`, `conv_o`, `emb_rel_k`, `emb_rel_v`.

    Args:
        n_channels: width.
        n_heads: that the channels are divided among.
        window: the largest distance that has an embedding; beyond it is 0. None where distances do not count.
    """

    def __init__(self, *, n_channels: int, n_heads: int, window: int | None) -> None:
        super().__init__()
        self.n_heads, self.window, self.relative = n_heads, window or 0, window is not None
        self.conv_q, self.conv_k, self.conv_v, self.conv_o = (nn.Conv1d(n_channels, n_channels, 1) for _ in range(4))
        if window is None:
            return
        shape = (1, 2 * window + 1, n_channels // n_heads)
        self.emb_rel_k, self.emb_rel_v = nn.Parameter(torch.zeros(shape)), nn.Parameter(torch.zeros(shape))

    def forward(self, signal: Tensor, mask: Tensor, other: Tensor | None = None) -> Tensor:
        """Values of the same shape.

        Args:
            signal: (N, C, T).
            mask: 1 on valid places, (N, 1, T), or where a place may look, (..., T, T) or (..., T, S).
            other: what is looked at, where that is something else; (N, C, S).
        """
        seen = signal if other is None else other
        query = self._heads(self.conv_q(signal))
        key, value = (self._heads(conv(seen)) for conv in (self.conv_k, self.conv_v))
        query = query / math.sqrt(query.shape[-1])
        scores = query @ key.transpose(2, 3)
        if self.relative:
            scores = scores + self._by_distance(query @ self.emb_rel_k.transpose(1, 2))
        both = mask if mask.dim() == 4 else mask[:, :, None] * mask[..., None]
        weights = scores.masked_fill(both == 0, _MASKED).softmax(-1)
        out = weights @ value
        if self.relative:
            out = out + self._of_distances(weights) @ self.emb_rel_v
        mixed: Tensor = self.conv_o(out.transpose(2, 3).flatten(1, 2))
        return mixed

    def _heads(self, signal: Tensor) -> Tensor:
        """(N, heads, T, d)."""
        return signal.view(len(signal), self.n_heads, -1, signal.shape[2]).transpose(2, 3)

    def _by_distance(self, scores: Tensor) -> Tensor:
        """Scores by distance, (..., T, 2 w + 1), at the places that are so far apart, (..., T, T)."""
        places = torch.arange(scores.shape[-2], device=scores.device)
        distance = places[None] - places[:, None] + self.window
        inside = (distance >= 0) & (distance <= 2 * self.window)
        found = scores.gather(-1, distance.clamp(0, 2 * self.window).expand(*scores.shape[:-1], -1))
        return found * inside

    def _of_distances(self, weights: Tensor) -> Tensor:
        """The reverse: weights of places, (..., T, T), by distance, (..., T, 2 w + 1)."""
        n_places = weights.shape[-1]
        steps = torch.arange(-self.window, self.window + 1, device=weights.device)
        place = torch.arange(n_places, device=weights.device)[:, None] + steps
        inside = (place >= 0) & (place < n_places)
        found = weights.gather(-1, place.clamp(0, n_places - 1).expand(*weights.shape[:-1], -1))
        return found * inside


class FeedForward(nn.Module):
    """Two convolutions with a ReLU between. Keys: `conv_1`, `conv_2`.

    Args:
        n_channels: width.
        n_hidden: between the convolutions.
        kernel: of both; odd.
        causal: whether they look back alone.
    """

    def __init__(self, *, n_channels: int, n_hidden: int, kernel: int, causal: bool = False) -> None:
        super().__init__()
        self.padding = (kernel - 1, 0) if causal else (kernel // 2, kernel // 2)
        self.conv_1 = nn.Conv1d(n_channels, n_hidden, kernel)
        self.conv_2 = nn.Conv1d(n_hidden, n_channels, kernel)

    def forward(self, signal: Tensor, mask: Tensor) -> Tensor:
        """Values of the same shape, (N, C, T)."""
        hidden = torch.relu(self.conv_1(functional.pad(signal * mask, self.padding)))
        out: Tensor = self.conv_2(functional.pad(hidden * mask, self.padding)) * mask
        return out


class Transformer(nn.Module):
    """Layers of attention and of convolutions, each with a skip connection and a norm behind it; VITS's Encoder.

    Keys: `attn_layers.0`, `norm_layers_1.0`, `ffn_layers.0`, `norm_layers_2.0` ...

    Args:
        n_channels: width.
        n_hidden: of the convolutions.
        n_heads: of the attention.
        n_layers: of each.
        kernel: of the convolutions.
        window: of the relative positions.
    """

    def __init__(
        self, *, n_channels: int, n_hidden: int, n_heads: int, n_layers: int, kernel: int, window: int
    ) -> None:
        super().__init__()
        layers = range(n_layers)
        self.attn_layers = nn.ModuleList(
            RelativeAttention(n_channels=n_channels, n_heads=n_heads, window=window) for _ in layers
        )
        self.ffn_layers = nn.ModuleList(
            FeedForward(n_channels=n_channels, n_hidden=n_hidden, kernel=kernel) for _ in layers
        )
        self.norm_layers_1 = nn.ModuleList(ChannelNorm(n_channels) for _ in layers)
        self.norm_layers_2 = nn.ModuleList(ChannelNorm(n_channels) for _ in layers)

    def forward(self, signal: Tensor, mask: Tensor) -> Tensor:
        """Values of the same shape, (N, C, T)."""
        signal = signal * mask
        layers = (self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2)
        for attend, first, feed, second in zip(*layers, strict=True):
            signal = first(signal + attend(signal, mask))
            signal = second(signal + feed(signal, mask))
        return signal * mask


class CausalTransformer(nn.Module):
    """Layers of attention and of convolutions that look back alone; so-vits-svc's FFT.

    Before each layer the signal is gated by the speaker, where one conditions it. Keys: `self_attn_layers.0`,
    `norm_layers_0.0`, `ffn_layers.0`, `norm_layers_1.0` ..., and with a condition `cond_layer` and `cond_pre`.

    Args:
        n_channels: width.
        n_hidden: of the convolutions.
        n_heads: of the attention.
        n_layers: of each.
        kernel: of the convolutions.
        condition_channels: of the speaker's embedding; 0 for none.
    """

    def __init__(
        self, *, n_channels: int, n_hidden: int, n_heads: int, n_layers: int, kernel: int, condition_channels: int = 0
    ) -> None:
        super().__init__()
        self.n_channels, layers = n_channels, range(n_layers)
        if condition_channels:
            self.cond_layer = nn.Conv1d(condition_channels, 2 * n_channels * n_layers, 1)
            self.cond_pre = nn.Conv1d(n_channels, 2 * n_channels, 1)
        self.self_attn_layers = nn.ModuleList(
            RelativeAttention(n_channels=n_channels, n_heads=n_heads, window=None) for _ in layers
        )
        self.ffn_layers = nn.ModuleList(
            FeedForward(n_channels=n_channels, n_hidden=n_hidden, kernel=kernel, causal=True) for _ in layers
        )
        self.norm_layers_0 = nn.ModuleList(ChannelNorm(n_channels) for _ in layers)
        self.norm_layers_1 = nn.ModuleList(ChannelNorm(n_channels) for _ in layers)

    def forward(self, signal: Tensor, condition: Tensor | None, mask: Tensor) -> Tensor:
        """Values of the same shape, (N, C, T).

        Args:
            signal: (N, C, T).
            condition: embedding of the speaker; (N, condition_channels, 1).
            mask: 1 on valid places; (N, 1, T).
        """
        before = torch.ones(1, 1, signal.shape[2], signal.shape[2], device=signal.device).tril()
        shifts = () if condition is None else self.cond_layer(condition).split(2 * self.n_channels, dim=1)
        signal = signal * mask
        layers = (self.self_attn_layers, self.norm_layers_0, self.ffn_layers, self.norm_layers_1)
        for layer, (attend, first, feed, second) in enumerate(zip(*layers, strict=True)):
            if condition is not None:
                wave, gate = (self.cond_pre(signal) + shifts[layer]).chunk(2, dim=1)
                signal = torch.tanh(wave) * torch.sigmoid(gate)
            signal = first(signal + attend(signal, before))
            signal = second(signal + feed(signal, mask))
        return signal * mask


class PriorEncoder(nn.Module):
    """Mean and log sigma of the prior; VITS's enc_p, and RVC's.

    Keys: `emb` (symbols), or `emb_phone` and `emb_pitch` (features, pitch); `encoder`, `proj`.

    Args:
        n_latents: channels of the latents.
        n_symbols: of the text; 0 where it takes features.
        n_features: of a frame; 0 where it takes symbols.
        has_pitch: whether it is told the coarse pitch.
        transformer: of its width.
        n_channels: width.
    """

    def __init__(
        self,
        *,
        n_latents: int,
        n_symbols: int,
        n_features: int,
        has_pitch: bool,
        transformer: Transformer,
        n_channels: int,
    ) -> None:
        super().__init__()
        if n_symbols:
            self.emb = nn.Embedding(n_symbols, n_channels)
        else:
            self.emb_phone = nn.Linear(n_features, n_channels)
        if has_pitch:
            self.emb_pitch = nn.Embedding(COARSE, n_channels)
        self.n_channels, self.has_pitch = n_channels, has_pitch
        self.encoder = transformer
        self.proj = nn.Conv1d(n_channels, 2 * n_latents, 1)

    def of_text(self, text: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is known of symbols: hidden, (N, C, S), mean and log sigma, (N, n_latents, S).

        Args:
            text: numbers of symbols; (N, S).
            mask: 1 on valid symbols; (N, 1, S).
        """
        return self._encoded(self.emb(text) * math.sqrt(self.n_channels), mask)

    def of_phones(self, phones: Tensor, coarse_pitch: Tensor | None, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is known of features, frame by frame.

        Args:
            phones: (N, n_features, F).
            coarse_pitch: whole numbers below 256; (N, F).
            mask: 1 on valid frames; (N, 1, F).
        """
        hidden = self.emb_phone(phones.transpose(1, 2))
        if self.has_pitch and coarse_pitch is not None:
            hidden = hidden + self.emb_pitch(coarse_pitch)
        return self._encoded(functional.leaky_relu(hidden * math.sqrt(self.n_channels), _SLOPE), mask)

    def _encoded(self, hidden: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        hidden = self.encoder(hidden.transpose(1, 2), mask)
        mean, logs = (self.proj(hidden) * mask).chunk(2, dim=1)
        return hidden, mean, logs
