"""Recognises the Descript Audio Codec, of descriptinc and of transformers, and its discriminator."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, all_positive
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import chain, is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, matched

CODEC, DISCRIMINATOR = "DAC", "DAC discriminator"
SOURCE = "descriptinc/descript-audio-codec"
# hop, codebooks -> sample rate: conf/final/44khz.yml, 44khz-16kbps.yml, 24khz.yml, 16khz.yml
_RATES = {(512, 9): 44100, (512, 18): 44100, (320, 32): 24000, (320, 12): 16000}
# conf/final: what is saved beside the weights holds the default, False, whatever the training was given
_QUANTIZER_DROPOUT = 0.5
_BETWEEN = re.compile(r"\.(?:block|layers|model)(?=\.)")
# of transformers: side, layer -> its place in a block; of a residual unit
_PLACES = {
    "encoder": {"res_unit1": 0, "res_unit2": 1, "res_unit3": 2, "snake1": 3, "conv1": 4},
    "decoder": {"snake1": 0, "conv_t1": 1, "res_unit1": 2, "res_unit2": 3, "res_unit3": 4},
}
_UNIT = {"snake1": 0, "conv1": 1, "snake2": 2, "conv2": 3}
_IN_BLOCK = re.compile(r"(encoder|decoder)\.block\.(\d+)\.(\w+)\.(?:(snake\d|conv\d)\.)?(.+)")
_OUTSIDE = re.compile(r"(encoder|decoder)\.(conv1|snake1|conv2)\.(.+)")


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Name -> the name without the words that code bases put between its numbers, of `Sequential`s in `Sequential`s.

    Args:
        names: of a state dict of descriptinc's, of Stability's, or of transformers.
    """
    names = list(names)
    if not any(".res_unit1." in name for name in names):
        return {name: _BETWEEN.sub("", name) for name in names}
    blocks = [match for name in names if (match := _IN_BLOCK.fullmatch(name))]
    n_blocks = {side: 1 + max((int(m[2]) for m in blocks if m[1] == side), default=-1) for side in _PLACES}
    return {name: _of_transformers(name, n_blocks) for name in names}


def _of_transformers(name: str, n_blocks: Mapping[str, int]) -> str:
    if (inside := _IN_BLOCK.fullmatch(name)) and inside[3] in _PLACES[inside[1]]:
        unit = f"{_UNIT[inside[4]]}." if inside[4] else ""
        return f"{inside[1]}.{int(inside[2]) + 1}.{_PLACES[inside[1]][inside[3]]}.{unit}{inside[5]}"
    if outside := _OUTSIDE.fullmatch(name):
        place = {"conv1": 0, "snake1": n_blocks[outside[1]] + 1, "conv2": n_blocks[outside[1]] + 2}[outside[2]]
        return f"{outside[1]}.{place}.{outside[3]}"
    return name


def convolutions_of(plain: Shapes) -> dict[str, Any] | None:
    """Widths and rates of encoder and decoder, and the channels between, under plain names; None where none are so.

    Args:
        plain: name -> shape, without norms.
    """
    found: dict[str, Any] = {}
    for side, place, transposed in (("encoder", 4, False), ("decoder", 1, True)):
        first = plain.get(f"{side}.0.weight", ())
        shifted = {key.replace(f"{side}.", "", 1): shape for key, shape in plain.items() if key.startswith(f"{side}.")}
        kernels = numbered({f"0.{place}.weight": (1, 1, 2), **shifted}, f"{{}}.{place}.weight", 3)[1:]
        last = shifted.get(f"{len(kernels) + 2}.weight", ())
        widths = chain(kernels, transposed=transposed) if kernels else None
        if widths is None or not is_kernel(first, 3) or not is_kernel(last, 3) or any(k[2] % 2 for k in kernels):
            return None
        if first[::2] != (widths[0], 7) or last[1:] != (widths[-1], 7 if transposed else 3):
            return None
        found |= {f"{side}_widths": widths, f"{side}_rates": [kernel[2] // 2 for kernel in kernels]}
        found |= {f"{side}_in": first[1], f"{side}_out": last[0]}
    return found


def _detect_codec(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, CODEC) or not any(key.startswith("quantizer.quantizers.0.codebook.") for key in shapes):
        return None
    names = plain_names(shapes)
    plain = plain_shapes({names[key]: shape for key, shape in shapes.items()})
    books = numbered(plain, "quantizer.quantizers.{}.codebook.weight", 2)
    found = convolutions_of(plain)
    if found is None or not books or len(set(books)) > 1:
        return None
    (n_in, n_latents), (given, n_out) = ((found.pop(f"{side}_in"), found.pop(f"{side}_out")) for side in _PLACES)
    if (n_in, n_out, given) != (1, 1, n_latents):
        return None
    sizes = {"n_latents": n_latents, "n_codebooks": len(books), "n_entries": books[0][0], "n_values": books[0][1]}
    dropout = settle(CODEC, "generator", ("quantizer_dropout",), [_DROPOUT], {ARCH_ARGS: config.get(ARCH_ARGS)})
    hop = math.prod(found["encoder_rates"])
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), output="waveform", hop=hop, beside=("latents", "z_q"), takes=("dropout",),
        recipe=f"{SOURCE} dac", sample_rate=sample_rate_of(config) or _RATES.get((hop, len(books))), logs=_LOGS,
    )  # fmt: skip
    return matched(CODEC, "generator", {**found, **sizes, **dropout.settings}, task, dropout.origins)


_DROPOUT = Recipe(source=SOURCE, settings={"quantizer_dropout": _QUANTIZER_DROPOUT})
_LOGS = {"mel": "dac", "mrstft": "dac", "vq_commit": "dac_residual"}


def sample_rate_of(config: Mapping[str, Any]) -> int | None:
    """The sample rate that an option, transformers' config or what audiotools saves beside weights says.

    Args:
        config: of the file, and beside it.
    """
    metadata = config.get("metadata")
    kwargs = metadata.get("kwargs") if isinstance(metadata, Mapping) else None
    for place in (config.get(ARCH_ARGS), kwargs, config):
        for name in ("sample_rate", "sampling_rate"):
            told = place.get(name) if isinstance(place, Mapping) else None
            told = int(told) if isinstance(told, str) and told.isdigit() else told
            if all_positive([told]):
                return told
    return None


def _detect_discriminator(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    marks = ("discriminators.0.convs.0.0.", "discriminators.0.band_convs.0.0.0.")
    if not named(config, DISCRIMINATOR) or not any(key.startswith(marks) for key in shapes):
        return None
    plain = plain_shapes(shapes)
    subs: list[dict[str, Any]] = []
    while (sub := _sub(plain, f"discriminators.{len(subs)}")) is not None:
        subs.append(sub)
    sizes: dict[str, Any] = {}
    for sub in subs:
        if any(sizes.setdefault(name, value) != value for name, value in sub.items()):
            return None
    counts = {name: sum(key in sub for sub in subs) for name, key in _COUNTED.items()}
    counts["band_edges"] = sizes.pop("n_bands", 0)
    settings, origins = _settled(counts, {ARCH_ARGS: config.get(ARCH_ARGS)})
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, recipe=f"{SOURCE} dac", logs={"fm": "dac"}
    )
    return matched(DISCRIMINATOR, "discriminator", {**sizes, **settings}, task, origins)


# what shapes do not tell -> what a sub-discriminator of that kind has
_COUNTED = {"periods": "period_channels", "rates": "scale_channels", "fft_sizes": "band_channels"}
# the same -> how many -> conf/base.yml, and conf/ablations
_KNOWN: Mapping[str, Mapping[int, Any]] = {
    "periods": {0: [], 5: [2, 3, 5, 7, 11]},
    "rates": {0: [], 1: [1]},
    "fft_sizes": {0: [], 3: [2048, 1024, 512]},
    "band_edges": {0: [0], 1: [0, 100], 5: [0, 10, 25, 50, 75, 100]},
    "sample_rate": {0: 44100},
}


def _sub(plain: Shapes, prefix: str) -> dict[str, Any] | None:
    post = plain.get(f"{prefix}.conv_post.weight", ())
    if bands := numbered(plain, f"{prefix}.band_convs.{{}}.0.0.weight", 4):
        return {"band_channels": bands[0][0], "n_bands": len(bands)}
    kernels = numbered(plain, f"{prefix}.convs.{{}}.0.weight", len(post)) if post else []
    channels = [kernel[0] for kernel in kernels]
    if not kernels or len(post) == 4:
        return {"period_channels": channels} if kernels else None
    groups = [before // kernel[1] for before, kernel in zip([1, *channels], kernels, strict=False)]
    return {"scale_channels": channels, "scale_groups": groups}


def _settled(counts: Mapping[str, int], options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Origin]]:
    """Periods, rates, frames and bands; what audiotools saves beside the weights is the defaults, and is not asked."""
    settings: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for name, known in _KNOWN.items():
        wanted = counts.get(name, 0)
        recipes = [Recipe(source=SOURCE, settings={name: known[wanted]})] if wanted in known else []
        chosen = settle(DISCRIMINATOR, "discriminator", (name,), recipes, options)
        value = chosen.settings[name]
        if name in counts and (not isinstance(value, list) or len(value) - (name == "band_edges") != wanted):
            raise InputError(
                f"{DISCRIMINATOR}: {name} {value} do not fit the weights, which have {wanted}",
                hint="one number each; of bands their edges, in per cents of half the sample rate: "
                f"--arch '{DISCRIMINATOR}' --arch-args discriminator:band_edges=0x20x40x60x80x100",
            )
        settings |= chosen.settings
        origins |= chosen.origins
    return settings, origins


FAMILIES = (
    Family(name=CODEC, detect=_detect_codec, network="dac.Dac"),
    Family(name=DISCRIMINATOR, detect=_detect_discriminator, network="dac_discriminator.DacDiscriminator"),
)
