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


def own_order(rows: Tensor) -> npt.NDArray[np.intp]:
    """An order of their own, so that no rounding tells in which they came."""
    return np.lexsort(rows.detach().numpy().T[::-1])


def in_own_order(rows: Tensor) -> Rows:
    """Rows in their own order."""
    values: Rows = rows.detach().numpy()
    return values[own_order(rows)]


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


@dataclass(frozen=True, kw_only=True)
class Line:
    """Sets of more and more fakes, of which the distance of infinitely many is told by a line over 1 / N.

    Args:
        counts: of the fakes.
        factors: of their distances, which add up to the value of the line where 1 / N is 0; they are 1 together.
        order: in which fakes are taken.
    """

    counts: npt.NDArray[np.int64]
    factors: Rows
    order: npt.NDArray[np.int64]

    @classmethod
    def over(cls, count: int) -> Line:
        """From a tenth of so many fakes to all."""
        counts = np.linspace(max(2, int(LEAST * count)), count, POINTS).astype(int)
        inverse = 1 / counts
        spread = inverse - inverse.mean()
        steep = spread / max(np.square(spread).sum(), np.finfo(float).tiny)  # 0 of two fakes
        return cls(
            counts=counts,
            factors=1 / POINTS - steep * inverse.mean(),
            order=np.random.default_rng(0).permutation(count),
        )


def at_infinity(real: Rows | Root, fake: Rows, *, covariance: Covariance) -> float:
    """The distance where 1 / N is 0, on the line through those of more and more fakes."""
    known, line = _root(real, covariance), Line.over(len(fake))
    distances = [by_roots(known, fake[line.order[:count]], covariance=covariance) for count in line.counts]
    return float((line.factors * distances).sum())


def shares_at_infinity(real: Rows | Root, fake: Rows, *, covariance: Covariance) -> dict[str, Rows]:
    """What `shares` gives of the distance, of the same on the line."""
    line, found = Line.over(len(fake)), {"fake": np.zeros(len(fake))}
    for count, factor in zip(line.counts, line.factors, strict=True):
        taken = line.order[:count]
        own = shares(real, fake[taken], covariance=covariance)
        found["fake"][taken] += factor * len(fake) / count * (own["fake"] - own["fake"].mean())
        if "real" in own:
            found["real"] = found.get("real", 0.0) + factor * own["real"]
    return found


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


def shares(real: Rows | Root, fake: Rows, *, covariance: Covariance) -> dict[str, Rows]:
    """How the distance follows the weight of every sample, but for a constant; of the reals where these are known.

    Of fake i, with U s V^T = X_r X_f^T, and so of reals with both sides exchanged:

        2 (m_f - m_r) (f_i - m_f) + M |X_f,i|^2 - M (V s V^T)_ii

    Args:
        real: as for `by_roots`.
        fake: as for `by_roots`.
        covariance: divided by N - 1 ("sample") or by N ("population").

    Returns:
        a value a sample of each side; their spread is the infinitesimal jackknife's (Jaeckel 1972).
    """
    r, f = (rows if isinstance(rows, Root) else _Side.of(rows, covariance) for rows in (real, fake))
    left, roots, right = np.linalg.svd(r.x @ f.x.T, full_matrices=False)
    found = {}
    for name, side, other, vectors in (("real", r, f, left), ("fake", f, r, right.T)):
        if isinstance(side, _Side):
            traces = np.square(side.about).sum(1) - np.square(side.whole(vectors * np.sqrt(roots))).sum(1)
            found[name] = 2 * side.away @ (side.mean - other.mean) + len(side.away) * traces
    return found


@dataclass(frozen=True, kw_only=True)
class _Side(Root):
    """A set with its rows: `away` from their mean, and `about` it with S = about^T about."""

    away: Rows
    about: Rows
    back: Rows | None

    @classmethod
    def of(cls, rows: Rows, covariance: Covariance) -> _Side:
        away = rows - rows.mean(0)
        about = away / np.sqrt(len(rows) - (covariance == "sample"))
        if len(rows) <= rows.shape[1]:
            return cls(mean=rows.mean(0), x=about, away=away, about=about, back=None)
        values, vectors = np.linalg.eigh(about.T @ about)
        kept = values > max(0.0, values[-1]) * len(values) * np.finfo(float).eps  # a feature may always be 0
        roots, axes = np.sqrt(values[kept]), vectors[:, kept]
        return cls(mean=rows.mean(0), x=roots[:, None] * axes.T, away=away, about=about, back=axes / roots)

    def whole(self, vectors: Rows) -> Rows:
        """What stands for every row, of what stands for the few of x."""
        return vectors if self.back is None else self.about @ (self.back @ vectors)


def in_their_span(sides: Mapping[str, Rows]) -> dict[str, Rows]:
    """Few samples, turned into the few dimensions in which they lie: the same distance, sooner and more exactly.

    Of thousands of dimensions most roots would be of what rounding left of 0.
    """
    both = np.concatenate([*sides.values()])
    basis, _ = np.linalg.qr((both - both.mean(0)).T)
    return {side: (rows - both.mean(0)) @ basis for side, rows in sides.items()}
