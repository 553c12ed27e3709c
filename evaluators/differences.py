"""How far two tensors are apart: absolute, relative, and in units in the last place. Never broadcast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.shapes import check_shapes

_UNSIGNED = {2: np.uint16, 4: np.uint32, 8: np.uint64}
_SIGNED = {2: torch.int16, 4: torch.int32, 8: torch.int64}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Two tensors of one shape, held against each other.

    Args:
        count: how many elements they have.
        max_absolute: the largest |a - b|; None where an element is not finite or there is none.
        mean_absolute: the mean of |a - b|, which is what reprod_log prints; None likewise.
        max_relative: the largest |a - b| / max(|a|, |b|), 0 where both are 0; None likewise.
        max_ulp: the most steps between neighbouring numbers, of the coarser of both dtypes, that lie between an element
            of a and its partner; None likewise and for whole numbers.
        worst: the index of the element furthest beyond the tolerance, or where all are within it the one with the
            largest |a - b|; an element that is not finite comes first. None for empty tensors.
        a: that element of a.
        b: that element of b.
        failing: how many elements are beyond the tolerance; what is not finite always is, also beside itself.
        nan_a: how many elements of a are NaN.
        nan_b: how many elements of b are.
        infinite_a: how many elements of a are infinite.
        infinite_b: how many elements of b are.
    """

    count: int
    max_absolute: float | None
    mean_absolute: float | None
    max_relative: float | None
    max_ulp: int | None
    worst: tuple[int, ...] | None
    a: float | None
    b: float | None
    failing: int
    nan_a: int
    nan_b: int
    infinite_a: int
    infinite_b: int

    def why(self) -> str:
        """Why the two do not pass; empty where they do."""
        found = ((self.nan_a, "NaN in A"), (self.infinite_a, "infinite in A"),
                 (self.nan_b, "NaN in B"), (self.infinite_b, "infinite in B"))  # fmt: skip
        if counted := [f"{n} {what}" for n, what in found if n]:
            return ", ".join(counted)
        if not self.count:
            return "no elements"
        if not self.failing:
            return ""
        return f"{f'{self.failing} of {self.count} elements ' if self.count > 1 else ''}beyond the tolerance"


def difference(a: Tensor, b: Tensor, *, rtol: float, atol: float) -> Difference:
    """Compare two tensors element by element, in float64.

        an element passes if |a - b| <= atol + rtol max(|a|, |b|)

    The bound is the same whichever side is a, unlike that of numpy.allclose. Equal infinities fail, as NaN does: what
    made one is not known to be what made the other.

    Args:
        a: any real numbers; any shape.
        b: of the same shape.
        rtol: relative tolerance, from 0.
        atol: absolute tolerance, from 0.

    Raises:
        InputError: the shapes differ.
    """
    check_shapes(a=a, b=b)
    left, right = a.detach().double().cpu().reshape(-1), b.detach().double().cpu().reshape(-1)
    apart = (left - right).abs()  # NaN between equal infinities
    larger = torch.maximum(left.abs(), right.abs())
    beyond = apart - (atol + rtol * larger)
    fails = ~(beyond <= 0)  # NaN fails, which is what infinities leave
    order = torch.where(fails, beyond, torch.full_like(beyond, -1.0)) if fails.any() else apart
    worst = int(order.nan_to_num(nan=torch.inf).argmax()) if len(left) else None
    finite = len(left) > 0 and bool(apart.isfinite().all())
    relative = torch.where(apart == 0, apart, apart / larger)
    return Difference(
        count=len(left),
        max_absolute=float(apart.max()) if finite else None,
        mean_absolute=float(apart.mean()) if finite else None,
        max_relative=float(relative.max()) if finite else None,
        max_ulp=_max_ulp(a, b) if finite else None,
        worst=None if worst is None else tuple(int(k) for k in np.unravel_index(worst, tuple(a.shape))),
        a=None if worst is None else float(left[worst]),
        b=None if worst is None else float(right[worst]),
        failing=int(fails.sum()),
        nan_a=int(left.isnan().sum()),
        nan_b=int(right.isnan().sum()),
        infinite_a=int(left.isinf().sum()),
        infinite_b=int(right.isinf().sum()),
    )


def _max_ulp(a: Tensor, b: Tensor) -> int | None:
    if not (a.is_floating_point() and b.is_floating_point()):
        return None
    dtype = max((a.dtype, b.dtype), key=lambda dtype: torch.finfo(dtype).eps)
    if dtype.itemsize not in _SIGNED:
        return None
    left, right = _places(a, dtype), _places(b, dtype)
    return int((np.maximum(left, right) - np.minimum(left, right)).max())


def _places(tensor: Tensor, dtype: torch.dtype) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    """Each number's place in the order of all numbers of its dtype; both zeros have the same."""
    bits = tensor.detach().cpu().to(dtype).contiguous().view(_SIGNED[dtype.itemsize]).numpy()
    magnitude_and_sign = bits.view(_UNSIGNED[dtype.itemsize]).astype(np.uint64)
    sign = np.uint64(1) << np.uint64(8 * dtype.itemsize - 1)
    magnitude = magnitude_and_sign & (sign - np.uint64(1))
    return np.where(magnitude_and_sign >= sign, sign - magnitude, sign + magnitude)
