"""Figures of whole VITS and RVC models as auto-encoders: posterior encoder, flow, decoder and speakers."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from figures import Case, classes, main, sample
from hifigan import BLOCKS, FOLDERS, LAYERS, NORMS, RVC, VITS
from torch import Tensor, nn

FLOWS = ["WN", "ResidualCouplingLayer", "Flip"]
HELPERS = ["init_weights", "get_padding", "sequence_mask", "fused_add_tanh_sigmoid_multiply"]
PARTS = ["PosteriorEncoder", "ResidualCouplingBlock", "Generator"]
WITH_PITCH = ["GeneratorNSF", "SineGen", "SourceModuleHnNSF"]
N_FRAMES = 5
# enough for the latents to be heard at the end of the decoder, which halves them at every stage
GAIN = 0.9
SPEAKERS = torch.tensor([1, 0])
PITCH = torch.tensor([[110.0, 220.0, 0.0, 0.0, 180.0], [0.0, 330.5, 331.0, 90.0, 0.0]])


def undecorated(tree: ast.Module) -> ast.Module:
    """torch.jit.script reads a function's file, which code executed in parts does not have."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
    return tree


def parts(clones: Path, repository: str) -> dict[str, Any]:
    """The networks of models.py that take part."""
    folder = clones / FOLDERS[repository]
    commons = classes(folder / "commons.py", HELPERS, transform=undecorated)
    known = {**LAYERS, **NORMS, **{name: commons[name] for name in HELPERS}, "commons": SimpleNamespace(**commons)}
    modules = SimpleNamespace(**classes(folder / "modules.py", [*BLOCKS, *FLOWS], **known))
    names = [*PARTS, *(WITH_PITCH if repository == RVC else [])]
    return classes(folder / "models.py", names, **known, modules=modules, math=math)


def whole(clones: Path, repository: str, config: str, *, n_speakers: int, pitch: bool = False) -> nn.Module:
    """As SynthesizerTrn puts the parts together, but narrower."""
    settings = json.loads((clones / repository.split("/")[1] / "configs" / config).read_text())
    model, data = settings["model"], settings["data"]
    gin, width = model.get("gin_channels", 0) if n_speakers else 0, 16
    chosen = {key: value for key, value in model.items() if "resblock" in key or "upsample" in key}
    chosen["upsample_initial_channel"] = 32
    network, made = parts(clones, repository), nn.Module()
    if pitch:
        made.dec = network["GeneratorNSF"](192, gin_channels=gin, sr=data["sampling_rate"], **chosen)
    else:
        made.dec = network["Generator"](192, gin_channels=gin, **chosen)
    n_bins, flow_layers = data["filter_length"] // 2 + 1, 4 if repository == VITS else 3
    made.enc_q = network["PosteriorEncoder"](n_bins, 192, width, 5, 1, 16, gin_channels=gin)
    made.flow = network["ResidualCouplingBlock"](192, width, 5, 1, flow_layers, gin_channels=gin)
    if n_speakers:
        made.emb_g = nn.Embedding(n_speakers, gin)
    return made


def upstream(network: Any, spectrogram: Tensor, *, pitch: bool) -> list[Tensor]:
    """What SynthesizerTrn's forward computes of a recording, without cutting a segment out; it draws itself."""
    lengths = torch.tensor([N_FRAMES, N_FRAMES])
    speakers = network.emb_g(SPEAKERS)[..., None] if hasattr(network, "emb_g") else None
    with patch("torch.randn_like", lambda like: sample(like.shape)):
        z, mean, logs, mask = network.enc_q(spectrogram, lengths, g=speakers)
        waveform = network.dec(z, PITCH, g=speakers) if pitch else network.dec(z, g=speakers)
    return [waveform, network.flow(z, mask, g=speakers), mean, logs, mask]


def ours(network: Any, spectrogram: Tensor, *, pitch: bool) -> list[Tensor]:
    """What ours computes."""
    shapes = network.noise_shapes(spectrogram)
    given = [sample((2, *shapes["noise"]))]
    if pitch:
        # upstream's noise of the source is (N, T, 1)
        given += [PITCH, sample((2, *reversed(shapes["excitation"]))).transpose(1, 2)]
    if network.n_speakers:
        given.append(SPEAKERS)
    return list(network(spectrogram, *given))


def magnitudes(call: Callable[..., list[Tensor]], *, pitch: bool) -> Callable[[Any, Tensor], list[Tensor]]:
    """The same with an input of no negative numbers."""
    return lambda network, given: call(network, given.abs(), pitch=pitch)


def case(repository: str, config: str, n_bins: int, *, rates: list[int], n_speakers: int, pitch: bool = False) -> Case:
    """A whole model; the rates are given where its config lies beside the file, as nothing else tells them."""
    return Case(
        repository=repository,
        construction=f"SynthesizerTrn of {config} with hidden_channels 16, upsample_initial_channel 32, {n_speakers} "
        f"speakers{', pitch' if pitch else ''}: dec, enc_q, flow, emb_g",
        build=lambda clones: whole(clones, repository, config, n_speakers=n_speakers, pitch=pitch),
        input_shape=(2, n_bins, N_FRAMES),
        config={"upsample_rates": rates},
        call=magnitudes(upstream, pitch=pitch),
        call_ours=magnitudes(ours, pitch=pitch),
        gain=GAIN,
    )


CASES = {
    "vits ljs": case(VITS, "ljs_base.json", 513, rates=[8, 8, 2, 2], n_speakers=0),
    "vits vctk": case(VITS, "vctk_base.json", 513, rates=[8, 8, 2, 2], n_speakers=109),
    "rvc v1 40k": case(RVC, "v1/40k.json", 1025, rates=[10, 10, 2, 2], n_speakers=109),
    "rvc v1 40k with pitch": case(RVC, "v1/40k.json", 1025, rates=[10, 10, 2, 2], n_speakers=109, pitch=True),
    "rvc v2 32k with pitch": case(RVC, "v2/32k.json", 513, rates=[10, 8, 2, 2], n_speakers=109, pitch=True),
    "rvc v2 48k with pitch": case(RVC, "v2/48k.json", 1025, rates=[12, 10, 2, 2], n_speakers=109, pitch=True),
}

if __name__ == "__main__":
    main("vits", CASES)
