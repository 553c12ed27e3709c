"""Figures of convolutional auto-encoders, of few channels: taming's, latent-diffusion's, diffusers' and LlamaGen's own.

`diffusers` is imported from its clone, with the libraries that it needs installed; of the others classes are cut out.
"""

from __future__ import annotations

import ast
import functools
import importlib
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from autoencoder_networks import LDM, TAMING, gaussian, gumbel, llamagen, vqgan
from figures import Case as _Case
from figures import classes, judged, main, uniform
from torch import Tensor, nn

# 1.6 would make of an attention's rounding what the figures cannot tell from an error
Case = functools.partial(_Case, gain=1.0)
_DIFFUSERS, _LLAMAGEN = "huggingface/diffusers", "FoundationVision/LlamaGen"


def _of_entries(network: Any, image: Tensor) -> list[Tensor]:
    """VQModel.forward, and what its loss is of."""
    hidden = network.quant_conv(network.encoder(image))
    codes, _, _ = network.quantize(hidden)
    return [network.decoder(network.post_quant_conv(codes)), hidden, codes]


def _of_draws(network: Any, image: Tensor) -> list[Tensor]:
    """GumbelVQ.forward with noise by formula, as torch's exponential numbers under its logarithm."""
    hidden = network.quant_conv(network.encoder(image))
    logits = network.quantize.proj(hidden)
    exponential = -torch.special.log_ndtr(_noise(logits.shape).double()).float()
    with mock.patch.object(Tensor, "exponential_", lambda tensor: tensor.copy_(exponential)):
        codes, _, _ = network.quantize(hidden)
    return [network.decoder(network.post_quant_conv(codes)), logits]


def _of_gaussians(network: Any, image: Tensor) -> list[Tensor]:
    """AutoencoderKL.forward with noise by formula."""
    mean, log_variance = network.quant_conv(network.encoder(image)).chunk(2, dim=1)
    log_variance = log_variance.clamp(-30.0, 20.0)
    drawn = mean + torch.exp(0.5 * log_variance) * _noise(mean.shape)
    return [network.decoder(network.post_quant_conv(drawn)), mean, log_variance]


def _noise(shape: Any) -> Tensor:
    return (2 * uniform("noise", tuple(shape)) - 1).float()


def _ours(shape: tuple[int, ...] | None = None) -> Callable[[Any, Tensor], list[Tensor]]:
    """What ours computes, with the same noise where it takes any, of that shape."""
    return lambda network, image: list(network(image, None if shape is None else _noise(shape)))


def _diffusers(clones: Path, name: str, **settings: Any) -> nn.Module:
    sys.path.insert(0, str(clones / "diffusers" / "src"))
    module = importlib.import_module("diffusers")
    return getattr(module, name)(**settings)  # type: ignore[no-any-return]


def _of_diffusers_vq(network: Any, image: Tensor) -> list[Tensor]:
    latents = network.encode(image).latents
    codes, _, _ = network.quantize(latents)
    return [network.decode(latents).sample, latents, codes]


def _of_diffusers_kl(network: Any, image: Tensor) -> list[Tensor]:
    posterior = network.encode(image).latent_dist
    drawn = posterior.mean + posterior.std * _noise(posterior.mean.shape)
    return [network.decode(drawn).sample, posterior.mean, posterior.logvar]


def _blocks(kind: str, n: int, attention: int = 0) -> list[str]:
    """diffusers' names of stages, of which the last ones have attention."""
    plain = {"down": "DownEncoderBlock2D", "up": "UpDecoderBlock2D"}[kind]
    names = [plain] * (n - attention) + [f"Attn{plain}"] * attention
    return names if kind == "down" else names[::-1]


def _diffusers_case(name: str, n: int, attention: int = 0, **settings: Any) -> _Case:
    whole = {
        "block_out_channels": (32, 64, 64)[:n], "layers_per_block": 1, "norm_num_groups": 8, "latent_channels": 4,
        "down_block_types": _blocks("down", n, attention), "up_block_types": _blocks("up", n, attention), **settings,
    }  # fmt: skip
    quantised = name == "VQModel"
    side = 8 * 2 ** (n - 1)
    return Case(
        repository=_DIFFUSERS,
        construction=f"{name}({', '.join(f'{key}={value}' for key, value in whole.items())})",
        build=lambda clones: _diffusers(clones, name, **whole),
        input_shape=(2, 3, side, side),
        call=_of_diffusers_vq if quantised else _of_diffusers_kl,
        call_ours=_ours(None if quantised else (2, 4, 8, 8)),
        config={"norm_num_groups": 8},
    )


def _of_llamagen(network: Any, image: Tensor) -> list[Tensor]:
    hidden = nn.functional.normalize(network.quant_conv(network.encoder(image)), dim=1)
    codes, _, _ = network.encode(image)
    return [network.decode(codes), hidden, codes]


def _actnorm(clones: Path) -> nn.Module:
    """Its discriminator with ActNorm, whose shifts and scales training has set."""
    folder = clones / "taming-transformers" / "taming" / "modules"
    norm = classes(folder / "util.py", ["ActNorm"])["ActNorm"]
    found = classes(folder / "discriminator" / "model.py", ["NLayerDiscriminator"], functools=functools, ActNorm=norm)
    return found["NLayerDiscriminator"](3, ndf=8, n_layers=2, use_actnorm=True)  # type: ignore[no-any-return]


def _stylegan(clones: Path) -> nn.Module:
    """Its discriminator for pictures of 16 pixels with 8 channels for 512; kornia's filter is written out."""
    path = clones / "LlamaGen" / "tokenizer" / "tokenizer_image" / "discriminator_stylegan.py"

    def filter2d(images: Tensor, kernel: Tensor, normalized: bool) -> Tensor:
        assert normalized
        padded = nn.functional.pad(images, (1, 1, 1, 1), "reflect")
        weight = (kernel / kernel.sum()).expand(images.shape[1], 1, 3, 3)
        return nn.functional.conv2d(padded, weight, groups=images.shape[1])

    names = ("Discriminator", "DiscriminatorBlock", "Blur", "leaky_relu", "exists")
    found = classes(path, names, transform=_narrowed, filter2d=filter2d, math=math)
    return found["Discriminator"](image_size=16)  # type: ignore[no-any-return]


def _narrowed(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value == 512:
            node.value = 8
    return tree


CASES = {
    "llamagen's StyleGAN": Case(
        repository=_LLAMAGEN, construction="discriminator_stylegan.Discriminator(image_size=16), 8 channels for 512",
        build=_stylegan, input_shape=(2, 3, 16, 16), call=lambda network, image: [network(image)],
        call_ours=lambda network, image: network(image)[0],
    ),
    "patchgan of taming with ActNorm": Case(
        repository=TAMING, construction="NLayerDiscriminator(3, ndf=8, n_layers=2, use_actnorm=True)", build=_actnorm,
        input_shape=(2, 3, 48, 48), call=lambda network, image: judged(network.main, image),
    ),
    "vqgan of taming": Case(
        repository=TAMING, construction="VQModel(ch=32, ch_mult=(1, 2), attn_resolutions=[8], n_embed=12)",
        build=vqgan, input_shape=(2, 3, 16, 16), call=_of_entries, call_ours=_ours(),
    ),
    "vqgan of taming without convolutions between sizes": Case(
        repository=TAMING, construction="VQModel(ch_mult=(1, 1, 2), num_res_blocks=2, resamp_with_conv=False)",
        build=lambda clones: vqgan(clones, ch_mult=(1, 1, 2), num_res_blocks=2, resamp_with_conv=False, in_channels=1,
                                    out_ch=1, attn_resolutions=[]),
        input_shape=(2, 1, 16, 16), call=_of_entries, call_ours=_ours(),
    ),
    "gumbel of taming": Case(
        repository=TAMING, construction="GumbelVQ(ch=32, ch_mult=(1, 2), z_channels=4, n_embed=12)", build=gumbel,
        input_shape=(2, 3, 16, 16), call=_of_draws, call_ours=_ours((2, 12, 8, 8)),
    ),
    "vqgan of latent-diffusion": Case(
        repository=LDM, construction="VQModel(ch=32, ch_mult=(1, 2), attn_resolutions=[8], z_channels=4, n_embed=12)",
        build=lambda clones: vqgan(clones, LDM), input_shape=(2, 3, 16, 16), call=_of_entries, call_ours=_ours(),
    ),
    "kl of latent-diffusion": Case(
        repository=LDM, construction="AutoencoderKL(ch=32, ch_mult=(1, 2), z_channels=4, embed_dim=3)",
        build=gaussian, input_shape=(2, 3, 16, 16), call=_of_gaussians, call_ours=_ours((2, 3, 8, 8)),
    ),
    "diffusers VQModel": _diffusers_case("VQModel", 2, num_vq_embeddings=12, vq_embed_dim=5),
    "diffusers VQModel with spatial norms": _diffusers_case(
        "VQModel", 2, 1, num_vq_embeddings=12, vq_embed_dim=4, norm_type="spatial"
    ),
    "diffusers AutoencoderKL": _diffusers_case("AutoencoderKL", 3),
    "diffusers AutoencoderKL without quant_conv": _diffusers_case(
        "AutoencoderKL", 2, use_quant_conv=False, use_post_quant_conv=False, mid_block_add_attention=False
    ),
    "llamagen": Case(
        repository=_LLAMAGEN, construction="VQModel(ch=32, encoder_ch_mult=[1, 2], decoder_ch_mult=[1, 1])",
        build=llamagen, input_shape=(2, 3, 16, 16), call=_of_llamagen, call_ours=_ours(),
    ),
}  # fmt: skip

if __name__ == "__main__":
    main("autoencoder", CASES)
