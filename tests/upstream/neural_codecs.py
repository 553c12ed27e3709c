"""The code of neural codecs, by clones: their networks, with what they need of their libraries."""

from __future__ import annotations

import copy
import functools
import importlib
import math
import pathlib
import typing
import warnings
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cut import classes
from speech import undecorated
from torch import nn
from torch.nn.utils import weight_norm

MIXINS = (
    "EffectMixin", "LoudnessMixin", "PlayMixin", "ImpulseResponseMixin", "DSPMixin", "DisplayMixin", "FFMPEGMixin",
    "WhisperMixin",
)  # fmt: skip


def audio_signal(clones: Path) -> Any:
    """AudioSignal and STFTParams of descriptinc/audiotools, without what the codec does not use of them."""
    util = SimpleNamespace(ensure_tensor=lambda value, ndim=None, batch_size=None: value)
    known = {name: type(name, (), {}) for name in MIXINS} | {
        "functools": functools, "namedtuple": namedtuple, "typing": typing, "Path": Path, "pathlib": pathlib,
        "math": math, "warnings": warnings, "copy": copy, "util": util, "julius": optional("julius"),
    }  # fmt: skip
    path = clones / "audiotools" / "audiotools" / "core" / "audio_signal.py"
    scope = classes(path, ["STFTParams", "AudioSignal"], **known)
    # the assignment of defaults is no definition of its own
    scope["STFTParams"].__new__.__defaults__ = (None,) * 5
    return scope


def optional(name: str) -> Any:
    """A library that only some cases need."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def dac(clones: Path) -> dict[str, Any]:
    """The classes of dac/model/dac.py."""
    folder = clones / "descript-audio-codec" / "dac"
    einops = importlib.import_module("einops")
    shared = {"weight_norm": weight_norm, "rearrange": einops.rearrange, "List": list, "Union": typing.Union}
    layers = classes(folder / "nn" / "layers.py", ["WNConv1d", "WNConvTranspose1d", "snake", "Snake1d"],
                     transform=undecorated, **shared)  # fmt: skip
    quantizers = classes(folder / "nn" / "quantize.py", ["VectorQuantize", "ResidualVectorQuantize"],
                         **{**shared, "WNConv1d": layers["WNConv1d"]})  # fmt: skip
    mixin = type("CodecMixin", (), {"get_delay": lambda _: 0})
    known = {**layers, **quantizers, "math": math, "BaseModel": nn.Module, "CodecMixin": mixin}
    names = ["init_weights", "ResidualUnit", "EncoderBlock", "Encoder", "DecoderBlock", "Decoder", "DAC"]
    return classes(folder / "model" / "dac.py", names, **known)


def dac_discriminator(clones: Path, **settings: Any) -> nn.Module:
    """That of dac/model/discriminator.py."""
    signal = audio_signal(clones)
    known = {
        "weight_norm": weight_norm, "rearrange": importlib.import_module("einops").rearrange,
        "ml": SimpleNamespace(BaseModel=nn.Module), "AudioSignal": signal["AudioSignal"],
        "STFTParams": signal["STFTParams"], "nn": SimpleNamespace(**{**vars(nn), **_NARROW}),
    }  # fmt: skip
    names = ["WNConv1d", "WNConv2d", "MPD", "MSD", "BANDS", "MRD", "Discriminator"]
    path = clones / "descript-audio-codec" / "dac" / "model" / "discriminator.py"
    return classes(path, names, **known)["Discriminator"](**settings)


def _narrow(layer: Any) -> Any:
    """A quarter of the channels; one and two are of the signal."""
    return lambda before, after, *rest, **settings: layer(
        before if before < 4 else before // 4, after if after < 4 else after // 4, *rest, **settings
    )


_NARROW = {"Conv1d": _narrow(nn.Conv1d), "Conv2d": _narrow(nn.Conv2d)}
