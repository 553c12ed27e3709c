"""What SSIM is made of: the difference's shares in the local moments of two images."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class LocalMoments:
    """Moments of the sum s = real + fake and the difference d = real - fake of some planes, in the window's positions.

    mean_real mean_fake = (mean_s^2 - mean_d^2) / 4, the covariance is (variance_s - variance_d) / 4, and the variances
    add up to (variance_s + variance_d) / 2.

    Args:
        mean_sum: of s; (positions, planes).
        mean_difference: of d.
        variance_sum: of s.
        variance_difference: of d.
        scratch: whether who reads them may overwrite them.
    """

    mean_sum: Tensor
    mean_difference: Tensor
    variance_sum: Tensor
    variance_difference: Tensor
    scratch: bool = False

    def over(self, moments: Tensor) -> Tensor | None:
        """Where a result may be written that takes the place of these moments; None: in memory of its own."""
        return moments if self.scratch else None


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Sums over positions of the difference's share in means (a) and variances (b), and of a b.

    With s = x + y and d = x - y: a = md^2 / (ms^2 + md^2 + 2 C1) and b = vd / (vs + vd + 2 C2).

    Args:
        c1: the constant beside the means.
        c2: the constant beside the variances.
        zero: the value that counts as zero.
        alone: b alone.
    """

    c1: float
    c2: float
    zero: float = 0.0
    alone: bool = False

    def of_variances(self) -> Shares:
        """Those in variances alone."""
        return replace(self, alone=True)

    def __call__(self, moments: LocalMoments) -> Tensor:
        """The sums over the positions of some planes; (planes, 3), or (planes, 1) of b alone."""
        if self.alone:
            return _variance_share(moments, self.c2).sum(0)[:, None]
        a, b = self._shares(moments)
        sums = a.sum(0), b.sum(0), torch.mul(a, b, out=moments.over(a)).sum(0)
        return torch.stack(sums, 1)

    def at_positions(self, moments: LocalMoments) -> Tensor:
        """What is summed, position by position; (positions, planes, 3)."""
        a, b = self._shares(moments)
        return torch.stack((a, b, a * b), -1)

    def _shares(self, moments: LocalMoments) -> tuple[Tensor, Tensor]:
        of_sum, of_difference = moments.mean_sum, moments.mean_difference
        if self.zero:
            of_sum = torch.sub(of_sum, 2 * self.zero, out=moments.over(of_sum))
        squared = torch.mul(of_difference, of_difference, out=moments.over(of_difference))
        rest = torch.addcmul(squared, of_sum, of_sum, out=moments.over(of_sum)).add_(2 * self.c1)
        a = torch.div(squared, rest, out=moments.over(squared))
        return a, _variance_share(moments, self.c2)


def _variance_share(moments: LocalMoments, c2: float) -> Tensor:
    of_sum, of_difference = moments.variance_sum, moments.variance_difference
    rest = torch.add(of_sum, of_difference, out=moments.over(of_sum)).add_(2 * c2)
    return torch.div(of_difference, rest, out=moments.over(of_difference))
