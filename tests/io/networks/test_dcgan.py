import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.dcgan import ConvolutionStack


def examples_generator(n_layers, prefix="main.", n_channels=3, **settings):
    widths = [6, *(4 * 2**k for k in reversed(range(n_layers - 1))), n_channels]
    return ConvolutionStack(
        transposed=True,
        keys=[f"{prefix}{3 * k}" for k in range(n_layers)],
        channels=widths,
        norm_keys=[*(f"{prefix}{3 * k + 1}" for k in range(n_layers - 1)), None],
        biased=[False] * n_layers,
        activation="relu",
        slope=0.0,
        end="tanh",
        **{
            "kernels": [4] * n_layers,
            "strides": [1, *[2] * (n_layers - 1)],
            "paddings": [0, *[1] * (n_layers - 1)],
            **settings,
        },
    )


def examples_discriminator(n_layers, last=(1, 0), prefix="main.", n_channels=3, kernel=4):
    keys = [f"{prefix}{0 if k == 0 else 3 * k - 1}" for k in range(n_layers)]
    return ConvolutionStack(
        transposed=False,
        keys=keys,
        channels=[n_channels, *(4 * 2**k for k in range(n_layers - 1)), 1],
        kernels=[*[4] * (n_layers - 1), kernel],
        strides=[*[2] * (n_layers - 1), last[0]],
        paddings=[*[1] * (n_layers - 1), last[1]],
        norm_keys=[None, *(f"{prefix}{3 * k}" for k in range(1, n_layers - 1)), None],
        biased=[False] * n_layers,
        activation="leaky_relu",
        slope=0.2,
        end="sigmoid",
        judges=True,
    )


def picture(side, n_channels=3, n=2):
    return torch.linspace(-1, 1, n * n_channels * side * side).view(n, n_channels, side, side).sin()


@pytest.mark.parametrize("n_layers", [3, 4, 5, 6])
@pytest.mark.parametrize("prefix", ["main.", "", "net."])
def test_a_generator_of_any_depth_comes_back(n_layers, prefix, fill, survives):
    network = fill(examples_generator(n_layers, prefix))

    match = survives(network, torch.linspace(-1, 1, 12).view(2, 6, 1, 1))

    assert match.task.latent_shape == (6, 1, 1)
    assert match.origins["strides"] == "recipe"


@pytest.mark.parametrize("n_layers", [3, 4, 5, 6])
def test_a_discriminator_of_any_depth_comes_back(n_layers, fill, survives):
    network = fill(examples_discriminator(n_layers))

    match = survives(network, picture(4 * 2 ** (n_layers - 1)))

    assert match.task.scores == "probabilities"


def test_the_size_of_the_images_tells_the_stride_of_the_last_layer(fill, survives):
    network = fill(examples_discriminator(4, last=(2, 1), n_channels=1))

    survives(network, picture(28, 1))


def test_a_last_kernel_of_two_halves_once_more(fill, survives):
    network = fill(examples_discriminator(5, last=(2, 0), kernel=2))

    survives(network, picture(32))


def test_images_that_do_not_end_in_one_score_are_refused(fill):
    network = fill(examples_discriminator(5))

    with pytest.raises(ValueError, match="images of 48x48 pixels do not end in one score"):
        network(picture(48))


def test_a_grey_generator_with_a_last_kernel_of_one_has_two_recipes(recognised):
    state = examples_generator(5, n_channels=1, kernels=[4, 4, 4, 4, 1]).state_dict()

    with pytest.raises(InputError, match=r"mnist_dcgan.*paddings=0x1x1x1x2.*cifar10_dcgan.*paddings=0x1x1x1x0"):
        recognised(state)


def test_options_settle_a_stack_that_no_recipe_knows(fill, survives):
    network = fill(examples_generator(3, kernels=[3, 3, 3], strides=[1, 2, 3], paddings=[0, 0, 1]))
    options = {"strides": "1x2x3", "paddings": "0x0x1", "activation": "relu", "slope": "0", "end": "tanh"}

    match = survives(network, torch.linspace(-1, 1, 12).view(2, 6, 1, 1), config={"--arch-args": options})

    assert set(match.origins.values()) == {"shape", "option"}
    assert match.task.recipe is None


def test_channels_and_norms_tell_a_convolution_from_a_transposed_one(recognised):
    generator, discriminator = examples_generator(4), examples_discriminator(4)

    assert recognised(generator.state_dict()).role == "generator"
    assert recognised(discriminator.state_dict()).role == "discriminator"
