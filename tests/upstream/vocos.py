"""Figures of Vocos: its generator, plain and for codes of EnCodec, and its discriminators, with labels and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from figures import Case, main
from torch import Tensor, nn
from vocoder_networks import VocosNetwork, vocos

from ganloss_cli.io.architectures.recipes import PART

REPOSITORY = "gemelo-ai/vocos"
LABELS = torch.tensor([1, 3])


def generator(clones: Path, n_channels: int, n_labels: int | None, **head: Any) -> nn.Module:
    """Its backbone and head, narrow."""
    own = vocos(clones)
    backbone = own.VocosBackbone(n_channels, 16, 24, 3, adanorm_num_embeddings=n_labels)
    features = own.MelSpectrogramFeatures() if n_labels is None else nn.Module()
    return VocosNetwork(features, backbone, own.ISTFTHead(16, **head))


def made(network: Any, features: Tensor) -> Tensor:
    """Their waveform has no channel."""
    given = {"bandwidth_id": LABELS[:1]} if network.backbone.adanorm else {}
    wave: Tensor = network.head(network.backbone(features, **given))
    return wave[:, None]


def judged(network: Any, waveform: Tensor) -> Any:
    """Logits and maps of the first of upstream's two arguments."""
    given = {"bandwidth_id": LABELS[:1]} if hasattr(network.discriminators[0], "emb") else {}
    logits, _, maps, _ = network(waveform[:, 0], waveform[:, 0], **given)
    return logits, maps


def judged_by_ours(network: Any, waveform: Tensor) -> Any:
    """The same label for both."""
    return network(waveform, LABELS[:1].expand(2))


def discriminator_case(name: str, config: dict[str, Any], **settings: Any) -> Case:
    """A discriminator on waveforms."""
    labelled = "num_embeddings" in settings
    return Case(
        repository=REPOSITORY,
        construction=f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})",
        build=lambda clones: getattr(vocos(clones), name)(**settings),
        input_shape=(2, 1, 2400),
        call=judged,
        config=config,
        gain=1.0,
        **({"call_ours": judged_by_ours} if labelled else {}),
    )


CASES = {
    "generator": Case(
        repository=REPOSITORY,
        construction="VocosBackbone(100, 16, 24, 3), ISTFTHead(16, 1024, 256, padding='center')",
        build=lambda clones: generator(clones, 100, None, n_fft=1024, hop_length=256, padding="center"),
        input_shape=(2, 100, 9),
        call=made,
    ),
    "generator for codes": Case(
        repository=REPOSITORY,
        construction="VocosBackbone(128, 16, 24, 3, adanorm_num_embeddings=4), ISTFTHead(16, 1280, 320)",
        build=lambda clones: generator(clones, 128, 4, n_fft=1280, hop_length=320),
        input_shape=(2, 128, 9),
        call=made,
        call_ours=lambda network, features: network(features, LABELS[:1].expand(2)),
    ),
    "mpd": discriminator_case("MultiPeriodDiscriminator", {PART: "multiperioddisc", "periods": [3]}, periods=(3,)),
    "mpd with labels": discriminator_case("MultiPeriodDiscriminator", {"periods": [2]}, periods=(2,), num_embeddings=4),
    "mrd": discriminator_case("MultiResolutionDiscriminator", {}, fft_sizes=(512, 256)),
    "mrd with labels": discriminator_case("MultiResolutionDiscriminator", {}, fft_sizes=(512,), num_embeddings=4),
}

if __name__ == "__main__":
    main("vocos", CASES)
