"""What the user's function returned, as numbers and gradients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

LEAVES = 64  # of a nested return value that are looked at


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = [value["loss"]] if "loss" in value else list(value.values())
    if isinstance(value, (list, tuple)):
        for entry in value:
            yield from _leaves(entry)
    else:
        yield value


def _number(value: Any) -> float | None:
    """One number of what was returned: unreduced tensors and arrays are averaged."""
    if isinstance(value, Tensor):
        return float(value.detach().double().mean()) if value.numel() and not value.is_complex() else None
    if hasattr(value, "mean") and hasattr(value, "dtype"):
        return float(value.mean())
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value)


def described(results: Sequence[Any]) -> dict[str, Any]:
    """What the calls returned: the first and the last number of each, and the sum of all its, added over calls."""
    firsts, sums, lasts, shapes = [], [], [], []
    for result in results:
        numbers = [number for leaf in list(_leaves(result))[:LEAVES] if (number := _number(leaf)) is not None]
        if not numbers:
            return {"returned": type(result).__name__}
        firsts.append(numbers[0])
        sums.append(sum(numbers))
        lasts.append(numbers[-1])
        first = next(iter(_leaves(result)))
        shapes.append(list(first.shape) if isinstance(first, Tensor) else None)
    sequence = type(results[0]).__name__ if isinstance(results[0], (list, tuple, Mapping)) else None
    return {
        "value": as_json(sum(firsts)), "sum": as_json(sum(sums)), "last": as_json(sum(lasts)),
        "sequence": sequence, "shape": shapes[0], "leaves": len(list(_leaves(results[0]))),
    }  # fmt: skip


def as_json(value: float) -> float | str:
    """JSON has no NaN and no infinity; `float` reads both back."""
    return value if math.isfinite(value) else str(value)


def total_of(results: Sequence[Any], reading: str) -> Tensor:
    """The loss as something that can be differentiated.

    Args:
        results: of the calls that it is the sum of.
        reading: of each: "value" for the first number, "sum" for all, "last".
    """
    total = torch.zeros((), dtype=torch.float64)
    for result in results:
        leaves = [leaf for leaf in list(_leaves(result))[:LEAVES] if _number(leaf) is not None]
        taken = {"value": leaves[:1], "sum": leaves, "last": leaves[-1:]}[reading]
        for leaf in taken:
            total = total + (leaf.double().mean() if isinstance(leaf, Tensor) else float(leaf))
    return total


def precision_of(results: Sequence[Any]) -> torch.dtype:
    """The coarsest dtype in which the loss was returned."""
    firsts = [next(_leaves(result)) for result in results]
    kinds = [first.dtype for first in firsts if isinstance(first, Tensor) and first.is_floating_point()]
    return max(kinds, key=lambda kind: torch.finfo(kind).eps, default=torch.float64)


def gradient_norms(
    results: Sequence[Any], wanted: Mapping[str, Sequence[Tensor]], reading: str
) -> tuple[dict[str, Any], dict[str, list[bool]]]:
    """Of each input the norm of its gradient, None where none arrives; of each of its tensors whether it has any."""
    total = total_of(results, reading)
    if not total.requires_grad:
        return dict.fromkeys(wanted), {}
    tensors = [tensor for leaves in wanted.values() for tensor in leaves]
    gradients = iter(torch.autograd.grad(total, tensors, allow_unused=True, retain_graph=True))
    norms: dict[str, Any] = {}
    reached = {}
    for name, leaves in wanted.items():
        arrived = [next(gradients) for _ in leaves]
        sizes = [None if gradient is None else float(gradient.double().square().sum()) for gradient in arrived]
        known = [size for size in sizes if size is not None]
        norms[name] = as_json(math.sqrt(sum(known))) if known else None
        reached[name] = [size is not None and size != 0 for size in sizes]
    return norms, reached
