import pytest
import torch

from ganloss_cli.io.networks.discogan import DiscoGANDiscriminator, DiscoGANGenerator


def picture(side, n_channels=3):
    return torch.linspace(0, 1, 2 * n_channels * side * side).view(2, n_channels, side, side)


def paddle(key):
    return key.replace("running_mean", "_mean").replace("running_var", "_variance")


@pytest.mark.parametrize("rename", [str, paddle])
@pytest.mark.parametrize(
    ("down", "up", "extra"),
    [
        ([3, 4, 8, 16], [16, 8, 4, 3], False),
        ([3, 4, 8, 16, 32], [32, 16, 8, 4, 3], False),
        ([1, 4, 8, 16, 32, 10], [10, 32, 16, 8, 4, 1], True),
    ],
)
def test_a_generator_comes_back_in_both_dialects(rename, down, up, extra, fill, survives):
    network = fill(DiscoGANGenerator(down=down, up=up, extra_layers=extra))

    match = survives(network, picture(64, down[0]), rename=rename)

    assert match.hyperparameters["extra_layers"] is extra
    assert match.task.channels == "BGR"
    assert match.task.range == (0.0, 1.0)


@pytest.mark.parametrize("rename", [str, paddle])
@pytest.mark.parametrize("channels", [[3, 4, 8, 16, 32, 1], [1, 6, 12, 24, 1]])
def test_a_discriminator_comes_back_in_both_dialects(rename, channels, fill, survives):
    network = fill(DiscoGANDiscriminator(channels=channels))

    match = survives(network, picture(2 ** (len(channels)), channels[0]), rename=rename)

    assert match.task.scores == "probabilities"
    assert match.task.logs["d_bce"] == "discogan"


def test_the_maps_are_those_of_the_inner_layers_alone(fill):
    network = fill(DiscoGANDiscriminator(channels=[3, 4, 8, 16, 32, 1]))

    [probabilities], [maps] = network(picture(64))

    assert [tensor.shape[1] for tensor in maps] == [8, 16, 32]
    assert probabilities.shape == (2, 1, 1, 1)
    assert bool((probabilities > 0).all() & (probabilities < 1).all())


def test_a_translator_is_not_taken_for_a_dcgan(recognised):
    network = DiscoGANGenerator(down=[3, 4, 8, 16], up=[16, 8, 4, 3], extra_layers=False)

    assert recognised(network.state_dict()).architecture == "DiscoGAN generator"
