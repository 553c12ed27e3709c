"""Monotonic alignment search: which symbol every frame of a recording is of (Kim et al. 2020, arXiv 2005.11129)."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

_IMPOSSIBLE = np.float32(-1e9)


def log_likelihoods(z_p: Tensor, m_p: Tensor, logs_p: Tensor) -> Tensor:
    """What every frame is worth under the prior of every symbol, as VITS adds it up.

        sum over channels of -ln sqrt(2 pi) - logs - (z - m)^2 exp(-2 logs) / 2

    Args:
        z_p: (N, C, F).
        m_p: (N, C, S).
        logs_p: log sigma; (N, C, S).

    Returns:
        (N, F, S).
    """
    precision = torch.exp(-2 * logs_p)
    constant = (-0.5 * math.log(2 * math.pi) - logs_p).sum(1, keepdim=True)
    squares = (-0.5 * z_p**2).transpose(1, 2) @ precision
    products = z_p.transpose(1, 2) @ (m_p * precision)
    means = (-0.5 * m_p**2 * precision).sum(1, keepdim=True)
    return constant + squares + products + means


def best_path(values: Tensor, n_frames: Tensor, n_symbols: Tensor) -> Tensor:
    """The path of most value that begins with the first symbol, ends with the last and leaves none out.

    Args:
        values: of a frame as a symbol; (N, F, S).
        n_frames: valid ones of each sample; (N,).
        n_symbols: the same; (N,); no more than frames.

    Returns:
        1 where a frame is of a symbol, else 0; (N, F, S).
    """
    found = np.zeros(tuple(values.shape), np.float32)
    given = values.detach().cpu().numpy().astype(np.float32)
    counts = zip(n_frames.tolist(), n_symbols.tolist(), strict=True)
    for path, value, (frames, symbols) in zip(found, given, counts, strict=True):
        path[np.arange(frames), _of_one(value[:frames, :symbols])] = 1
    return torch.from_numpy(found).to(values)


def _of_one(value: np.ndarray) -> np.ndarray:
    """The symbol of every frame of one sample."""
    n_frames, n_symbols = value.shape
    total = np.full((n_frames, n_symbols), _IMPOSSIBLE)
    total[0, 0] = value[0, 0]
    for frame in range(1, n_frames):
        # what cannot reach the last symbol any more, or has had too few frames, stays impossible
        low, high = max(0, n_symbols + frame - n_frames), min(n_symbols, frame + 1)
        before = total[frame - 1]
        stays = before[low:high]
        moves = np.concatenate([[_IMPOSSIBLE], before])[low:high]
        total[frame, low:high] = np.maximum(stays, moves) + value[frame, low:high]
    symbols = np.empty(n_frames, np.int64)
    symbol = n_symbols - 1
    for frame in range(n_frames - 1, -1, -1):
        symbols[frame] = symbol
        if symbol and (symbol == frame or total[frame - 1, symbol] < total[frame - 1, symbol - 1]):
            symbol -= 1
    return symbols
