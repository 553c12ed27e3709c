"""The code of neural codecs, by clones: their networks, with what they need of their libraries."""

from __future__ import annotations

import ast
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

import torch
from cut import classes
from speech import undecorated
from torch import Tensor, nn
from torch.nn.utils import spectral_norm, weight_norm

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


def encodec(clones: Path, repository: str = "encodec") -> SimpleNamespace:
    """The classes of the networks of facebookresearch/encodec or audiocraft, and of their discriminators."""
    folder = clones / repository / repository
    einops = importlib.import_module("einops")
    streamable = "S" if repository == "encodec" else "Streamable"
    known: dict[str, Any] = {
        "tp": typing, "math": math, "warnings": warnings, "weight_norm": weight_norm, "spectral_norm": spectral_norm,
        "rearrange": einops.rearrange, "repeat": einops.repeat, "ConvLayerNorm": None, "default": _default,
        "logger": None, "torchaudio": SimpleNamespace(transforms=SimpleNamespace(Spectrogram=Spectrogram)),
    }  # fmt: skip
    names = [
        "CONV_NORMALIZATIONS", "apply_parametrization_norm", "get_norm_module", "get_extra_padding_for_conv1d",
        "pad_for_conv1d", "pad1d", "unpad1d", "NormConv1d", "NormConv2d", "NormConvTranspose1d",
        f"{streamable}Conv1d", f"{streamable}ConvTranspose1d",
    ]  # fmt: skip
    known |= _only(classes(folder / "modules" / "conv.py", names, **known), names)
    lstm = f"{streamable}LSTM"
    known |= _only(classes(folder / "modules" / "lstm.py", [lstm], **known), [lstm])
    names = ["SEANetResnetBlock", "SEANetEncoder", "SEANetDecoder"]
    known |= _only(classes(folder / "modules" / "seanet.py", names, **known), names)
    names = [
        "ema_inplace",
        "laplace_smoothing",
        "uniform_init",
        "EuclideanCodebook",
        "VectorQuantization",
        "ResidualVectorQuantization",
    ]
    known |= _only(classes(folder / "quantization" / "core_vq.py", names, transform=undecorated, **known), names)
    names = ["ResidualVectorQuantizer"]
    bare = {"BaseQuantizer": nn.Module, "QuantizedResult": _quantized}
    known |= _only(classes(folder / "quantization" / "vq.py", names, **known, **bare), names)
    if repository == "encodec":
        known |= _only(classes(folder / "utils.py", ["_linear_overlap_add"], **known), ["_linear_overlap_add"])
        model = classes(folder / "model.py", ["EncodedFrame", "EncodecModel"], **known, m=SimpleNamespace(**known),
                        qt=SimpleNamespace(**known, QuantizedResult=None), Path=Path)  # fmt: skip
        critics = [(folder / "msstftd.py", ["get_2d_padding", "DiscriminatorSTFT", "MultiScaleSTFTDiscriminator"])]
    else:
        model = classes(folder / "models" / "encodec.py", ["EncodecModel"], **known, CompressionModel=nn.Module,
                        qt=SimpleNamespace(**known, BaseQuantizer=nn.Module, QuantizedResult=None))  # fmt: skip
        place = folder / "adversarial" / "discriminators"
        critics = [
            (place / "msstftd.py", ["get_2d_padding", "DiscriminatorSTFT", "MultiScaleSTFTDiscriminator"]),
            (place / "mpd.py", ["get_padding", "PeriodDiscriminator", "MultiPeriodDiscriminator"]),
            (place / "msd.py", ["ScaleDiscriminator", "MultiScaleDiscriminator"]),
        ]
    known["EncodecModel"] = model["EncodecModel"]
    bases = {"MultiDiscriminator": nn.Module, "MultiDiscriminatorOutputType": Any, "FeatureMapType": Any,
             "LogitsType": Any, "DiscriminatorOutput": Any}  # fmt: skip
    for path, names in critics:
        known |= _only(classes(path, names, **known, **bases), names)
    return SimpleNamespace(**known)


def _only(scope: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: scope[name] for name in names if name in scope}


def _quantized(x: Tensor, codes: Tensor, bandwidth: Tensor, penalty: Any = None) -> Any:
    return SimpleNamespace(x=x, codes=codes, bandwidth=bandwidth, penalty=penalty, metrics={})


def _default(value: Any, other: Any) -> Any:
    return other if value is None else value


class Spectrogram(nn.Module):
    """torchaudio.transforms.Spectrogram with these arguments: complex, divided by the root of the window's energy."""

    def __init__(self, n_fft: int, hop_length: int, win_length: int, **_: Any) -> None:
        super().__init__()
        self.sizes = (n_fft, hop_length, win_length)
        self.register_buffer("window", torch.hann_window(win_length), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """(..., bins, frames)."""
        flat = waveform.reshape(-1, waveform.shape[-1])
        made = torch.stft(flat, *self.sizes, self.window, center=False, return_complex=True)
        return made.reshape(*waveform.shape[:-1], *made.shape[-2:]) / self.window.square().sum().sqrt()


def stable_audio(clones: Path) -> SimpleNamespace:
    """The auto-encoder of stable-audio-tools, its bottleneck and its discriminator."""
    folder = clones / "stable-audio-tools" / "stable_audio_tools" / "models"
    at_once = {"checkpoint": lambda function, *given, **_: function(*given)}
    known: dict[str, Any] = {
        **vars(typing), "tp": typing, "math": math, "weight_norm": weight_norm, **at_once,
        "torchaudio": SimpleNamespace(transforms=SimpleNamespace(Spectrogram=Spectrogram)),
        "rearrange": importlib.import_module("einops").rearrange,
    }  # fmt: skip
    names = ["snake_beta", "SnakeBeta"]
    known |= _only(classes(folder / "blocks.py", names, **known), names)
    names = ["Bottleneck", "vae_sample", "VAEBottleneck"]
    known |= _only(classes(folder / "bottleneck.py", names, **known), names)
    names = ["WNConv1d", "WNConvTranspose1d", "get_activation", "ResidualUnit", "EncoderBlock", "DecoderBlock",
             "OobleckEncoder", "OobleckDecoder", "AudioAutoencoder"]  # fmt: skip
    known |= _only(
        classes(folder / "autoencoders.py", names, **known, Pretransform=None, DiscreteBottleneck=None), names
    )
    names = ["NormConv2d", "get_2d_padding", "DiscriminatorSTFT", "MultiScaleSTFTDiscriminator"]
    bare = {"FeatureMapType": Any, "LogitsType": Any, "DiscriminatorOutput": Any}
    known |= _only(classes(folder / "encodec.py", names, **known, **bare), names)
    names = ["get_hinge_losses", "EncodecDiscriminator"]
    known |= _only(classes(folder / "discriminators.py", names, transform=_without_imports, **known), names)
    return SimpleNamespace(**{name: value for name, value in known.items() if name not in vars(typing)})


def _without_imports(tree: Any) -> Any:
    """Imports within functions, of what is given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = [each for each in node.body if not isinstance(each, ast.ImportFrom)] or [ast.Pass()]
    return tree
