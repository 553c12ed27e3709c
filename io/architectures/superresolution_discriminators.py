"""Recognises the discriminators of Real-ESRGAN, of ESRGAN and SRGAN in BasicSR, and of leftthomas/SRGAN.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ganloss_cli.io.architectures.recipes import Recipe, all_used, named, settle, stems
from ganloss_cli.io.architectures.spellings import plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, Task

if TYPE_CHECKING:
    from torch import nn

UNET = "UNetDiscriminatorSN"
VGG = "VGGStyleDiscriminator"
SRGAN = "SRGAN discriminator"
_BASICSR = "XPixelGroup/BasicSR"
_SKIPS = Recipe(source=_BASICSR, settings={"skip_connection": True})


def _discriminator(
    name: str,
    recipe: str,
    scores: Literal["logits", "probabilities"],
    hyperparameters: Mapping[str, Any],
    origins: Mapping[str, Origin] | None = None,
) -> Match:
    return Match(
        architecture=name,
        role="discriminator",
        hyperparameters=hyperparameters,
        origins={**dict.fromkeys(hyperparameters, "shape"), **(origins or {})},
        task=Task(eats="image", range=(0.0, 1.0), scores=scores, features=True, recipe=recipe),
    )


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
    return _discriminator(UNET, _BASICSR, "logits", {**hyperparameters, **settled.settings}, settled.origins)


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
    return _discriminator(VGG, _BASICSR, "logits", hyperparameters)


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
    return _discriminator(SRGAN, "leftthomas/SRGAN", "probabilities", hyperparameters)


def _build_unet(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.superresolution_discriminators import UNetDiscriminator

    return UNetDiscriminator(**match.hyperparameters)


def _build_vgg(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.superresolution_discriminators import VGGDiscriminator

    return VGGDiscriminator(**match.hyperparameters)


def _build_srgan(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.superresolution_discriminators import SRGANDiscriminator

    return SRGANDiscriminator(**match.hyperparameters)


FAMILIES = (
    Family(name=UNET, detect=_detect_unet, build=_build_unet),
    Family(name=VGG, detect=_detect_vgg, build=_build_vgg),
    Family(name=SRGAN, detect=_detect_srgan, build=_build_srgan),
)
