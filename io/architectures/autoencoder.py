"""Recognises the convolutional auto-encoder of taming-transformers, latent-diffusion, diffusers and LlamaGen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganloss_cli.io.architectures.autoencoder_names import taming_name
from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.spellings import is_kernel, numbered
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, Task, matched

NAME = "Convolutional auto-encoder"
_GROUPS = 32
# what takes part in no forward pass: colours of segmentations, codes that are left, codes that were used lately
_IGNORED = ("colorize", "quantize.used", "quantize.codebook_used")
_MARKS = {"taming": "encoder.down.", "diffusers": "encoder.down_blocks.", "llamagen": "encoder.conv_blocks."}
_ANY_MARK = tuple(_MARKS.values())
_BESIDE = {
    "vq": ("latents", "z_q"), "spherical": ("latents", "z_q"), "gumbel": ("code_logits",), "gaussian": ("mu", "logvar"),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Half:
    """What shapes tell of an encoder or a decoder."""

    stem: int
    widths: list[int]
    n_blocks: int
    attention: list[bool]
    middle: bool
    convolved: bool


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    marked = [key for key in shapes if key.startswith(_ANY_MARK)]  # one pass: most networks are others
    dialect = next((name for name, mark in _MARKS.items() if any(key.startswith(mark) for key in marked)), None)
    if dialect is None or not named(config, NAME, "VQGAN", "VQModel", "AutoencoderKL"):
        return None
    ups = {key.split(".")[2] for key in shapes if key.startswith(("decoder.up", "decoder.conv_blocks."))}
    plain = {taming_name(key, len(ups)): shape for key, shape in shapes.items() if key not in _IGNORED}
    encoder, decoder = _half(plain, "encoder.", "down"), _half(plain, "decoder.", "up")
    first, last, before, after = (
        plain.get(f"{key}.weight", ()) for key in ("encoder.conv_in", "decoder.conv_out", "decoder.conv_in",
                                                   "encoder.conv_out")
    )  # fmt: skip
    if encoder is None or decoder is None or decoder.n_blocks != encoder.n_blocks + 1:
        return None
    if not all(is_kernel(shape, 4) for shape in (first, last, before, after)):
        return None
    bottleneck = _bottleneck(plain, dialect)
    quantised = plain.get("post_quant_conv.weight", ())
    groups, origin = _groups(config)
    sizes = {
        "in_channels": first[1],
        "out_channels": last[0],
        "latent_channels": before[1],
        "code_width": quantised[1] if is_kernel(quantised, 4) else before[1],
        "n_codes": _n_codes(plain),
        "bottleneck": bottleneck,
        "stem": encoder.stem,
        "widths": encoder.widths,
        "decoder_widths": decoder.widths,
        "n_blocks": encoder.n_blocks,
        "attention": encoder.attention,
        "decoder_attention": decoder.attention,
        "middle": encoder.middle,
        "convolved": encoder.convolved,
        "quant_conv": bool(quantised),
        "spatial": "decoder.norm_out.conv_y.weight" in plain,
        "groups": groups,
    }
    origins: dict[str, Origin] = {"groups": origin}
    if bottleneck == "spherical":
        origins["bottleneck"] = "recipe"
    return matched(NAME, "generator", sizes, _task(dialect, bottleneck, config), origins)


def _half(plain: Shapes, half: str, stages: str) -> _Half | None:
    first = plain.get(f"{half}conv_in.weight", ())
    n_stages = len({key.split(".")[2] for key in plain if key.startswith(f"{half}{stages}.")})
    numbers = range(n_stages)
    blocks = [numbered(plain, f"{half}{stages}.{k}.block.{{}}.conv2.weight", 4) for k in numbers]
    if not is_kernel(first, 4) or not n_stages or not blocks[0] or len(set(map(len, blocks))) != 1:
        return None
    resampled = f"{half}{stages}.{0 if stages == 'down' else n_stages - 1}.{stages}sample.conv.weight"
    return _Half(
        stem=first[0],
        widths=[block[0][0] for block in blocks],
        n_blocks=len(blocks[0]),
        attention=[f"{half}{stages}.{k}.attn.0.q.weight" in plain for k in numbers],
        middle=f"{half}mid.attn_1.q.weight" in plain,
        convolved=resampled in plain or n_stages == 1,
    )


def _bottleneck(plain: Shapes, dialect: str) -> str:
    if "quantize.embedding.weight" in plain:
        return "spherical" if dialect == "llamagen" else "vq"
    return "gumbel" if "quantize.proj.weight" in plain else "gaussian"


def _n_codes(plain: Shapes) -> int:
    found = (plain[key] for key in ("quantize.embedding.weight", "quantize.embed.weight") if key in plain)
    return next((shape[0] for shape in found if is_kernel(shape, 2)), 0)


def _groups(config: Mapping[str, Any]) -> tuple[int, Origin]:
    groups = config.get("norm_num_groups")
    known = isinstance(groups, int) and not isinstance(groups, bool) and groups > 0
    return (groups, "config") if known else (_GROUPS, "recipe")  # type: ignore[return-value]  # it is a number then


def _task(dialect: str, bottleneck: str, config: Mapping[str, Any]) -> Task:
    logs = {"vq_commit": "taming"} if dialect == "taming" else {}
    beside = _BESIDE[bottleneck]
    if dialect == "llamagen":
        kind = {"vanilla": "_vanilla", "non-saturating": "_non_saturating"}.get(str(_args(config).get("disc_loss")), "")
        recipe = f"FoundationVision/LlamaGen llamagen{kind}"
        return Task(input="image", range=(-1.0, 1.0), beside=beside, recipe=recipe)
    if dialect == "diffusers":
        quantised = bottleneck != "gaussian"
        # the example that trains VQModel leaves its images on [0, 1]
        scaled = (0.0, 1.0) if quantised else (-1.0, 1.0)
        recipe = f"huggingface/diffusers diffusers_{'vqgan' if quantised else 'autoencoderkl'}"
        return Task(input="image", range=scaled, beside=beside, recipe=recipe)
    recipe = {
        "gaussian": "CompVis/latent-diffusion latent_diffusion_kl",
        "gumbel": "CompVis/taming-transformers taming_gumbel",
        "vq": "CompVis/taming-transformers taming",
    }[bottleneck]
    vanilla = "_vanilla" if loss_settings(config).get("disc_loss") == "vanilla" else ""
    return Task(input="image", range=(-1.0, 1.0), logs=logs, beside=beside, recipe=recipe + vanilla)


def _args(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of LlamaGen's training, as its checkpoints hold them."""
    args = config.get("args")
    return args if isinstance(args, Mapping) and "commit_loss_beta" in args else {}


def loss_settings(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the loss in a configuration as taming-transformers, latent-diffusion or LlamaGen write it.

    Args:
        config: of the file, or of one beside it.
    """
    found: Any = _args(config)
    if found:
        return found  # type: ignore[no-any-return]
    found = config
    for key in ("model", "params", "lossconfig", "params"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


FAMILY = Family(
    name=NAME,
    detect=_detect,
    network="autoencoder.ConvolutionalAutoencoder",
    ignores=lambda _match, key: key in _IGNORED,
)
