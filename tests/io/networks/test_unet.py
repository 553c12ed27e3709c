import pytest
import torch

from ganloss_cli.io.networks.unet import UnetGenerator


def picture(n_channels, side):
    return torch.linspace(-1, 1, n_channels * side * side).view(1, n_channels, side, side).sin()


@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
@pytest.mark.parametrize("n_downs", [5, 7])
@pytest.mark.parametrize(("in_channels", "out_channels"), [(3, 3), (1, 4)])
def test_every_variant_comes_back(norm, n_downs, in_channels, out_channels, fill, survives):
    network = UnetGenerator(
        in_channels=in_channels, out_channels=out_channels, ngf=4, n_downs=n_downs, norm=norm, dropout=True
    )
    side = 2 ** max(n_downs, 6)  # instance norm needs more than one pixel

    match = survives(fill(network), picture(in_channels, side))

    assert match.hyperparameters["n_downs"] == n_downs
    assert match.hyperparameters["norm"] == norm


def test_dropout_is_read_from_the_options_beside_the_file(fill, survives):
    network = fill(UnetGenerator(ngf=4, n_downs=5, dropout=False))

    match = survives(network, picture(3, 32), config={"no_dropout": True})

    assert match.hyperparameters["dropout"] is False
    assert match.origins["dropout"] == "config"


def test_without_options_dropout_is_pix2pix_s(recognised):
    match = recognised(UnetGenerator(ngf=4, n_downs=5).state_dict())

    assert match.hyperparameters["dropout"] is True
    assert match.origins["dropout"] == "recipe"


def test_sides_that_cannot_be_halved_often_enough_are_refused(fill):
    network = fill(UnetGenerator(ngf=4, n_downs=5))

    with pytest.raises(ValueError, match="sides must be multiples of 32, and the image is 48x32"):
        network(torch.zeros(1, 3, 48, 32))


def test_a_chain_of_other_widths_is_not_a_unet_of_pix2pix(recognised):
    state = UnetGenerator(ngf=4, n_downs=5).state_dict()
    state["model.model.1.model.1.weight"] = torch.zeros(9, 4, 4, 4)

    assert recognised(state) is None
