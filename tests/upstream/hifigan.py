"""Figures of HiFi-GAN, VITS and RVC: generators and decoders, with and without pitch, and waveform discriminators."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from cut import classes, narrow
from figures import Case, main, sample
from torch import Tensor, nn
from torch.nn.utils import remove_weight_norm, spectral_norm, weight_norm

HIFIGAN, VITS, RVC = "jik876/hifi-gan", "jaywalnut310/vits", "RVC-Project/Retrieval-based-Voice-Conversion-WebUI"
BLOCKS = ["LRELU_SLOPE", "ResBlock1", "ResBlock2"]
DISCRIMINATORS = ["DiscriminatorP", "MultiPeriodDiscriminator", "DiscriminatorS"]
DECODERS = ["Generator", "GeneratorNSF", "SineGen", "SourceModuleHnNSF"]
# repository -> names in its models.py
NAMES = {
    HIFIGAN: [*BLOCKS, "Generator", *DISCRIMINATORS, "MultiScaleDiscriminator"],
    VITS: ["Generator", *DISCRIMINATORS],
    RVC: [*DECODERS, *DISCRIMINATORS, "MultiPeriodDiscriminatorV2"],
}
FOLDERS = {HIFIGAN: "hifi-gan", VITS: "vits", RVC: "Retrieval-based-Voice-Conversion-WebUI/infer/module"}
LAYERS = {name: getattr(nn, name) for name in ("Conv1d", "Conv2d", "ConvTranspose1d", "AvgPool1d")}
NORMS = {"weight_norm": weight_norm, "spectral_norm": spectral_norm, "remove_weight_norm": remove_weight_norm}
# weight norm's lengths are filled by formula too, so weights are larger than without it; still less, and
# what goes in would no more be seen in what comes out
GAIN = 1.0
NARROW = "every width a quarter of upstream's"

LATENTS, WAVEFORM = (2, 192, 5), (2, 1, 1200)
SPEAKER = sample((2, 256, 1))
PITCH = torch.tensor([[110.0, 220.0, 0.0, 0.0, 180.0], [0.0, 330.5, 331.0, 90.0, 0.0]])


def models(clones: Path, repository: str, layers: dict[str, Any]) -> dict[str, Any]:
    """The classes of models.py, made of these layers."""
    folder, names = clones / FOLDERS[repository], ["init_weights", "get_padding"]
    helpers = classes(folder / ("utils.py" if repository == HIFIGAN else "commons.py"), names)
    known = {**layers, **NORMS, **{name: helpers[name] for name in names}}
    if repository != HIFIGAN:
        known |= {"modules": SimpleNamespace(**classes(folder / "modules.py", BLOCKS, **known)), "math": math}
    return classes(folder / "models.py", NAMES[repository], **known)


def generator(clones: Path, config: str) -> nn.Module:
    """HiFi-GAN's, as one of its three configs has it."""
    settings = json.loads((clones / "hifi-gan" / config).read_text())
    return models(clones, HIFIGAN, LAYERS)["Generator"](SimpleNamespace(**settings))


def decoder(clones: Path, repository: str, config: str, *, pitch: bool = False) -> nn.Module:
    """As one config has it but narrower, under the key names of a whole model."""
    settings = json.loads((clones / repository.split("/")[1] / "configs" / config).read_text())
    chosen = {key: value for key, value in settings["model"].items() if "resblock" in key or "upsample" in key}
    chosen["upsample_initial_channel"] = 64
    if pitch:
        chosen["sr"] = settings["data"]["sampling_rate"]
    network = models(clones, repository, LAYERS)["GeneratorNSF" if pitch else "Generator"]
    whole = nn.Module()
    whole.dec = network(192, gin_channels=256, **chosen)
    return whole


def upstream_with_noise(network: Any, latents: Tensor) -> Tensor:
    """What upstream's decoder with pitch computes; it draws the noise itself."""
    with patch("torch.randn_like", lambda wave: sample(wave.shape)):
        return network.dec(latents, PITCH, g=SPEAKER)


def ours_with_noise(network: Any, latents: Tensor) -> Tensor:
    """What ours computes."""
    n_samples = network.m_source.hop * latents.shape[2]
    return network(latents, PITCH, sample((2, n_samples, 1)).transpose(1, 2), SPEAKER)


def judged(network: nn.Module, waveform: Tensor) -> Any:
    """Logits and maps of the first of upstream's two arguments."""
    logits, _, maps, _ = network(waveform, waveform)
    return logits, maps


def generator_case(config: str) -> Case:
    """A generator of HiFi-GAN."""
    return Case(
        repository=HIFIGAN,
        construction=f"Generator({config})",
        build=lambda clones: generator(clones, config),
        input_shape=(2, 80, 5),
        gain=GAIN,
    )


def decoder_case(repository: str, config: str, rates: list[int]) -> Case:
    """A decoder without pitch; the rates are given, since VITS's and those of RVC's 40k have the same kernels."""
    return Case(
        repository=repository,
        construction=f"Generator(192, gin_channels=256, {config} with upsample_initial_channel 64)",
        build=lambda clones: decoder(clones, repository, config),
        input_shape=LATENTS,
        config={"upsample_rates": rates},
        call=lambda network, latents: network.dec(latents, g=SPEAKER),
        call_ours=lambda network, latents: network(latents, SPEAKER),
        gain=GAIN,
    )


def pitch_case(config: str) -> Case:
    """A decoder of RVC with pitch; its keys show all rates but the first."""
    return Case(
        repository=RVC,
        construction=f"GeneratorNSF(192, gin_channels=256, {config} with upsample_initial_channel 64)",
        build=lambda clones: decoder(clones, RVC, config, pitch=True),
        input_shape=LATENTS,
        call=upstream_with_noise,
        call_ours=ours_with_noise,
        gain=GAIN,
    )


def discriminator_case(repository: str, name: str, **settings: bool) -> Case:
    """A discriminator of any of them."""
    return Case(
        repository=repository,
        construction=f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())}), {NARROW}",
        build=lambda clones: models(clones, repository, narrow(LAYERS))[name](**settings),
        input_shape=WAVEFORM,
        call=judged,
        gain=GAIN,
    )


CASES = {
    **{f"generator {version}": generator_case(f"config_{version}.json") for version in ("v1", "v2", "v3")},
    "mpd": discriminator_case(HIFIGAN, "MultiPeriodDiscriminator"),
    "msd": discriminator_case(HIFIGAN, "MultiScaleDiscriminator"),
    "vits decoder": decoder_case(VITS, "vctk_base.json", [8, 8, 2, 2]),
    "vits discriminator": discriminator_case(VITS, "MultiPeriodDiscriminator"),
    "vits discriminator, spectral norm": discriminator_case(VITS, "MultiPeriodDiscriminator", use_spectral_norm=True),
    "rvc decoder v1 40k": decoder_case(RVC, "v1/40k.json", [10, 10, 2, 2]),
    **{
        f"rvc decoder with pitch {version} {rate}": pitch_case(f"{version}/{rate}.json")
        for version, rate in (("v1", "32k"), ("v1", "40k"), ("v1", "48k"), ("v2", "32k"), ("v2", "48k"))
    },
    "rvc discriminator v1": discriminator_case(RVC, "MultiPeriodDiscriminator"),
    "rvc discriminator v2": discriminator_case(RVC, "MultiPeriodDiscriminatorV2"),
}

if __name__ == "__main__":
    main("hifigan", CASES)
