"""Recognises variational auto-encoders: the linear one of pytorch/examples, the convolutional ones of PyTorch-VAE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.spellings import chain, is_kernel, numbered
from ganloss_cli.io.architectures.task import Family, Match, Shapes, Task, matched

NAME = "Linear VAE"
CONVOLUTIONAL = "Convolutional VAE"
_LAYERS = ("fc1", "fc21", "fc22", "fc3", "fc4")


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    names = {f"{layer}.{part}" for layer in _LAYERS for part in ("weight", "bias")}
    if set(shapes) != names or not named(config, NAME):
        return None
    (hidden, n_values), (latent, _) = shapes["fc1.weight"], shapes["fc21.weight"]
    wanted = {"fc21": (latent, hidden), "fc22": (latent, hidden), "fc3": (hidden, latent), "fc4": (n_values, hidden)}
    if any(shapes[f"{layer}.weight"] != shape for layer, shape in wanted.items()):
        return None
    hyperparameters = {"n_values": n_values, "hidden": hidden, "latent": latent}
    task = Task(
        input="image",
        range=(0.0, 1.0),
        logs={"kl": "vae_example"},
        beside=("mu", "logvar"),
        recipe="pytorch/examples vae",
    )
    return matched(NAME, "generator", hyperparameters, task)


def _detect_convolutional(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    kernels = numbered(shapes, "encoder.{}.0.weight", 4)
    mean, back, image = (shapes.get(f"{key}.weight", ()) for key in ("fc_mu", "decoder_input", "final_layer.3"))
    if not kernels or not is_kernel(mean, 2) or not is_kernel(image, 4) or not named(config, CONVOLUTIONAL, "VAE"):
        return None
    channels, values = chain(kernels), 4 * kernels[-1][0]
    if mean[1] != values or back != (values, mean[0]) or shapes.get("fc_var.weight") != mean:
        return None
    if channels is None or image[1] != channels[1]:
        return None
    sizes = {"in_channels": channels[0], "out_channels": image[0], "widths": channels[1:], "latent": mean[0]}
    task = Task(input="image", range=(0.0, 1.0), beside=("mu", "logvar"), recipe="AntixK/PyTorch-VAE")
    return matched(CONVOLUTIONAL, "generator", sizes, task)


FAMILIES = (
    Family(name=NAME, detect=_detect, network="vae.LinearVAE"),
    Family(name=CONVOLUTIONAL, detect=_detect_convolutional, network="convolutional_vae.ConvolutionalVAE"),
)
