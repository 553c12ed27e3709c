"""Conventions of libraries beside the libraries themselves, on the shared example."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import numpy as np
import pytest
import pytorch_msssim
import torch
from skimage.metrics import structural_similarity
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.example import example_batch, example_value, known_settings
from ganloss_cli.evaluators.losses import mse


@contextlib.contextmanager
def without_torchvision() -> Iterator[None]:
    """Both libraries load it for networks that none of this uses, and a build of it for another torch fails at that."""
    replaced = {name: mock.MagicMock(__spec__=None) for name in ("torchvision", "torchvision.models")}
    before = {name: sys.modules.pop(name) for name in replaced if name in sys.modules}
    sys.modules.update(replaced)
    yield
    for name in replaced:
        del sys.modules[name]
    sys.modules.update(before)


with without_torchvision():
    import piq
    from torchmetrics import audio, image
    from torchmetrics.functional import audio as audio_functions
    from torchmetrics.functional import image as functions

LIBRARIES = ("torch", "torchmetrics", "piq", "pytorch-msssim", "scikit-image")
NATIVE = re.compile(rf"({'|'.join(LIBRARIES)}) \d")
UNIT = {"data_range": 1.0}
# The same on [0, 1], one channel after another, so that no library's float32 constant is to blame.
Measure = Callable[[Tensor, Tensor], Any]


def from_the_set(metric: nn.Module) -> Measure:
    """A metric that is given the estimate first, one sample at a time."""

    def measured(real: Tensor, fake: Tensor) -> Any:
        for one, other in zip(fake, real, strict=True):
            metric.update(one[None], other[None])  # type: ignore[operator]
        return metric.compute()  # type: ignore[operator]

    return measured


def of_scikit_image(real: Tensor, fake: Tensor) -> Any:
    pairs = zip(real.numpy(), fake.numpy(), strict=True)
    return np.mean([structural_similarity(*pair, **UNIT, channel_axis=0) for pair in pairs])


def without_floor(decibels: Tensor) -> Tensor:
    """piq adds 1e-8 to the error."""
    return (-10 * torch.log10(10 ** (-decibels / 10) - 1e-8)).mean()


def estimate_first(function: Callable[..., Any], **settings: Any) -> Measure:
    return lambda real, fake: torch.as_tensor(function(fake, real, **settings)).mean()


DIRECT: Mapping[str, Measure] = {
    "l1:mean": estimate_first(nn.L1Loss()),
    "l1:summed": lambda real, fake: nn.L1Loss(reduction="sum")(fake, real) / len(real),
    "mse:mean": estimate_first(nn.MSELoss()),
    "mse:summed": lambda real, fake: nn.MSELoss(reduction="sum")(fake, real) / len(real),
    "huber:huber1964": estimate_first(nn.HuberLoss()),
    "huber:smooth_l1": estimate_first(nn.SmoothL1Loss()),
    "huber:tenth": estimate_first(nn.HuberLoss(delta=0.1)),
    "huber:smooth_l1_tenth": estimate_first(nn.SmoothL1Loss(beta=0.1)),
    "cosine:per_position": lambda real, fake: 1 - nn.CosineSimilarity(dim=1)(fake, real).mean(),
    "tv:torchmetrics": lambda _, fake: functions.total_variation(fake, reduction="mean"),
    "tv:piq": lambda _, fake: piq.total_variation(fake),
    "ssim:torchmetrics": estimate_first(functions.structural_similarity_index_measure, **UNIT),
    "ssim:piq": estimate_first(piq.ssim, **UNIT),
    "ssim:pytorch_msssim": estimate_first(pytorch_msssim.ssim),
    "ssim:scikit_image": of_scikit_image,
    "ms_ssim:pytorch_msssim": estimate_first(pytorch_msssim.ms_ssim),
    "ms_ssim:pytorch_msssim_unit": estimate_first(pytorch_msssim.ms_ssim, **UNIT),
    "ms_ssim:piq": estimate_first(piq.multi_scale_ssim, **UNIT),
    "ms_ssim:torchmetrics": estimate_first(functions.multiscale_structural_similarity_index_measure, **UNIT),
    "ms_ssim:torchmetrics_simple": estimate_first(
        functions.multiscale_structural_similarity_index_measure, **UNIT, normalize="simple"
    ),
    "gmsd:piq": estimate_first(piq.gmsd, **UNIT),
    "psnr:cap80": estimate_first(piq.psnr, **UNIT),
    "psnr:luma": lambda real, fake: without_floor(
        piq.psnr(fake, real, **UNIT, convert_to_greyscale=True, reduction="none")
    ),
    "psnr:pooled": from_the_set(image.PeakSignalNoiseRatio(**UNIT)),
    "si_sdr:negative": lambda real, fake: -audio_functions.scale_invariant_signal_distortion_ratio(fake, real).mean(),
    "si_sdr:zero_mean": from_the_set(audio.ScaleInvariantSignalDistortionRatio(zero_mean=True)),
    "snr:plain": estimate_first(audio_functions.signal_noise_ratio),
    "snr:zero_mean": estimate_first(audio_functions.signal_noise_ratio, zero_mean=True),
}
# Libraries whose own constants are float32, or which add up in it.
SINGLE = {
    "ms_ssim:torchmetrics", "ms_ssim:torchmetrics_simple",
    "ms_ssim:pytorch_msssim", "ms_ssim:pytorch_msssim_unit",
    "ssim:pytorch_msssim", "psnr:pooled", "si_sdr:zero_mean",
}  # fmt: skip


# How much of the example's pictures is enough: one where piq halves large ones, one that holds five scales.
SIDES = {"ssim:piq": (384, 390), "ms_ssim": (180, 190), "ssim": (40, 48)}


def cut(typed: str, batch: Batch) -> Batch:
    name = typed.partition(":")[0]
    sides = SIDES.get(typed) or SIDES.get(name)
    if sides is None:
        return batch
    channels = 1 if sides[0] > 100 else 3
    parts = {role: getattr(batch, role)[1:3, :channels, : sides[0], : sides[1]] for role in ("real", "fake")}
    return Batch(**parts)


@pytest.mark.parametrize("typed", DIRECT)
def test_a_convention_of_a_library_gives_what_the_library_gives(typed: str) -> None:
    name, _, convention = typed.partition(":")
    loss = catalogue()[name]
    row = loss.convention(convention)
    batch = cut(typed, example_batch(loss))
    real, fake = (batch.fake if name == "tv" else batch.real), batch.fake
    assert isinstance(real, Tensor)
    assert isinstance(fake, Tensor)

    value = total(loss(batch, {**loss.settings, **known_settings(loss, row), **row.settings}))

    assert value == pytest.approx(float(DIRECT[typed](real, fake)), rel=1e-5 if typed in SINGLE else 1e-6)


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize("convention", ["batchmean", "mean"])
def test_a_divergence_of_categories_is_torchs(convention: str) -> None:
    loss = catalogue()["kl_categorical"]
    batch = example_batch(loss)
    p, q = (getattr(batch, role).softmax(1) for role in loss.needs)

    expected = functional.kl_div(q.log(), p, reduction=convention)

    assert example_value(loss, loss.convention(convention)) == pytest.approx(float(expected), rel=1e-9)


def test_every_convention_of_a_library_is_held_against_it() -> None:
    rows = [(f"{loss.name}:{row.name}", row.source) for loss in catalogue().values() for row in loss.conventions]
    claimed = {typed for typed, source in rows if NATIVE.match(source)}

    # of categories above; through Inception they are torch-fidelity's, which golden_sets.py holds them against
    elsewhere = {"kl_categorical:batchmean", "kl_categorical:mean", "dists:piq"} | {
        f"{name}:torchmetrics" for name in ("fid", "kid", "isc")
    }
    assert claimed - elsewhere <= set(DIRECT)
    assert len(claimed) >= 25


def test_half_of_a_mean_squared_error_is_half_of_torchs() -> None:
    real, fake = torch.rand(3, 2, 4, 4, dtype=torch.float64), torch.rand(3, 2, 4, 4, dtype=torch.float64)

    assert total(mse(real, fake, **catalogue()["mse"].convention("half").settings)) == pytest.approx(
        float(functional.mse_loss(fake, real)) / 2, rel=1e-12
    )
