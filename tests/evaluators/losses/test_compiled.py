"""SSIM by compiled code and by torch: the same values, and who is served by which. Skipped where none is compiled."""

import math
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.losses import compiled, ms_ssim, ssim
from ganloss_cli.evaluators.sharing import shared_computations

_ssim = pytest.importorskip("ganloss_cli.evaluators._ssim", reason="installed without a compiler", exc_type=ImportError)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Every call of compiled code."""
    made: list[tuple[object, ...]] = []

    class Counted:
        BAND = _ssim.BAND

        @staticmethod
        def sum_bands(*arguments: object) -> None:
            made.append(arguments)
            _ssim.sum_bands(*arguments)

    monkeypatch.setattr(compiled, "_ssim", Counted)
    return made


@pytest.fixture
def cores() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def random_pair(*shape: int, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    real = torch.rand(*shape, generator=generator)
    return real, (real + noise * torch.randn(shape, generator=generator)).clamp(0, 1)


SETTINGS = [
    {},
    {"padding": "reflect"},
    {"padding": "zero"},
    {"window": "uniform"},
    {"sigma": 0.7},
    {"zero": 0.5, "data_range": 0.5},
    {"covariance": "sample"},
    {"border": 3},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("shape", [(2, 3, 17, 17), (1, 1, 74, 107), (3, 2, 139, 75), (1, 1, 203, 18)], ids=str)
def test_both_ways_give_the_same_ssim(shape, settings, calls, monkeypatch) -> None:
    pair = random_pair(*shape)

    fast = ssim(*pair, **settings)

    assert calls
    monkeypatch.setattr(compiled, "_ssim", None)
    torch.testing.assert_close(fast, ssim(*pair, **settings), rtol=0, atol=1e-6)
    exact = ssim(*(images.double() for images in pair), **settings)
    torch.testing.assert_close(fast.double(), exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"channels": "averaged", "padding": "reflect", "odd": "drop"}], ids=str)
def test_both_ways_give_the_same_ms_ssim(settings, calls, monkeypatch) -> None:
    pair = random_pair(2, 3, 181, 198)

    fast = ms_ssim(*pair, **settings)

    assert len(calls) >= 5
    monkeypatch.setattr(compiled, "_ssim", None)
    torch.testing.assert_close(fast, ms_ssim(*pair, **settings), rtol=0, atol=1e-6)


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_a_small_difference_is_not_lost_in_large_values(offset: float, calls) -> None:
    generator = torch.Generator().manual_seed(0)
    real = offset + torch.rand(1, 1, 90, 130, generator=generator)
    fake = real + 0.01 * torch.rand(1, 1, 90, 130, generator=generator)

    exact = ssim(real.double(), fake.double())

    assert ssim(real, fake).item() == pytest.approx(exact.item(), abs=1e-6)
    assert calls


def test_identical_images_are_exactly_one(calls) -> None:
    real, _ = random_pair(2, 3, 64, 64)

    assert ssim(real, real.clone()).tolist() == [1.0, 1.0]
    assert calls


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_stays_none(bad: float, calls) -> None:
    real, fake = random_pair(2, 1, 64, 64)
    fake[0, 0, 30, 30] = bad

    first, second = ssim(real, fake)

    assert first.isnan()
    assert second.isfinite()
    assert calls


@pytest.mark.usefixtures("cores")
def test_neither_threads_nor_neighbours_change_a_digit(calls) -> None:
    real, fake = random_pair(4, 3, 200, 320)

    values = []
    for n_threads in (1, 2, 3):
        torch.set_num_threads(n_threads)
        values.append(ssim(real, fake))
    alone = torch.cat([ssim(real[n : n + 1], fake[n : n + 1]) for n in range(4)])

    assert len(calls) > 4
    assert all(torch.equal(value, alone) for value in values)


def test_a_gradient_takes_the_way_through_torch(calls) -> None:
    real, fake = random_pair(1, 3, 40, 40)

    leaf = fake.clone().requires_grad_()
    with_gradient = ssim(real, leaf)
    (gradient,) = torch.autograd.grad(with_gradient.sum(), leaf)

    assert calls == []
    assert gradient.abs().sum() > 0
    with torch.no_grad():
        torch.testing.assert_close(ssim(real, fake.requires_grad_()), with_gradient.detach(), rtol=0, atol=1e-6)
    assert calls


@pytest.mark.parametrize("settings", [{"window_size": 7}, {"stride": 4}], ids=str)
def test_another_window_takes_the_way_through_torch(settings, calls) -> None:
    ssim(*random_pair(1, 1, 40, 40), **settings)

    assert calls == []


def test_double_precision_takes_the_way_through_torch(calls) -> None:
    ssim(*(images.double() for images in random_pair(1, 1, 40, 40)))

    assert calls == []


def test_slices_of_larger_images_are_read_in_place_or_copied_but_never_misread(calls) -> None:
    real, fake = random_pair(2, 3, 60, 80)

    cut = ssim(real[:, 1:, 5:50, 7:70], fake[:, 1:, 5:50, 7:70])

    whole = [images[:, 1:, 5:50, 7:70].contiguous() for images in (real, fake)]
    assert torch.equal(cut, ssim(*whole))
    assert calls


@pytest.mark.parametrize(
    ("height", "width", "first", "last", "n_sums", "message"),
    [
        (20, 20, 0, 2, 1, "not those of as many bands"),
        (20, 20, 0, 1, 2, "not those of as many bands"),
        (20, 21, 0, 1, 1, "do not fit together"),
        (10, 40, 0, 1, 1, "do not fit together"),
        (20, 20, -1, 1, 1, "do not fit together"),
        (20, 20, 1, 0, 1, "do not fit together"),
    ],
)
def test_no_memory_beyond_the_buffers_is_touched(height, width, first, last, n_sums, message) -> None:
    images = torch.rand(400).numpy()
    sums, taps = torch.zeros(n_sums, 3, dtype=torch.float64).numpy(), torch.ones(11).numpy()

    with pytest.raises(ValueError, match=message):
        _ssim.sum_bands(images, images, sums, taps, height, width, first, last, 1e-4, 9e-4, 0.0)


def test_conventions_of_one_batch_agree_with_each_alone(calls) -> None:
    real, fake = random_pair(1, 3, 50, 60)
    alone = [ssim(real, fake), ssim(real, fake, padding="reflect"), ssim(real, fake, data_range=2.0)]

    with shared_computations():
        together = [ssim(real, fake), ssim(real, fake, padding="reflect"), ssim(real, fake, data_range=2.0)]

    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))
    assert calls
