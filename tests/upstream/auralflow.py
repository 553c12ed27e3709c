"""Figures of auralflow's mask networks."""

from __future__ import annotations

import inspect
import math
import typing
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from figures import Case, classes, main, sample
from torch import Tensor, nn

REPOSITORY = "kianzohoury/auralflow"
BLOCKS = ["constructor_handler", "ConvBlock", "ConvBlockTriple", "DownBlock", "UpBlock"]
NORMS = ["CenterScaleNormalization", "InputNorm", "LayerNorm"]
NETWORKS = ["SpectrogramNetSimple", "SpectrogramNetLSTM", "SpectrogramNetVAE"]
SIZES = {"num_fft_bins": 65, "num_frames": 103, "num_channels": 2, "hidden_channels": 2}
RECURRENT = {"hidden_size": 5, "recurrent_depth": 2}
NOISE = sample((3, 2, 32 * 3))  # a step of the LSTM holds the 3 deepest frames of 32 channels; there are 2 bins


def architectures(clones: Path) -> dict[str, Any]:
    """The classes of models/architectures.py."""
    folder = clones / "auralflow" / "auralflow"
    padding = classes(folder / "transforms" / "transforms.py", ["_get_deconv_pad"], math=math, Tuple=tuple)
    known = {"_get_deconv_pad": padding["_get_deconv_pad"], "inspect": inspect, "FloatTensor": Tensor}
    types = {name: getattr(typing, name) for name in ("Any", "Callable", "Optional", "Tuple")}
    return classes(folder / "models" / "architectures.py", [*BLOCKS, *NORMS, *NETWORKS], **known, **types)


def upstream_with_noise(network: nn.Module, spectrogram: Tensor) -> Any:
    """What upstream's variational network computes; it draws the noise itself."""
    with patch.object(torch.distributions.Normal, "sample", lambda *_, **__: NOISE):
        return network(spectrogram)


def ours_with_noise(network: nn.Module, spectrogram: Tensor) -> Any:
    """What ours computes."""
    return network(spectrogram, NOISE)


def _case(name: str, config: dict[str, Any] | None = None, **settings: Any) -> Case:
    settings = {**SIZES, **(RECURRENT if name != "SpectrogramNetSimple" else {}), **settings}
    construction = f"{name}({', '.join(f'{key}={value!r}' for key, value in settings.items())})"
    return Case(
        repository=REPOSITORY,
        construction=construction,
        build=lambda clones: architectures(clones)[name](**settings),
        input_shape=(3, 2, 65, 103),
        call=upstream_with_noise if "VAE" in name else lambda network, spectrogram: network(spectrogram),
        call_ours=ours_with_noise if "VAE" in name else lambda network, spectrogram: network(spectrogram),
        config=config or {},
        gain=0.9,
    )


CASES = {
    "simple": _case("SpectrogramNetSimple"),
    "simple, LeakyReLU, relu mask, nothing normalised": _case(
        "SpectrogramNetSimple",
        {"leak_factor": 0.1, "mask_act_fn": "relu"},
        leak_factor=0.1,
        mask_act_fn="relu",
        normalize_input=False,
        normalize_output=False,
    ),
    "simple, prelu mask": _case("SpectrogramNetSimple", mask_act_fn="prelu"),
    "simple, softmax mask": _case("SpectrogramNetSimple", {"mask_act_fn": "softmax"}, mask_act_fn="softmax"),
    "lstm": _case("SpectrogramNetLSTM"),
    "lstm along frequency": _case("SpectrogramNetLSTM", input_axis=0),
    "vae": _case("SpectrogramNetVAE"),
}

if __name__ == "__main__":
    main("auralflow", CASES)
