"""Recognises EnCodec, of facebookresearch/encodec, audiocraft and transformers; what shapes do not tell, configs do."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

CODEC = "EnCodec"
ENCODEC, AUDIOCRAFT = "facebookresearch/encodec", "facebookresearch/audiocraft"
EXPERIMENT = "xp.cfg"  # the key under which audiocraft saves its configuration
_SIDE = re.compile(r"^(encoder|decoder)\.(?:model|layers)\.")
_CONVOLUTION = re.compile(r"\.(?:conv|convtr)\.(?:conv|convtr|(norm))\.")
_CODEBOOK = re.compile(r"^quantizer\.(?:vq\.)?layers\.(\d+)\.(?:_codebook|codebook)\.")
_ONLY_TRAINED_WITH = (".inited", ".cluster_size", ".embed_avg")
# a layer by what its tensors are called: convolution, residual block, recurrent layers; "-" for one without any
_KINDS = {"c": "conv.weight", "r": "block.1.conv.weight", "l": "lstm.weight_ih_l0"}
_ENCODER = re.compile(r"c(?P<blocks>r*)-c(?:(?P=blocks)-c)*(?P<recurrent>l?)-c")
_OPEN = ("causal", "pad_mode", "normalize")


@dataclass(frozen=True, kw_only=True)
class Training:
    """A configuration that is known, and the hyper-parameters that its networks show."""

    source: str
    shown: Mapping[str, Any]
    settings: Mapping[str, Any]
    sample_rate: int
    segment: int | None = None


def _training(
    source: str, rate: int, *, causal: bool, pad_mode: str, normalize: bool = False, segment: int | None = None,
    **shown: Any,
) -> Training:  # fmt: skip
    settings = {"causal": causal, "pad_mode": pad_mode, "normalize": normalize}
    return Training(source=source, shown=shown, settings=settings, sample_rate=rate, segment=segment)


_CONFIGS = f"{AUDIOCRAFT} config/solver/compression"
_TRAININGS = (
    _training(f"{ENCODEC} encodec_model_24khz", 24000, causal=True, pad_mode="reflect", shortcut=True,
              group_norm=False, n_channels=1),
    _training(f"{ENCODEC} encodec_model_48khz", 48000, causal=False, pad_mode="reflect", normalize=True,
              segment=48000, shortcut=True, group_norm=True, n_channels=2),
    _training(f"{_CONFIGS}/encodec_base_24khz.yaml", 24000, causal=True, pad_mode="constant", shortcut=False,
              group_norm=False, n_codebooks=32),
    _training(f"{_CONFIGS}/encodec_musicgen_32khz.yaml", 32000, causal=False, pad_mode="constant", shortcut=False,
              group_norm=False, n_codebooks=4, ratios=[8, 5, 4, 4]),
    _training(f"{_CONFIGS}/encodec_audiogen_16khz.yaml", 16000, causal=False, pad_mode="constant", shortcut=False,
              group_norm=False, n_codebooks=4, ratios=[8, 5, 4, 2]),
)  # fmt: skip
_OVERLAP = 0.01


def plain_name(name: str) -> str:
    """The name of a tensor without the words that each code base wraps it in.

    Args:
        name: of a state dict of encodec's, of audiocraft's, or of transformers.
    """
    name = _CODEBOOK.sub(r"quantizer.layers.\1.", _SIDE.sub(r"\1.", name))
    return _CONVOLUTION.sub(lambda match: f".{match[1] or 'conv'}.", name)


def experiment(config: Mapping[str, Any], *path: str) -> Any:
    """What audiocraft's configuration says at a path, through its references to others; None where it says nothing.

    Args:
        config: of the file.
        path: names, each within the one before it.
    """
    value: Any = config.get(EXPERIMENT)
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str) and (reference := re.fullmatch(r"\$\{([\w.]+)\}", value)):
        return experiment(config, *reference[1].split(".")) if reference[1] != ".".join(path) else None
    return value


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, CODEC) or not any(_CODEBOOK.match(key) for key in shapes):
        return None
    plain = plain_shapes({plain_name(key): shape for key, shape in shapes.items()})
    shown = _shown(plain)
    if shown is None:
        return None
    fitting = [t for t in _TRAININGS if all(shown[name] == value for name, value in t.shown.items())]
    told = _told(config)
    recipes = [Recipe(source=training.source, settings=training.settings) for training in fitting]
    chosen = settle(CODEC, "generator", _OPEN, recipes, {ARCH_ARGS: config.get(ARCH_ARGS), **told})
    known = next((t for t in fitting if t.settings == chosen.settings), None)
    rate = told.get("sample_rate") or (known.sample_rate if known else None)
    segment = told.get("segment", known.segment if known else None)
    overlap = told.get("overlap", _OVERLAP)
    rest = {
        "dilation_base": told.get("dilation_base", 2), "trim_right": told.get("trim_right", 1.0), "segment": segment,
        "stride": max(1, int((1 - overlap) * segment)) if segment else None,
    }  # fmt: skip
    origins = {**dict.fromkeys(rest, "recipe"), **{k: "config" for k in rest if k in told}, **chosen.origins}
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), output="waveform", hop=math.prod(shown["ratios"]), sample_rate=rate,
        n_channels=shown["n_channels"], beside=("latents", "z_q"), recipe=f"{AUDIOCRAFT} encodec", logs=_LOGS,
    )  # fmt: skip
    return matched(CODEC, "generator", {**shown, **chosen.settings, **rest}, task, origins)  # type: ignore[arg-type]  # the words of Origin


_LOGS = {"mel": "audiocraft", "vq_commit": "encodec"}


def _shown(plain: Shapes) -> dict[str, Any] | None:
    """The hyper-parameters that names and shapes tell, or None where they are of another network."""
    encoder, decoder = _layers(plain, "encoder"), _layers(plain, "decoder")
    kinds = "".join(kind for kind, _ in encoder)
    match = _ENCODER.fullmatch(kinds)
    books = numbered(plain, "quantizer.layers.{}.embed", 2)
    kernels = [kernel for kind, kernel in encoder if kind == "c"]
    if match is None or not books or len(set(books)) > 1 or not all(is_kernel(kernel, 3) for kernel in kernels):
        return None
    blocks, recurrent = match["blocks"], match["recurrent"]
    mirrored = f"c{recurrent}{f'-c{blocks}' * (len(kernels) - 2)}-c"
    first, *strided, last = kernels
    if "".join(kind for kind, _ in decoder) != mirrored or any(kernel[2] % 2 for kernel in strided):
        return None
    inner = plain.get("encoder.1.block.1.conv.weight", (first[0] // 2, first[0], 3))
    place = kinds.index("l") if recurrent else 0
    return {
        "n_channels": first[1],
        "n_filters": first[0],
        "ratios": [kernel[2] // 2 for kernel in reversed(strided)],
        "n_residual": len(blocks),
        "kernel": first[2],
        "last_kernel": last[2],
        "residual_kernel": inner[2],
        "compress": inner[1] // max(1, inner[0]),
        "shortcut": "encoder.1.shortcut.conv.weight" in plain,
        "n_lstm": sum(key.startswith(f"encoder.{place}.lstm.weight_ih_l") for key in plain),
        "n_latents": last[0],
        "n_codebooks": len(books),
        "n_entries": books[0][0],
        "group_norm": "encoder.0.norm.weight" in plain,
    }


def _layers(plain: Shapes, side: str) -> list[tuple[str, tuple[int, ...]]]:
    """Of each layer in order, its kind and the shape that tells it."""
    n_layers = 1 + max((int(match[1]) for key in plain if (match := re.match(rf"{side}\.(\d+)\.", key))), default=-1)
    found = []
    for k in range(n_layers):
        shapes = {kind: plain.get(f"{side}.{k}.{name}", ()) for kind, name in _KINDS.items()}
        found.append(next(((kind, shape) for kind, shape in shapes.items() if shape), ("-", ())))
    return found


def _told(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the configuration of audiocraft or of transformers says, in our words, and the user's sample rate."""
    told = {
        "causal": experiment(config, "encodec", "causal"),
        "normalize": experiment(config, "encodec", "renormalize"),
        "pad_mode": experiment(config, "seanet", "pad_mode"),
        "dilation_base": experiment(config, "seanet", "dilation_base"),
        "trim_right": experiment(config, "seanet", "decoder", "trim_right_ratio"),
        "sample_rate": experiment(config, "sample_rate"),
    }
    if config.get("model_type") == "encodec":
        words = (
            "use_causal_conv",
            "normalize",
            "pad_mode",
            "dilation_growth_rate",
            "trim_right_ratio",
            "sampling_rate",
        )
        told = {ours: config.get(theirs) for ours, theirs in zip(told, words, strict=True)}
        told |= {"overlap": config.get("overlap")}
    found = {name: value for name, value in told.items() if value is not None}
    if config.get("model_type") == "encodec" or experiment(config) is not None:
        seconds = config.get("chunk_length_s")
        found["segment"] = int(seconds * found.get("sample_rate", 0)) if isinstance(seconds, int | float) else None
    option = (config.get(ARCH_ARGS) or {}).get("sample_rate")
    return found | ({"sample_rate": int(option)} if isinstance(option, str) and option.isdigit() else {})


def _is_of_training(_match: Match, key: str) -> bool:
    return key.endswith(_ONLY_TRAINED_WITH)


FAMILIES = (Family(name=CODEC, detect=_detect, network="encodec.Encodec", ignores=_is_of_training),)
