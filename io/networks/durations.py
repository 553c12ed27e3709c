"""The duration predictors of VITS, which its training holds against the durations that the alignment finds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.networks.splines import spline
from ganloss_cli.io.networks.text_encoder import ChannelNorm

_LEAST = 1e-5  # of a duration before its logarithm
_ADDED = 1e-6  # to a duration before its logarithm, in the plain predictor
_LOG_2PI = math.log(2 * math.pi)


class PlainDurations(nn.Module):
    """Two convolutions that predict the logarithm of every duration; VITS without its stochastic predictor.

        l = sum over symbols of (predicted - ln(w + 1e-6))^2

    Keys: `conv_1`, `norm_1`, `conv_2`, `norm_2`, `proj`, and `cond` where a speaker conditions it.

    Args:
        n_channels: of the text's encoder.
        n_hidden: width.
        kernel: of the convolutions; odd.
        condition_channels: of the speaker's embedding; 0 for none.
    """

    n_draws = 0

    def __init__(self, *, n_channels: int, n_hidden: int, kernel: int, condition_channels: int) -> None:
        super().__init__()
        self.conv_1 = nn.Conv1d(n_channels, n_hidden, kernel, padding=kernel // 2)
        self.norm_1 = ChannelNorm(n_hidden)
        self.conv_2 = nn.Conv1d(n_hidden, n_hidden, kernel, padding=kernel // 2)
        self.norm_2 = ChannelNorm(n_hidden)
        self.proj = nn.Conv1d(n_hidden, 1, 1)
        if condition_channels:
            self.cond = nn.Conv1d(condition_channels, n_channels, 1)

    def forward(
        self, hidden: Tensor, mask: Tensor, durations: Tensor, condition: Tensor | None, noise: Tensor | None
    ) -> Tensor:
        """What the durations of every sample cost, (N, 1).

        Args:
            hidden: of the text's encoder; (N, n_channels, S).
            mask: 1 on valid symbols; (N, 1, S).
            durations: frames; (N, 1, S).
            condition: embedding of the speaker; (N, condition_channels, 1).
            noise: none.
        """
        hidden = hidden if condition is None else hidden + self.cond(condition)
        hidden = self.norm_1(torch.relu(self.conv_1(hidden * mask)))
        hidden = self.norm_2(torch.relu(self.conv_2(hidden * mask)))
        predicted = self.proj(hidden * mask) * mask
        cost: Tensor = (predicted - torch.log(durations + _ADDED) * mask).square().sum((1, 2))
        return cost[:, None]


class SeparableConvolutions(nn.Module):
    """Dilated convolutions of single channels, each before one over channels, with skip connections; VITS's DDSConv.

    Keys: `convs_sep.0`, `convs_1x1.0`, `norms_1.0`, `norms_2.0` ...

    Args:
        n_channels: width.
        kernel: of the first; of layer i the dilation is its i-th power.
        n_layers: of each.
    """

    def __init__(self, *, n_channels: int, kernel: int, n_layers: int) -> None:
        super().__init__()
        self.convs_sep = nn.ModuleList(
            nn.Conv1d(
                n_channels, n_channels, kernel, groups=n_channels, dilation=step, padding=(kernel - 1) * step // 2
            )
            for step in (kernel**layer for layer in range(n_layers))
        )
        self.convs_1x1 = nn.ModuleList(nn.Conv1d(n_channels, n_channels, 1) for _ in range(n_layers))
        self.norms_1 = nn.ModuleList(ChannelNorm(n_channels) for _ in range(n_layers))
        self.norms_2 = nn.ModuleList(ChannelNorm(n_channels) for _ in range(n_layers))

    def forward(self, signal: Tensor, mask: Tensor, shift: Tensor | None = None) -> Tensor:
        """Values of the same shape, (N, C, S)."""
        signal = signal if shift is None else signal + shift
        for apart, first, across, second in zip(
            self.convs_sep, self.norms_1, self.convs_1x1, self.norms_2, strict=True
        ):
            step = functional.gelu(first(apart(signal * mask)))
            signal = signal + functional.gelu(second(across(step)))
        return signal * mask


class Affine(nn.Module):
    """Every channel scaled and shifted. Keys: `m`, `logs`."""

    def __init__(self) -> None:
        super().__init__()
        self.m, self.logs = nn.Parameter(torch.zeros(2, 1)), nn.Parameter(torch.zeros(2, 1))

    def forward(self, pair: Tensor, mask: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """The pair of numbers a symbol, (N, 2, S), and the log determinant, (N,)."""
        return (self.m + torch.exp(self.logs) * pair) * mask, (self.logs * mask).sum((1, 2))


class SplineFlow(nn.Module):
    """One of two numbers moved along a spline that the other one and the text decide; VITS's ConvFlow.

    Keys: `pre`, `convs`, `proj`.

    Args:
        n_channels: width.
        kernel: of its convolutions.
        n_layers: of its convolutions.
        n_bins: of the spline.
    """

    def __init__(self, *, n_channels: int, kernel: int, n_layers: int, n_bins: int) -> None:
        super().__init__()
        self.n_bins = n_bins
        self.pre = nn.Conv1d(1, n_channels, 1)
        self.convs = SeparableConvolutions(n_channels=n_channels, kernel=kernel, n_layers=n_layers)
        self.proj = nn.Conv1d(n_channels, 3 * n_bins - 1, 1)

    def forward(self, pair: Tensor, mask: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
        """The pair of numbers a symbol, (N, 2, S), and the log determinant, (N,)."""
        kept, moved = pair.chunk(2, dim=1)
        hidden = self.convs(self.pre(kept), mask, shift)
        parameters = (self.proj(hidden) * mask)[:, None].transpose(2, 3)
        scale = math.sqrt(hidden.shape[1])
        widths, heights, slopes = parameters.split((self.n_bins, self.n_bins, self.n_bins - 1), dim=-1)
        moved, slope = spline(moved, widths / scale, heights / scale, slopes)
        return torch.cat([kept, moved], dim=1) * mask, (slope * mask).sum((1, 2))


class StochasticDurations(nn.Module):
    """A flow that bounds the likelihood of whole-numbered durations, by one draw of what was rounded away.

        l = -ln p(w - u, v) + ln q(u, v),  u in [0, 1) and v of a posterior that knows the durations

    Kim et al. 2021 (arXiv 2106.06103), section 2.2.2. Keys: `pre`, `convs`, `proj`, `cond`, `post_pre`, `post_convs`,
    `post_proj`, `flows.0` (affine), `flows.1`, `flows.3` ..., and `post_flows` alike; flips between have none.

    Args:
        n_channels: of the text's encoder, and width.
        kernel: of its convolutions.
        n_layers: of its convolutions.
        n_flows: of the prior and of the posterior.
        n_bins: of the splines.
        condition_channels: of the speaker's embedding; 0 for none.
    """

    n_draws = 8  # of which the first is reported, and all show how far it might have been another

    def __init__(
        self,
        *,
        n_channels: int,
        kernel: int,
        n_layers: int,
        n_flows: Sequence[int],
        n_bins: int,
        condition_channels: int,
    ) -> None:
        super().__init__()

        def flows(count: int) -> nn.ModuleList:
            shape = {"n_channels": n_channels, "kernel": kernel, "n_layers": n_layers, "n_bins": n_bins}
            pairs = ((SplineFlow(**shape), nn.Identity()) for _ in range(count))
            return nn.ModuleList([Affine(), *(flow for pair in pairs for flow in pair)])

        def convolutions() -> SeparableConvolutions:
            return SeparableConvolutions(n_channels=n_channels, kernel=kernel, n_layers=n_layers)

        self.flows, self.post_flows = map(flows, n_flows)
        self.post_pre, self.post_proj = nn.Conv1d(1, n_channels, 1), nn.Conv1d(n_channels, n_channels, 1)
        self.pre, self.proj = nn.Conv1d(n_channels, n_channels, 1), nn.Conv1d(n_channels, n_channels, 1)
        self.post_convs, self.convs = convolutions(), convolutions()
        if condition_channels:
            self.cond = nn.Conv1d(condition_channels, n_channels, 1)

    def forward(
        self, hidden: Tensor, mask: Tensor, durations: Tensor, condition: Tensor | None, noise: Tensor
    ) -> Tensor:
        """What the durations of every sample cost, for each draw; (N, draws).

        Args:
            hidden: of the text's encoder; (N, n_channels, S).
            mask: 1 on valid symbols; (N, 1, S).
            durations: frames; (N, 1, S).
            condition: embedding of the speaker; (N, condition_channels, 1).
            noise: standard normal; (N, draws, 2, S).
        """
        hidden = self.pre(hidden) if condition is None else self.pre(hidden) + self.cond(condition)
        hidden = self.proj(self.convs(hidden, mask)) * mask
        known = self.post_proj(self.post_convs(self.post_pre(durations), mask)) * mask
        draws = (self._bound(hidden, known, mask, durations, draw) for draw in noise.unbind(1))
        return torch.stack(list(draws), dim=1)

    def _bound(self, hidden: Tensor, known: Tensor, mask: Tensor, durations: Tensor, noise: Tensor) -> Tensor:
        """The bound by one draw, (N,)."""
        drawn = noise * mask
        entropy = -0.5 * ((_LOG_2PI + drawn**2) * mask).sum((1, 2))
        pair, log_q = _through(self.post_flows, drawn, mask, hidden + known)
        rest, other = pair.chunk(2, dim=1)
        log_q = log_q + ((functional.logsigmoid(rest) + functional.logsigmoid(-rest)) * mask).sum((1, 2))
        whole = torch.log(((durations - torch.sigmoid(rest) * mask) * mask).clamp(min=_LEAST)) * mask
        latents, log_p = _through(self.flows, torch.cat([whole, other], dim=1), mask, hidden)
        cost = 0.5 * ((_LOG_2PI + latents**2) * mask).sum((1, 2)) - log_p + whole.sum((1, 2))
        return cost + entropy - log_q


def _through(flows: nn.ModuleList, pair: Tensor, mask: Tensor, shift: Tensor) -> tuple[Tensor, Tensor]:
    """A pair behind all flows, flipped after every spline, and the log determinant."""
    total = pair.new_zeros(len(pair))
    for flow in flows:
        if isinstance(flow, nn.Identity):
            pair = pair.flip(1)
            continue
        pair, step = flow(pair, mask, shift)
        total = total + step
    return pair, total
