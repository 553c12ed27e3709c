"""Losses of pairs beside torch's own, and at the points where a formula breaks."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses import charbonnier, cosine, huber, l1, mse, tv


def random_pair(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(*shape, generator=generator, dtype=torch.float64) for _ in range(2))  # type: ignore[return-value]


def test_every_sample_weighs_the_same_as_in_torch() -> None:
    real, fake = random_pair(5, 3, 4)

    assert l1(real, fake).mean() == pytest.approx(torch.nn.functional.l1_loss(fake, real))
    assert mse(real, fake).mean() == pytest.approx(torch.nn.functional.mse_loss(fake, real))


@given(delta=st.floats(0.01, 10))
def test_huber_is_torchs_and_smooth_l1_is_huber_over_delta(delta: float) -> None:
    real, fake = random_pair(2, 50)

    values = huber(real, fake, delta=delta).mean()

    assert values == pytest.approx(torch.nn.functional.huber_loss(fake, real, delta=delta))
    assert values / delta == pytest.approx(torch.nn.functional.smooth_l1_loss(fake, real, beta=delta))


def test_charbonnier_of_an_identical_pair_is_epsilon_and_has_a_gradient() -> None:
    real = torch.ones(2, 3, dtype=torch.float64)
    fake = real.clone().requires_grad_()

    values = charbonnier(real, fake)
    values.sum().backward()

    assert values.tolist() == pytest.approx([1e-3, 1e-3])
    assert fake.grad is not None
    assert not fake.grad.any()


def test_cosine_is_blind_to_scale() -> None:
    real, fake = random_pair(3, 10)

    torch.testing.assert_close(cosine(real, 7 * fake), cosine(real, fake))


def test_cosine_equals_the_blogs_torch_dot_for_one_vector() -> None:
    real, fake = random_pair(1, 10)

    blog = 1 - torch.dot(real[0], fake[0]) / (torch.norm(real[0]) * torch.norm(fake[0]))

    assert cosine(real, fake).item() == pytest.approx(blog.item())


def test_a_vector_of_zeros_has_no_direction() -> None:
    real = torch.tensor([[0.0, 0.0], [1.0, 0.0]])

    values = cosine(real, torch.ones(2, 2))

    assert math.isnan(values[0])
    assert values[1].item() == pytest.approx(1 - 1 / math.sqrt(2))


def test_a_flat_image_has_no_variation_and_a_finite_gradient() -> None:
    for settings in ({}, {"kind": "isotropic"}):
        flat = torch.full((1, 3, 4, 4), 0.5, requires_grad=True)

        value = tv(flat, **settings)
        value.sum().backward()

        assert value.tolist() == [0.0]
        assert flat.grad is not None
        assert bool(flat.grad.isfinite().all())


def test_a_row_of_pixels_has_no_steps_down() -> None:
    with pytest.raises(InputError, match=r"at least 2 x 2 pixels, but fake has shape \(1, 3, 1, 9\)"):
        tv(torch.zeros(1, 3, 1, 9))


def test_images_on_minus_one_to_one_have_twice_the_distance() -> None:
    real, fake = torch.rand(2, 3, 5, 5), torch.rand(2, 3, 5, 5)

    torch.testing.assert_close(l1(2 * real - 1, 2 * fake - 1), l1(real, fake, scale=2.0))
    torch.testing.assert_close(mse(2 * real - 1, 2 * fake - 1), mse(real, fake, scale=4.0))
