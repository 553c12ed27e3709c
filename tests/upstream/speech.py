"""The code of VITS, RVC, Applio and so-vits-svc that trains, by clones: synthesizers, discriminators, losses, mels.

Their classes are executed as they stand, but for decorators and for Cython's types.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import math
import re
import sys
import typing
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Optional

import numpy as np
import torch
from cut import classes
from cut import narrow as narrow_layers
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrizations, remove_weight_norm, spectral_norm, weight_norm

VITS = "jaywalnut310/vits"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI"
APPLIO = "IAHispano/Applio"
GPT_SOVITS = "RVC-Boss/GPT-SoVITS"
SO_VITS_SVC = "svc-develop-team/so-vits-svc"

_COMMONS = [
    "init_weights", "get_padding", "convert_pad_shape", "sequence_mask", "fused_add_tanh_sigmoid_multiply",
    "slice_segments", "rand_slice_segments",
]  # fmt: skip
_MODULES = [
    "LRELU_SLOPE", "LayerNorm", "WN", "ResBlock1", "ResBlock2", "Flip", "ResidualCouplingLayer",
]  # fmt: skip
_DURATIONS = ["DDSConv", "Log", "ElementwiseAffine", "ConvFlow"]
_TRANSFORMS = [
    "DEFAULT_MIN_BIN_WIDTH", "DEFAULT_MIN_BIN_HEIGHT", "DEFAULT_MIN_DERIVATIVE", "searchsorted",
    "piecewise_rational_quadratic_transform", "unconstrained_rational_quadratic_spline", "rational_quadratic_spline",
]  # fmt: skip
_ATTENTIONS = ["Encoder", "MultiHeadAttention", "FFN"]
_MODELS = ["TextEncoder", "ResidualCouplingBlock", "PosteriorEncoder", "Generator"]
_CRITICS = ["DiscriminatorS", "DiscriminatorP", "MultiPeriodDiscriminator"]
_LOSSES = ["feature_loss", "discriminator_loss", "generator_loss", "kl_loss"]
_MELS = [
    "dynamic_range_compression_torch", "spectral_normalize_torch", "spectrogram_torch", "spec_to_mel_torch",
    "mel_spectrogram_torch",
]  # fmt: skip
_LAYERS = {name: getattr(nn, name) for name in ("Conv1d", "Conv2d", "ConvTranspose1d", "AvgPool1d")}
_NARROW = narrow_layers({name: layer for name, layer in _LAYERS.items() if "2d" in name or name == "Conv1d"})
_NORMS = {"weight_norm": weight_norm, "spectral_norm": spectral_norm, "remove_weight_norm": remove_weight_norm}
_KNOWN: dict[str, Any] = {"math": math, "np": np, "Optional": Optional, "copy": None}


def librosa_mel(*positional: Any, **named: Any) -> Any:
    """librosa.filters.mel, also with the positional arguments that it once took."""
    names = ("sr", "n_fft", "n_mels", "fmin", "fmax")
    return importlib.import_module("librosa.filters").mel(**dict(zip(names, positional, strict=False)), **named)


def undecorated(tree: ast.Module) -> ast.Module:
    """torch.jit.script reads a function's file, which code executed in parts does not have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = [each for each in node.decorator_list if "jit" not in ast.unparse(each)]
    return tree


def part(path: Path, names: list[str], **known: Any) -> SimpleNamespace:
    """Classes and functions of one file, with the names that it imports given."""
    scope = classes(path, names, transform=undecorated, **{**_KNOWN, **known})
    return SimpleNamespace(**{name: scope[name] for name in names})


def maximum_path(clone: Path) -> Any:
    """Monotonic alignment search in VITS's Cython, its types left out."""
    text = (clone / "monotonic_align" / "core.pyx").read_text()
    text = re.sub(r"^\s*cdef (int|float) .*$", _assignment, text, flags=re.MULTILINE)
    text = re.sub(r"(cdef|cpdef) void (\w+)\((.*)\) nogil:", _signature, text)
    text = text.replace("prange(b, nogil=True)", "range(b)")
    text = re.sub(r"^(cimport|from cython|@cython).*$", "", text, flags=re.MULTILINE)
    scope: dict[str, Any] = {}
    exec(text, scope)
    code = (clone / "monotonic_align" / "__init__.py").read_text()
    code = "\n".join(line for line in code.splitlines() if not line.startswith("from ."))
    scope |= {"np": np, "torch": torch}
    exec(code, scope)
    return scope["maximum_path"]


def _assignment(match: re.Match[str]) -> str:
    declared = re.sub(r"cdef (int|float) ", "", match[0])
    return declared if "=" in declared else ""


def _signature(match: re.Match[str]) -> str:
    names = [part.strip().rpartition(" ")[2] for part in re.split(r",(?![^\[]*\])", match[3])]
    return f"def {match[2]}({', '.join(names)}):"


def vits(clones: Path) -> SimpleNamespace:
    """jaywalnut310/vits."""
    clone = clones / "vits"
    commons = part(clone / "commons.py", [*_COMMONS, "clip_grad_value_"])
    transforms = part(clone / "transforms.py", _TRANSFORMS)
    shared: dict[str, Any] = {**_LAYERS, **_NORMS, **vars(commons), "commons": commons}
    modules = part(clone / "modules.py", [*_MODULES, *_DURATIONS], **shared, **vars(transforms))
    attentions = part(clone / "attentions.py", _ATTENTIONS, commons=commons, LayerNorm=modules.LayerNorm)
    search = SimpleNamespace(maximum_path=maximum_path(clone))
    names = [*_MODELS, "StochasticDurationPredictor", "DurationPredictor", "SynthesizerTrn"]
    known = {**shared, "modules": modules, "attentions": attentions, "monotonic_align": search}
    models = part(clone / "models.py", names, **known)
    critics = part(clone / "models.py", _CRITICS, **{**known, **_NARROW})
    losses, mels = part(clone / "losses.py", _LOSSES), _mels(clone / "mel_processing.py")
    return SimpleNamespace(**vars(models), **vars(critics), **vars(losses), **vars(mels), commons=commons)


def rvc(clones: Path) -> SimpleNamespace:
    """RVC-Project/Retrieval-based-Voice-Conversion-WebUI."""
    clone = clones / RVC.partition("/")[2]
    folder = clone / "infer" / "module"
    commons = part(folder / "commons.py", [*_COMMONS, "slice_segments2", "clip_grad_value_"])
    shared: dict[str, Any] = {**_LAYERS, **_NORMS, **vars(commons), "commons": commons}
    modules = part(folder / "modules.py", _MODULES, **shared)
    attentions = part(folder / "attentions.py", _ATTENTIONS, commons=commons, LayerNorm=modules.LayerNorm)
    synthesizers = [f"SynthesizerTrnMs{size}NSFsid{kind}" for size in (256, 768) for kind in ("", "_nono")]
    names = [*_MODELS, "SineGen", "SourceModuleHnNSF", "GeneratorNSF", *synthesizers]
    quiet = SimpleNamespace(debug=lambda *_: None)
    known = {**shared, "modules": modules, "attentions": attentions, "logger": quiet}
    models = part(folder / "models.py", names, **known)
    critics = part(folder / "models.py", [*_CRITICS, "MultiPeriodDiscriminatorV2"], **{**known, **_NARROW})
    losses = part(clone / "train" / "losses.py", _LOSSES)
    mels = _mels(clone / "train" / "mel_processing.py")
    return SimpleNamespace(**vars(models), **vars(critics), **vars(losses), **vars(mels), commons=commons)


def applio(clones: Path) -> SimpleNamespace:
    """IAHispano/Applio."""
    folder = clones / "Applio" / "rvc"
    library = folder / "lib" / "algorithm"
    commons = part(library / "commons.py", [*_COMMONS, "grad_norm"])
    shared: dict[str, Any] = {**vars(commons), "weight_norm": parametrizations.weight_norm,
                              "spectral_norm": parametrizations.spectral_norm, "checkpoint": None}  # fmt: skip
    norm = part(library / "normalization.py", ["LayerNorm"])
    modules = part(library / "modules.py", ["WaveNet"], **shared)
    names = ["LRELU_SLOPE", "create_conv1d_layer", "apply_mask", "apply_mask_", "ResBlock", "Flip",
             "ResidualCouplingBlock", "ResidualCouplingLayer"]  # fmt: skip
    residuals = part(library / "residuals.py", names, **shared, WaveNet=modules.WaveNet)
    shared |= {"LRELU_SLOPE": residuals.LRELU_SLOPE, "ResBlock": residuals.ResBlock}
    attentions = part(library / "attentions.py", ["MultiHeadAttention", "FFN"], **shared)
    encoders = part(
        library / "encoders.py", ["Encoder", "TextEncoder", "PosteriorEncoder"], **shared,
        LayerNorm=norm.LayerNorm, WaveNet=modules.WaveNet, **vars(attentions),
    )  # fmt: skip
    plain = part(library / "generators" / "hifigan.py", ["HiFiGANGenerator", "SineGenerator"], **shared)
    names = ["SourceModuleHnNSF", "HiFiGANNSFGenerator"]
    nsf = part(library / "generators" / "hifigan_nsf.py", names, **shared, SineGenerator=plain.SineGenerator)
    known = {**shared, **vars(encoders), **vars(plain), **vars(nsf), "print": lambda *_: None,
             "ResidualCouplingBlock": residuals.ResidualCouplingBlock}  # fmt: skip
    synthesizers = part(library / "synthesizers.py", ["Synthesizer"], **known)
    narrow_torch = Altered(nn=Altered(nn, **_NARROW))
    discriminators = part(library / "discriminators.py", _CRITICS, **shared, torch=narrow_torch)
    losses = part(folder / "train" / "losses.py", _LOSSES)
    mels = _mels(folder / "train" / "mel_processing.py", _MELS[2:])
    return SimpleNamespace(**vars(synthesizers), **vars(discriminators), **vars(losses), **vars(mels), commons=commons)


def gpt_sovits(clones: Path) -> SimpleNamespace:
    """RVC-Boss/GPT-SoVITS, its training of SoVITS."""
    root = clones / "GPT-SoVITS" / "GPT_SoVITS"
    folder = root / "module"
    commons = part(folder / "commons.py", [*_COMMONS, "clip_grad_value_"])
    known: dict[str, Any] = {**_LAYERS, **_NORMS, **vars(commons), "commons": commons,
                             "weight_norm_modules": weight_norm, "contextlib": contextlib,
                             "autocast": lambda **_: contextlib.nullcontext()}  # fmt: skip
    names = [*_MODULES, "LinearNorm", "Mish", "Conv1dGLU", "ConvNorm", "MultiHeadAttention",
             "ScaledDotProductAttention", "MelStyleEncoder"]  # fmt: skip
    modules = part(folder / "modules.py", names, **known)
    attentions = part(folder / "attentions.py", _ATTENTIONS, **known, LayerNorm=modules.LayerNorm)
    known |= {"modules": modules, "attentions": attentions}
    known["MRTE"] = part(folder / "mrte_model.py", ["MRTE"], MultiHeadAttention=attentions.MultiHeadAttention).MRTE
    vq = part(
        folder / "core_vq.py", ["default", "uniform_init", "EuclideanCodebook", "VectorQuantization",
                                "ResidualVectorQuantization"], tp=typing, rearrange=_rearranged,
    )  # fmt: skip
    known["ResidualVectorQuantizer"] = part(
        folder / "quantize.py", ["ResidualVectorQuantizer"], tp=typing, QuantizedResult=None, **vars(vq)
    ).ResidualVectorQuantizer
    for name, file in (("symbols_v1", "symbols"), ("symbols_v2", "symbols2")):
        scope: dict[str, Any] = {}
        exec((root / "text" / f"{file}.py").read_text(), scope)
        known[name] = SimpleNamespace(symbols=scope["symbols"])
    models = part(folder / "models.py", [*_MODELS, "v2pro_set", "SynthesizerTrn"], **known)
    critics = part(folder / "models.py", [*_CRITICS, "v2pro_set"], **{**known, **_NARROW})
    losses, mels = part(folder / "losses.py", _LOSSES), _mels(folder / "mel_processing.py")
    found = vars(models) | vars(critics) | vars(losses) | vars(mels)
    return SimpleNamespace(**found, commons=commons, symbols_v1=known["symbols_v1"], symbols_v2=known["symbols_v2"])


def _rearranged(signal: Tensor, pattern: str) -> Tensor:
    """The patterns of einops that GPT-SoVITS writes."""
    return signal.flatten(0, -2) if pattern.startswith("...") else signal.transpose(1, 2)


def so_vits_svc(clones: Path) -> SimpleNamespace:
    """svc-develop-team/so-vits-svc."""
    clone = clones / "so-vits-svc"
    names = [*_COMMONS, "subsequent_mask", "slice_pitch_segments", "rand_slice_segments_with_pitch", "clip_grad_value_"]
    commons = part(clone / "modules" / "commons.py", names)
    known: dict[str, Any] = {**_LAYERS, **_NORMS, **vars(commons), "commons": commons}
    separable = ["Depthwise_Separable_Conv1D", "Depthwise_Separable_TransposeConv1D", "weight_norm_modules"]
    known |= vars(part(clone / "modules" / "DSConv.py", separable, **known))
    library = clone / "modules"
    norm = part(library / "modules.py", ["LayerNorm"]).LayerNorm
    attentions = part(library / "attentions.py", [*_ATTENTIONS, "FFT"], **known, LayerNorm=norm)
    names = ["LRELU_SLOPE", "Conv1dModel", "set_Conv1dModel", "WN", "Flip", "ResidualCouplingLayer",
             "TransformerCouplingLayer"]  # fmt: skip
    modules = part(library / "modules.py", names, **known, attentions=attentions)
    utils = part(
        clone / "utils.py",
        ["f0_bin", "f0_max", "f0_min", "f0_mel_min", "f0_mel_max", "normalize_f0", "f0_to_coarse", "repeat_expand_2d",
         "repeat_expand_2d_left", "repeat_expand_2d_other", "Volume_Extractor"],
    )  # fmt: skip
    known |= {"modules": modules, "attentions": attentions, "utils": utils, "f0_to_coarse": utils.f0_to_coarse}
    names = ["ResidualCouplingBlock", "TransformerCouplingBlock", "Encoder", "TextEncoder", "F0Decoder",
             "SynthesizerTrn"]  # fmt: skip
    models = part(clone / "models.py", names, **known)
    _provide_decoders(clone, known)
    critics = part(clone / "models.py", _CRITICS, **{**known, **_NARROW})
    losses, mels = part(library / "losses.py", _LOSSES), _mels(library / "mel_processing.py")
    return SimpleNamespace(**vars(models), **vars(critics), **vars(losses), **vars(mels), commons=commons, utils=utils)


def _provide_decoders(clone: Path, known: dict[str, Any]) -> None:
    """Its synthesizer imports a decoder where it builds one."""
    blocks = ["LRELU_SLOPE", "ResBlock1", "ResBlock2", "padDiff", "SineGen", "SourceModuleHnNSF", "Generator"]
    alias = clone / "vdecoder" / "hifiganwithsnake" / "alias"
    lowpass = part(alias / "filter.py", ["kaiser_sinc_filter1d", "LowPassFilter1d"], sinc=torch.sinc)
    resample = part(alias / "resample.py", ["UpSample1d", "DownSample1d"], **vars(lowpass))
    snake = part(alias / "act.py", ["SnakeBeta", "SnakeAlias"], **vars(resample), Parameter=nn.Parameter,
                  pow=torch.pow, sin=torch.sin)  # fmt: skip
    for kind in ("hifigan", "hifiganwithsnake"):
        path = clone / "vdecoder" / kind / "models.py"
        for name in ("vdecoder", f"vdecoder.{kind}", f"vdecoder.{kind}.models"):
            sys.modules.setdefault(name, ModuleType(name))
        vars(sys.modules[name])["Generator"] = part(path, blocks, **known, **vars(snake)).Generator


def _mels(path: Path, names: list[str] = _MELS) -> SimpleNamespace:
    known = {"librosa_mel_fn": librosa_mel, "mel_basis": {}, "hann_window": {}}
    return part(path, names, **known, torch=Altered(stft=_pairs))


class Altered:
    """A module of which some names are something else."""

    def __init__(self, module: Any = torch, **changed: Any) -> None:
        self._module, self._changed = module, changed

    def __getattr__(self, name: str) -> Any:
        return self._changed.get(name) or getattr(self._module, name)


def _pairs(signal: Tensor, *arguments: Any, **options: Any) -> Tensor:
    """torch.stft that gives pairs of numbers, as it once did, unless complex ones are asked for."""
    if options.get("return_complex"):
        return torch.stft(signal, *arguments, **options)
    return torch.view_as_real(torch.stft(signal, *arguments, **{**options, "return_complex": True}))


def narrow(model: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A config's settings with few and narrow layers."""
    small = {"hidden_channels": 16, "filter_channels": 24, "n_layers": 2, "upsample_initial_channel": 32}
    return {**model, **small, **changed}


__all__ = ["APPLIO", "RVC", "VITS", "applio", "functional", "narrow", "rvc", "vits"]
