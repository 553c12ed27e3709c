"""Recognises the discriminators of Real-ESRGAN, of ESRGAN and SRGAN in BasicSR, and of leftthomas/SRGAN."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import Recipe, all_used, named, settle, stems
from ganloss_cli.io.architectures.spellings import plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

UNET = "UNetDiscriminatorSN"
VGG = "VGGStyleDiscriminator"
SRGAN = "SRGAN discriminator"
_BASICSR = Task(input="image", range=(0.0, 1.0), scores="logits", features=True, recipe="XPixelGroup/BasicSR")
_SKIPS = Recipe(source="XPixelGroup/BasicSR", settings={"skip_connection": True})


def _detect_unet(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    plain = plain_shapes(shapes)
    kernels = [plain.get(f"conv{k}.weight", ()) for k in range(10)]
    if any(len(kernel) != 4 for kernel in kernels) or not named(config, UNET):
        return None
    width, in_channels = kernels[0][:2]
    widths = [width * factor for factor in (1, 2, 4, 8, 4, 2, 1, 1, 1)]
    if [kernel[0] for kernel in kernels] != [*widths, 1] or [kernel[1] for kernel in kernels[1:]] != widths:
        return None
    settled = settle(UNET, "discriminator", ("skip_connection",), [_SKIPS], config)
    hyperparameters = {"in_channels": in_channels, "width": width, "spectral": bool(spectral_layers(shapes))}
    return matched(UNET, "discriminator", {**hyperparameters, **settled.settings}, _BASICSR, settled.origins)


def _detect_vgg(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first, linear = shapes.get("conv0_0.weight", ()), shapes.get("linear1.weight", ())
    if len(first) != 4 or len(linear) != 2 or "bn0_1.weight" not in shapes or not named(config, VGG):
        return None
    hyperparameters = {
        "in_channels": first[1],
        "width": first[0],
        "n_halvings": sum(1 for key in shapes if re.fullmatch(r"conv\d+_1\.weight", key)),
        "hidden": linear[0],
    }
    return matched(VGG, "discriminator", hyperparameters, _BASICSR)


def _detect_srgan(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys, norms = stems(shapes, ".weight", 4), stems(shapes, ".running_mean", 1)
    n_wide = len(keys) - 2
    if n_wide < 2 or not all_used(shapes, [*keys, *norms]) or not named(config, SRGAN, "SRGAN"):
        return None
    # a convolution and its activation, then convolution, norm and activation each; behind them the pooling
    wide = [f"net.{index}" for index in (0, *range(2, 3 * n_wide - 1, 3))]
    if keys != [*wide, f"net.{3 * n_wide}", f"net.{3 * n_wide + 2}"]:
        return None
    weights = [shapes[f"{key}.weight"] for key in keys]
    if any(weight[2:] != (3, 3) for weight in weights[:-2]) or weights[-1][2:] != (1, 1) or weights[-1][0] != 1:
        return None
    hyperparameters = {
        "in_channels": weights[0][1],
        "widths": [weight[0] for weight in weights[:-2]],
        "hidden": weights[-2][0],
    }
    task = Task(input="image", range=(0.0, 1.0), scores="probabilities", features=True, recipe="leftthomas/SRGAN")
    return matched(SRGAN, "discriminator", hyperparameters, task)


FAMILIES = (
    Family(name=UNET, detect=_detect_unet, network="superresolution_discriminators.UNetDiscriminator"),
    Family(name=VGG, detect=_detect_vgg, network="superresolution_discriminators.VGGDiscriminator"),
    Family(name=SRGAN, detect=_detect_srgan, network="superresolution_discriminators.SRGANDiscriminator"),
)
