"""Recognises the PatchGAN discriminator of pix2pix and CycleGAN (junyanz's NLayerDiscriminator), and of taming.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ganloss_cli.io.architectures.normalisation import is_old_statistic, norm_behind
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task

if TYPE_CHECKING:
    from torch import nn

_CONVOLUTION = re.compile(r"(?:model|main)\.(\d+)\.weight")
_MIN_CONVOLUTIONS = 3  # one of stride 2, one of stride 1, the logit map
_WIDEST = 8  # times ndf


def _detect(shapes: Shapes, _config: Mapping[str, Any]) -> Match | None:
    stack = "main" if "main.0.weight" in shapes else "model"
    kernels = {
        int(match[1]): shape
        for key, shape in shapes.items()
        if len(shape) == 4 and (match := _CONVOLUTION.fullmatch(key))
    }
    indices = sorted(kernels)
    n_layers = len(kernels) - 2
    # a convolution and its activation, then convolution, norm and activation each: 0, 2, 5, 8 ... 3 n + 2
    if len(kernels) < _MIN_CONVOLUTIONS or indices != [0, *range(2, 3 * n_layers + 3, 3)]:
        return None
    chain = [kernels[index] for index in indices]
    norm = norm_behind(shapes, f"{stack}.2", f"{stack}.3")
    # DCGAN's discriminator has the same names, but neither its first nor its last convolution has a bias
    biased = f"{stack}.0.bias" in shapes and f"{stack}.{indices[-1]}.bias" in shapes
    if norm is None or not biased or not _is_patchgan(chain, n_layers):
        return None
    hyperparameters = {
        "in_channels": chain[0][1],
        "ndf": chain[0][0],
        "n_layers": n_layers,
        "norm": norm,
        "stack": stack,
    }
    taming = stack == "main"
    return Match(
        architecture="PatchGAN",
        role="discriminator",
        hyperparameters=hyperparameters,
        origins=dict.fromkeys(hyperparameters, "shape"),
        task=Task(
            eats="image",
            range=(-1.0, 1.0),
            scores="logits",
            features=True,
            # both report half the sum of the real and the fake side
            logs={"d_hinge": "taming", "g_hinge": "taming"} if taming else {"d_lsgan": "cyclegan"},
            recipe="CompVis/taming-transformers" if taming else None,
        ),
    )


def _is_patchgan(chain: Sequence[tuple[int, ...]], n_layers: int) -> bool:
    """Whether the 4x4 convolutions follow each other, double up to eightfold, and end in one channel."""
    ndf = chain[0][0]
    widths = [ndf * min(2**layer, _WIDEST) for layer in range(n_layers + 1)]
    wanted = [(width, before, 4, 4) for before, width in zip([chain[0][1], *widths], [*widths, 1], strict=True)]
    return list(chain) == wanted


def _build(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.patchgan import PatchGAN

    return PatchGAN(**match.hyperparameters)


FAMILY = Family(name="PatchGAN", detect=_detect, build=_build, ignores=is_old_statistic)
