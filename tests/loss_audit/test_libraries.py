"""What the field's own libraries compute, named; they are in the `bench` extra, and without them nothing is tested."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ganloss_cli.records.loss import LossAudit

UNIT = {"data_range": 1.0}
MEAN = {"reduction": "mean"}
IMAGE, AUDIO = "torchmetrics.functional.image", "torchmetrics.functional.audio"
# module, function, loss, keywords, convention, meaning of a factor
NAMED: tuple[tuple[str, str, str, Mapping[str, Any], str, str], ...] = (
    (IMAGE, "structural_similarity_index_measure", "ssim", UNIT, "ssim:torchmetrics", ""),
    (IMAGE, "peak_signal_noise_ratio", "psnr", UNIT, "psnr:pooled", ""),
    (IMAGE, "total_variation", "tv", MEAN, "tv:torchmetrics", ""),
    (AUDIO, "scale_invariant_signal_distortion_ratio", "si_sdr", {}, "si_sdr:leroux2019", ""),
    (AUDIO, "scale_invariant_signal_noise_ratio", "si_sdr", {}, "si_sdr:zero_mean", ""),
    (AUDIO, "signal_noise_ratio", "snr", {}, "snr:plain", ""),
    ("torchmetrics.functional", "mean_squared_error", "mse", {}, "mse:mean", ""),
    ("torchmetrics.functional", "mean_absolute_error", "l1", {}, "l1:mean", ""),
    ("torchmetrics.functional", "cosine_similarity", "cosine", MEAN, "cosine:per_sample", "1 minus"),
    ("torchmetrics.functional", "kl_divergence", "kl_categorical", {}, "kl_categorical:batchmean", ""),
    ("torchmetrics.image", "PeakSignalNoiseRatio", "psnr", UNIT, "psnr:pooled", ""),
    ("piq", "ssim", "ssim", {}, "ssim:piq", ""),
    ("piq", "SSIMLoss", "ssim", {}, "ssim:piq", "1 minus"),
    ("piq", "psnr", "psnr", {}, "psnr:cap80", ""),
    ("piq", "gmsd", "gmsd", {}, "gmsd:piq", ""),
    ("piq", "total_variation", "tv", {}, "tv:piq", ""),
    ("pytorch_msssim", "ssim", "ssim", UNIT, "ssim:wang2004", ""),
    ("pytorch_msssim", "SSIM", "ssim", UNIT, "ssim:wang2004", ""),
    ("pytorch_msssim", "ms_ssim", "ms_ssim", UNIT, "ms_ssim:pytorch_msssim_unit", ""),
    ("piq", "multi_scale_ssim", "ms_ssim", {}, "ms_ssim:piq", ""),
    (IMAGE, "multiscale_structural_similarity_index_measure", "ms_ssim", UNIT, "ms_ssim:torchmetrics", ""),
)
# A root at zero has no slope: photosynthesis-team/piq issue 308, still so in 0.8.0.
KNOWN_FAULTS = {("piq", "gmsd"): {"gradient_not_finite"}, ("piq", "total_variation"): {"gradient_not_finite"}}


def importable(module: str) -> None:
    """Skip without the library, or with one that was built for another torch."""
    try:
        importlib.import_module(module)
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"{module} cannot be imported: {error}")


@pytest.mark.parametrize("case", NAMED, ids=lambda case: f"{case[0]}.{case[1]}")
@pytest.mark.filterwarnings("ignore")
def test_a_function_of_a_library_is_named_and_left_alone(case: Any, audited: Callable[..., LossAudit]) -> None:
    module, function, loss, keywords, convention, meaning = case
    importable(module)

    audit = audited(f"from {module} import {function}", function=function, loss=loss, keywords=keywords)

    assert audit.passed
    assert (audit.convention, audit.meaning) == (convention, meaning)
    severe = {finding.check for finding in audit.findings if finding.severity != "note"}
    assert severe == KNOWN_FAULTS.get((module, function), set())


@pytest.mark.filterwarnings("ignore")
def test_images_on_0_1_against_the_default_range_of_255_are_a_known_mistake(audited: Callable[..., LossAudit]) -> None:
    importable("pytorch_msssim")

    audit = audited("from pytorch_msssim import ssim", function="ssim", loss="ssim")

    assert (audit.verdict, audit.convention) == ("a known mistake", "ssim:pytorch_msssim")


@pytest.mark.filterwarnings("ignore")
def test_the_observed_range_of_torchmetrics_is_no_convention_and_black_images_are_nan(
    audited: Callable[..., LossAudit],
) -> None:
    importable(IMAGE)
    name = "structural_similarity_index_measure"

    audit = audited(f"from {IMAGE} import {name}", function=name, loss="ssim")

    assert (audit.verdict, audit.convention) == ("departs", "ssim:torchmetrics")
    assert "not_finite" in {finding.check for finding in audit.findings}


@pytest.mark.filterwarnings("ignore")
def test_a_sum_over_the_batch_is_told_of_torchmetrics_total_variation(audited: Callable[..., LossAudit]) -> None:
    importable(IMAGE)

    audit = audited(f"from {IMAGE} import total_variation", function="total_variation", loss="tv")

    assert (audit.convention, audit.verdict) == ("tv:torchmetrics", "up to a factor")
    assert "sums_over_the_batch" in {finding.check for finding in audit.findings}
