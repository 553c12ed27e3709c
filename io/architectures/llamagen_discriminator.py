"""Recognises LlamaGen's discriminator in the manner of StyleGAN2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.spellings import is_kernel
from ganloss_cli.io.architectures.task import Family, ImageScores, Match, Shapes, matched

NAME = "LlamaGen discriminator"


def _detect(shapes: Shapes, _config: Mapping[str, Any]) -> Match | None:
    first, last = shapes.get("blocks.0.weight", ()), shapes.get("final_conv.0.weight", ())
    widths = [first[0]] if is_kernel(first, 4) else []
    while is_kernel(shape := shapes.get(f"blocks.{len(widths) + 1}.conv_res.weight", ()), 4):
        widths.append(shape[0])
    if len(widths) < 2 or not is_kernel(last, 4) or "final_linear.2.weight" not in shapes:
        return None
    sizes = {"in_channels": first[1], "widths": widths, "last": last[0]}
    task = ImageScores(logs={"d_hinge": "taming", "g_hinge": "taming"}, recipe="FoundationVision/LlamaGen")
    return matched(NAME, "discriminator", sizes, task)


FAMILY = Family(name=NAME, detect=_detect, network="llamagen_discriminator.LlamaGenDiscriminator")
