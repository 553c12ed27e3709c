"""Figures of the Descript Audio Codec and its discriminator, and of transformers' DacModel."""

from __future__ import annotations

import importlib
from typing import Any

import torch
from figures import Case, main
from neural_codecs import dac, dac_discriminator
from torch import Tensor, nn

REPOSITORY = "descriptinc/descript-audio-codec"
NARROW = "every width of periods and rates a quarter of upstream's"
SMALL = {"encoder_dim": 4, "decoder_dim": 64, "codebook_size": 16, "codebook_dim": 3}


def reconstructed(network: Any, waveform: Tensor) -> Any:
    """The reconstruction, and what was looked up in each codebook with the entry; upstream joins the former."""
    made = network(waveform)
    given = made["latents"].unflatten(1, (made["codes"].shape[1], -1))
    quantizers = network.quantizer.quantizers
    found = [each.decode_code(made["codes"][:, k]) for k, each in enumerate(quantizers[: given.shape[1]])]
    return made["audio"], given, torch.stack(found, 1)


def judged(network: nn.Module, waveform: Tensor) -> Any:
    """Logits and maps; upstream's logits are the last maps."""
    maps = network(waveform)
    return [sub[-1].flatten(1) for sub in maps], maps


def codec_case(shape: tuple[int, ...], **settings: Any) -> Case:
    """A codec of few channels."""
    told = ", ".join(f"{key}={value}" for key, value in settings.items())
    return Case(
        repository=REPOSITORY,
        construction=f"DAC({told})",
        build=lambda clones: dac(clones)["DAC"](**settings),
        input_shape=shape,
        call=reconstructed,
        gain=0.7,
    )


def of_transformers(network: Any, waveform: Tensor) -> Any:
    """The same of transformers, which leaves filling up hops to what comes before it."""
    made = network.encode(waveform)
    given = made.projected_latents.unflatten(1, (made.audio_codes.shape[1], -1))
    found = [
        each.codebook(made.audio_codes[:, k]).transpose(1, 2) for k, each in enumerate(network.quantizer.quantizers)
    ]
    return network.decode(made.quantized_representation).audio_values[:, None], given, torch.stack(found, 1)


def transformers_model(**settings: Any) -> Any:
    """A DacModel."""
    transformers = importlib.import_module("transformers")
    return transformers.DacModel(transformers.DacConfig(**settings))


def discriminator_case(shape: tuple[int, ...], config: dict[str, Any] | None = None, **settings: Any) -> Case:
    """A discriminator of few channels."""
    told = ", ".join(f"{key}={value}" for key, value in settings.items())
    return Case(
        repository=REPOSITORY,
        construction=f"Discriminator({told}), {NARROW}",
        build=lambda clones: dac_discriminator(clones, **settings),
        input_shape=shape,
        config=config or {},
        call=judged,
        gain=0.8,
    )


CASES = {
    "codec": codec_case((2, 1, 1030), n_codebooks=3, **SMALL),
    "codec, odd rates": codec_case((2, 1, 640), n_codebooks=2, encoder_rates=[2, 4, 5, 8],
                                   decoder_rates=[8, 5, 4, 2], latent_dim=20, **SMALL),
    "codec of transformers": Case(
        repository="huggingface/transformers",
        package="transformers",
        construction="DacModel(DacConfig(encoder_hidden_size=4, decoder_hidden_size=64, hidden_size=64, n_codebooks=3, "
        "codebook_size=16, codebook_dim=3))",
        build=lambda _: transformers_model(
            encoder_hidden_size=4, decoder_hidden_size=64, hidden_size=64, n_codebooks=3, codebook_size=16,
            codebook_dim=3,
        ),
        input_shape=(2, 1, 1024),
        call=of_transformers,
        gain=0.7,
    ),
    "discriminator": discriminator_case((2, 1, 4620)),
    "discriminator with rates": discriminator_case(
        (2, 1, 3000), {"--arch-args": {"rates": "1x2x4"}}, rates=[1, 2, 4], periods=[], fft_sizes=[], bands=[],
    ),
    "discriminator of one band": discriminator_case((2, 1, 3001), bands=[[0.0, 1.0]]),
}  # fmt: skip

if __name__ == "__main__":
    main("dac", CASES)
