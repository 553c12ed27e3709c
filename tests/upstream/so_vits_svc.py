"""Figures of so-vits-svc: whole models of 4.0 and 4.1, in variants of flow and decoder, and a decoder alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import speech
import torch
from figures import Case, main, sample, uniform
from torch import Tensor, nn
from vits import FRAMES, GAIN, SPEAKERS, patched_slices, positive

N_BINS, HOP, HARMONICS, N_LATENTS = 1025, 512, 9, 16
SHORT = {"n_layers_trans_flow": 2, "n_flow_layer": 2, "inter_channels": N_LATENTS, "n_speakers": 2}
VOICED = torch.tensor([[0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1], [0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 0]]).float()
TRACK = torch.tensor(
    [[110.0, 110, 220, 200, 180, 99, 101, 102, 330, 0, 40, 70], [0, 900, 1440, 430, 420, 91, 92, 93, 95, 0, 0, 0]]
)


def training_model(clones: Path, **changed: Any) -> nn.Module:
    """SynthesizerTrn of the template but narrower."""
    code = speech.so_vits_svc(clones)
    settings = json.loads((clones / "so-vits-svc" / "configs_template" / "config_template.json").read_text())
    model = speech.narrow(settings["model"], **{**SHORT, **changed})
    made: nn.Module = code.SynthesizerTrn(N_BINS, 4, **model)
    return made


def drawn(shape: tuple[int, ...]) -> Tensor:
    """In [0, 1)."""
    return uniform("phases", shape).float()


def upstream(network: Any, spectrogram: Tensor) -> list[Tensor]:
    """What its forward computes of two recordings, without cutting a segment out; it draws itself."""
    lengths, patched = torch.tensor(FRAMES), patched_slices(network)
    phones = sample((2, network.pre.in_channels, FRAMES[0]))
    volume = sample((2, FRAMES[0])).abs() if network.vol_embedding else None

    def whole(z: Tensor, pitch: Tensor, *_: Any) -> tuple[Tensor, Tensor, None]:
        return z, pitch, None

    def rescaled(like: Tensor, low: float, high: float) -> Tensor:
        return low + (high - low) * drawn((len(like), 1))

    with (
        patch("torch.randn_like", lambda like: sample(like.shape)),
        patch("torch.rand", lambda *shape, **_: drawn(shape)),
        patch.object(Tensor, "uniform_", rescaled),
        patched,
        patch.object(type(network).forward.__globals__["commons"], "rand_slice_segments_with_pitch", whole),
    ):
        made = network(phones, TRACK.clone(), VOICED, spectrogram, SPEAKERS[:, None], lengths, lengths, volume)
    wave, _, mask, (_, z_p, m_p, logs_p, m_q, logs_q), predicted, _, lf0 = made
    pitches = [lf0, predicted] if network.use_automatic_f0_prediction else []
    return [wave, z_p, m_q, logs_q, mask, m_p, logs_p, *pitches]


def ours(network: Any, spectrogram: Tensor) -> list[Tensor]:
    """What ours computes, its frames decoded as the training does."""
    shapes = network.noise_shapes(spectrogram)
    known = {
        "n_frames": torch.tensor(FRAMES), "label": SPEAKERS, "pitch": TRACK, "voiced": VOICED,
        "phones": sample((2, network.pre.in_channels, FRAMES[0])), "volume": sample((2, FRAMES[0])).abs(),
        "cut": torch.arange(FRAMES[0]).expand(2, -1), "phases": drawn((2, HARMONICS)), "scale": drawn((2, 1)),
        "excitation": sample((2, *reversed(shapes["excitation"]))).transpose(1, 2),
    }  # fmt: skip
    made = list(network(spectrogram, sample((2, *shapes["noise"])), **known))
    return made[:9] if network.predicts_pitch else made[:7]


def case(told: str = "", **changed: Any) -> Case:
    """A whole model; its config lies beside it."""
    told = told or ", ".join(f"{name}={value}" for name, value in changed.items())
    return Case(
        repository=speech.SO_VITS_SVC,
        construction=f"SynthesizerTrn of config_template.json, hidden_channels 16, filter_channels 24, n_layers 2, "
        f"upsample_initial_channel 32, inter_channels {N_LATENTS}, 2 flows, 2 speakers{', ' if told else ''}{told}",
        build=lambda clones: training_model(clones, **changed),
        input_shape=(2, N_BINS, FRAMES[0]),
        config={"model": {"upsample_rates": [8, 8, 2, 2, 2]}, "data": {"sampling_rate": 44100}},
        call=positive(upstream),
        call_ours=positive(ours),
        gain=GAIN,
    )


def decoder_alone(network: Any, latents: Tensor) -> Tensor:
    """Of a release, which has no posterior."""
    with (
        patch("torch.randn_like", lambda like: sample(like.shape)),
        patch("torch.rand", lambda *shape, **_: drawn(shape)),
    ):
        made: Tensor = network.dec(latents, TRACK, sample((2, network.gin_channels, 1)))
    return made


def our_decoder(network: Any, latents: Tensor) -> Tensor:
    """The same."""
    noise = sample((2, FRAMES[0] * HOP, HARMONICS)).transpose(1, 2)
    condition = sample((2, network.cond.in_channels, 1))
    made: Tensor = network(latents, TRACK, noise, condition, drawn((2, HARMONICS)))
    return made


def released(clones: Path) -> nn.Module:
    """As compress_model.py leaves it."""
    network = training_model(clones, n_flow_layer=1)
    del network.enc_q
    return network


CASES = {
    "4.0": case(ssl_dim=256, gin_channels=256),
    "4.1 with volume": case(vol_embedding=True),
    "4.1 with a shared flow": case(flow_share_parameter=True),
    "4.1 with a transformer flow": case(use_transformer_flow=True),
    "4.1 with a shared transformer flow": case(use_transformer_flow=True, flow_share_parameter=True),
    "4.1 tiny": case(use_depthwise_conv=True, flow_share_parameter=True, use_automatic_f0_prediction=False),
    "4.1 with snakes": case(vocoder_name="nsf-snake-hifigan"),
    "4.1 release": Case(
        repository=speech.SO_VITS_SVC,
        construction="the decoder of a model without enc_q, narrowed as the others",
        build=released,
        input_shape=(2, N_LATENTS, FRAMES[0]),
        config={"model": {"upsample_rates": [8, 8, 2, 2, 2]}, "data": {"sampling_rate": 44100}},
        call=decoder_alone,
        call_ours=our_decoder,
        gain=GAIN,
    ),
}

if __name__ == "__main__":
    main("so_vits_svc", CASES)
