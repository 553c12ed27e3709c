"""Recognises the networks of DiscoGAN (SKTBrain/DiscoGAN, and its conversion to Paddle).

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.io.architectures.recipes import named, natural, stems
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task

if TYPE_CHECKING:
    from torch import nn

GENERATOR = "DiscoGAN generator"
DISCRIMINATOR = "DiscoGAN discriminator"
_RECIPE = "SKTBrain/DiscoGAN"
_MIN_LAYERS = 3
# cv2 reads its images: blue first, divided by 255
_RANGE = (0.0, 1.0)


def _detect_generator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys = stems(shapes, ".weight", 4)
    weights = [shapes[f"{key}.weight"] for key in keys]
    n_down = len(weights) // 2
    if n_down < _MIN_LAYERS or len(weights) != 2 * n_down or not named(config, GENERATOR, "discogan"):
        return None
    # convolutions and their norms: 0, 2, 5, 8 ..., the transposed ones go on in steps of three
    if keys != [f"main.{index}" for index in (0, *range(2, 6 * n_down - 3, 3))] or "main.0.bias" in shapes:
        return None
    down_weights, up_weights = weights[:n_down], weights[n_down:]
    down = [down_weights[0][1], *(weight[0] for weight in down_weights)]
    up = [up_weights[0][0], *(weight[1] for weight in up_weights)]
    chained = all(
        weight == (after, before, 4, 4) for weight, before, after in zip(down_weights, down, down[1:], strict=False)
    )
    joined = all(weight == (before, after, 4, 4) for weight, before, after in zip(up_weights, up, up[1:], strict=False))
    if not chained or not joined or down[-1] != up[0]:
        return None
    # 512 channels at 4 x 4 pixels become 100 at one, and grow back
    hyperparameters = {"down": down, "up": up, "extra_layers": up[1] > up[0]}
    return Match(
        architecture=GENERATOR,
        role="generator",
        hyperparameters=hyperparameters,
        origins=dict.fromkeys(hyperparameters, "shape"),
        task=Task(eats="image", range=_RANGE, channels="BGR", recipe=_RECIPE),
    )


def _detect_discriminator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys = natural(key for key in shapes if key.startswith("conv") and len(shapes[key]) == 4)
    n_layers = len(keys)
    wanted = [f"conv{layer}.weight" for layer in range(1, n_layers + 1)]
    norms = [f"bn{layer}.weight" for layer in range(2, n_layers)]
    if n_layers < _MIN_LAYERS or keys != wanted or not named(config, DISCRIMINATOR, "discogan"):
        return None
    if any(norm not in shapes for norm in norms) or "conv1.bias" in shapes or len(shapes) > 6 * n_layers:
        return None
    weights = [shapes[key] for key in keys]
    channels = [weights[0][1], *(weight[0] for weight in weights)]
    chained = all(
        weight == (after, before, 4, 4) for weight, before, after in zip(weights, channels, channels[1:], strict=False)
    )
    if not chained or channels[-1] != 1:
        return None
    return Match(
        architecture=DISCRIMINATOR,
        role="discriminator",
        hyperparameters={"channels": channels},
        origins={"channels": "shape"},
        # its training reports half the sum of the real and the fake side
        task=Task(
            eats="image",
            range=_RANGE,
            scores="probabilities",
            features=True,
            logs={"d_bce": "discogan", "fm_moment": "discogan"},
            channels="BGR",
            recipe=_RECIPE,
        ),
    )


def _build_generator(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.discogan import DiscoGANGenerator

    return DiscoGANGenerator(**match.hyperparameters)


def _build_discriminator(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.discogan import DiscoGANDiscriminator

    return DiscoGANDiscriminator(**match.hyperparameters)


FAMILIES = (
    Family(name=GENERATOR, detect=_detect_generator, build=_build_generator),
    Family(name=DISCRIMINATOR, detect=_detect_discriminator, build=_build_discriminator),
)
