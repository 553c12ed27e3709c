"""What the last layer of a discriminator takes: the space in which it tells reals from fakes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn

_WEIGHTED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def last_hidden(modules: Sequence[nn.Module], discriminate: Callable[[], Sequence[Tensor]]) -> Tensor | None:
    """The inputs of the layers that give the logits, one a sub-discriminator, averaged over positions; (n, channels).

    Args:
        modules: the parts of the discriminator.
        discriminate: runs all of them on some samples.

    Returns:
        None where such layers are not found, or see the samples in pieces.
    """
    with _watched(modules) as seen:
        logits = discriminate()
    rows = []
    for scores in reversed(logits):
        taken = next((taken for taken, size in reversed(seen) if size == scores.numel()), None)
        if taken is None or len(taken) != len(scores):
            return None
        rows.append(taken)
    return torch.cat(rows, dim=1) if rows else None


@contextlib.contextmanager
def _watched(modules: Sequence[nn.Module]) -> Iterator[list[tuple[Tensor, int]]]:
    """What every layer with weights takes, pooled, and how many values it gives, in order."""
    seen: list[tuple[Tensor, int]] = []

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        taken = inputs[0].detach()
        if isinstance(module, nn.Linear):
            pooled = taken.reshape(len(taken), -1, taken.shape[-1]).mean(1)
        else:
            pooled = taken.flatten(2).mean(2)
        seen.append((pooled.double().cpu(), output.numel()))

    handles = [
        layer.register_forward_hook(hook)
        for module in modules
        if not isinstance(module, torch.jit.ScriptModule)
        for layer in module.modules()
        if isinstance(layer, _WEIGHTED)
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
