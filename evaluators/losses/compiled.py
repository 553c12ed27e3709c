"""The sums of SSIM by ssim.c, where a compiler was there when the package was installed; else torch does everything."""

from __future__ import annotations

import torch
from torch import Tensor

from ganloss_cli.evaluators.losses.shares import Shares
from ganloss_cli.evaluators.losses.windows import Taps
from ganloss_cli.evaluators.parallel import each_on_one_core

try:
    import ganloss_cli.evaluators._ssim as _ssim
except ImportError:
    _ssim = None
IS_HERE = _ssim is not None

_TAPS = 11  # what ssim.c is written for
_PART = 1 << 17  # positions that a thread works on before it asks for more


def serves(real: Tensor, fake: Tensor, taps: Taps) -> bool:
    """Whether the compiled code computes this: eleven taps, in float32, on a processor."""
    kinds = {(type(images), images.dtype, images.device.type) for images in (real, fake)}
    return _ssim is not None and len(taps) == _TAPS and kinds == {(Tensor, torch.float32, "cpu")}


def means(shares: Shares, real: Tensor, fake: Tensor, taps: Taps) -> Tensor:
    """Means of the shares over all positions where the window lies inside; (planes, 3), or (planes, 1) of b alone.

    They are float64, as their sums are: what follows is rounded once, and has the same last digit by any library.
    Every band of rows has sums of its own: neither threads nor what else is in the batch change a digit.

    Args:
        shares: which, and their constants.
        real: (planes, H, W).
        fake: the same.
        taps: of the window.
    """
    n_planes, height, width = real.shape
    rows, columns = height - _TAPS + 1, width - _TAPS + 1
    n_bands = n_planes * -(-rows // _ssim.BAND)
    sums = torch.zeros(n_bands, 3, dtype=torch.float64)
    buffers = [images.detach().contiguous().numpy() for images in (real, fake)]
    window = torch.tensor(taps, dtype=torch.float32).numpy()

    def sum_bands(bands: range) -> None:
        size = height, width, bands.start, bands.stop
        _ssim.sum_bands(*buffers, sums.numpy(), window, *size, shares.c1, shares.c2, shares.zero)

    each_on_one_core(sum_bands, _parts(n_bands, max(1, _PART // (columns * _ssim.BAND))))
    of_planes = sums.view(n_planes, -1, 3).sum(1) / (rows * columns)
    return of_planes[:, 1:2] if shares.alone else of_planes


def _parts(length: int, longest: int) -> list[range]:
    return [range(first, min(first + longest, length)) for first in range(0, length, longest)]
