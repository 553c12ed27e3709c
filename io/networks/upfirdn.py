"""Up-sample, filter, down-sample: the resampling of StyleGAN2, in plain torch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad


def upfirdn2d(
    image: Tensor, kernel: Tensor, *, up: int = 1, down: int = 1, padding: tuple[int, int] = (0, 0)
) -> Tensor:
    """Zeros between the pixels, a border, a finite filter, every `down`-th pixel.

    Karras et al. 2020 (arXiv 1912.04958). Made of operations that torch differentiates any number of times, as R1 and
    path length regularisation need.

    Args:
        image: (N, C, H, W).
        kernel: (k, k); it is convolved, not correlated.
        up: up - 1 zeros follow every pixel.
        down: step.
        padding: pixels before and after every row and column; negative ones are cut off.

    Returns:
        (N, C, (H up + before + after - k) // down + 1, the same of W).
    """
    n, channels, height, width = image.shape
    flat = image.reshape(n * channels, 1, height, width)
    if up > 1:
        spread = flat.new_zeros(n * channels, 1, height, up, width, up)
        spread[:, :, :, 0, :, 0] = flat
        flat = spread.reshape(n * channels, 1, height * up, width * up)
    flat = pad(flat, (*padding, *padding))
    filtered = conv2d(flat, kernel.flip(0, 1)[None, None].to(flat), stride=down)
    return filtered.reshape(n, channels, *filtered.shape[2:])


def blur_kernel(taps: Sequence[float], *, gain: float = 1.0) -> Tensor:
    """The outer product of the taps with themselves, of sum `gain`: (k, k)."""
    row = torch.tensor(list(taps), dtype=torch.float32)
    kernel = torch.outer(row, row)
    return kernel / kernel.sum() * gain


class Resample(nn.Module):
    """A filter with its padding; the kernel is a buffer, and so it is in state dicts.

    Args:
        taps: of the filter.
        up: up-sampling before it.
        down: down-sampling behind it.
        padding: of the image.
        gain: of the kernel; up^2 makes up for the zeros.
    """

    kernel: Tensor

    def __init__(
        self, taps: Sequence[float], *, up: int = 1, down: int = 1, padding: tuple[int, int], gain: float = 1.0
    ) -> None:
        super().__init__()
        self.up, self.down, self.padding = up, down, padding
        self.register_buffer("kernel", blur_kernel(taps, gain=gain))

    def forward(self, image: Tensor) -> Tensor:
        """The resampled image."""
        return upfirdn2d(image, self.kernel, up=self.up, down=self.down, padding=self.padding)


def doubling(taps: Sequence[float]) -> Resample:
    """Twice the size, as the skip connections of the generator need it."""
    excess = len(taps) - 2
    return Resample(taps, up=2, padding=((excess + 1) // 2 + 1, excess // 2), gain=4.0)


def blur_behind_doubling(taps: Sequence[float], kernel_size: int) -> Resample:
    """The filter behind a transposed convolution of stride 2."""
    excess = (len(taps) - 2) - (kernel_size - 1)
    return Resample(taps, padding=((excess + 1) // 2 + 1, excess // 2 + 1), gain=4.0)


def blur_before_halving(taps: Sequence[float], kernel_size: int) -> Resample:
    """The filter before a convolution of stride 2."""
    excess = (len(taps) - 2) + (kernel_size - 1)
    return Resample(taps, padding=((excess + 1) // 2, excess // 2))
