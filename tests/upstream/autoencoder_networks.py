"""Auto-encoders of taming-transformers, latent-diffusion and LlamaGen, of the classes in clones, with few channels."""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from cut import classes
from torch import nn

TAMING, LDM = "CompVis/taming-transformers", "CompVis/latent-diffusion"
_LAYERS = ("nonlinearity", "Normalize", "Upsample", "Downsample", "ResnetBlock", "AttnBlock", "Encoder", "Decoder")
OF_VQ: Mapping[str, Any] = {
    "ch": 32, "out_ch": 3, "ch_mult": (1, 2), "num_res_blocks": 1, "attn_resolutions": [8], "in_channels": 3,
    "resolution": 16, "z_channels": 4, "double_z": False,
}  # fmt: skip


class _Whole(nn.Module):
    """The parts of a Lightning module, without Lightning."""

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, quantize: nn.Module | None, before: int, after: int
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        if quantize is not None:
            self.quantize = quantize
        double = 1 if quantize is not None else 2
        z = decoder.conv_in.in_channels
        self.quant_conv = nn.Conv2d(double * z, double * before, 1)
        self.post_quant_conv = nn.Conv2d(after, z, 1)


def _halves(clones: Path, repository: str, **settings: Any) -> tuple[nn.Module, nn.Module]:
    inside = "taming" if repository == TAMING else "ldm"
    names = _LAYERS if inside == "taming" else (*_LAYERS, "make_attn")
    path = clones / repository.split("/")[1] / inside / "modules" / "diffusionmodules" / "model.py"
    found = classes(path, names, LinearAttention=nn.Module, print=lambda *_: None)
    found["np"] = importlib.import_module("numpy")
    return found["Encoder"](**settings), found["Decoder"](**settings)


def _quantiser(clones: Path, name: str, *arguments: Any) -> nn.Module:
    einops = importlib.import_module("einops")
    path = clones / "taming-transformers" / "taming" / "modules" / "vqvae" / "quantize.py"
    known = {"rearrange": einops.rearrange, "einsum": torch.einsum}
    return classes(path, [name], **known)[name](*arguments)  # type: ignore[no-any-return]


def vqgan(clones: Path, repository: str = TAMING, **changed: Any) -> nn.Module:
    halves = _halves(clones, repository, **{**OF_VQ, **changed})
    return _Whole(*halves, _quantiser(clones, "VectorQuantizer2", 12, 5, 0.25), 5, 5)


def gumbel(clones: Path) -> nn.Module:
    return _Whole(*_halves(clones, TAMING, **OF_VQ), _quantiser(clones, "GumbelQuantize", 4, 5, 12), 4, 5)


def gaussian(clones: Path, repository: str = LDM) -> nn.Module:
    return _Whole(*_halves(clones, repository, **{**OF_VQ, "double_z": True}), None, 3, 3)


def llamagen(clones: Path) -> nn.Module:
    """Its VQModel with a quarter of the channels: its encoder and decoder take no width from outside."""
    path = clones / "LlamaGen" / "tokenizer" / "tokenizer_image" / "vq_model.py"
    names = ("Encoder", "Decoder", "VectorQuantizer", "ResnetBlock", "AttnBlock", "nonlinearity", "Normalize",
             "Upsample", "Downsample", "VQModel", "compute_entropy_loss")  # fmt: skip
    found = classes(path, names, ModelArgs=object)
    for half in ("Encoder", "Decoder"):
        found[half] = functools.partial(found[half], ch=32, num_res_blocks=1)
    config = types.SimpleNamespace(
        codebook_size=12, codebook_embed_dim=5, codebook_l2_norm=True, codebook_show_usage=True, commit_loss_beta=0.25,
        entropy_loss_ratio=0.0, encoder_ch_mult=[1, 2], decoder_ch_mult=[1, 1], z_channels=6, dropout_p=0.0,
    )  # fmt: skip
    return found["VQModel"](config)  # type: ignore[no-any-return]
