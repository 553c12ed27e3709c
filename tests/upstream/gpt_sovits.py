"""Figures of GPT-SoVITS: whole models of v1, v2, v2Pro and v2ProPlus, and a decoder alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import speech
import torch
from figures import Case, main, sample
from torch import Tensor, nn
from vits import GAIN, patched_slices, positive

FRAMES, SYMBOLS, N_LATENTS = [11, 8], [5, 3], 16
TEXT = torch.tensor([[7, 100, 0, 321, 9], [20, 7, 64, 0, 0]])
FEATURES, VOICE = sample((2, 768, FRAMES[0])), sample((2, 20480))


def training_model(clones: Path, version: str, config: str) -> nn.Module:
    """SynthesizerTrn of one config but narrower."""
    code = speech.gpt_sovits(clones)
    settings = json.loads((clones / "GPT-SoVITS" / "GPT_SoVITS" / "configs" / config).read_text())
    model = speech.narrow(settings["model"], inter_channels=N_LATENTS, hidden_channels=192, version=version)
    return code.SynthesizerTrn(1025, 4, **model)  # type: ignore[no-any-return]


def upstream(network: Any, spectrogram: Tensor) -> list[Tensor]:
    """What its forward computes of two recordings, without cutting a segment out; padded as its loader pads them."""
    lengths, symbols = torch.tensor(FRAMES), torch.tensor(SYMBOLS)
    more = 2 * (FRAMES[0] // 2 + 1) - FRAMES[0]
    held = torch.arange(FRAMES[0]) < lengths[:, None, None]
    frames, features = (nn.functional.pad(each * held, (0, more)) for each in (spectrogram, FEATURES))
    voice = (VOICE,) if network.is_v2pro else ()

    def drawn(like: Tensor) -> Tensor:
        return nn.functional.pad(sample((2, N_LATENTS, FRAMES[0])), (0, more))[..., : like.shape[2]]

    with patch("torch.randn_like", drawn), patched_slices(network):
        wave, _, _, _, mask, (_, z_p, m_p, logs_p, m_q, logs_q), _ = network(
            features, frames, lengths, TEXT, symbols, *voice
        )
    tensors = [each[..., : FRAMES[0]] for each in (z_p, m_q, logs_q, mask, m_p, logs_p)]
    return [wave[..., : 640 * (FRAMES[0] - 8)], *tensors]


def ours(network: Any, spectrogram: Tensor) -> list[Tensor]:
    """What ours computes, its frames decoded as the training does."""
    held = torch.arange(FRAMES[0]) < torch.tensor(FRAMES)[:, None, None]
    known = {
        "n_frames": torch.tensor(FRAMES), "text": TEXT, "n_symbols": torch.tensor(SYMBOLS), "phones": FEATURES * held,
        "cut": torch.arange(FRAMES[0]).expand(2, -1), "voice": VOICE,
    }  # fmt: skip
    made = list(network(spectrogram * held, sample((2, N_LATENTS, FRAMES[0])), **known))
    return [made[0][..., : 640 * (FRAMES[0] - 8)], *made[1:7]]


def case(version: str, config: str) -> Case:
    """A whole model, nothing beside it."""
    return Case(
        repository=speech.GPT_SOVITS,
        construction=f"SynthesizerTrn of {config}, {version}, filter_channels 24, n_layers 2, "
        f"upsample_initial_channel 32, inter_channels {N_LATENTS}",
        build=lambda clones: training_model(clones, version, config),
        input_shape=(2, 1025, FRAMES[0]),
        config={"model": {"upsample_rates": [10, 8, 2, 2, 2]}},
        call=positive(upstream),
        call_ours=positive(ours),
        gain=GAIN,
    )


CASES = {
    "v1": case("v1", "s2.json"),
    "v2": case("v2", "s2.json"),
    "v2Pro": case("v2Pro", "s2v2Pro.json"),
    "v2ProPlus": case("v2ProPlus", "s2v2ProPlus.json"),
}

if __name__ == "__main__":
    main("gpt_sovits", CASES)
