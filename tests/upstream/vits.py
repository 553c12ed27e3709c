"""Figures of VITS, RVC and Applio: the auto-encoder alone, and whole with what training holds its draw against."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import speech
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


# of whole models, in which two recordings of two lengths share a batch
FRAMES, SYMBOLS, N_DRAWS = [12, 9], [5, 3], 8
TEXT = torch.tensor([[0, 80, 0, 16, 99], [120, 7, 64, 0, 0]])
PHONES = sample((2, FRAMES[0], 768))
COARSE = torch.tensor([[1, 30, 60, 1, 255, 80, 81, 82, 90, 1, 1, 7], [1, 1, 200, 199, 198, 4, 5, 6, 90, 0, 0, 0]])
TRACK = torch.tensor(
    [[0, 110, 220, 0, 180, 99, 101, 102, 330, 0, 0, 70], [0, 0, 440, 430, 420, 91, 92, 93, 0, 0, 0, 0]]
)


def training_model(clones: Path, repository: str, config: str, **changed: Any) -> nn.Module:
    """SynthesizerTrn, or Synthesizer, of one config but narrower."""
    folder = {VITS: "vits/configs", RVC: f"{RVC.partition('/')[2]}/configs", speech.APPLIO: "Applio/rvc/configs"}
    settings = json.loads((clones / folder[repository] / config).read_text())
    model = speech.narrow(settings["model"], **changed)
    sizes = {"spec_channels": settings["data"]["filter_length"] // 2 + 1, "segment_size": 4}
    if repository == VITS:
        made = speech.vits(clones).SynthesizerTrn(178, **sizes, **model)
    elif repository == RVC:
        name = f"SynthesizerTrnMs{model.pop('size')}NSFsid{'' if model.pop('use_f0') else '_nono'}"
        made = getattr(speech.rvc(clones), name)(**sizes, **model, sr=settings["data"]["sampling_rate"], is_half=False)
    else:
        made = speech.applio(clones).Synthesizer(**sizes, **model, sr=settings["data"]["sample_rate"])
    made.whole_repository = repository
    return made


def whole_upstream(network: Any, spectrogram: Tensor) -> list[Tensor]:
    """What its forward computes of two recordings, without cutting a segment out; it draws itself."""
    lengths, pitch = torch.tensor(FRAMES), hasattr(network.enc_p, "emb_pitch") and network.enc_p.emb_pitch is not None
    drawn = patch("torch.randn", lambda *shape: sample(shape))
    with patch("torch.randn_like", lambda like: sample(like.shape)), drawn, patched_slices(network):
        if network.whole_repository == VITS:
            given = (TEXT, torch.tensor(SYMBOLS), spectrogram, lengths, SPEAKERS[:2] if network.n_speakers else None)
            wave, cost, _, _, symbols, mask, (_, z_p, m_p, logs_p, m_q, logs_q) = network(*given)
            return [wave, z_p, m_q, logs_q, mask, m_p, logs_p, cost * symbols.sum(), symbols]
        tracks = (COARSE, TRACK.float()) if pitch else (None, None) if network.whole_repository == speech.APPLIO else ()
        phones = PHONES[..., : network.enc_p.emb_phone.in_features]
        made = network(phones, lengths, *tracks, spectrogram, lengths, SPEAKERS)
        wave, _, _, mask, (_, z_p, m_p, logs_p, m_q, logs_q) = made
        return [wave, z_p, m_q, logs_q, mask, m_p, logs_p]


def patched_slices(network: Any) -> Any:
    """Its forward with slices that are the whole."""
    scope = type(network).forward.__globals__
    names = {"rand_slice_segments": lambda x, *_: (x, None), "slice_segments": lambda x, *_: x,
             "slice_segments2": lambda x, *_: x}  # fmt: skip
    place = scope.get("commons")
    return (
        patch.multiple(place, **{n: f for n, f in names.items() if hasattr(place, n)})
        if place
        else patch.dict(scope, {n: f for n, f in names.items() if n in scope})
    )


def whole_ours(network: Any, spectrogram: Tensor) -> list[Tensor]:
    """What ours computes; of the durations, by the first of the draws."""
    text = network.enc_p.__dict__["_modules"].get("emb") is not None
    known: dict[str, Tensor] = {"n_frames": torch.tensor(FRAMES)}
    if text:
        known |= {"text": TEXT, "n_symbols": torch.tensor(SYMBOLS)}
    else:
        known["phones"] = PHONES[..., : network.enc_p.emb_phone.in_features].transpose(1, 2)
    shapes = network.noise_shapes(spectrogram, text=known.get("text"))
    if "durations" in shapes:
        known["durations"] = sample((2, *shapes["durations"][1:]))[:, None].expand(-1, N_DRAWS, -1, -1)
    if "excitation" in shapes:
        known |= {"pitch": TRACK.float(), "coarse_pitch": COARSE}
        known["excitation"] = sample((2, *reversed(shapes["excitation"]))).transpose(1, 2)
    if network.n_speakers:
        known["label"] = SPEAKERS
    made = list(network(spectrogram, sample((2, *shapes["noise"])), **known))
    return [*made[:7], made[7][:, 0], made[8]] if text else made


def positive(call: Callable[..., list[Tensor]]) -> Callable[[Any, Tensor], list[Tensor]]:
    """The same with an input of no negative numbers."""
    return lambda network, given: call(network, given.abs())


def whole_case(repository: str, config: str, n_bins: int, beside: dict[str, Any], **changed: Any) -> Case:
    """A whole model as its training saves it; what lies beside it is its config's."""
    told = ", ".join(f"{name}={value}" for name, value in changed.items())
    return Case(
        repository=repository,
        construction=f"the training's model of {config}, hidden_channels 16, filter_channels 24, n_layers 2, "
        f"upsample_initial_channel 32{', ' if told else ''}{told}",
        build=lambda clones: training_model(clones, repository, config, **changed),
        input_shape=(2, n_bins, FRAMES[0]),
        config=beside,
        call=positive(whole_upstream),
        call_ours=positive(whole_ours),
        gain=GAIN,
    )


def rvc_case(version: str, rate: int, n_bins: int, rates: list[int], *, pitch: bool) -> Case:
    """RVC's of one config, with features of 256 numbers (v1) or 768."""
    size = 256 if version == "v1" else 768
    beside = {"upsample_rates": rates, "sampling_rate": 1000 * rate}
    return whole_case(RVC, f"{version}/{rate}k.json", n_bins, beside, size=size, use_f0=pitch)


def applio_case(rate: int, n_bins: int, rates: list[int], *, pitch: bool) -> Case:
    """Applio's of one config."""
    beside = {"data": {"sample_rate": rate}, "model": {"upsample_rates": rates}}
    return whole_case(speech.APPLIO, f"{rate}.json", n_bins, beside, use_f0=pitch)


CASES = {
    "vits ljs whole": whole_case(VITS, "ljs_base.json", 513, {"upsample_rates": [8, 8, 2, 2]}),
    "vits ljs whole without sdp": whole_case(VITS, "ljs_nosdp.json", 513, {"upsample_rates": [8, 8, 2, 2]}),
    "vits vctk whole": whole_case(VITS, "vctk_base.json", 513, {"upsample_rates": [8, 8, 2, 2]}, n_speakers=109),
    "vits vctk whole without sdp": whole_case(
        VITS, "vctk_base.json", 513, {"upsample_rates": [8, 8, 2, 2]}, n_speakers=109, use_sdp=False
    ),
    "rvc v1 40k whole": rvc_case("v1", 40, 1025, [10, 10, 2, 2], pitch=False),
    "rvc v1 40k whole with pitch": rvc_case("v1", 40, 1025, [10, 10, 2, 2], pitch=True),
    "rvc v2 48k whole": rvc_case("v2", 48, 1025, [12, 10, 2, 2], pitch=False),
    "rvc v2 32k whole with pitch": rvc_case("v2", 32, 513, [10, 8, 2, 2], pitch=True),
    "applio 40k whole": applio_case(40000, 1025, [10, 10, 2, 2], pitch=True),
    "applio 32k whole without pitch": applio_case(32000, 513, [10, 8, 2, 2], pitch=False),
    "vits ljs": case(VITS, "ljs_base.json", 513, rates=[8, 8, 2, 2], n_speakers=0),
    "vits vctk": case(VITS, "vctk_base.json", 513, rates=[8, 8, 2, 2], n_speakers=109),
    "rvc v1 40k": case(RVC, "v1/40k.json", 1025, rates=[10, 10, 2, 2], n_speakers=109),
    "rvc v1 40k with pitch": case(RVC, "v1/40k.json", 1025, rates=[10, 10, 2, 2], n_speakers=109, pitch=True),
    "rvc v2 32k with pitch": case(RVC, "v2/32k.json", 513, rates=[10, 8, 2, 2], n_speakers=109, pitch=True),
    "rvc v2 48k with pitch": case(RVC, "v2/48k.json", 1025, rates=[12, 10, 2, 2], n_speakers=109, pitch=True),
}

if __name__ == "__main__":
    main("vits", CASES)
