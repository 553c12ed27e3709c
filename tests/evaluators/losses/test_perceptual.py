"""Backbones that do not fit, and textures that do not care for places."""

import pytest
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses import gram, perceptual


def three_maps(images: Tensor) -> list[Tensor]:
    return [images, images[:, :, ::2, ::2], images[:, :1]]


def pictures() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 3, 8, 8, generator=generator), torch.rand(2, 3, 8, 8, generator=generator)


def test_as_many_weights_as_maps_are_wanted() -> None:
    with pytest.raises(InputError, match="the backbone gives 3 maps, and there are 2 weights"):
        perceptual(*pictures(), three_maps, layer_weights=(1.0, 0.5))


def test_grey_images_are_refused() -> None:
    grey = torch.rand(2, 1, 8, 8)

    with pytest.raises(InputError, match=r"RGB images .* but real has shape \(2, 1, 8, 8\)"):
        gram(grey, grey, three_maps)


def test_style_does_not_see_where_something_is_and_the_distance_of_maps_does() -> None:
    real, _ = pictures()
    shifted = real.roll(2, dims=3)

    assert gram(real, shifted, lambda images: [images]).tolist() == pytest.approx([0.0, 0.0], abs=1e-10)
    assert (perceptual(real, shifted, three_maps) > 0.1).all()


def test_images_are_normalised_as_for_imagenet_unless_asked_otherwise() -> None:
    seen: list[Tensor] = []
    white = torch.ones(1, 3, 2, 2)

    perceptual(white, white, lambda images: seen.append(images) or [images])
    perceptual(white, white, lambda images: seen.append(images) or [images], preparation="symmetric")

    assert seen[0][0, :, 0, 0].tolist() == pytest.approx([0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225])
    assert seen[2].eq(1).all()
