"""A map holds the values that its loss takes the mean, or the deviation, of: it is no second formula."""

import numpy as np
import pytest
import skimage.metrics
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import catalogue
from ganloss_cli.evaluators.example import example_value
from ganloss_cli.evaluators.losses.gmsd import gmsd
from ganloss_cli.evaluators.losses.mel import mel
from ganloss_cli.evaluators.losses.mrstft import lsd, mrstft
from ganloss_cli.evaluators.losses.reconstruction import l1
from ganloss_cli.evaluators.losses.ssim import ssim
from ganloss_cli.evaluators.maps import Map, are_wanted, kept_maps


def pair(*shape: int) -> tuple[Tensor, Tensor]:
    drawn = torch.Generator().manual_seed(0)
    real = torch.rand(shape, generator=drawn)
    return real, (real + 0.2 * torch.rand(shape, generator=drawn)).clamp(0, 1)


def of_places(one: Map) -> Tensor:
    return one.values.flatten(1)


@pytest.mark.parametrize("convention", [row.name for row in catalogue()["ssim"].conventions])
def test_local_ssim_has_the_mean_that_ssim_is(convention: str) -> None:
    loss = catalogue()["ssim"]
    settings = {**loss.settings, **loss.convention(convention).settings, "form": "similarity"}
    real, fake = pair(2, 3, 67, 50)

    with kept_maps() as maps:
        value = loss(Batch(real=real, fake=fake), settings)

    (one,) = maps
    assert one.higher_is_better
    assert of_places(one).mean(1) == pytest.approx(value, abs=2e-6)


def test_local_ssim_lies_where_scikit_image_has_it() -> None:
    real, fake = pair(1, 1, 40, 61)

    with kept_maps() as maps:
        ssim(real, fake)

    _, theirs = skimage.metrics.structural_similarity(
        real[0, 0].numpy(), fake[0, 0].numpy(), data_range=1, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, full=True,
    )  # fmt: skip
    assert maps[0].values[0, 0].numpy() == pytest.approx(theirs[5:-5, 5:-5], abs=1e-5)


def test_the_similarity_of_gradients_has_the_deviation_that_gmsd_is() -> None:
    real, fake = pair(2, 3, 33, 48)

    with kept_maps() as maps:
        value = gmsd(real, fake)

    assert maps[0].values.shape == (2, 1, 17, 24)
    assert of_places(maps[0]).std(1) == pytest.approx(value, rel=1e-5)


def test_the_difference_of_pixels_has_the_mean_that_l1_is() -> None:
    real, fake = pair(2, 3, 5, 7)

    with kept_maps() as maps:
        value = l1(real, fake)

    assert torch.equal(maps[0].values, (real - fake).abs())
    assert of_places(maps[0]).mean(1) == pytest.approx(value)


def test_mel_spectrograms_have_the_difference_whose_mean_is_the_loss() -> None:
    real, fake = pair(2, 1, 12_000)

    with kept_maps() as maps:
        value = mel(real, fake, sample_rate=22050)

    (one,) = maps
    assert one.values.shape == (2, 1, 46, 80)  # 12 000 / 256 frames
    assert one.sides is not None
    assert torch.equal((one.sides[0] - one.sides[1]).abs(), one.values)
    assert of_places(one).mean(1) == pytest.approx(value, rel=1e-5)


def test_every_resolution_has_spectrograms_of_its_own_whose_mean_is_its_term() -> None:
    real, fake = pair(1, 2, 9000)

    with kept_maps() as maps:
        terms = mrstft(real, fake)

    assert [tuple(one.values.shape) for one in maps] == [(1, 2, 76, 513), (1, 2, 38, 1025), (1, 2, 181, 257)]
    means = torch.stack([of_places(one).mean(1) for one in maps])
    assert isinstance(terms, dict)
    assert means.mean(0) == pytest.approx(terms["magnitude"], rel=1e-5)


def test_log_spectra_have_the_difference_that_lsd_is_made_of() -> None:
    real, fake = pair(1, 1, 9000)

    with kept_maps() as maps:
        value = lsd(real, fake)

    assert maps[0].values.square().mean(-1).sqrt().mean((1, 2)) == pytest.approx(value, rel=1e-5)


def test_values_are_the_same_with_maps_and_without() -> None:
    images, sounds = pair(1, 3, 64, 64), pair(1, 1, 9000)
    losses = (ssim, gmsd, l1), (mrstft, lsd)

    def values() -> list[np.ndarray]:
        found = [loss(*images) for loss in losses[0]] + [loss(*sounds) for loss in losses[1]]
        return [np.array([*(v.values() if isinstance(v, dict) else [v])]) for v in found]

    plain = values()
    with kept_maps():
        assert are_wanted()
        mapped = values()

    assert not are_wanted()
    for one, other in zip(plain, mapped, strict=True):
        assert one == pytest.approx(other, rel=1e-6)


@pytest.mark.parametrize("name", [name for name, loss in catalogue().items() if {"real", "fake"} <= {*loss.needs}])
def test_a_loss_keeps_maps_where_it_says_so_and_only_there(name: str) -> None:
    loss = catalogue()[name]
    if loss.extra is not None and loss.extra.missing():
        pytest.skip(f"needs {', '.join(loss.extra.missing())}")

    with kept_maps() as maps:
        example_value(loss, loss.default)

    assert bool(maps) == loss.keeps_maps
