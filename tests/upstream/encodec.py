"""Figures of EnCodec: facebookresearch/encodec, audiocraft and transformers, with their discriminators."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import torch
from figures import Case, main
from neural_codecs import encodec
from torch import Tensor, nn

ENCODEC, AUDIOCRAFT = "facebookresearch/encodec", "facebookresearch/audiocraft"
SMALL = {"n_filters": 4, "dimension": 6}
GAIN = 0.7


def model(clones: Path, repository: str, n_codebooks: int, given: dict[str, Any], **settings: Any) -> nn.Module:
    """A model of few channels, by the settings of its encoder and decoder."""
    code = encodec(clones, repository)
    both = {**SMALL, **settings}
    quantizer = code.ResidualVectorQuantizer(dimension=6, n_q=n_codebooks, bins=16)
    quantizer.vq.layers.apply(lambda layer: setattr(layer, "kmeans_init", False))
    return code.EncodecModel(code.SEANetEncoder(**both), code.SEANetDecoder(**both), quantizer, **given)


def reconstructed(network: Any, waveform: Tensor, coded: Any = None) -> Any:
    """The reconstruction, and what each codebook was given and had."""
    coded = network.encoder(waveform) if coded is None else coded
    given, found = [], []
    for layer in network.quantizer.vq.layers:
        entries = layer.decode(layer.encode(coded))
        given.append(coded)
        found.append(entries)
        coded = coded - entries
    made = network(waveform)
    return getattr(made, "x", made), torch.stack(given, 1), torch.stack(found, 1)


def in_segments(network: Any, waveform: Tensor) -> Any:
    """The same of a model that codes segment by segment, each at one volume."""
    parts = []
    for first in range(0, waveform.shape[-1], network.segment_stride):
        segment = waveform[..., first : first + network.segment_length]
        volume = segment.mean(1, keepdim=True).pow(2).mean(2, keepdim=True).sqrt() + 1e-8
        parts.append(reconstructed(network, segment, network.encoder(segment / volume))[1:])
    return network(waveform), *(torch.cat(each, -1) for each in zip(*parts, strict=True))


def of_transformers(network: Any, waveform: Tensor) -> Any:
    """Of transformers with all codebooks; it takes the lowest bandwidth where none is named."""
    made = network(waveform, bandwidth=network.config.target_bandwidths[-1])
    coded = network.encoder(waveform)
    given, found = [], []
    for layer in network.quantizer.layers:
        entries = layer.decode(layer.encode(coded))
        given.append(coded)
        found.append(entries)
        coded = coded - entries
    return made.audio_values, torch.stack(given, 1), torch.stack(found, 1)


def transformers_model() -> Any:
    """An EncodecModel of few channels, whose highest bandwidth takes all codebooks."""
    transformers = importlib.import_module("transformers")
    config = transformers.EncodecConfig(
        num_filters=4, hidden_size=6, codebook_size=16, codebook_dim=6, target_bandwidths=[0.3, 0.9],
        upsampling_ratios=[8, 5, 4, 2], sampling_rate=24000,
    )  # fmt: skip
    return transformers.EncodecModel(config)


def critic(clones: Path, repository: str, name: str, **settings: Any) -> nn.Module:
    """A discriminator."""
    return getattr(encodec(clones, repository), name)(**settings)


def case(repository: str, shape: tuple[int, ...], told: str, build: Any, **rest: Any) -> Case:
    """One of either repository, by what told says."""
    return Case(repository=repository, construction=told, build=build, input_shape=shape, gain=GAIN, **rest)


_24 = {"target_bandwidths": [24.0], "sample_rate": 24000, "channels": 1}
_48 = {"target_bandwidths": [24.0], "sample_rate": 4800, "channels": 2, "normalize": True, "segment": 0.2}
_OF_AUDIOCRAFT = {"norm": "weight_norm", "pad_mode": "constant", "n_residual_layers": 1, "lstm": 2}
_SLOPE = {"activation_params": {"negative_slope": 0.3}}

CASES = {
    "codec at 24 kHz": case(
        ENCODEC, (2, 1, 1001), "SEANetEncoder, SEANetDecoder(n_filters=4, dimension=6, causal=True), 3 codebooks of 16",
        lambda clones: model(clones, "encodec", 3, _24, causal=True), call=reconstructed,
    ),
    "codec at 48 kHz": case(
        ENCODEC, (2, 2, 2100),
        "SEANetEncoder, SEANetDecoder(channels=2, norm='time_group_norm', n_filters=4, dimension=6), 2 codebooks of "
        "16, normalize=True, segments of 960 samples",
        lambda clones: model(clones, "encodec", 2, _48, channels=2, norm="time_group_norm"), call=in_segments,
        config={"model_type": "encodec", "sampling_rate": 4800, "chunk_length_s": 0.2, "overlap": 0.01},
    ),
    "codec of audiocraft": case(
        AUDIOCRAFT, (2, 1, 1300), "SEANetEncoder, SEANetDecoder(config/model/encodec/encodec_large_nq4_s640.yaml, "
        "n_filters=4, dimension=6), 4 codebooks of 16",
        lambda clones: model(
            clones, "audiocraft", 4, {"frame_rate": 50, "sample_rate": 32000, "channels": 1},
            ratios=[8, 5, 4, 4], **_OF_AUDIOCRAFT,
        ), call=reconstructed,
    ),
    "codec of audiocraft with three blocks": case(
        AUDIOCRAFT, (2, 1, 500), "SEANetEncoder, SEANetDecoder(n_residual_layers=3, lstm=0, compress=4, causal=True, "
        "n_filters=4, dimension=6), 2 codebooks of 16",
        lambda clones: model(
            clones, "audiocraft", 2, {"frame_rate": 50, "sample_rate": 32000, "channels": 1, "causal": True},
            norm="weight_norm", pad_mode="reflect", n_residual_layers=3, lstm=0, compress=4, causal=True,
        ), call=reconstructed,
        config={"xp.cfg": {
            "encodec": {"causal": True, "renormalize": False}, "seanet": {"pad_mode": "reflect"}, "sample_rate": 32000,
        }},
    ),
    "codec of transformers": Case(
        repository="huggingface/transformers", package="transformers", gain=GAIN, input_shape=(2, 1, 900),
        construction="EncodecModel(EncodecConfig(num_filters=4, hidden_size=6, codebook_size=16, codebook_dim=6, "
        "target_bandwidths=[0.3, 0.9]))",
        build=lambda _: transformers_model(), call=of_transformers,
    ),
    "msstftd": case(
        ENCODEC, (2, 1, 2500), "MultiScaleSTFTDiscriminator(filters=3)",
        lambda clones: critic(clones, "encodec", "MultiScaleSTFTDiscriminator", filters=3),
    ),
    "msstftd of audiocraft": case(
        AUDIOCRAFT, (2, 2, 2500),
        "MultiScaleSTFTDiscriminator(filters=3, in_channels=2, config/solver/compression/default.yaml)",
        lambda clones: critic(
            clones, "audiocraft", "MultiScaleSTFTDiscriminator", filters=3, in_channels=2,
            n_ffts=[1024, 2048, 512, 256, 128], hop_lengths=[256, 512, 128, 64, 32],
            win_lengths=[1024, 2048, 512, 256, 128], **_SLOPE,
        ),
    ),
    "mpd of audiocraft": case(
        AUDIOCRAFT, (2, 1, 2500), "MultiPeriodDiscriminator(filters=2, max_filters=16, negative_slope=0.3)",
        lambda clones: critic(clones, "audiocraft", "MultiPeriodDiscriminator", filters=2, max_filters=16, **_SLOPE),
        call=lambda network, waveform: flat(network(waveform)),
    ),
    "msd of audiocraft": case(
        AUDIOCRAFT, (2, 1, 2500), "MultiScaleDiscriminator(scale_norms=['spectral_norm', 'weight_norm', "
        "'weight_norm'], max_filters=16, groups=[4, 4, 4, 4], negative_slope=0.3)",
        lambda clones: critic(
            clones, "audiocraft", "MultiScaleDiscriminator", max_filters=16, groups=[4] * 4,
            scale_norms=["spectral_norm", "weight_norm", "weight_norm"], **_SLOPE,
        ),
        call=lambda network, waveform: flat(network(waveform)),
    ),
}  # fmt: skip


def flat(judged: Any) -> Any:
    """Logits of two dimensions."""
    return [logits.flatten(1) for logits in judged[0]], judged[1]


if __name__ == "__main__":
    main("encodec", CASES)
