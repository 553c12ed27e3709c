"""The code of vocoders, BigVGAN's to begin with, by clones: their classes, executed as they stand.

BigVGAN's discriminators need torchaudio and nnAudio.
"""

from __future__ import annotations

import copy
import importlib
import json
import math
import typing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from cut import classes
from torch import nn
from torch.nn.utils import remove_weight_norm, spectral_norm, weight_norm

NORMS = {"weight_norm": weight_norm, "spectral_norm": spectral_norm, "remove_weight_norm": remove_weight_norm}
CONVOLUTIONS = {name: getattr(nn, name) for name in ("Conv1d", "Conv2d", "ConvTranspose1d")}


class HubMixin:
    """What huggingface_hub adds to a network is not needed."""

    def __init_subclass__(cls, **_: Any) -> None:
        super().__init_subclass__()


class Attributes(SimpleNamespace):
    """Settings as attributes, and as a mapping where the code asks for a default; one that is absent has none."""

    def get(self, name: str, default: Any = None) -> Any:
        return getattr(self, name, default)

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)


def bigvgan(clones: Path) -> SimpleNamespace:
    """NVIDIA/BigVGAN."""
    clone = clones / "BigVGAN"
    folder = clone / "alias_free_activation" / "torch"
    known: dict[str, Any] = {
        **NORMS,
        "Optional": typing.Optional,
        "Union": typing.Union,
        "List": list,
        "Tuple": tuple,
        "Dict": dict,
        "typing": typing,
        "Path": Path,
        "AttrDict": dict,
    }
    known |= classes(clone / "utils.py", ["init_weights", "get_padding"])
    known |= {"sinc": torch.sinc, "math": math}
    known |= classes(folder / "filter.py", ["kaiser_sinc_filter1d", "LowPassFilter1d"], **known)
    known |= classes(folder / "resample.py", ["UpSample1d", "DownSample1d"], **known)
    known |= {"TorchActivation1d": classes(folder / "act.py", ["Activation1d"], **known)["Activation1d"]}
    activations = classes(
        clone / "activations.py", ["Snake", "SnakeBeta"], Parameter=nn.Parameter, sin=torch.sin, pow=torch.pow
    )
    known |= {"activations": SimpleNamespace(**activations), "PyTorchModelHubMixin": HubMixin}
    known |= CONVOLUTIONS
    scope = classes(clone / "bigvgan.py", ["AMPBlock1", "AMPBlock2", "BigVGAN"], **known)
    return SimpleNamespace(
        **scope, **{name: value for name, value in _judges(clone, known).items() if name not in scope}
    )


def _judges(clone: Path, known: dict[str, Any]) -> dict[str, Any]:
    transforms = importlib.import_module("torchaudio.transforms")
    known = {**known, "Spectrogram": transforms.Spectrogram, "Resample": transforms.Resample, "print": lambda *_: None}
    names = [
        "DiscriminatorP", "MultiPeriodDiscriminator", "DiscriminatorR", "MultiResolutionDiscriminator",
        "DiscriminatorB", "MultiBandDiscriminator", "DiscriminatorCQT", "MultiScaleSubbandCQTDiscriminator",
    ]  # fmt: skip
    return classes(clone / "discriminators.py", names, **known)


def bigvgan_settings(clones: Path, config: str, **changed: Any) -> Attributes:
    """One of its configs with some settings changed."""
    return Attributes(**{**json.loads((clones / "BigVGAN" / "configs" / config).read_text()), **changed})


def vocos(clones: Path) -> SimpleNamespace:
    """gemelo-ai/vocos; its discriminators need torchaudio and einops."""
    folder = clones / "vocos" / "vocos"
    known: dict[str, Any] = {**NORMS, **CONVOLUTIONS, "Optional": typing.Optional, "List": list, "Tuple": tuple}
    known |= {"Spectrogram": importlib.import_module("torchaudio.transforms").Spectrogram}
    known |= {
        "rearrange": importlib.import_module("einops").rearrange,
        "torchaudio": importlib.import_module("torchaudio"),
    }
    known |= classes(folder / "modules.py", ["ConvNeXtBlock", "AdaLayerNorm", "safe_log"], **known)
    known |= classes(folder / "spectral_ops.py", ["ISTFT"], **known)
    known |= classes(folder / "heads.py", ["FourierHead", "ISTFTHead"], **known)
    known |= classes(folder / "models.py", ["Backbone", "VocosBackbone"], **known)
    known |= classes(folder / "feature_extractors.py", ["FeatureExtractor", "MelSpectrogramFeatures"], **known)
    names = ["MultiPeriodDiscriminator", "DiscriminatorP", "MultiResolutionDiscriminator", "DiscriminatorR"]
    known |= classes(folder / "discriminators.py", names, **known)
    names = ["MelSpecReconstructionLoss", "GeneratorLoss", "DiscriminatorLoss", "FeatureMatchingLoss"]
    return SimpleNamespace(**known | classes(folder / "loss.py", names, **known))


class VocosNetwork(nn.Module):
    """What a checkpoint of Vocos holds: features, backbone and head."""

    def __init__(self, features: nn.Module, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.feature_extractor, self.backbone, self.head = features, backbone, head


def parallel_wavegan(clones: Path) -> SimpleNamespace:
    """HiFi-GAN of kan-bayashi/ParallelWaveGAN, and what its training computes."""
    folder = clones / "ParallelWaveGAN" / "parallel_wavegan"
    quiet = SimpleNamespace(debug=lambda *_: None, warning=lambda *_: None)
    known: dict[str, Any] = {"logging": quiet, "copy": copy, "math": math, "is_pytorch_17plus": True}
    known |= {
        "ResidualBlock": classes(folder / "layers" / "residual_block.py", ["HiFiGANResidualBlock"])[
            "HiFiGANResidualBlock"
        ]
    }
    names = ["HiFiGANGenerator", "HiFiGANPeriodDiscriminator", "HiFiGANMultiPeriodDiscriminator"]
    names += [
        "HiFiGANScaleDiscriminator",
        "HiFiGANMultiScaleDiscriminator",
        "HiFiGANMultiScaleMultiPeriodDiscriminator",
    ]
    known |= classes(folder / "models" / "hifigan.py", names, **known)
    names = ["GeneratorAdversarialLoss", "DiscriminatorAdversarialLoss"]
    known |= classes(folder / "losses" / "adversarial_loss.py", names)
    known |= classes(folder / "losses" / "feat_match_loss.py", ["FeatureMatchLoss"])
    return SimpleNamespace(**known)
