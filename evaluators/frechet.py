"""Frechet distance of rows by singular values, and how rows are brought to where it is cheap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor

Rows = npt.NDArray[np.float64]
Covariance = Literal["sample", "population"]
POINTS, LEAST = 15, 0.1  # of the line to infinitely many fakes, and the smallest set's share


def in_own_order(rows: Tensor) -> Rows:
    """In an order of their own, so that no rounding tells in which they came."""
    values: Rows = rows.detach().numpy()
    return values[np.lexsort(values.T[::-1])]


@dataclass(frozen=True, kw_only=True)
class Root:
    """The mean of a set, and X with X^T X its covariance."""

    mean: Rows
    x: Rows


def root_of(packed: Rows) -> Root:
    """Of the mean over the rows of the covariance; packed is (1, 1 + D, D)."""
    values, vectors = np.linalg.eigh(packed[0, 1:])
    return Root(mean=packed[0, 0], x=np.sqrt(values.clip(0))[:, None] * vectors.T)


def _root(rows: Rows | Root, covariance: Covariance) -> Root:
    if isinstance(rows, Root):
        return rows
    x = (rows - rows.mean(0)) / np.sqrt(len(rows) - (covariance == "sample"))
    fewer: Rows = np.asarray(np.linalg.qr(x, mode="r")) if len(x) > x.shape[1] else x
    return Root(mean=rows.mean(0), x=fewer)


def at_infinity(real: Rows | Root, fake: Rows, *, covariance: Covariance) -> float:
    """The distance where 1 / N is 0, on the line through those of more and more fakes."""
    known = _root(real, covariance)
    counts = np.linspace(max(2, int(LEAST * len(fake))), len(fake), POINTS).astype(int)
    order = np.random.default_rng(0).permutation(len(fake))
    distances = [by_roots(known, fake[order[:count]], covariance=covariance) for count in counts]
    inverse = 1 / counts
    spread = inverse - inverse.mean()
    slope = (spread * distances).sum() / max(np.square(spread).sum(), np.finfo(float).tiny)  # 0 of two fakes
    return float(np.mean(distances) - slope * inverse.mean())


def by_roots(real: Rows | Root, fake: Rows, *, covariance: Covariance) -> float:
    """The distance by singular values, which is fast where there are fewer samples than dimensions.

    tr (S_r S_f)^(1/2) is the sum of the singular values of X_r X_f^T, of rows about their means with S = X^T X.

    Args:
        real: rows, at least two; or what is known of them.
        fake: rows; at least two.
        covariance: divided by N - 1 ("sample") or by N ("population").
    """
    r, f = _root(real, covariance), _root(fake, covariance)
    roots = np.linalg.svd(r.x @ f.x.T, compute_uv=False).sum()
    means = np.square(r.mean - f.mean).sum()
    return float(means + np.square(r.x).sum() + np.square(f.x).sum() - 2 * roots)


def in_their_span(sides: Mapping[str, Rows]) -> dict[str, Rows]:
    """Few samples, turned into the few dimensions in which they lie: the same distance, sooner and more exactly.

    Of thousands of dimensions most roots would be of what rounding left of 0.
    """
    both = np.concatenate([*sides.values()])
    basis, _ = np.linalg.qr((both - both.mean(0)).T)
    return {side: (rows - both.mean(0)) @ basis for side, rows in sides.items()}
