"""Recognises variational auto-encoders: the linear one of pytorch/examples, the convolutional ones of PyTorch-VAE.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.spellings import is_kernel, numbered
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task

if TYPE_CHECKING:
    from torch import nn

NAME = "Linear VAE"
CONVOLUTIONAL = "Convolutional VAE"
_LAYERS = ("fc1", "fc21", "fc22", "fc3", "fc4")


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if set(shapes) != {f"{layer}.{part}" for layer in _LAYERS for part in ("weight", "bias")} or not named(
        config, NAME
    ):
        return None
    (hidden, n_values), (latent, _) = shapes["fc1.weight"], shapes["fc21.weight"]
    wanted = {"fc21": (latent, hidden), "fc22": (latent, hidden), "fc3": (hidden, latent), "fc4": (n_values, hidden)}
    if any(shapes[f"{layer}.weight"] != shape for layer, shape in wanted.items()):
        return None
    hyperparameters = {"n_values": n_values, "hidden": hidden, "latent": latent}
    return Match(
        architecture=NAME,
        role="generator",
        hyperparameters=hyperparameters,
        origins=dict.fromkeys(hyperparameters, "shape"),
        task=Task(
            eats="image",
            range=(0.0, 1.0),
            logs={"kl": "vae_example"},
            beside=("mu", "logvar"),
            recipe="pytorch/examples vae",
        ),
    )


def _build(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.vae import LinearVAE

    return LinearVAE(**match.hyperparameters)


def _detect_convolutional(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    kernels = numbered(shapes, "encoder.{}.0.weight", 4)
    mean, back, image = (shapes.get(f"{key}.weight", ()) for key in ("fc_mu", "decoder_input", "final_layer.3"))
    if not kernels or not is_kernel(mean, 2) or not is_kernel(image, 4) or not named(config, CONVOLUTIONAL, "VAE"):
        return None
    widths, values = [kernel[0] for kernel in kernels], 4 * kernels[-1][0]
    if mean[1] != values or back != (values, mean[0]) or shapes.get("fc_var.weight") != mean:
        return None
    if any(after[1] != before for before, after in zip(widths, kernels[1:], strict=False)) or image[1] != widths[0]:
        return None
    hyperparameters = {
        "in_channels": kernels[0][1], "out_channels": image[0], "widths": widths, "latent": mean[0],
    }  # fmt: skip
    return Match(
        architecture=CONVOLUTIONAL,
        role="generator",
        hyperparameters=hyperparameters,
        origins=dict.fromkeys(hyperparameters, "shape"),
        task=Task(eats="image", range=(0.0, 1.0), beside=("mu", "logvar"), recipe="AntixK/PyTorch-VAE"),
    )


def _build_convolutional(match: Match) -> nn.Module:
    from ganloss_cli.io.networks.convolutional_vae import ConvolutionalVAE

    return ConvolutionalVAE(**match.hyperparameters)


FAMILIES = (
    Family(name=NAME, detect=_detect, build=_build),
    Family(name=CONVOLUTIONAL, detect=_detect_convolutional, build=_build_convolutional),
)
