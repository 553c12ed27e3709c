"""Figures of BigVGAN: generators of both versions, and its discriminators beside HiFi-GAN's.

Needs torchaudio and nnAudio, whose transforms its discriminators hold.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from figures import Case, main
from torch import Tensor, nn
from vocoder_networks import Attributes, bigvgan, bigvgan_settings

REPOSITORY = "NVIDIA/BigVGAN"
# weights this small let the input be seen in what comes out of so many blocks
GAIN = 0.7
NARROW = {"upsample_initial_channel": 64}
RESOLUTIONS = [[1024, 120, 600], [2048, 240, 1200], [512, 50, 240]]


def generator_case(config: str, n_bands: int, beside: dict[str, Any], **changed: Any) -> Case:
    """A generator, as one of its configs has it but narrower."""
    shown = "".join(f", {name} {value}" for name, value in changed.items())
    return Case(
        repository=REPOSITORY,
        construction=f"BigVGAN({config} with upsample_initial_channel 64{shown})",
        build=lambda clones: bigvgan(clones).BigVGAN(bigvgan_settings(clones, config, **NARROW, **changed)),
        input_shape=(2, n_bands, 4),
        config=beside,
        gain=GAIN,
    )


def judged(network: nn.Module, waveform: Tensor) -> Any:
    """Logits and maps of the first of upstream's two arguments."""
    logits, _, maps, _ = network(waveform, waveform)
    return logits, maps


def _quietly(make: Callable[[], nn.Module]) -> nn.Module:
    with contextlib.redirect_stdout(None):  # nnAudio tells what it does
        return make()


def discriminator_case(name: str, changed: dict[str, Any], beside: dict[str, Any]) -> Case:
    """A discriminator, an eighth as wide where its settings say how wide."""
    narrow = {"use_spectral_norm": False, "discriminator_channel_mult": 0.125, "sampling_rate": 24000, **changed}
    return Case(
        repository=REPOSITORY,
        construction=f"{name}({', '.join(f'{key}={value}' for key, value in narrow.items())})",
        build=lambda clones: _quietly(lambda: getattr(bigvgan(clones), name)(Attributes(**narrow))),
        input_shape=(2, 1, 2400),
        call=judged,
        config=beside,
        gain=1.0,
    )


_AMBIGUOUS = {"sampling_rate": 24000, "n_fft": 1024, "hop_size": 256, "win_size": 1024, "num_mels": 100, "fmin": 0,
              "fmax": None, "fmax_for_loss": None, "upsample_rates": [4, 4, 2, 2, 2, 2],
              "resblock_dilation_sizes": [[1, 3, 5]] * 3}  # fmt: skip
_PLAIN = {"resblock": "2", "resblock_dilation_sizes": [[1, 3]] * 3, "activation": "snake", "snake_logscale": False}
CASES = {
    "generator": generator_case("bigvgan_24khz_100band.json", 100, {}),
    "base generator": generator_case("bigvgan_base_24khz_100band.json", 100, {}),
    "second generator": generator_case("bigvgan_v2_44khz_128band_512x.json", 128, {}),
    "generator of plain snakes": generator_case(
        "bigvgan_24khz_100band.json", 100,
        {**_AMBIGUOUS, "resblock_dilation_sizes": [[1, 3]] * 3, "snake_logscale": False}, **_PLAIN,
    ),
    "mpd": discriminator_case("MultiPeriodDiscriminator", {"mpd_reshapes": [2, 3, 5, 7, 11]}, {}),
    "mrd": discriminator_case("MultiResolutionDiscriminator", {"resolutions": RESOLUTIONS}, {}),
    "mrd, spectral norm": discriminator_case(
        "MultiResolutionDiscriminator", {"resolutions": RESOLUTIONS, "use_spectral_norm": True}, {}
    ),
    "mbd": discriminator_case("MultiBandDiscriminator", {"mbd_fft_sizes": [512, 256, 128]}, {}),
    "cqtd": discriminator_case("MultiScaleSubbandCQTDiscriminator", {"cqtd_filters": 8, "cqtd_max_filters": 16}, {}),
    "cqtd of other hops and bins, scaled": discriminator_case(
        "MultiScaleSubbandCQTDiscriminator",
        {"cqtd_filters": 4, "cqtd_hop_lengths": [256, 512, 256],
         "cqtd_n_octaves": [8, 9, 8], "cqtd_bins_per_octaves": [12, 24, 16], "cqtd_normalize_volume": True},
        {"cqtd_hop_lengths": [256, 512, 256], "cqtd_dilations": [1, 2, 4], "cqtd_normalize_volume": True},
    ),
}  # fmt: skip

if __name__ == "__main__":
    main("bigvgan", CASES)
