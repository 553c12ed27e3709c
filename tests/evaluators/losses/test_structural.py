"""SSIM and PSNR against libraries, at awkward sizes, and where float32 would lose digits."""

import math

import numpy as np
import pytest
import torch
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import find_loss, select, total
from ganloss_cli.evaluators.losses import ms_ssim, psnr, ssim
from ganloss_cli.evaluators.sharing import shared_computations

GAUSSIAN = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


def disturbed(real: torch.Tensor, noise: float = 0.05) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return (real + noise * torch.randn(real.shape, generator=generator, dtype=real.dtype)).clamp(0, 1)


def random_pair(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    real = torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return real, disturbed(real)


def scikit_image(real: torch.Tensor, fake: torch.Tensor, **settings: object) -> list[float]:
    pairs = zip(real.double().numpy(), fake.double().numpy(), strict=True)
    return [structural_similarity(*pair, data_range=1, channel_axis=0, **settings) for pair in pairs]


def photograph() -> torch.Tensor:
    return torch.from_numpy(data.astronaut()).permute(2, 0, 1)[None].double() / 255


@pytest.mark.parametrize("size", [(11, 11), (11, 40), (26, 27), (58, 12), (42, 43), (75, 139)])
def test_ssim_equals_scikit_image_at_any_size(size: tuple[int, int]) -> None:
    real, fake = random_pair(2, 3, *size)

    assert ssim(real, fake).tolist() == pytest.approx(scikit_image(real, fake, **GAUSSIAN), abs=1e-12)


@pytest.mark.parametrize("size", [(11, 11), (42, 43), (75, 139)])
def test_a_gradient_or_a_second_reader_does_not_change_the_value(size: tuple[int, int]) -> None:
    real, fake = random_pair(2, 3, *size)
    in_buffers = ssim(real, fake)

    with_gradient = ssim(real, fake.clone().requires_grad_())
    with shared_computations():
        kept = [ssim(real, fake) for _ in range(3)]

    assert with_gradient.requires_grad
    for values in (with_gradient, *kept):
        torch.testing.assert_close(values.detach(), in_buffers, rtol=0, atol=1e-14)


def test_grey_images_need_no_channel_axis() -> None:
    real, fake = random_pair(2, 1, 20, 30)

    assert torch.equal(ssim(real[:, 0], fake[:, 0]), ssim(real, fake))


@pytest.mark.parametrize("level", [0.0, 0.3, -0.2])
def test_float32_keeps_six_digits_on_a_photograph(level: float) -> None:
    real = photograph()
    fake = (disturbed(real, 0.02) + level).clamp(0, 1)

    in_single = ssim(real.float(), fake.float())

    assert in_single.double().tolist() == pytest.approx(ssim(real, fake).tolist(), abs=5e-7)


def test_float32_keeps_six_digits_on_bright_paper() -> None:
    real = torch.full((1, 1, 200, 200), 0.98, dtype=torch.float64)
    real[:, :, 90:110, 20:180] = 0.02
    fake = disturbed(real, 0.005)

    in_single = ssim(real.float(), fake.float())

    assert in_single.double().tolist() == pytest.approx(ssim(real, fake).tolist(), abs=1e-6)


def test_an_identical_pair_has_exactly_one() -> None:
    real = photograph().float()

    assert ssim(real, real.clone()).tolist() == [1.0]


def test_a_sample_with_nan_leaves_its_neighbours_alone() -> None:
    real, fake = random_pair(3, 3, 40, 40)
    expected = ssim(real, fake)
    fake[1, 2, 7, 7] = torch.nan

    values = ssim(real, fake)

    assert math.isnan(values[1])
    assert values[[0, 2]].tolist() == pytest.approx(expected[[0, 2]].tolist(), abs=1e-12)


def test_a_large_image_is_worked_on_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = random_pair(2, 3, 120, 90)
    whole = ssim(real, fake)

    monkeypatch.setattr("ganloss_cli.evaluators.losses.local_moments.BLOCK", 1000)

    torch.testing.assert_close(ssim(real, fake), whole, rtol=0, atol=1e-12)


def test_an_image_smaller_than_the_window_is_refused() -> None:
    real = torch.zeros(1, 3, 8, 64)

    with pytest.raises(InputError, match=r"8 x 64 pixels are too small for a window of 11 x 11"):
        ssim(real, real)


def test_vectors_are_no_images() -> None:
    with pytest.raises(InputError, match=r"\(N, C, H, W\).*shape \(2, 5\)"):
        ssim(torch.zeros(2, 5), torch.zeros(2, 5))


def test_luma_of_two_channels_is_refused() -> None:
    real = torch.zeros(1, 2, 30, 30)

    with pytest.raises(InputError, match="2 channels"):
        psnr(real, real, luma="full")


def test_a_border_that_leaves_nothing_is_refused() -> None:
    real = torch.zeros(1, 3, 8, 30)

    with pytest.raises(InputError, match="nothing left without a border of 4"):
        psnr(real, real, border=4)


def test_all_conventions_share_their_blurs(monkeypatch: pytest.MonkeyPatch) -> None:
    real, fake = random_pair(1, 3, 40, 40)
    calls: list[object] = []
    product = torch.bmm
    monkeypatch.setattr("torch.bmm", lambda *a, **k: calls.append(a) or product(*a, **k))

    with shared_computations():
        ssim(real, fake)
        once = len(calls)
        others = ssim(real, fake, data_range=255.0), ssim(real, fake, form="half_one_minus"), ssim(real, fake, k1=0.1)

    # the first is not kept: computing it in place costs less than the memory for it
    assert len(calls) == 2 * once > 0
    assert others[0] == ssim(real, fake, data_range=255.0)


def test_the_gradient_is_that_of_float64() -> None:
    real, fake = random_pair(1, 2, 13, 28)
    fake.requires_grad_()

    assert torch.autograd.gradcheck(lambda f: ssim(real, f), fake)


def test_psnr_equals_scikit_image() -> None:
    real, fake = random_pair(3, 3, 20, 20)

    expected = [peak_signal_noise_ratio(*pair, data_range=1) for pair in zip(real.numpy(), fake.numpy(), strict=True)]
    assert psnr(real, fake).tolist() == pytest.approx(expected, abs=1e-12)


def test_psnr_of_an_identical_pair_is_infinite() -> None:
    real = photograph()

    assert psnr(real, real).tolist() == [math.inf]


def test_pooled_psnr_is_the_same_however_the_set_is_cut() -> None:
    real, fake = random_pair(4, 3, 20, 20)
    fake[2] = real[2]

    whole = psnr(real, fake, pooled=True)
    parts = psnr(real[:1], fake[:1], pooled=True).merge(psnr(real[1:], fake[1:], pooled=True))

    assert parts.compute() == pytest.approx(whole.compute(), rel=1e-12)
    assert whole.compute() == pytest.approx(-10 * math.log10(((real - fake) ** 2).mean()), rel=1e-12)


def test_the_photograph_has_the_same_psnr_and_ssim_in_all_libraries_that_agree() -> None:
    real = photograph()
    fake = disturbed(real)

    agreeing = total(find_loss("ssim").function(real, fake))

    assert agreeing == pytest.approx(scikit_image(real, fake, **GAUSSIAN)[0], abs=1e-9)
    assert ssim(real, fake, shrink=True).item() > agreeing + 0.1


def test_the_cameraman_has_the_published_psnr() -> None:
    random = np.random.RandomState(5)
    camera = data.camera()
    noisy = np.clip(camera + 20.0 * random.randn(*camera.shape), 0, 255).astype(camera.dtype)

    real, fake = (torch.from_numpy(image)[None].double() / 255 for image in (camera, noisy))

    # IPOL's figure, from code independent of scikit-image, whose test has it to four decimals
    assert psnr(real, fake).item() == pytest.approx(22.409353363576034, abs=1e-5)


HALVES = (torch.bfloat16, torch.float16)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", ["ssim:all", "psnr:all", "gmsd:all"])
def test_half_precision_is_widened_before_anything_is_computed(name: str, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    level = torch.rand(6, 1, 1, 1, generator=generator)  # flat images: their variance is rounding alone
    real, fake = level.expand(-1, 3, 24, 24).to(dtype), (1 - level).expand(-1, 3, 24, 24).to(dtype)

    for entry in select([name]):
        value = entry.loss.function(real, fake, **entry.settings({}))
        expected = entry.loss.function(real.float(), fake.float(), **entry.settings({}))

        # flat images have no observed span, in any precision
        assert total(value) == pytest.approx(total(expected), rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("dtype", HALVES)
def test_multi_scale_ssim_of_half_precision_is_that_of_float32(dtype: torch.dtype) -> None:
    real, fake = torch.full((1, 1, 176, 176), 0.7, dtype=dtype), torch.full((1, 1, 176, 176), 0.2, dtype=dtype)

    assert torch.equal(ms_ssim(real, fake), ms_ssim(real.float(), fake.float()))


def test_the_gradient_reaches_an_image_of_half_precision() -> None:
    real = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(0))
    fake = (0.9 * real).bfloat16().requires_grad_()

    ssim(real.bfloat16(), fake).sum().backward()

    assert fake.grad is not None
    assert fake.grad.dtype == torch.bfloat16
    assert fake.grad.abs().max() > 0
