"""Figures of BigGAN's ResNets: ajbrock's BigGAN and BigGAN-deep, StudioGAN's backbones, christiancosgrove's SNGAN."""

from __future__ import annotations

import copy
import functools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from figures import GAIN, Case, classes, main
from torch import Tensor, nn

_BIGGAN = "ajbrock/BigGAN-PyTorch"
_STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN"
_SNGAN = "christiancosgrove/pytorch-spectral-normalization-gan"
_LABELS = torch.tensor([4, 0, 2])
_N_CLASSES = 5
_LAYERS = (
    "proj", "gram_schmidt", "power_iteration", "identity", "SN", "SNConv2d", "SNLinear", "SNEmbedding", "Attention",
    "fused_bn", "manual_bn", "myBN", "groupnorm", "ccbn", "bn", "GBlock", "DBlock",
)  # fmt: skip
_OPERATIONS = (
    "ConditionalBatchNorm2d", "SelfAttention", "init_weights", "conv2d", "linear", "embedding", "snconv2d", "snlinear",
    "sn_embedding", "batchnorm_2d",
)  # fmt: skip


def _biggan(clones: Path, file: str, name: str, **settings: Any) -> nn.Module:
    folder = clones / "BigGAN-PyTorch"
    known = {"P": nn.Parameter, "init": nn.init, "functools": functools, "math": math}
    layers = SimpleNamespace(**classes(folder / "layers.py", _LAYERS, **known))
    names = ["G_arch", "D_arch", name] + (["GBlock", "DBlock"] if "deep" in file else [])
    scope = classes(folder / file, names, layers=layers, optim=torch.optim, print=lambda *_: None, **known)
    return scope[name](**{"skip_init": True, "no_optim": True, "n_classes": _N_CLASSES, **settings})


def _modules(ops: SimpleNamespace, *, conditional: bool, spectral: bool) -> SimpleNamespace:
    """What StudioGAN's configuration makes of its options."""
    kinds = {"conv2d": ops.snconv2d, "linear": ops.snlinear, "embedding": ops.sn_embedding}
    plain = {"conv2d": ops.conv2d, "linear": ops.linear, "embedding": ops.embedding}
    chosen = kinds if spectral else plain
    return SimpleNamespace(
        **{f"{side}_{name}": made for side in "gd" for name, made in chosen.items()},
        g_bn=ops.ConditionalBatchNorm2d if conditional else ops.batchnorm_2d,
        d_bn=ops.batchnorm_2d,
        g_act_fn=nn.ReLU(inplace=True),
        d_act_fn=nn.ReLU(inplace=True),
    )


def _studiogan(
    clones: Path, backbone: str, name: str, *, conditional: bool = True, spectral: bool = True, **settings: Any
) -> nn.Module:
    folder = clones / "PyTorch-StudioGAN" / "src"
    operations = classes(
        folder / "utils" / "ops.py", _OPERATIONS, spectral_norm=torch.nn.utils.spectral_norm, init=nn.init
    )
    ops = SimpleNamespace(**operations)
    names = ["GenBlock", "DiscOptBlock", "DiscBlock", name]
    misc = SimpleNamespace(dummy_context_mgr=lambda: torch.no_grad())
    network = classes(folder / "models" / f"{backbone}.py", names, ops=ops, misc=misc)[name]
    modules = _modules(ops, conditional=conditional or backbone.startswith("big"), spectral=spectral)
    common = {"img_size": 32, "apply_attn": True, "num_classes": _N_CLASSES, "mixed_precision": False}
    model = SimpleNamespace(info_type="N/A", g_info_injection="N/A")
    return network(**{**common, **settings}, MODULES=modules, MODEL=model)


def _g_of_studiogan(clones: Path, backbone: str, condition: str, **settings: Any) -> nn.Module:
    told = {
        "z_dim": 12, "g_shared_dim": 7, "g_conv_dim": 8, "attn_g_loc": [2], "g_cond_mtd": condition, "g_init": "skip",
        "g_depth": 2,
    }  # fmt: skip
    return _studiogan(clones, backbone, "Generator", conditional=condition == "cBN", **{**told, **settings})


def _d_of_studiogan(clones: Path, backbone: str, condition: str, **settings: Any) -> nn.Module:
    told = {
        "d_conv_dim": 8, "apply_d_sn": settings.get("spectral", True), "attn_d_loc": [1], "d_cond_mtd": condition,
        "aux_cls_type": "W/O", "d_embed_dim": 6, "normalize_d_embed": True, "d_init": None, "d_depth": 2,
    }  # fmt: skip
    return _studiogan(clones, backbone, "Discriminator", **{**told, **settings})


def _sngan(clones: Path, name: str, *arguments: int) -> nn.Module:
    folder = clones / "pytorch-spectral-normalization-gan"
    norm = classes(folder / "spectral_normalization.py", ["l2normalize", "SpectralNorm"], Parameter=nn.Parameter)
    names = ["channels", "ResBlockGenerator", "ResBlockDiscriminator", "FirstResBlockDiscriminator"]
    file = folder / "model_resnet.py"
    scope = classes(file, [*names, "GEN_SIZE", "DISC_SIZE", name], SpectralNorm=norm["SpectralNorm"])
    scope |= {"GEN_SIZE": 6, "DISC_SIZE": 6}
    return scope[name](*arguments)


def _maps(blocks: Any, image: Tensor) -> list[Tensor]:
    """The map after every block and the attention behind it; the code activates in place, so copies."""
    maps: list[Tensor] = []
    for block in (block for listed in blocks for block in listed):
        image = block(image)
        seen = image.clone()
        maps = [*maps[:-1], seen] if "Attention" in type(block).__name__ else [*maps, seen]
    return maps


def _judged(network: Any, image: Tensor) -> Any:
    start = network.input_conv(image) if hasattr(network, "input_conv") else image
    maps = _maps(network.blocks, start.clone())
    output = network(image, _LABELS)
    logits = (output["adv_output"] if isinstance(output, dict) else output).reshape(-1, 1)
    return [logits.flatten()], [[*maps, logits]]


def _judged_by_sngan(network: Any, image: Tensor) -> Any:
    """Its spectral norm makes a step at every call, so the score is another copy's first."""
    logits = copy.deepcopy(network)(image)
    maps: list[Tensor] = []
    for block in network.model[:4]:
        maps.append(block(maps[-1] if maps else image))
    return [logits.flatten()], [[*maps, logits]]


def _ours(network: Any, sample: Tensor) -> Any:
    return network(sample, _LABELS)


def _case(repository: str, construction: str, build: Any, **more: Any) -> Case:
    return Case(repository=repository, construction=construction, build=build, **{"call_ours": _ours, **more})


def _biggan_g(file: str = "BigGAN.py", latent: int = 24, **settings: Any) -> Case:
    sizes = {"G_ch": 8, "G_attn": "16", "dim_z": 24, "resolution": 32, **settings}
    listed = ", ".join(f"{name}={value!r}" for name, value in sizes.items())
    return _case(
        _BIGGAN, f"{file} Generator({listed})", lambda clones: _biggan(clones, file, "Generator", **sizes),
        input_shape=(3, latent), call=lambda network, latents: network(latents, network.shared(_LABELS)),
    )  # fmt: skip


def _biggan_d(file: str = "BigGAN.py", side: int = 32, **settings: Any) -> Case:
    sizes = {"D_ch": 8, "D_attn": "16", "resolution": side, **settings}
    listed = ", ".join(f"{name}={value!r}" for name, value in sizes.items())
    return _case(
        _BIGGAN, f"{file} Discriminator({listed})", lambda clones: _biggan(clones, file, "Discriminator", **sizes),
        input_shape=(3, 3, side, side), call=_judged,
    )  # fmt: skip


def _studiogan_g(backbone: str, condition: str, **settings: Any) -> Case:
    # Without spectral norm the layers multiply what one processor rounds otherwise than another, at the usual gain to
    # over 1e-5 of the image.
    gain = GAIN if settings.get("spectral", True) else 1.0
    return _case(
        _STUDIOGAN, f"{backbone} Generator, {condition}, {settings or 'defaults'}",
        lambda clones: _g_of_studiogan(clones, backbone, condition, **settings),
        input_shape=(3, settings.get("z_dim", 12)), call=lambda network, latents: network(latents, _LABELS), gain=gain,
    )  # fmt: skip


def _studiogan_d(backbone: str, condition: str, **settings: Any) -> Case:
    side = settings.get("img_size", 32)
    return _case(
        _STUDIOGAN, f"{backbone} Discriminator, {condition}, {settings or 'defaults'}",
        lambda clones: _d_of_studiogan(clones, backbone, condition, **settings),
        input_shape=(3, 3, side, side), call=_judged,
    )  # fmt: skip


CASES = {
    "BigGAN generator 32": _biggan_g(),
    "BigGAN generator 32 shared": _biggan_g(shared_dim=7),
    "BigGAN generator 64 hierarchical": _biggan_g(latent=20, resolution=64, dim_z=20, hier=True, shared_dim=6),
    "BigGAN generator 128 hierarchical": _biggan_g(latent=24, resolution=128, G_ch=2, hier=True, shared_dim=6),
    "BigGAN generator 256": _biggan_g(resolution=256, G_ch=2, G_attn="0"),
    "BigGAN generator unshared": _biggan_g(G_shared=False),
    "BigGAN generator without spectral norm": _biggan_g(G_param="", G_attn="8_32"),
    "BigGAN generator standing statistics": _biggan_g(mybn=True),
    "BigGAN generator two singular values": _biggan_g(num_G_SVs=2),
    "BigGAN generator that starts at 2 pixels": _biggan_g(bottom_width=2),
    "BigGAN-deep generator 32": _biggan_g("BigGANdeep.py", 16, dim_z=16, hier=True, shared_dim=6),
    "BigGAN-deep generator 64": _biggan_g(
        "BigGANdeep.py", 16, dim_z=16, hier=True, shared_dim=6, resolution=64, G_ch=4
    ),
    "BigGAN-deep generator 32 of depth 1": _biggan_g("BigGANdeep.py", 16, dim_z=16, hier=True, G_depth=1),
    "BigGAN discriminator 32": _biggan_d(),
    "BigGAN discriminator 64": _biggan_d(side=64, D_ch=4),
    "BigGAN discriminator 128": _biggan_d(side=128, D_ch=2, D_attn="0"),
    "BigGAN discriminator 256": _biggan_d(side=256, D_ch=2, D_attn="0"),
    "BigGAN discriminator not wide": _biggan_d(D_wide=False),
    "BigGAN-deep discriminator 32": _biggan_d("BigGANdeep.py"),
    "BigGAN-deep discriminator 64": _biggan_d("BigGANdeep.py", side=64, D_ch=4),
    "BigGAN-deep discriminator 128": _biggan_d("BigGANdeep.py", side=128, D_ch=4, D_attn="0"),
    "StudioGAN big_resnet generator": _studiogan_g("big_resnet", "cBN"),
    "StudioGAN big_resnet generator without labels": _studiogan_g("big_resnet", "W/O"),
    "StudioGAN big_resnet generator without spectral norm": _studiogan_g("big_resnet", "cBN", spectral=False),
    "StudioGAN resnet generator": _studiogan_g("resnet", "cBN"),
    "StudioGAN resnet generator without labels": _studiogan_g("resnet", "W/O", spectral=False),
    "StudioGAN big_resnet_deep_legacy generator": _studiogan_g("big_resnet_deep_legacy", "cBN"),
    "StudioGAN big_resnet discriminator": _studiogan_d("big_resnet", "PD"),
    "StudioGAN big_resnet discriminator without labels": _studiogan_d("big_resnet", "W/O"),
    "StudioGAN big_resnet discriminator that classifies": _studiogan_d("big_resnet", "AC"),
    "StudioGAN big_resnet discriminator that contrasts": _studiogan_d("big_resnet", "2C"),
    "StudioGAN big_resnet discriminator 64": _studiogan_d(
        "big_resnet", "PD", img_size=64, d_conv_dim=4, attn_d_loc=[2]
    ),
    "StudioGAN resnet discriminator with batch norm": _studiogan_d("resnet", "PD", spectral=False),
    "StudioGAN big_resnet_deep_legacy discriminator": _studiogan_d("big_resnet_deep_legacy", "PD"),
    "StudioGAN big_resnet_deep_legacy discriminator 64": _studiogan_d(
        "big_resnet_deep_legacy", "PD", img_size=64, d_conv_dim=4
    ),
    "SNGAN generator": _case(
        _SNGAN, "model_resnet.py Generator(9), GEN_SIZE 6", lambda clones: _sngan(clones, "Generator", 9),
        input_shape=(3, 9), call_ours=lambda network, latents: network(latents),
    ),
    "SNGAN discriminator": _case(
        _SNGAN, "model_resnet.py Discriminator(), DISC_SIZE 6", lambda clones: _sngan(clones, "Discriminator"),
        input_shape=(3, 3, 32, 32), call=_judged_by_sngan, call_ours=lambda network, image: network(image),
    ),
}  # fmt: skip

if __name__ == "__main__":
    main("biggan", CASES)
