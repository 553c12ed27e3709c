import pytest
import torch

from ganloss_cli.io.networks.multiscale import MultiscaleDiscriminator, PixelDiscriminator


def picture(n_channels, side=48):
    return torch.linspace(-1, 1, n_channels * side * side).view(1, n_channels, side, side).sin()


def old_spelling(key):
    """A key of torch's first spectral norm."""
    for new, old in ((".0._u", "_u"), (".0._v", "_v"), (".original", "_orig")):
        key = key.replace(f"parametrizations.weight{new}", f"weight{old}")
    return key


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("in_channels", [3, 6])
def test_a_pixel_discriminator_comes_back(norm, in_channels, fill, survives):
    network = fill(PixelDiscriminator(in_channels=in_channels, ndf=4, norm=norm))

    match = survives(network, picture(in_channels, 8))

    assert match.architecture == "PixelGAN"


@pytest.mark.parametrize("names", ["pix2pixHD features", "pix2pixHD plain"])
@pytest.mark.parametrize("norm", ["batch", "instance"])
@pytest.mark.parametrize(("n_scales", "widths"), [(1, [4, 8]), (3, [4, 8, 16, 16])])
def test_pix2pixhd_s_discriminators_come_back(names, norm, n_scales, widths, fill, survives):
    network = MultiscaleDiscriminator(names=names, channels=[6, *widths, 1], n_scales=n_scales, norm=norm)

    match = survives(fill(network), picture(6))

    assert match.hyperparameters["names"] == names
    assert match.hyperparameters["n_scales"] == n_scales


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("spelling", [str, old_spelling])
def test_spade_s_discriminator_comes_back_in_both_spellings(norm, spectral, spelling, fill, survives):
    network = MultiscaleDiscriminator(names="SPADE", channels=[5, 4, 8, 8, 1], n_scales=2, norm=norm, spectral=spectral)

    match = survives(fill(network), picture(5), rename=spelling)

    assert match.hyperparameters["spectral"] is spectral
    assert match.task.logs["fm"] == "spade"


def test_a_sigmoid_is_read_from_the_options_beside_the_file(fill, survives):
    network = MultiscaleDiscriminator(names="pix2pixHD plain", channels=[3, 4, 8, 1], n_scales=2, sigmoid=True)

    match = survives(fill(network), picture(3), config={"no_lsgan": True})

    assert match.task.scores == "probabilities"
    assert match.origins["sigmoid"] == "config"


def test_the_first_judgement_is_of_the_image_at_full_size(fill):
    network = fill(MultiscaleDiscriminator(names="SPADE", channels=[3, 4, 8, 1], n_scales=2))

    logits, features = network(picture(3))

    assert logits[0].shape[-1] > logits[1].shape[-1]
    assert [maps[-1] is score for maps, score in zip(features, logits, strict=True)] == [True, True]


def test_scales_of_unequal_shape_are_refused(recognised):
    state = MultiscaleDiscriminator(names="SPADE", channels=[3, 4, 8, 1], n_scales=2).state_dict()
    state["discriminator_1.model0.0.weight"] = torch.zeros(5, 3, 4, 4)

    assert recognised(state) is None
