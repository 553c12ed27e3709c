"""Small networks for probing: smooth, without state, and no sample sees another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.evaluators.batch import Pooling
from ganloss_cli.evaluators.test_inputs.numbers import normal

_WIDTHS = (4, 6, 6, 8, 8)


class ProbeCritic(nn.Module):
    """A critic of pictures (N, C, H, W) with scores (N, 1).

    Args:
        elements: of one picture.
        linear: one slope everywhere, so that it does not matter where it is taken.
        flat: one score for everything.
        listed: give a list of two sub-discriminators' scores.
    """

    def __init__(self, elements: int, *, linear: bool = False, flat: bool = False, listed: bool = False) -> None:
        super().__init__()
        self.linear, self.listed = linear, listed
        strength = 0.0 if flat else 2.5 / elements**0.5
        self.first = nn.Parameter(strength * normal("critic first", elements, 8))
        self.last = nn.Parameter(normal("critic last", 8, 1))

    def forward(self, pictures: Tensor) -> Tensor | list[Tensor]:
        """The scores."""
        hidden = pictures.flatten(1) @ self.first.to(pictures)
        scores = (hidden if self.linear else torch.tanh(hidden)) @ self.last.to(pictures)
        return [scores, 0.5 * scores.square()] if self.listed else scores


class ProbeSynthesis(nn.Module):
    """A generator of pictures (N, 3, 4, 4) from styles (N, styles, D).

    Args:
        numbers: of one sample's styles.
        linear: one slope everywhere.
    """

    def __init__(self, numbers: int, *, linear: bool = False) -> None:
        super().__init__()
        self.linear = linear
        self.weight = nn.Parameter(normal("synthesis", numbers, 48) / numbers**0.5)

    def forward(self, styles: Tensor) -> Tensor:
        """The pictures."""
        made = styles.flatten(1) @ self.weight.to(styles)
        return (made if self.linear else torch.tanh(made)).view(-1, 3, 4, 4)


def translation(name: str, weakness: float = 5) -> Callable[[Tensor], Tensor]:
    """A generator between two domains of RGB pictures; the weights that the name draws are divided by the weakness."""

    def translate(pictures: Tensor) -> Tensor:
        weight = (normal(name, 3, 3, 3, 3) / weakness).to(pictures)
        return torch.sigmoid(4 * pictures - 2 + functional.conv2d(pictures, weight, padding=1))

    return translate


@dataclass(frozen=True)
class ProbeBackbone:
    """A classification network.

    Args:
        key: draws the weights.
    """

    key: str = "backbone "

    @property
    def linear(self) -> tuple[Tensor, ...]:
        """What LPIPS weighs the channels of its five maps with."""
        return tuple(normal(f"{self.key}linear {stage}", width).abs() for stage, width in enumerate(_WIDTHS))

    def __call__(
        self, pictures: Tensor, channels: Sequence[int] | None = None, pooling: Pooling | None = None, /
    ) -> list[Tensor]:
        """Feature maps of stages of RGB pictures, coarser and coarser, five if not told."""
        maps, seen = [], pictures
        for stage, (before, after) in enumerate(itertools.pairwise((3, *(channels or _WIDTHS)))):
            weight = normal(f"{self.key}{stage}", after, before, 3, 3).to(seen) / (3 * before**0.5)
            seen = functional.softplus(2 * functional.conv2d(seen, weight, padding=1))
            maps.append(seen)
            if stage in {1, 3}:
                seen = pooling(seen) if pooling else functional.avg_pool2d(seen, 2)
        return maps


def last_layer(gradients: Tensor) -> Tensor:
    """Gradients at pictures (N, 3, H, W) as those at seven weights that they might have come out of."""
    weight = normal("last layer", gradients[0].numel(), 7).to(gradients)
    return gradients.flatten(1) @ weight
