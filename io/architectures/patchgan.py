"""Recognises the PatchGAN discriminator of pix2pix and CycleGAN (junyanz's NLayerDiscriminator), and of taming."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ganloss_cli.io.architectures.normalisation import is_old_statistic, norm_behind
from ganloss_cli.io.architectures.spellings import chain
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, matched

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
    convolutions = [kernels[index] for index in indices]
    acts = f"{stack}.3.loc" in shapes
    norm = "act" if acts else norm_behind(shapes, f"{stack}.2", f"{stack}.3")
    # DCGAN's discriminator has the same names, but neither its first nor its last convolution has a bias
    biased = f"{stack}.0.bias" in shapes and f"{stack}.{indices[-1]}.bias" in shapes
    if norm is None or not biased or not _is_patchgan(convolutions, n_layers):
        return None
    hyperparameters = {
        "in_channels": convolutions[0][1],
        "ndf": convolutions[0][0],
        "n_layers": n_layers,
        "norm": norm,
        "stack": stack,
    }
    taming = stack == "main"
    task = ImageScores(
        # both report half the sum of the real and the fake side
        logs={"d_hinge": "taming", "g_hinge": "taming"} if taming else {"d_lsgan": "cyclegan"},
        recipe="CompVis/taming-transformers" if taming else None,
    )
    return matched("PatchGAN", "discriminator", hyperparameters, task)


def _is_patchgan(convolutions: Sequence[tuple[int, ...]], n_layers: int) -> bool:
    """Whether the 4x4 convolutions follow each other, double up to eightfold, and end in one channel."""
    ndf, in_channels = convolutions[0][:2]
    widths = [ndf * min(2**layer, _WIDEST) for layer in range(n_layers + 1)]
    return chain(convolutions, (4, 4)) == [in_channels, *widths, 1]


FAMILY = Family(name="PatchGAN", detect=_detect, network="patchgan.PatchGAN", ignores=is_old_statistic)
