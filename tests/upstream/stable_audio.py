"""Figures of the auto-encoder of stable-audio-tools and of its discriminator."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from figures import Case, main, sample
from neural_codecs import stable_audio
from torch import Tensor, nn
from torch.nn.functional import softplus

REPOSITORY = "Stability-AI/stable-audio-tools"
SHARED = {"channels": 4, "c_mults": [1, 2, 4], "strides": [2, 4, 5]}


def autoencoder(clones: Path, *, use_snake: bool, final_tanh: bool) -> nn.Module:
    """One of few channels."""
    code = stable_audio(clones)
    encoder = code.OobleckEncoder(latent_dim=12, use_snake=use_snake, **SHARED)
    decoder = code.OobleckDecoder(latent_dim=6, use_snake=use_snake, final_tanh=final_tanh, **SHARED)
    return code.AudioAutoencoder(encoder, decoder, 6, 40, 44100, bottleneck=code.VAEBottleneck())


def reconstructed(network: Any, waveform: Tensor) -> Any:
    """The reconstruction from one draw, and the posterior."""
    with patch("torch.randn_like", lambda mean: sample(mean.shape)):
        latents, info = network.encode(waveform, return_info=True)
    mean, scale = info["pre_bottleneck_latents"].chunk(2, dim=1)
    return network.decode(latents), mean, softplus(scale) + 1e-4


def with_noise(network: Any, waveform: Tensor) -> Any:
    """The same of ours."""
    shape = network.noise_shapes(waveform)["noise"]
    return network(waveform, sample((len(waveform), *shape)))


def case(name: str, *, use_snake: bool, final_tanh: bool, config: dict[str, Any]) -> Case:
    """An auto-encoder."""
    return Case(
        repository=REPOSITORY,
        construction=f"OobleckEncoder, OobleckDecoder(channels=4, c_mults=[1, 2, 4], strides=[2, 4, 5], {name})",
        build=lambda clones: autoencoder(clones, use_snake=use_snake, final_tanh=final_tanh),
        input_shape=(2, 2, 435), config=config, call=reconstructed, call_ours=with_noise, gain=0.6,
    )  # fmt: skip


CASES = {
    "codec": case("use_snake=True, final_tanh=False", use_snake=True, final_tanh=False, config={}),
    "codec with elu": case(
        "use_snake=False, final_tanh=True", use_snake=False, final_tanh=True,
        config={"model": {"decoder": {"config": {"use_snake": False}}}, "sample_rate": 48000},
    ),
    "discriminator": Case(
        repository=REPOSITORY,
        construction="EncodecDiscriminator(in_channels=2, filters=3, n_ffts=[2048, 1024, 512, 256, 128], ...)",
        build=lambda clones: stable_audio(clones).EncodecDiscriminator(
            in_channels=2, filters=3, n_ffts=[2048, 1024, 512, 256, 128], hop_lengths=[512, 256, 128, 64, 32],
            win_lengths=[2048, 1024, 512, 256, 128],
        ),
        input_shape=(2, 2, 2500),
        gain=0.7,
    ),
}  # fmt: skip

if __name__ == "__main__":
    main("stable_audio", CASES)
