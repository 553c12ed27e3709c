"""Figures of super-resolution: RRDBNet in three dialects, SRVGG, SRResNet, SRGAN, and their discriminators."""

from __future__ import annotations

import functools
import math
import types
from pathlib import Path
from typing import Any

from figures import Case, classes, judged, main
from torch import Tensor, nn
from torch.nn.utils import spectral_norm

_BASICSR = "XPixelGroup/BasicSR"
_OLDEST = "140595a"  # the commit of ESRGAN with its first key names


class _Registry:
    @staticmethod
    def register(**_: Any) -> Any:
        return lambda cls: cls


def _basicsr(clones: Path, file: str, *names: str) -> dict[str, Any]:
    archs = clones / "BasicSR" / "basicsr" / "archs"
    known: dict[str, Any] = {"ARCH_REGISTRY": _Registry, "spectral_norm": spectral_norm}
    known["default_init_weights"] = lambda *_args, **_kwargs: None
    known |= classes(archs / "arch_util.py", ["make_layer", "pixel_unshuffle", "ResidualBlockNoBN"], **known)
    return classes(archs / file, names, **{key: value for key, value in known.items() if not key.startswith("__")})


def _rrdbnet(clones: Path, **arguments: int) -> nn.Module:
    scope = _basicsr(clones, "rrdbnet_arch.py", "RRDBNet", "RRDB", "ResidualDenseBlock")
    return scope["RRDBNet"](3, 3, num_feat=8, num_block=2, num_grow_ch=4, **arguments)


def _esrgan(clones: Path) -> nn.Module:
    names = ["RRDBNet", "RRDB", "ResidualDenseBlock_5C", "make_layer"]
    return classes(clones / "ESRGAN" / "RRDBNet_arch.py", names, functools=functools)["RRDBNet"](3, 3, 8, 2, gc=4)


def _oldest(clones: Path, scale: int) -> nn.Module:
    layers = ["act", "norm", "pad", "get_valid_padding", "sequential", "conv_block", "ShortcutBlock", "upconv_blcok"]
    layers += ["ResidualDenseBlock_5C", "RRDB", "OrderedDict"]
    folder = clones / "ESRGAN"
    scope = classes(folder / "block.py", layers, revision=_OLDEST, OrderedDict=dict)
    blocks = types.SimpleNamespace(**{key: value for key, value in scope.items() if not key.startswith("__")})
    found = classes(folder / "architecture.py", ["RRDB_Net"], revision=_OLDEST, B=blocks, math=math)
    return found["RRDB_Net"](3, 3, 8, 2, upscale=scale)


def _unet(clones: Path, *, skip: bool) -> nn.Module:
    scope = _basicsr(clones, "discriminator_arch.py", "UNetDiscriminatorSN")
    return scope["UNetDiscriminatorSN"](3, num_feat=4, skip_connection=skip)


def _srgan(clones: Path, name: str, *arguments: int) -> nn.Module:
    scope = classes(clones / "SRGAN" / "model.py", ["ResidualBlock", "UpsampleBLock", name], math=math)
    return scope[name](*arguments)


def _srgan_of_2018(clones: Path, *arguments: int) -> nn.Module:
    names = ["ResidualBlock", "UpsampleBLock", "Generator"]
    return classes(clones / "SRGAN" / "model.py", names, revision="c3b1005", math=math)["Generator"](*arguments)


def _pcarn(clones: Path, *, mobile: bool, multi_scale: bool) -> nn.Module:
    folder = clones / "PCARN-pytorch" / "pcarn" / "model"
    names = ["MeanShift", "ResidualBlock", "EResidualBlock", "UpsampleBlock", "_UpsampleBlock"]
    layers = classes(folder / "ops.py", names, math=math)
    scope = classes(folder / "pcarn.py", ["Block", "Net"], ops=types.SimpleNamespace(**{n: layers[n] for n in names}))
    return scope["Net"](4, multi_scale, 8, mobile, 4 if mobile else 1)


def _with_maps(network: nn.Module, image: Tensor) -> Any:
    """Maps of a discriminator whose forward calls its activations, after every one."""
    maps: list[Tensor] = []
    activation = nn.functional.leaky_relu

    def recorded(*arguments: Any, **settings: Any) -> Tensor:
        maps.append(activation(*arguments, **settings).clone())
        return maps[-1].clone()

    nn.functional.leaky_relu = recorded
    try:
        logits = network(image)
    finally:
        nn.functional.leaky_relu = activation
    return [logits], [[*maps, logits]]


def _probabilities(network: Any, image: Tensor) -> Any:
    _, [[*maps, _]] = judged(network.net, image)
    return [network(image)], [[*maps, network(image)]]


CASES = {
    "RRDBNet x4": Case(
        repository=_BASICSR,
        construction="RRDBNet(3, 3, scale=4, num_feat=8, num_block=2, num_grow_ch=4)",
        build=lambda clones: _rrdbnet(clones, scale=4),
        input_shape=(1, 3, 12, 10),
    ),
    "RRDBNet x2": Case(
        repository=_BASICSR,
        construction="RRDBNet(3, 3, scale=2, num_feat=8, num_block=2, num_grow_ch=4)",
        build=lambda clones: _rrdbnet(clones, scale=2),
        input_shape=(1, 3, 12, 10),
    ),
    "RRDBNet x1": Case(
        repository=_BASICSR,
        construction="RRDBNet(3, 3, scale=1, num_feat=8, num_block=2, num_grow_ch=4)",
        build=lambda clones: _rrdbnet(clones, scale=1),
        input_shape=(1, 3, 16, 20),
    ),
    "RRDBNet old": Case(
        repository="xinntao/ESRGAN",
        construction="RRDBNet(3, 3, 8, 2, gc=4)",
        build=_esrgan,
        input_shape=(1, 3, 12, 10),
    ),
    "RRDBNet oldest x4": Case(
        repository="xinntao/ESRGAN",
        construction=f"RRDB_Net(3, 3, 8, 2, upscale=4) of {_OLDEST}",
        build=lambda clones: _oldest(clones, 4),
        input_shape=(1, 3, 12, 10),
    ),
    "RRDBNet oldest x2": Case(
        repository="xinntao/ESRGAN",
        construction=f"RRDB_Net(3, 3, 8, 2, upscale=2) of {_OLDEST}",
        build=lambda clones: _oldest(clones, 2),
        input_shape=(1, 3, 12, 10),
    ),
    **{
        f"SRVGG {kind}": Case(
            repository=_BASICSR,
            construction=f"SRVGGNetCompact(num_feat=8, num_conv=3, upscale={scale}, act_type='{kind}')",
            build=lambda clones, kind=kind, scale=scale: _basicsr(clones, "srvgg_arch.py", "SRVGGNetCompact")[
                "SRVGGNetCompact"
            ](num_feat=8, num_conv=3, upscale=scale, act_type=kind),
            input_shape=(1, 3, 12, 10),
            config={} if kind == "prelu" else {"act_type": kind},
        )
        for kind, scale in (("prelu", 4), ("relu", 2), ("leakyrelu", 3))
    },
    **{
        f"SRResNet x{scale}": Case(
            repository=_BASICSR,
            construction=f"MSRResNet(num_feat=8, num_block=3, upscale={scale})",
            build=lambda clones, scale=scale: _basicsr(clones, "srresnet_arch.py", "MSRResNet")["MSRResNet"](
                num_feat=8, num_block=3, upscale=scale
            ),
            input_shape=(1, 3, 12, 10),
        )
        for scale in (2, 3, 4)
    },
    "PCARN-M": Case(
        repository="nmhkahn/PCARN-pytorch",
        construction="Net(multi_scale=True, num_channels=8, mobile=True, groups=4), scale 3",
        build=lambda clones: _pcarn(clones, mobile=True, multi_scale=True),
        input_shape=(1, 3, 10, 8),
        call=lambda network, image: network(image, 3),
        config={"--arch-args": {"scale": "3"}},
    ),
    "PCARN": Case(
        repository="nmhkahn/PCARN-pytorch",
        construction="Net(4, multi_scale=False, num_channels=8), scale 4",
        build=lambda clones: _pcarn(clones, mobile=False, multi_scale=False),
        input_shape=(1, 3, 10, 8),
        call=lambda network, image: network(image, 4),
    ),
    "SRGAN generator": Case(
        repository="leftthomas/SRGAN",
        construction="Generator(4)",
        build=lambda clones: _srgan(clones, "Generator", 4),
        input_shape=(1, 3, 10, 8),
    ),
    "SRGAN generator of 2018": Case(
        repository="leftthomas/SRGAN",
        construction="Generator(2) of c3b1005",
        build=lambda clones: _srgan_of_2018(clones, 2),
        input_shape=(1, 3, 10, 8),
    ),
    "SRGAN discriminator": Case(
        repository="leftthomas/SRGAN",
        construction="Discriminator()",
        build=lambda clones: _srgan(clones, "Discriminator"),
        input_shape=(2, 3, 32, 40),
        call=_probabilities,
    ),
    "UNetDiscriminatorSN": Case(
        repository=_BASICSR,
        construction="UNetDiscriminatorSN(3, num_feat=4)",
        build=lambda clones: _unet(clones, skip=True),
        input_shape=(2, 3, 32, 24),
        call=_with_maps,
    ),
    "UNetDiscriminatorSN plain": Case(
        repository=_BASICSR,
        construction="UNetDiscriminatorSN(3, num_feat=4, skip_connection=False)",
        build=lambda clones: _unet(clones, skip=False),
        input_shape=(2, 3, 32, 24),
        call=_with_maps,
        config={"skip_connection": False},
    ),
    **{
        f"VGGStyleDiscriminator {size}": Case(
            repository=_BASICSR,
            construction=f"VGGStyleDiscriminator(3, 4, input_size={size})",
            build=lambda clones, size=size: _basicsr(clones, "discriminator_arch.py", "VGGStyleDiscriminator")[
                "VGGStyleDiscriminator"
            ](3, 4, input_size=size),
            input_shape=(1, 3, size, size),
            call=_with_maps,
        )
        for size in (128, 256)
    },
}

if __name__ == "__main__":
    main("superresolution", CASES)
