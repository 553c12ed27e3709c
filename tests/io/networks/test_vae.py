import pytest
import torch

from ganloss_cli.io.networks.convolutional_vae import ConvolutionalVAE
from ganloss_cli.io.networks.vae import LinearVAE


def test_an_auto_encoder_comes_back(fill, survives):
    network = fill(LinearVAE(n_values=12, hidden=9, latent=4))

    match = survives(network, torch.linspace(0, 1, 24).view(2, 3, 2, 2))

    assert match.hyperparameters == {"n_values": 12, "hidden": 9, "latent": 4}


def test_the_reconstruction_does_not_depend_on_the_batch(fill):
    network = fill(LinearVAE(n_values=12, hidden=9, latent=4))
    images = torch.linspace(0, 1, 36).view(3, 12)

    together = network(images)[0]

    torch.testing.assert_close(torch.cat([network(image[None])[0] for image in images]), together)


def test_an_embedding_of_other_layers_is_no_auto_encoder(recognised):
    state = LinearVAE(n_values=12, hidden=9, latent=4).state_dict()
    state["fc5.weight"] = torch.zeros(2, 2)

    assert recognised(state) is None


@pytest.mark.parametrize("widths", [[4], [4, 6], [4, 6, 8, 5]])
@pytest.mark.parametrize("in_channels", [1, 3])
def test_a_convolutional_auto_encoder_comes_back(widths, in_channels, fill, survives):
    network = fill(ConvolutionalVAE(in_channels=in_channels, out_channels=3, widths=widths, latent=3))
    side = 2 * 2 ** len(widths)

    match = survives(network, torch.rand(2, in_channels, side, side))

    assert match.hyperparameters["widths"] == widths
    assert match.task.range == (0.0, 1.0)
    assert match.task.beside == ("mu", "logvar")


def test_a_convolutional_reconstruction_does_not_depend_on_the_batch(fill):
    network = fill(ConvolutionalVAE(in_channels=3, out_channels=3, widths=[4, 6], latent=3))
    images = torch.rand(3, 3, 8, 8)

    together = network(images)[0]

    torch.testing.assert_close(torch.cat([network(image[None])[0] for image in images]), together)


def test_a_latent_of_two_sizes_is_no_auto_encoder(recognised):
    state = ConvolutionalVAE(in_channels=3, out_channels=3, widths=[4, 6], latent=3).state_dict()
    state["fc_var.weight"] = torch.zeros(4, 24)

    assert recognised(state) is None


def test_an_image_of_another_size_is_refused(fill):
    network = fill(ConvolutionalVAE(in_channels=3, out_channels=3, widths=[4, 6], latent=3))

    with pytest.raises(ValueError, match="images must be 8x8, and these are 16x16"):
        network(torch.rand(1, 3, 16, 16))
