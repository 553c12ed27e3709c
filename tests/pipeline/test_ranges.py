"""Images are converted between ranges exactly where they must be."""

import pytest
import torch

from ganloss_cli.commands.option_values import low_high, network_ranges
from ganloss_cli.errors import UsageError
from ganloss_cli.pipeline.networks.ranges import Ranged


def test_a_conversion_maps_the_ends_onto_the_ends():
    images = Ranged(tensor=torch.tensor([0.0, 0.5, 1.0]), range=(0, 1))

    assert images.to((-1, 1)).tensor.tolist() == [-1, 0, 1]


def test_the_same_range_returns_the_very_tensor():
    images = Ranged(tensor=torch.rand(3), range=(-1, 1))

    assert images.to((-1, 1)).tensor is images.tensor


def test_what_is_no_image_is_never_converted():
    audio = Ranged(tensor=torch.rand(3), range=None)

    assert audio.to((0, 1)).tensor is audio.tensor


def test_ranges_are_read_by_role_or_for_all():
    assert network_ranges("--network-range", ["0,1", "D=-1,1"]) == {None: (0, 1), "discriminator": (-1, 1)}


@pytest.mark.parametrize("text", ["1", "a,b", "1,0", "0,0", "0,nan", "0,inf", "-inf,0", "0,1,2"])
def test_anything_but_two_rising_numbers_is_refused(text):
    with pytest.raises(UsageError, match="--range"):
        low_high("--range", text)
