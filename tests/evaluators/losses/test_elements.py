"""Losses of elements on more than fits into a cache: the same values as in one piece, whatever they lie among."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.losses import charbonnier, huber, l1, mse, psnr
from ganloss_cli.evaluators.losses.elements import BLOCK

LOSSES = [l1, mse, huber, charbonnier, psnr]


@pytest.fixture
def cores() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def large_pair(n_samples: int = 2, side: int = 200) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    real = torch.rand(n_samples, 3, side, side, generator=generator)
    assert real.numel() > BLOCK
    return real, (real + 0.01 * torch.randn(real.shape, generator=generator)).clamp(0, 1)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
@pytest.mark.parametrize(("n_samples", "side"), [(2, 200), (7, 90)])
def test_blocks_add_up_to_the_value_of_float64(loss, n_samples, side) -> None:
    real, fake = large_pair(n_samples, side)

    torch.testing.assert_close(loss(real, fake).double(), loss(real.double(), fake.double()), rtol=1e-6, atol=0)
    sample = slice(1, 2)
    assert torch.equal(loss(real, fake)[sample], loss(real[sample], fake[sample]))


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_blocks_have_no_gradient_and_the_whole_has(loss) -> None:
    real, fake = large_pair()

    recorded = loss(real, fake.requires_grad_())

    assert recorded.requires_grad
    torch.testing.assert_close(recorded.detach(), loss(real, fake.detach()), rtol=1e-6, atol=0)


def test_the_number_of_cores_changes_no_digit(cores) -> None:
    real, fake = large_pair()
    of_cores = []
    for n_cores in (1, 2):
        torch.set_num_threads(n_cores)
        of_cores.append(mse(real, fake))
        assert torch.get_num_threads() == n_cores

    assert torch.equal(*of_cores)


def test_an_element_that_is_not_finite_reaches_its_sample_alone() -> None:
    real, fake = large_pair()
    fake[0, 2, -1, -1] = torch.inf

    assert mse(real, fake).isinf().tolist() == [True, False]
