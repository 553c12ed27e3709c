import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.sequential import LinearStack

PLAIN = {"activation": "leaky_relu", "slope": 0.2, "norm_eps": 1e-5, "end": "tanh"}


def stack(keys, widths, norm_keys=None, **settings):
    return LinearStack(keys=keys, widths=widths, norm_keys=norm_keys or [None] * len(keys), **{**PLAIN, **settings})


def latents(width, n=3):
    return torch.linspace(-1, 1, n * width).view(n, width)


class TestKnownStacks:
    def test_the_tutorial_generator_comes_back_with_relu_and_an_image(self, fill, survives):
        network = fill(stack(["0", "2", "4"], [16, 256, 256, 64], activation="relu", image_shape=[1, 8, 8]))

        match = survives(network, latents(16))

        assert match.hyperparameters["activation"] == "relu"
        assert match.origins["activation"] == "recipe"
        assert match.task.latent_shape == (16,)
        assert "yunjey/pytorch-tutorial" in match.task.recipe

    def test_the_tutorial_discriminator_returns_probabilities(self, fill, survives):
        network = fill(stack(["0", "2", "4"], [64, 256, 256, 1], end="sigmoid", judges=True))

        match = survives(network, latents(64).view(3, 1, 8, 8))

        assert match.role == "discriminator"
        assert match.task.scores == "probabilities"

    def test_pytorch_gan_s_generator_keeps_its_norms_and_their_epsilon(self, fill, survives):
        keys = ["model.0", "model.2", "model.5", "model.8", "model.11"]
        norms = [None, "model.3", "model.6", "model.9", None]
        network = stack(keys, [10, 128, 256, 512, 1024, 12], norms, norm_eps=0.8, image_shape=[3, 2, 2])

        match = survives(fill(network), latents(10))

        assert match.hyperparameters["norm_eps"] == 0.8
        assert match.hyperparameters["image_shape"] == [3, 2, 2]

    def test_a_prefix_that_was_taken_off_as_the_network_s_name_is_not_missed(self, fill, survives):
        network = fill(stack(["gen.0", "gen.2"], [5, 256, 4], slope=0.1, image_shape=[1, 2, 2]))

        match = survives(
            network,
            latents(5),
            rename=lambda key: key.removeprefix("gen."),
            config={"--arch-args": {"slope": "0.1"}},
        )

        assert match.origins["end"] == "recipe"

    def test_half_the_sum_is_named_as_what_its_training_logs(self, fill, survives):
        network = fill(stack(["disc.0", "disc.2"], [9, 128, 1], slope=0.01, end="sigmoid", judges=True))

        match = survives(network, latents(9), config={"--arch-args": {"slope": "0.01"}})

        assert match.task.logs == {"d_bce": "discogan"}


class TestUnknownStacks:
    def test_two_recipes_with_other_slopes_are_listed_instead_of_one_being_picked(self, recognised):
        state = stack(["disc.0", "disc.2"], [9, 128, 1], judges=True).state_dict()

        with pytest.raises(
            InputError, match=r"do not tell .*slope.*several recipes fit.*slope=0\.01.*slope=0\.1"
        ) as told:
            recognised(state)

        assert told.value.hint == "choose one with --arch 'MLP' --arch-args discriminator:slope=0.01"

    def test_the_end_of_pytorch_gan_s_discriminator_is_asked_for(self, recognised):
        state = stack(["model.0", "model.2", "model.4"], [64, 512, 256, 1], judges=True).state_dict()

        with pytest.raises(InputError, match=r"PyTorch-GAN gan \(.*end=sigmoid\); .*wgan, wgan_gp \(.*end=none\)"):
            recognised(state)

    def test_an_option_chooses_between_recipes(self, fill, survives):
        network = stack(["model.0", "model.2", "model.4"], [64, 512, 256, 1], end="none", judges=True)

        match = survives(fill(network), latents(64), config={"--arch-args": {"end": "none"}})

        assert match.origins["end"] == "option"
        assert match.task.recipe == "eriklindernoren/PyTorch-GAN wgan, wgan_gp"

    def test_a_stack_without_a_recipe_is_refused_until_everything_is_named(self, fill, survives, recognised):
        network = fill(stack(["net.0", "net.3"], [5, 7, 4], end="none", slope=0.3))
        named = {"activation": "leaky_relu", "slope": "0.3", "norm_eps": "0.00001", "end": "none"}

        with pytest.raises(InputError, match="no known recipe fits"):
            recognised(network.state_dict())
        network.image_shape = (1, 2, 2)

        assert survives(network, latents(5), config={"--arch-args": named}).task.recipe is None

    def test_layers_that_do_not_join_up_are_no_stack(self, recognised):
        state = {"0.weight": torch.zeros(4, 3), "0.bias": torch.zeros(4), "2.weight": torch.zeros(2, 5)}

        assert recognised(state) is None
