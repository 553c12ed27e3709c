"""Figures of the HiFi-GAN of kan-bayashi/ParallelWaveGAN: generators, and its discriminators one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from figures import Case, main
from torch import Tensor, nn
from vocoder_networks import parallel_wavegan

REPOSITORY = "kan-bayashi/ParallelWaveGAN"
NARROW_SCALES = {"channels": 16, "max_downsample_channels": 64, "max_groups": 16, "downsample_scales": [4, 4, 4, 4, 1]}
NARROW_PERIODS = {"channels": 4, "max_downsample_channels": 32}


def built(clones: Path, name: str, settings: dict[str, Any]) -> nn.Module:
    """One of its classes."""
    return getattr(parallel_wavegan(clones), name)(**settings)  # type: ignore[no-any-return]


def judged(network: nn.Module, waveform: Tensor) -> Any:
    """Logits, which upstream flattens, are the last maps; ours keeps their map."""
    maps = network(waveform)
    return [each[-1].flatten(1) for each in maps], [each[:-1] for each in maps]


def judged_by_ours(network: nn.Module, waveform: Tensor) -> Any:
    """The same arrangement."""
    logits, maps = network(waveform)
    return logits, [each[:-1] for each in maps]


def generator_case(**settings: Any) -> Case:
    """A generator, narrow."""
    settings = {"channels": 32, **settings}
    return Case(
        repository=REPOSITORY,
        construction=f"HiFiGANGenerator({', '.join(f'{key}={value}' for key, value in settings.items())})",
        build=lambda clones: built(clones, "HiFiGANGenerator", settings),
        input_shape=(2, 80, 5),
        gain=1.0,
    )


def discriminator_case(name: str, **settings: Any) -> Case:
    """A discriminator, narrow."""
    return Case(
        repository=REPOSITORY,
        construction=f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})",
        build=lambda clones: built(clones, name, settings),
        input_shape=(2, 1, 1200),
        call=judged,
        call_ours=judged_by_ours,
        gain=1.0,
    )


CASES = {
    "generator": generator_case(),
    "generator of odd rates": generator_case(upsample_scales=[5, 5, 4, 3], upsample_kernel_sizes=[10, 10, 8, 6]),
    "generator of single convolutions": generator_case(use_additional_convs=False, resblock_kernel_sizes=[3, 5]
                                                       , resblock_dilations=[(1, 3, 5), (1, 3, 5)]),
    "mpd": discriminator_case("HiFiGANMultiPeriodDiscriminator", discriminator_params=NARROW_PERIODS),
    "msd": discriminator_case("HiFiGANMultiScaleDiscriminator", discriminator_params=NARROW_SCALES),
    "msd, first scale under spectral norm": discriminator_case(
        "HiFiGANMultiScaleDiscriminator", discriminator_params=NARROW_SCALES, follow_official_norm=True
    ),
}  # fmt: skip

if __name__ == "__main__":
    main("parallel_wavegan", CASES)
