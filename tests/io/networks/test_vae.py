import torch

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
