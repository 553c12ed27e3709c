"""Figures of pix2pix, CycleGAN, pix2pixHD and SPADE: generators, PatchGANs, PixelGAN, multi-scale discriminators."""

from __future__ import annotations

import functools
import types
from pathlib import Path
from typing import Any

import torch
from figures import Case, classes, judged, main
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

_CUT = "taesungp/contrastive-unpaired-translation"
_INSTANCE = functools.partial(nn.InstanceNorm2d, affine=False, track_running_stats=False)


def _cut(clones: Path) -> dict[str, Any]:
    names = [
        "UnetGenerator", "UnetSkipConnectionBlock", "ResnetGenerator", "ResnetBlock", "NLayerDiscriminator",
        "PixelDiscriminator",
    ]  # fmt: skip
    path = clones / "contrastive-unpaired-translation" / "models" / "networks.py"
    return classes(path, names, functools=functools)


def _resnet(clones: Path, *, channels: int = 3, **settings: Any) -> nn.Module:
    """junyanz's ResNet generator; CUT smooths what it resamples unless told not to."""
    return _cut(clones)["ResnetGenerator"](
        channels, 3, ngf=4, no_antialias=True, no_antialias_up=True, **{"n_blocks": 6, **settings}
    )


def _pix2pixhd(clones: Path) -> dict[str, Any]:
    path = clones / "pix2pixHD" / "models" / "networks.py"
    return classes(path, ["MultiscaleDiscriminator", "NLayerDiscriminator"])


def _spade(clones: Path, norm: str) -> nn.Module:
    networks = clones / "SPADE" / "models" / "networks"
    norms = classes(networks / "normalization.py", ["get_nonspade_norm_layer"], spectral_norm=spectral_norm)
    scope = classes(
        networks / "discriminator.py",
        ["MultiscaleDiscriminator", "NLayerDiscriminator"],
        BaseNetwork=nn.Module,
        get_nonspade_norm_layer=norms["get_nonspade_norm_layer"],
    )
    options = {"num_D": 2, "netD_subarch": "n_layer", "ndf": 6, "label_nc": 4, "output_nc": 3, "n_layers_D": 4}
    flags = {"contain_dontcare_label": False, "no_instance": True, "norm_D": norm, "no_ganFeat_loss": False}
    return scope["MultiscaleDiscriminator"](types.SimpleNamespace(**options, **flags))


def _taming(clones: Path) -> nn.Module:
    path = clones / "taming-transformers" / "taming" / "modules" / "discriminator" / "model.py"
    return classes(path, ["NLayerDiscriminator"], functools=functools)["NLayerDiscriminator"](3, ndf=8, n_layers=2)


def _scales(output: Any) -> Any:
    return [maps[-1] for maps in output], output


def _plain(network: Any, image: Tensor) -> Any:
    """Of the discriminator that hands out no features: the maps of its layers, the scale at full size first."""
    judgements = [judged(network.layer1, image), judged(network.layer0, network.downsample(image))]
    logits = [logits for logits, _ in judgements]
    outputs = [output for (output,) in network(image)]
    assert all(torch.equal(a[0], b) for a, b in zip(logits, outputs, strict=True))
    return outputs, [maps[0] for _, maps in judgements]


CASES = {
    "unet_128 batch": Case(
        repository=_CUT,
        construction="UnetGenerator(3, 3, 7, ngf=4, norm_layer=BatchNorm2d, use_dropout=True)",
        build=lambda clones: _cut(clones)["UnetGenerator"](3, 3, 7, ngf=4, use_dropout=True),
        input_shape=(2, 3, 128, 128),
    ),
    "unet_256 instance": Case(
        repository=_CUT,
        construction="UnetGenerator(1, 3, 8, ngf=4, norm_layer=InstanceNorm2d)",
        build=lambda clones: _cut(clones)["UnetGenerator"](1, 3, 8, ngf=4, norm_layer=_INSTANCE),
        input_shape=(1, 1, 256, 256),
    ),
    "resnet_6blocks instance": Case(
        repository=_CUT,
        construction="ResnetGenerator(3, 3, ngf=4, norm_layer=InstanceNorm2d, no_antialias=True, no_antialias_up=True)",
        build=functools.partial(_resnet, norm_layer=_INSTANCE),
        input_shape=(2, 3, 32, 48),
    ),
    "resnet_2blocks batch": Case(
        repository=_CUT,
        construction="ResnetGenerator(1, 3, ngf=4, use_dropout=True, n_blocks=2, no_antialias=True, ...)",
        build=functools.partial(_resnet, channels=1, use_dropout=True, n_blocks=2),
        input_shape=(1, 1, 32, 32),
    ),
    "patchgan conditional": Case(
        repository=_CUT,
        construction="NLayerDiscriminator(6, ndf=8, n_layers=3, no_antialias=True)",
        build=lambda clones: _cut(clones)["NLayerDiscriminator"](6, ndf=8, n_layers=3, no_antialias=True),
        input_shape=(2, 6, 48, 48),
        call=lambda network, image: judged(network.model, image),
    ),
    "patchgan of taming": Case(
        repository="CompVis/taming-transformers",
        construction="NLayerDiscriminator(3, ndf=8, n_layers=2)",
        build=_taming,
        input_shape=(2, 3, 48, 48),
        call=lambda network, image: judged(network.main, image),
    ),
    "pixel batch": Case(
        repository=_CUT,
        construction="PixelDiscriminator(3, ndf=8)",
        build=lambda clones: _cut(clones)["PixelDiscriminator"](3, ndf=8),
        input_shape=(2, 3, 16, 16),
        call=lambda network, image: judged(network.net, image),
    ),
    "pixel instance": Case(
        repository=_CUT,
        construction="PixelDiscriminator(6, ndf=8, norm_layer=InstanceNorm2d)",
        build=lambda clones: _cut(clones)["PixelDiscriminator"](6, ndf=8, norm_layer=_INSTANCE),
        input_shape=(2, 6, 16, 16),
        call=lambda network, image: judged(network.net, image),
    ),
    "pix2pixHD features": Case(
        repository="NVIDIA/pix2pixHD",
        construction="MultiscaleDiscriminator(6, ndf=6, num_D=3, getIntermFeat=True, norm_layer=InstanceNorm2d)",
        build=lambda clones: _pix2pixhd(clones)["MultiscaleDiscriminator"](
            6, ndf=6, num_D=3, getIntermFeat=True, norm_layer=_INSTANCE
        ),
        input_shape=(1, 6, 64, 48),
        call=lambda network, image: _scales(network(image)),
    ),
    "pix2pixHD plain": Case(
        repository="NVIDIA/pix2pixHD",
        construction="MultiscaleDiscriminator(3, ndf=6, num_D=2)",
        build=lambda clones: _pix2pixhd(clones)["MultiscaleDiscriminator"](3, ndf=6, num_D=2),
        input_shape=(2, 3, 48, 48),
        call=_plain,
    ),
    "SPADE spectralinstance": Case(
        repository="NVlabs/SPADE",
        construction="MultiscaleDiscriminator(ndf=6, num_D=2, n_layers_D=4, norm_D='spectralinstance')",
        build=lambda clones: _spade(clones, "spectralinstance"),
        input_shape=(2, 7, 64, 64),
        call=lambda network, image: _scales(network(image)),
    ),
    "SPADE spectral": Case(
        repository="NVlabs/SPADE",
        construction="MultiscaleDiscriminator(ndf=6, num_D=2, n_layers_D=4, norm_D='spectral')",
        build=lambda clones: _spade(clones, "spectral"),
        input_shape=(2, 7, 64, 64),
        call=lambda network, image: _scales(network(image)),
    ),
}

if __name__ == "__main__":
    main("pix2pix", CASES)
