"""Recognises the networks of DiscoGAN (SKTBrain/DiscoGAN, and its conversion to Paddle)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import named, natural, stems
from ganloss_cli.io.architectures.spellings import chain
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

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
    down, up = chain(weights[:n_down], (4, 4)), chain(weights[n_down:], (4, 4), transposed=True)
    if down is None or up is None or down[-1] != up[0]:
        return None
    # 512 channels at 4 x 4 pixels become 100 at one, and grow back
    hyperparameters = {"down": down, "up": up, "extra_layers": up[1] > up[0]}
    task = Task(input="image", range=_RANGE, channels="BGR", recipe=_RECIPE)
    return matched(GENERATOR, "generator", hyperparameters, task)


def _detect_discriminator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    keys = natural(key for key in shapes if key.startswith("conv") and len(shapes[key]) == 4)
    n_layers = len(keys)
    wanted = [f"conv{layer}.weight" for layer in range(1, n_layers + 1)]
    norms = [f"bn{layer}.weight" for layer in range(2, n_layers)]
    if n_layers < _MIN_LAYERS or keys != wanted or not named(config, DISCRIMINATOR, "discogan"):
        return None
    if any(norm not in shapes for norm in norms) or "conv1.bias" in shapes or len(shapes) > 6 * n_layers:
        return None
    channels = chain([shapes[key] for key in keys], (4, 4))
    if channels is None or channels[-1] != 1:
        return None
    task = Task(
        input="image",
        range=_RANGE,
        scores="probabilities",
        features=True,
        # its training reports half the sum of the real and the fake side
        logs={"d_bce": "discogan", "fm_moment": "discogan"},
        channels="BGR",
        recipe=_RECIPE,
    )
    return matched(DISCRIMINATOR, "discriminator", {"channels": channels}, task)


FAMILIES = (
    Family(name=GENERATOR, detect=_detect_generator, network="discogan.DiscoGANGenerator"),
    Family(name=DISCRIMINATOR, detect=_detect_discriminator, network="discogan.DiscoGANDiscriminator"),
)
