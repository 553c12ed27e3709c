"""Figures of the ResNets of GAN_stability, all four models of its paper's experiments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from figures import Case, classes, main
from torch import Tensor, nn
from torch.autograd import Variable

_REPOSITORY = "LMescheder/GAN_stability"
_LABELS = torch.tensor([2, 0, 3])
_N_CLASSES = 4
_SIZES = {"embed_size": 5, "nfilter": 2}


def _network(clones: Path, model: str, name: str, size: int) -> nn.Module:
    file = clones / "GAN_stability" / "gan_training" / "models" / f"{model}.py"
    scope = classes(file, ["ResnetBlock", "actvn", name], Variable=Variable)
    # resnet limits its channels, at widths that stay below the limit unless it is lowered
    limits = {"nfilter_max": 8} if model == "resnet" else {}
    return scope[name](7, _N_CLASSES, size, **_SIZES, **limits)


def _made(network: Any, latents: Tensor) -> Tensor:
    return network(latents, _LABELS)


def _judged(network: Any, image: Tensor) -> Any:
    """Its score, and the map after the last block of every stage, which hooks take."""
    maps: dict[str, Tensor] = {}
    blocks = [(name, block) for name, block in network.named_modules() if type(block).__name__ == "ResnetBlock"]
    for name, block in blocks:
        stage = name if "." in name else name.rpartition("_")[0]
        block.register_forward_hook(lambda _block, _eaten, made, stage=stage: maps.__setitem__(stage, made.clone()))
    logits = network(image, _LABELS)
    return [logits], [[*maps.values(), logits[:, None]]]


def _case(model: str, name: str, size: int) -> Case:
    judges = name == "Discriminator"
    return Case(
        repository=_REPOSITORY,
        construction=f"{model}.{name}(7, {_N_CLASSES}, {size}, embed_size=5, nfilter=2)",
        build=lambda clones: _network(clones, model, name, size),
        input_shape=(3, 3, size, size) if judges else (3, 7),
        call=_judged if judges else _made,
        call_ours=lambda network, sample: network(sample, _LABELS),
    )


CASES = {
    f"{model} {name.lower()} {size}": _case(model, name, size)
    for model, size in (("resnet", 32), ("resnet", 64), ("resnet2", 64), ("resnet3", 128), ("resnet4", 128))
    for name in ("Generator", "Discriminator")
}

if __name__ == "__main__":
    main("gan_stability", CASES)
