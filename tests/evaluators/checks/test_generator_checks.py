"""Each check of fakes, pairs and precision: samples that show what is wrong, and samples as they should be."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.checks import find_check
from ganloss_cli.evaluators.checks.observed import AuditedFakes, AuditedPairs, LossInDtypes


def photographs(seed: int, n: int = 24, side: int = 32) -> Tensor:
    """Smooth images on [0, 1], no two alike: noise of 1/f."""
    generator = torch.Generator().manual_seed(seed)
    frequency = torch.fft.fftfreq(side)[:, None].square() + torch.fft.fftfreq(side)[None, :].square()
    noise = torch.randn(n, 3, side, side, generator=generator)
    smooth = torch.fft.ifft2(torch.fft.fft2(noise) / (frequency.sqrt() + 1 / side)).real
    return (0.5 + 0.15 * smooth / smooth.std()).clamp(0.02, 0.98)


def tones(seed: int, n: int = 12, level: float = 0.3) -> Tensor:
    """Mixtures of three tones each, (n, 1, 4096)."""
    generator = torch.Generator().manual_seed(seed)
    pitches = 0.01 + 0.2 * torch.rand(n, 3, 1, generator=generator)
    return level * torch.sin(2 * math.pi * pitches * torch.arange(4096)).mean(dim=1, keepdim=True)


def images(fake: Tensor, real: Tensor | None = None, **more: Any) -> AuditedFakes:
    return AuditedFakes(
        called="generator", kind="image", fake=fake, real=photographs(1) if real is None else real, range=(-1.0, 1.0),
        **more,
    )  # fmt: skip


def audio(fake: Tensor, **more: Any) -> AuditedFakes:
    return AuditedFakes(called="generator", kind="audio", fake=fake, real=tones(1), **more)


def pairs(fake: Tensor, real: Tensor, kind: Any = "image") -> AuditedPairs:
    return AuditedPairs(called="generator", kind=kind, fake=fake, real=real)


def upsampled(n: int = 24) -> Tensor:
    """What a strided transposed convolution of a kernel that the stride does not divide makes: a checkerboard."""
    small = functional.avg_pool2d(photographs(0, n), 2)
    kernel = torch.ones(3, 1, 3, 3) / 9 * 4
    return functional.conv_transpose2d(small, kernel, stride=2, padding=1, output_padding=1, groups=3).clamp(0, 1)


def losses(**values: float | None) -> LossInDtypes:
    return LossInDtypes(called="ssim", values={"float64": 0.7, "float32": 0.7, "bfloat16": 0.7, **values})


def noisy(samples: Tensor, amount: float) -> Tensor:
    return samples + amount * torch.randn(samples.shape, generator=torch.Generator().manual_seed(3))


def one_kept(samples: Tensor) -> Tensor:
    return samples[:1].expand_as(samples).contiguous()


Subject = AuditedFakes | AuditedPairs | LossInDtypes
BROKEN: list[tuple[str, Callable[[], Subject], str]] = [
    ("non_finite_output", lambda: images(photographs(0).index_fill(0, torch.tensor([2]), math.nan)), "error"),
    ("collapsed_generator", lambda: images(noisy(one_kept(photographs(0)), 0.01)), "error"),
    ("collapsed_generator", lambda: images(0.65 * one_kept(photographs(0)) + 0.35 * photographs(2)), "warning"),
    ("collapsed_generator", lambda: audio(one_kept(tones(0))), "error"),
    ("duplicate_fakes", lambda: images(photographs(0)[torch.arange(24) // 2]), "warning"),
    ("constant_output", lambda: images(torch.full((24, 3, 32, 32), 0.4)), "error"),
    ("constant_output", lambda: images(photographs(0) * (torch.arange(24) > 5)[:, None, None, None]), "warning"),
    ("saturated_output", lambda: images((photographs(0) > 0.5).float()), "warning"),
    ("output_outside_range", lambda: images(photographs(0) * 1.6), "note"),
    ("output_outside_range", lambda: images(photographs(0) * 255), "warning"),
    ("half_of_the_range_used", lambda: images(0.5 + photographs(0) / 2), "warning"),
    ("upsampling_artefacts", lambda: images(upsampled()), "warning"),
    ("silent_audio", lambda: audio(tones(0) * 1e-4), "error"),
    ("dc_offset", lambda: audio(tones(0) + 0.1), "warning"),
    ("clipped_audio", lambda: audio((tones(0) * 20).clamp(-1, 1)), "warning"),
    ("sample_rate_mismatch", lambda: audio(tones(0), sample_rate=24_000, network_sample_rate=22_050), "warning"),
    ("pairing_looks_random", lambda: pairs(photographs(0), photographs(0).roll(5, 0)), "warning"),
    ("pairing_looks_random", lambda: pairs(tones(0), tones(0).roll(5, 0), "audio"), "warning"),
    ("loss_breaks_in_bfloat16", lambda: losses(bfloat16=None), "warning"),
    ("loss_breaks_in_bfloat16", lambda: losses(bfloat16=0.5), "warning"),
    ("loss_breaks_in_float32", lambda: losses(float32=0.71), "warning"),
]  # fmt: skip
HEALTHY: list[tuple[str, Callable[[], Subject]]] = [
    *((name, lambda: images(photographs(0))) for name in (
        "non_finite_output", "collapsed_generator", "duplicate_fakes", "constant_output", "saturated_output",
        "output_outside_range", "half_of_the_range_used", "upsampling_artefacts",
    )),
    *((name, lambda: audio(tones(0), sample_rate=24_000, network_sample_rate=24_000)) for name in (
        "silent_audio", "dc_offset", "clipped_audio", "sample_rate_mismatch", "collapsed_generator",
    )),
    # digits are black and white themselves, and fakes of them should be
    ("saturated_output", lambda: images((photographs(0) > 0.5).float(), (photographs(1) > 0.5).float())),
    ("constant_output", lambda: images(torch.zeros(24, 3, 32, 32), torch.zeros(24, 3, 32, 32))),
    # a super-resolving network overshoots a little at edges
    ("output_outside_range", lambda: images(noisy(photographs(0), 0.02))),
    # fakes of pale data are pale
    ("half_of_the_range_used", lambda: images(0.5 + photographs(0) / 2, 0.5 + photographs(1) / 2)),
    ("upsampling_artefacts", lambda: images(upsampled(), upsampled())),
    ("upsampling_artefacts", lambda: images(noisy(photographs(0), 0.05))),
    ("upsampling_artefacts", lambda: images(photographs(0, side=28), photographs(1, side=28))),
    ("pairing_looks_random", lambda: pairs(noisy(photographs(0), 0.1), photographs(0))),
    ("pairing_looks_random", lambda: pairs(noisy(tones(0), 0.02), tones(0), "audio")),
    # what is all alike has no pairing to lose
    ("pairing_looks_random", lambda: pairs(one_kept(photographs(0)), photographs(0))),
    # too few to tell
    ("pairing_looks_random", lambda: pairs(photographs(0)[:4], photographs(2)[:4])),
    ("collapsed_generator", lambda: images(one_kept(photographs(0))[:4])),
    ("loss_breaks_in_bfloat16", lambda: losses(bfloat16=0.72)),
    ("loss_breaks_in_float32", losses),
    # a dtype that torch has no kernel for is not a loss that breaks
    ("loss_breaks_in_bfloat16", lambda: LossInDtypes(
        called="mel", values={"float64": 1.0}, failures={"bfloat16": "not implemented"}
    )),
    # a mean near zero is held against the spread of its samples
    ("loss_breaks_in_bfloat16", lambda: LossInDtypes(
        called="d_wgan", values={"float64": 1e-6, "bfloat16": 2e-6}, spread=0.1
    )),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "severity"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_fakes_are_found(name: str, make: Callable[[], Subject], severity: str) -> None:
    findings = list(find_check(name).findings(make()))

    assert [(finding.check, finding.severity) for finding in findings] == [(name, severity)]
    assert findings[0].evidence
    assert findings[0].hint


@pytest.mark.parametrize(("name", "make"), HEALTHY, ids=[row[0] for row in HEALTHY])
def test_healthy_fakes_are_left_alone(name: str, make: Callable[[], Subject]) -> None:
    assert list(find_check(name).findings(make())) == []


def test_the_diversity_ratio_of_samples_half_as_far_apart_is_a_half() -> None:
    real = photographs(1)
    middle = real.mean(dim=0)

    (finding,) = find_check("collapsed_generator").findings(images(middle + 0.4 * (real - middle), real))

    assert finding.evidence["ratio"] == pytest.approx(0.4, rel=1e-4)
