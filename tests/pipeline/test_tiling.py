"""A tiled pass equals the whole one wherever the network sees no further than the margin."""

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.pipeline.networks.tiling import tiled


@pytest.mark.parametrize("size", [(64, 64), (70, 97), (40, 130)])
def test_tiles_of_a_local_network_make_the_whole_image(size):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1)).double()
    images = torch.rand(2, 3, *size, dtype=torch.float64)

    assert torch.allclose(tiled(network, images, 32), network(images), atol=1e-12)


def test_an_upsampling_network_is_tiled_at_its_own_scale():
    images = torch.rand(1, 1, 50, 70)

    made = tiled(nn.Upsample(scale_factor=4, mode="nearest"), images, 32)

    assert torch.equal(made, nn.Upsample(scale_factor=4, mode="nearest")(images))


def test_an_output_that_is_no_multiple_of_the_input_is_refused():
    with pytest.raises(InputError, match="no whole multiple"):
        tiled(nn.MaxPool2d(2), torch.rand(1, 1, 100, 100), 32)
