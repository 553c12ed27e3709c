"""Recognises DCGAN and its relatives, whose strides and last layers only the training code tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganloss_cli.io.architectures.recipes import Recipe, all_used, named, norms_behind, settle, stems
from ganloss_cli.io.architectures.spellings import chain
from ganloss_cli.io.architectures.task import Family, Match, Origin, Role, Shapes, Task, matched

NAME = "DCGAN"
_UNKNOWN = ("strides", "paddings", "activation", "slope", "end")
_MIN_CONVOLUTIONS = 3
# source, kernel of the last layer, its stride and padding, channels of its images
_FORKS_OF_G: tuple[tuple[str, int, tuple[int, int], tuple[int, ...]], ...] = (
    ("pytorch/examples dcgan", 4, (2, 1), (1, 3)),
    ("csinva/gan-vae-pretrained-pytorch mnist_dcgan", 1, (1, 2), (1,)),
    ("csinva/gan-vae-pretrained-pytorch cifar10_dcgan, cifar100_dcgan_grayscale", 1, (1, 0), (1, 3)),
)
# source, kernel of the last layer, its stride and padding
_FORKS_OF_D: tuple[tuple[str, int, tuple[int, int]], ...] = (
    ("pytorch/examples dcgan", 4, (1, 0)),
    ("csinva/gan-vae-pretrained-pytorch mnist_dcgan", 4, (2, 1)),
    ("csinva/gan-vae-pretrained-pytorch cifar10_dcgan, cifar100_dcgan_grayscale", 2, (2, 0)),
)


@dataclass(frozen=True, kw_only=True)
class _Stack:
    """What the names and shapes of a stack of convolutions tell."""

    transposed: bool
    keys: list[str]
    channels: list[int]
    kernels: list[int]
    biased: list[bool]
    norm_keys: list[str | None]

    @property
    def role(self) -> Role:
        return "generator" if self.transposed else "discriminator"


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    stack = _stack(shapes) if named(config, NAME) else None
    if stack is None:
        return None
    recipes = _recipes(stack)
    settled = settle(NAME, stack.role, _UNKNOWN, recipes, config)
    judges = not stack.transposed
    hyperparameters: dict[str, Any] = {**vars(stack), "judges": judges, **settled.settings}
    origins: dict[str, Origin] = {**settled.origins}
    if judges and settled.origins["paddings"] == "recipe":
        # the last layer's geometry differs between forks; the size of the images tells which it was
        hyperparameters["last"], origins["last"] = recipes[0].settings["last"], "recipe"
    end = settled.settings["end"]
    task = Task(
        input="image" if judges else "latents",
        range=(0.0, 1.0) if end == "sigmoid" and not judges else (-1.0, 1.0),
        scores=("probabilities" if end == "sigmoid" else "logits") if judges else None,
        features=judges,
        latent_shape=None if judges else (stack.channels[0], 1, 1),
        recipe=settled.recipe,
    )
    return matched(NAME, stack.role, hyperparameters, task, origins)


def _stack(shapes: Shapes) -> _Stack | None:
    """The chain of convolutions that all tensors belong to; None if there are others, or if it is no chain.

    A kernel is (out, in, k, k), of a transposed convolution (in, out, k, k): the direction in which the channels join
    up, and the widths of the batch norms, tell which.
    """
    keys, norms = stems(shapes, ".weight", 4), stems(shapes, ".running_mean", 1)
    if len(keys) < _MIN_CONVOLUTIONS or not all_used(shapes, [*keys, *norms]):
        return None
    weights = [shapes[f"{key}.weight"] for key in keys]
    if any(weight[2] != weight[3] for weight in weights):
        return None
    norm_keys = norms_behind(keys, norms)
    chains = [(transposed, chain(weights, transposed=transposed)) for transposed in (False, True)]
    directions = [(t, c) for t, c in chains if c is not None and _norms_fit(shapes, norm_keys, c)]
    if len(directions) != 1 or sum(key is not None for key in norm_keys) != len(norms):
        return None
    transposed, channels = directions[0]
    if not transposed and channels[-1] != 1:
        return None
    return _Stack(
        transposed=transposed,
        keys=keys,
        channels=channels,
        kernels=[weight[2] for weight in weights],
        norm_keys=norm_keys,
        biased=[f"{key}.bias" in shapes for key in keys],
    )


def _norms_fit(shapes: Shapes, norm_keys: list[str | None], channels: list[int]) -> bool:
    return all(
        norm is None or shapes[f"{norm}.running_mean"] == (width,)
        for norm, width in zip(norm_keys, channels[1:], strict=True)
    )


def _recipes(stack: _Stack) -> list[Recipe]:
    """The training codes whose stacks have this layout."""
    n, kernels = len(stack.keys), stack.kernels
    if stack.keys == ["model.0.block.0", "model.1.block.0", "model.2"] and not stack.transposed and kernels == [4] * 3:
        return [_recipe(stack, "akanametov/WGAN-GP", [2] * 3, [0] * 3, end="none", last=[[2, 0]])]
    if stack.keys[-1] == "model.3" and stack.transposed and kernels == [3, 4, 3, 4]:
        return [_recipe(stack, "akanametov/WGAN-GP", [2, 1, 2, 2], [0] * 4, end="tanh")]
    if set(kernels[:-1]) != {4} or any(stack.biased[:-1]) or not _has_norms_of_examples(stack):
        return []
    if stack.transposed:
        return [
            _recipe(stack, source, [1, *[2] * (n - 2), stride], [0, *[1] * (n - 2), padding], end="tanh")
            for source, kernel, (stride, padding), n_channels in _FORKS_OF_G
            if kernel == kernels[-1] and stack.channels[-1] in n_channels
        ]
    forks = [(source, last) for source, kernel, last in _FORKS_OF_D if kernel == kernels[-1]]
    if not forks:
        return []
    sources, lasts = ", ".join(source for source, _ in forks), [list(last) for _, last in forks]
    return [_recipe(stack, sources, [2] * n, [1] * (n - 1) + [0], end="sigmoid", last=lasts)]


def _recipe(
    stack: _Stack,
    source: str,
    strides: list[int],
    paddings: list[int],
    *,
    end: str,
    last: list[list[int]] | None = None,
) -> Recipe:
    activation, slope = ("relu", 0.0) if stack.transposed else ("leaky_relu", 0.2)
    settings = {"strides": strides, "paddings": paddings, "activation": activation, "slope": slope, "end": end}
    return Recipe(source=source, settings={**settings, "last": last or []})


def _has_norms_of_examples(stack: _Stack) -> bool:
    """A norm behind every convolution but a generator's last, and a discriminator's first and last."""
    inner = stack.norm_keys[:-1] if stack.transposed else stack.norm_keys[1:-1]
    outer = stack.norm_keys[-1:] if stack.transposed else [stack.norm_keys[0], stack.norm_keys[-1]]
    return all(inner) and not any(outer)


FAMILY = Family(name=NAME, detect=_detect, network="dcgan.ConvolutionStack")
