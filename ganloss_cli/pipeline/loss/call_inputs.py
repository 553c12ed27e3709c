"""Inputs of the user's function: varied, in another dtype, requiring gradients, and their random numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.test_inputs.kinds import Probe
from ganloss_cli.evaluators.test_inputs.numbers import Distribution, Draws


def varied(given: dict[str, Any], variation: str, probe: Probe) -> dict[str, Any]:
    """The same inputs, varied.

    Args:
        given: name -> value; may be changed.
        variation: "swapped" exchanges the sides, "reversed" turns the order of the samples, "sample 2" leaves one of
            them, "column" gives one side an axis more, "shorter" takes an entry off one list; empty for none.
        probe: that they are of.
    """
    if variation == "swapped":
        pairs = (("real", "fake"), ("real_logits", "fake_logits"), ("real_features", "fake_features"),
                 ("target", "estimate"), ("latents", "z_q"))  # fmt: skip
        for first, second in pairs:
            if first in given and second in given:
                given[first], given[second] = given[second], given[first]
    if variation == "reversed" or variation.startswith("sample "):

        def some(tensor: Tensor) -> Tensor:
            if tensor.dim() == 0 or len(tensor) != probe.samples:  # no axis of samples
                return tensor
            k = int(variation.rpartition(" ")[2]) if variation != "reversed" else None
            return tensor.flip(0) if k is None else tensor[k : k + 1]

        return {name: mapped(value, some) for name, value in given.items()}
    if variation == "column":  # (3,) of one side against (3, 1) of the other
        for real, fake in (("real", "fake"), ("real_logits", "fake_logits")):
            if isinstance(given.get(real), Tensor) and isinstance(given.get(fake), Tensor):
                given[real], given[fake] = given[real].flatten()[:3], given[fake].flatten()[:3, None]
    if variation == "shorter":
        for name in ("fake_logits", "fake_features"):
            if isinstance(given.get(name), list):
                given[name] = given[name][:-1]
    return given


def mapped(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A tensor, or lists of them to any depth, each changed; anything else as it is."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, (list, tuple)):
        return [mapped(entry, change) for entry in value]
    return value


def in_dtype(dtype: torch.dtype, value: Any) -> Any:
    """An input in another precision, without its graph; in float64 as it was made."""
    if dtype == torch.float64:
        return value
    return mapped(value, lambda t: t.detach().to(dtype) if t.is_floating_point() else t)


def copied(value: Any) -> Any:
    """An input as it is now, whatever becomes of it."""
    if isinstance(value, np.ndarray):
        return value.copy()
    return mapped(value, lambda t: t.detach().clone())


def same(before: Any, after: Any) -> bool:
    """Whether an input is what it was; of networks and functions it is not asked."""
    if isinstance(before, Tensor):
        return (
            isinstance(after, Tensor)
            and before.shape == after.shape
            and torch.equal(before.nan_to_num(), after.detach().nan_to_num())
        )
    if isinstance(before, list):
        return len(before) == len(after) and all(map(same, before, after))
    return bool(np.array_equal(before, after)) if isinstance(before, np.ndarray) else True


def require_gradient(given: dict[str, Any], name: str) -> list[Tensor]:
    """Let an input require its gradient.

    Args:
        given: name -> value; the input is replaced.
        name: of the input, or "critic" or "synthesis" for the parameters of a network.

    Returns:
        the tensors to look at afterwards.
    """
    found: list[Tensor] = []

    def require(tensor: Tensor) -> Tensor:
        leaf = tensor if tensor.requires_grad else tensor.detach().clone().requires_grad_()
        found.append(leaf)
        return leaf

    if name == "critic":
        return list(given["discriminator"].parameters())
    if name == "synthesis":
        return list(given["generator"].parameters())
    given[name] = mapped(given[name], require)
    return found


@contextlib.contextmanager
def drawing_from(draws: Draws) -> Iterator[None]:
    """Let torch's random functions give the numbers of `draws`, so that both sides of a comparison have the same."""
    in_place = (Tensor.uniform_, Tensor.normal_)

    def replaced(function: Callable[..., Tensor], kind: Distribution) -> Callable[..., Tensor]:
        def drawn(*args: Any, **kwargs: Any) -> Tensor:
            made = function(*args, **kwargs)
            if function in in_place and (len(args) > 1 or kwargs):  # another distribution than the default
                return made
            with torch.no_grad():
                made.copy_(draws.draw(tuple(made.shape), kind).to(made.dtype))
            return made

        return drawn

    functions: Sequence[tuple[Any, str, Distribution]] = (
        (torch, "rand", "uniform"), (torch, "rand_like", "uniform"), (Tensor, "uniform_", "uniform"),
        (torch, "randn", "normal"), (torch, "randn_like", "normal"), (Tensor, "normal_", "normal"),
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        for owner, name, kind in functions:
            stack.enter_context(mock.patch.object(owner, name, replaced(getattr(owner, name), kind)))
        yield
