"""Figures of StyleGAN2: generator and discriminator of rosinality, of ppeetteerrs and of NVlabs."""

from __future__ import annotations

import ast
import contextlib
import math
import random
import typing
from collections import abc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from figures import Case, classes, main, uniform
from torch import Tensor, nn
from torch.nn import functional

_ROSINALITY = "rosinality/stylegan2-pytorch"
_PPEETTEERRS = "ppeetteerrs/stylegan2-torch"
_NVLABS = "NVlabs/stylegan2-ada-pytorch"
_NARROW = 12
_CHANNELS = {4: 12, 8: 10, 16: 8}
_CONVOLUTIONS = SimpleNamespace(conv2d=functional.conv2d, conv_transpose2d=functional.conv_transpose2d)


class _Narrow(ast.NodeTransformer):
    """512 channels become 12, so that the figures stay small; nothing else of the class changes."""

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        wide = [isinstance(value, ast.Constant) and value.value == 512 for value in node.values]
        node.values = [ast.Constant(_NARROW) if w else value for w, value in zip(wide, node.values, strict=True)]
        return ast.fix_missing_locations(node)


def _own(scope: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in scope.items() if not key.startswith("__")}


def _operations(clones: Path) -> dict[str, Any]:
    folder = clones / "stylegan2-pytorch" / "op"
    known = _own(classes(folder / "upfirdn2d.py", ["upfirdn2d", "upfirdn2d_native"], abc=abc))
    return known | _own(classes(folder / "fused_act.py", ["FusedLeakyReLU", "fused_leaky_relu"]))


def _rosinality(clones: Path, name: str, *arguments: int) -> nn.Module:
    names = ["PixelNorm", "make_kernel", "Upsample", "Blur", "EqualConv2d", "EqualLinear", "ModulatedConv2d"]
    names += ["NoiseInjection", "ConstantInput", "StyledConv", "ToRGB", "Generator", "ConvLayer", "ResBlock", name]
    known = {**_operations(clones), "math": math, "random": random, "conv2d_gradfix": _CONVOLUTIONS}
    scope = classes(clones / "stylegan2-pytorch" / "model.py", names, transform=_Narrow().visit, **known)
    return scope[name](*arguments)


def _ppeetteerrs(clones: Path, name: str) -> nn.Module:
    folder = clones / "stylegan2-torch" / "stylegan2_torch"
    known = {**vars(typing), **_operations(clones), **vars(_CONVOLUTIONS)}
    known |= {"math": math, "random": random, "Tensor": Tensor, "Parameter": nn.Parameter}
    files = {
        "utils.py": ["C", "T", "Resolution", "default_channels", "make_kernel", "proxy"],
        "equalized_lr.py": ["EqualConv2d", "EqualLinear", "EqualLeakyReLU", "Blur"],
        "discriminator/blocks.py": ["ConvBlock", "DownConvBlock", "RGBDown", "ResBlock"],
        "generator/conv_block.py": ["mod", "demod", "group_conv", "group_conv_up", "AddNoise"],
        "generator/mapping.py": ["Normalize", "MappingNetwork"],
        "generator/rgb.py": ["Upsample", "ToRGB"],
        "generator/__init__.py": ["ConstantInput"],
    }
    files["generator/conv_block.py"] += ["ModConvBlock", "UpModConvBlock"]
    files[f"{name.lower()}/__init__.py"] = [*files.get(f"{name.lower()}/__init__.py", []), name]
    for file, names in files.items():
        known |= _own(classes(folder / file, names, **_own(known)))
    sizes = {"latent_dim": 10, "n_mlp": 3} if name == "Generator" else {}
    return known[name](16, channels=_CHANNELS, **sizes)


def _as_it_is(thing: Any) -> Any:
    return thing


def _nvlabs(clones: Path, name: str, **settings: Any) -> nn.Module:
    folder = clones / "stylegan2-ada-pytorch"
    operations = folder / "torch_utils" / "ops"
    misc = SimpleNamespace(
        profiled_function=_as_it_is, assert_shape=lambda *_: None, suppress_tracer_warnings=contextlib.nullcontext
    )
    named = SimpleNamespace(**_own(classes(folder / "dnnlib" / "util.py", ["EasyDict"], Any=Any)))
    known: dict[str, Any] = {"misc": misc, "dnnlib": named, "conv2d_gradfix": _CONVOLUTIONS}
    names = {
        "upfirdn2d": ["_parse_scaling", "_parse_padding", "_get_filter_size", "setup_filter", "upfirdn2d"],
        "bias_act": ["activation_funcs", "bias_act", "_bias_act_ref"],
        "fma": ["fma"],
        "conv2d_resample": ["_get_weight_shape", "_conv2d_wrapper", "conv2d_resample"],
    }
    names["upfirdn2d"] += ["_upfirdn2d_ref", "upsample2d", "downsample2d"]
    for file, functions in names.items():
        scope = _own(classes(operations / f"{file}.py", functions, **known))
        known |= {key: value for key, value in scope.items() if key.startswith("_")}
        known[file] = SimpleNamespace(**{key: scope[key] for key in functions})
    layers = ["normalize_2nd_moment", "modulated_conv2d", "FullyConnectedLayer", "Conv2dLayer", "MappingNetwork"]
    layers += ["SynthesisLayer", "ToRGBLayer", "SynthesisBlock", "SynthesisNetwork", "Generator"]
    layers += ["DiscriminatorBlock", "MinibatchStdLayer", "DiscriminatorEpilogue", "Discriminator"]
    known["persistence"] = SimpleNamespace(persistent_class=_as_it_is)
    scope = classes(folder / "training" / "networks.py", layers, **known)
    return scope[name](c_dim=0, img_resolution=16, img_channels=3, **settings)  # type: ignore[no-any-return]


def _noise(n: int) -> list[Tensor]:
    sides = (4, 8, 8, 16, 16)
    return [uniform(f"noise {k}", (n, 1, side, side)).float() for k, side in enumerate(sides)]


def _ours(network: Any, images: Tensor) -> Any:
    """Our discriminator's score alone; upstream hands out no maps."""
    return network(images)[0]


CASES = {
    "rosinality generator": Case(
        repository=_ROSINALITY,
        construction="Generator(16, 10, 3) with 12 channels for 512, its stored noise",
        build=lambda clones: _rosinality(clones, "Generator", 16, 10, 3),
        input_shape=(3, 10),
        call=lambda network, latents: network([latents], randomize_noise=False)[0],
        call_ours=lambda network, latents: network(latents, network.stored_noise()),
    ),
    "rosinality generator styles": Case(
        repository=_ROSINALITY,
        construction="Generator(8, 10, 2) with 12 channels for 512, fed styles",
        build=lambda clones: _rosinality(clones, "Generator", 8, 10, 2),
        input_shape=(2, 4, 10),
        call=lambda network, styles: network([styles], input_is_latent=True, randomize_noise=False)[0],
    ),
    "rosinality discriminator": Case(
        repository=_ROSINALITY,
        construction="Discriminator(16) with 12 channels for 512, four samples",
        build=lambda clones: _rosinality(clones, "Discriminator", 16),
        input_shape=(4, 3, 16, 16),
        call=lambda network, images: [network(images)],
        call_ours=_ours,
        gain=10.0,
    ),
    "ppeetteerrs generator": Case(
        repository=_PPEETTEERRS,
        construction="Generator(16, latent_dim=10, n_mlp=3, channels={4: 12, 8: 10, 16: 8}), noise by formula",
        build=lambda clones: _ppeetteerrs(clones, "Generator"),
        input_shape=(3, 10),
        call=lambda network, latents: network([latents], noises=_noise(3)),
        call_ours=lambda network, latents: network(latents, _noise(3)),
    ),
    "ppeetteerrs discriminator": Case(
        repository=_PPEETTEERRS,
        construction="Discriminator(16, channels={4: 12, 8: 10, 16: 8}), four samples",
        build=lambda clones: _ppeetteerrs(clones, "Discriminator"),
        input_shape=(4, 1, 16, 16),
        call=lambda network, images: [network(images)],
        call_ours=_ours,
        gain=10.0,
    ),
    **{
        f"nvlabs generator, clamp {clamp}": Case(
            repository=_NVLABS,
            construction="Generator(z_dim=w_dim=10, img_resolution=16, num_layers=3, channel_base=160, channel_max=12, "
            f"conv_clamp={clamp}), its stored noise",
            build=lambda clones, clamp=clamp: _nvlabs(
                clones,
                "Generator",
                z_dim=10,
                w_dim=10,
                mapping_kwargs={"num_layers": 3},
                synthesis_kwargs={"channel_base": 160, "channel_max": 12, "conv_clamp": clamp},
            ),
            input_shape=(3, 10),
            config={"init_kwargs": {"G": {"synthesis_kwargs": {"conv_clamp": clamp}}}},
            call=lambda network, latents: network(latents, None, noise_mode="const"),
            call_ours=lambda network, latents: network(latents, network.stored_noise()),
            gain=1.0,
        )
        for clamp in (None, 0.5)
    },
    **{
        f"nvlabs discriminator, clamp {clamp}": Case(
            repository=_NVLABS,
            construction="Discriminator(img_resolution=16, channel_base=160, channel_max=12, "
            f"conv_clamp={clamp}, epilogue_kwargs={{mbstd_group_size: 2}}), two samples",
            build=lambda clones, clamp=clamp: _nvlabs(
                clones,
                "Discriminator",
                channel_base=160,
                channel_max=12,
                conv_clamp=clamp,
                epilogue_kwargs={"mbstd_group_size": 2},
            ),
            input_shape=(2, 3, 16, 16),
            config={"init_kwargs": {"D": {"conv_clamp": clamp, "epilogue_kwargs": {"mbstd_group_size": 2}}}},
            call=lambda network, images: [network(images, None)],
            call_ours=_ours,
            gain=2.0,
        )
        for clamp in (None, 0.5)
    },
}

if __name__ == "__main__":
    main("stylegan2", CASES)
