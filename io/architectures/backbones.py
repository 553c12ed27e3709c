"""The networks that losses look through: VGG16, VGG19, AlexNet and SqueezeNet for their maps, others for features."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.task import Shapes

if TYPE_CHECKING:
    from torch import Tensor

    from ganloss_cli.io.networks.backbones import BackboneFeatures

# Simonyan and Zisserman 2014, arXiv:1409.1556, table 1, columns D and E: convolutions in each of the five blocks
BLOCKS = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
# torchvision's `features` of the two that LPIPS looks through besides, by the names of their layers
_ALEXNET = "conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 conv4 relu4 conv5 relu5 pool5"
_SQUEEZENET = "conv1 relu1 pool1 fire2 fire3 pool3 fire4 fire5 pool5 fire6 fire7 fire8 fire9"
OTHERS: Mapping[str, tuple[str, ...]] = {
    name: tuple(layers.split()) for name, layers in (("alexnet", _ALEXNET), ("squeezenet", _SQUEEZENET))
}
BACKBONES = (*BLOCKS, *OTHERS)
INCEPTION, FEATURES = "inception", "features"
LPIPS = "lpips_vgg16"  # which lies in the checkpoints of trainings that minimise it
LOOKED_THROUGH = (*BACKBONES, INCEPTION, FEATURES)


@dataclass(frozen=True, kw_only=True)
class PublicFile:
    """Weights that libraries download.

    Args:
        names: of the file, in torch's hub cache; the first library's first.
        library: whose name the first is.
        megabytes: that it takes.
        sha256: of the file.
    """

    names: tuple[str, ...]
    library: str
    megabytes: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.library} calls {self.names[0]} ({self.megabytes} MB, sha256 {self.sha256})"


PUBLIC_FILES = {
    "vgg16": PublicFile(
        names=("vgg16-397923af.pth",), library="torchvision", megabytes=553,
        sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    ),
    "alexnet": PublicFile(
        names=("alexnet-owt-7be5be79.pth",), library="torchvision", megabytes=244,
        sha256="7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    ),
    "squeezenet": PublicFile(
        names=("squeezenet1_1-b8a52dc0.pth",), library="torchvision", megabytes=5,
        sha256="b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
    ),
    INCEPTION: PublicFile(
        names=("pt_inception-2015-12-05-6726825d.pth", "weights-inception-2015-12-05-6726825d.pth"),
        library="pytorch-fid", megabytes=96,
        sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    ),
}  # fmt: skip
_FIRST = "features.0.weight"
_SLICED = re.compile(r"net\.slice\d\.(\d+\.(?:weight|bias))")
_CONVOLUTION = re.compile(r"features\.(\d+)\.weight")


def layer_names(backbone: str) -> tuple[str, ...]:
    """What papers call its layers, in order: conv1_1, relu1_1, conv1_2, relu1_2, pool1, ...

    The k-th is torchvision's `features.k`.

    Args:
        backbone: of `BACKBONES`.
    """
    if backbone in OTHERS:
        return OTHERS[backbone]
    names: list[str] = []
    for block, n_convolutions in enumerate(BLOCKS[backbone], start=1):
        for k in range(1, n_convolutions + 1):
            names += [f"conv{block}_{k}", f"relu{block}_{k}"]
        names.append(f"pool{block}")
    return tuple(names)


def last_activations(backbone: str) -> tuple[str, ...]:
    """What is compared where no convention says: the last ReLU of each block, or every ReLU and fire module."""
    if backbone in OTHERS:
        return tuple(name for name in OTHERS[backbone] if name.startswith(("relu", "fire")))
    return tuple(f"relu{block}_{depth}" for block, depth in enumerate(BLOCKS[backbone], start=1))


def holds_backbone(shapes: Mapping[str, object]) -> bool:
    """Whether these are the names of a network with torchvision's `features`."""
    return _prefix(shapes) is not None


def _prefix(shapes: Mapping[str, object]) -> str | None:
    """What stands before `features` in all of its names."""
    return next((key.removesuffix(_FIRST) for key in shapes if f".{key}".endswith(f".{_FIRST}")), None)


def rebuild_backbone(backbone: str, state_dict: Mapping[str, Tensor], *, where: str) -> BackboneFeatures:
    """The network up to its last pooling, with its weights, in eval mode; layers behind it are left out.

    Args:
        backbone: of `BACKBONES`.
        state_dict: torchvision's names, perhaps all under one prefix; widths are read off the shapes.
        where: the file and the network's name in it, for errors.

    Raises:
        InputError: it is another network.
    """
    from ganloss_cli.io.networks.backbones import (
        BackboneFeatures,
        alexnet_modules,
        squeezenet_modules,
        vgg_modules,
    )
    from ganloss_cli.io.networks.loading import load_strictly

    prefix = _prefix(state_dict) or ""
    own = {key.removeprefix(prefix): value for key, value in state_dict.items() if key.startswith(prefix)}
    own = {key: value for key, value in own.items() if not key.startswith("classifier.")}
    names = layer_names(backbone)
    if backbone in BLOCKS:
        widths = _widths(backbone, {key: tuple(value.shape) for key, value in own.items()}, where)
        modules = vgg_modules(names, widths)
    else:
        modules = {"alexnet": alexnet_modules, "squeezenet": squeezenet_modules}[backbone]()
    network = BackboneFeatures(names=names, modules=modules, layers=last_activations(backbone))
    load_strictly(network, own, where)
    return network.eval()


def rebuild_lpips(state_dict: Mapping[str, Tensor], *, where: str) -> BackboneFeatures:
    """VGG16 with the linear layers of LPIPS, as a training keeps both in its loss.

    Args:
        state_dict: `net.slice1.0.weight`, `lin0.model.1.weight` ...
        where: the file and the network's name in it, for errors.

    Raises:
        InputError: it is another network.
    """
    kernels = {f"features.{match[1]}": value for key, value in state_dict.items() if (match := _SLICED.fullmatch(key))}
    network = rebuild_backbone("vgg16", kernels, where=where)
    linear = (state_dict.get(f"lin{k}.model.1.weight") for k in range(len(BLOCKS["vgg16"])))
    network.linear = tuple(weight for weight in linear if weight is not None)
    return network


def _widths(backbone: str, shapes: Shapes, where: str) -> tuple[int, ...]:
    """Channels of each block."""
    found = {int(match[1]): shapes[key] for key in shapes if (match := _CONVOLUTION.fullmatch(key))}
    if any(len(shape) != 4 for shape in found.values()):
        raise InputError(f"{where}: has layers between its convolutions, as {backbone}_bn; expected {backbone}")
    positions = {name: _convolutions(name) for name in BLOCKS}
    if sorted(found) != sorted(positions[backbone].values()):
        other = next((name for name, layers in positions.items() if sorted(layers.values()) == sorted(found)), None)
        hint = f"give it as --backbone {other}=FILE" if other else "torchvision's vgg16 and vgg19 are known"
        raise InputError(
            f"{where}: has the layers of {other or 'another network'}, expected those of {backbone}", hint=hint
        )
    return tuple(found[positions[backbone][f"conv{block}_1"]][0] for block in range(1, len(BLOCKS[backbone]) + 1))


def _convolutions(backbone: str) -> dict[str, int]:
    return {name: k for k, name in enumerate(layer_names(backbone)) if name.startswith("conv")}
