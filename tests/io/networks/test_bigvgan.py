"""BigVGAN's generators and the discriminators of spectrograms come back from their tensors alone, in every spelling."""

import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.bigvgan import BigvganGenerator
from ganloss_cli.io.networks.snake import AliasFreeSnake, Snake
from ganloss_cli.io.networks.spectrogram_discriminators import (
    MultiBandDiscriminator,
    MultiResolutionDiscriminator,
    MultiScaleCqtDiscriminator,
)

FIRST = {
    "in_channels": 100, "initial_channels": 64, "upsample_rates": [4, 4, 2, 2, 2, 2],
    "upsample_kernels": [8, 8, 4, 4, 4, 4], "resblock_kernels": [3, 7, 11], "dilations": [[1, 3, 5]] * 3,
    "beta": True, "log_scale": True, "tanh": True, "post_bias": True, "resblock": 1,
}  # fmt: skip
SECOND = FIRST | {"post_bias": False, "tanh": False}
RESOLUTIONS = [[1024, 120, 600], [2048, 240, 1200], [512, 50, 240]]
CQT = {
    "hops": [512, 256, 256], "n_octaves": [8, 8, 9], "n_bins": [12, 18, 24], "dilations": [1, 2, 4],
    "taps": [[64, 32, 15]] * 3, "channels": [2, 4, 4, 4, 4, 4, 1], "normalised": False,
}  # fmt: skip
SPELLINGS = ("plain", "old weight norm", "new weight norm")


@pytest.fixture
def filled(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    def filled(network: nn.Module) -> nn.Module:
        network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.7))
        return network.eval()

    return filled


def waveform(n_samples: int = 2400) -> torch.Tensor:
    return torch.rand(2, 1, n_samples, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("arguments", [FIRST, SECOND], ids=["first", "second"])
def test_every_generator_is_rebuilt_from_every_spelling(arguments, spelling, filled, normed, survives):
    network = filled(BigvganGenerator(**arguments))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 100, 3))

    assert match.architecture == "BigVGAN generator"
    assert match.hyperparameters == arguments
    assert match.origins["upsample_rates"] == match.origins["log_scale"] == match.origins["tanh"] == "recipe"
    assert match.task.recipe == f"NVIDIA/BigVGAN bigvgan{'' if arguments is FIRST else '_v2'}"
    assert (match.task.mel.sample_rate, match.task.mel.convention) == (24000, "bigvgan")


def test_a_config_says_what_a_generator_ends_in_and_which_mel_its_loss_compares(filled, recognised):
    config = {
        "snake_logscale": False, "upsample_rates": FIRST["upsample_rates"], "num_mels": 100, "n_fft": 1024,
        "hop_size": 256, "win_size": 1024, "sampling_rate": 32000, "fmin": 20, "fmax": None, "fmax_for_loss": 9000,
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
    }  # fmt: skip
    state = filled(BigvganGenerator(**SECOND)).state_dict()

    one = recognised(state, config | {"use_multiscale_melloss": False})
    other = recognised(state, config | {"use_tanh_at_final": False, "use_multiscale_melloss": True})

    assert (one.hyperparameters["tanh"], one.hyperparameters["log_scale"]) == (True, False)
    assert one.origins["tanh"] == one.origins["log_scale"] == "config"
    assert other.hyperparameters["tanh"] is False
    assert one.task.loss_settings == {"mel": {
        "configured_rate": 32000, "n_fft": 1024, "hop": 256, "bands": 100, "lowest": 20, "highest": 9000,
        "window": None,
    }}  # fmt: skip
    assert (other.task.recipe, other.task.loss_settings) == ("NVIDIA/BigVGAN bigvgan_v2", {})


def test_where_two_configs_differ_in_the_mel_alone_it_is_not_guessed(filled, recognised):
    state = filled(BigvganGenerator(**SECOND | {"in_channels": 80})).state_dict()

    assert recognised(state).task.mel is None  # up to 8 kHz, or up to half the sample rate


def test_a_snake_is_its_formula():
    plain, own = Snake(1, beta=False, log_scale=False), Snake(1, beta=True, log_scale=True)
    nn.init.constant_(plain.alpha, 2.0)
    nn.init.constant_(own.alpha, math.log(3.0))
    nn.init.constant_(own.beta, math.log(0.5))

    values = [snake(torch.tensor([[[0.7]]])).item() for snake in (plain, own)]

    assert values == pytest.approx([0.7 + math.sin(1.4) ** 2 / 2, 0.7 + math.sin(2.1) ** 2 / 0.5])


def test_a_filtered_activation_keeps_a_constant_where_the_filters_do():
    layer = AliasFreeSnake(2, beta=False, log_scale=False)
    nn.init.ones_(layer.act.alpha)
    for filter_ in (layer.upsample.filter, layer.downsample.lowpass.filter):
        filter_.fill_(1 / 12)

    with torch.no_grad():
        made = layer(torch.full((1, 2, 9), 0.4))

    assert made.shape == (1, 2, 9)
    assert torch.allclose(made, torch.full((1, 2, 9), 0.4 + math.sin(0.4) ** 2), atol=1e-6)


@pytest.mark.parametrize("spelling", [*SPELLINGS, "old spectral norm", "new spectral norm"])
def test_an_mrd_is_rebuilt_from_every_spelling(spelling, filled, normed, survives):
    network = filled(MultiResolutionDiscriminator(resolutions=RESOLUTIONS, n_channels=4))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, 0.01 * waveform())

    assert match.architecture == "UnivNet MRD"
    assert match.hyperparameters == {"n_channels": 4, "spectral": "spectral" in spelling, "resolutions": RESOLUTIONS}
    assert match.origins["resolutions"] == "recipe"


def test_an_mrd_of_two_resolutions_needs_its_config(filled, recognised, survives):
    network = filled(MultiResolutionDiscriminator(resolutions=RESOLUTIONS[:2], n_channels=4))

    with pytest.raises(InputError, match="shapes do not tell resolutions"):
        recognised(network.state_dict())
    with pytest.raises(InputError, match=r"resolutions .* do not fit the weights of 2 sub-discriminators"):
        recognised(network.state_dict(), {"resolutions": RESOLUTIONS})
    match = survives(network, waveform(), config={"resolutions": RESOLUTIONS[:2]})

    assert match.origins["resolutions"] == "config"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("n_labels", [0, 4])
def test_a_discriminator_of_bands_is_rebuilt_from_every_spelling(spelling, n_labels, filled, normed, survives):
    network = filled(MultiBandDiscriminator(n_ffts=[256, 128], n_channels=4, n_labels=n_labels))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, waveform())

    assert match.architecture == "Vocos MRD"
    assert match.hyperparameters == {
        "n_channels": 4, "n_ffts": [256, 128], "n_labels": n_labels, "edges": [0.0, 0.1, 0.25, 0.5, 0.75, 1.0],
    }  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_discriminator_of_constant_q_transforms_is_rebuilt_from_every_spelling(spelling, filled, normed, survives):
    network = filled(MultiScaleCqtDiscriminator(**CQT))
    # its first convolutions have no norm
    inner = tuple(f"discriminators.{k}.{layer}" for k in range(3) for layer in ("convs.1", "convs.4", "conv_post"))
    network = network if spelling == "plain" else normed(network, spelling, only=inner)

    match = survives(network, waveform())

    assert match.architecture == "BigVGAN MS-SB-CQTD"
    assert match.hyperparameters == CQT
    assert match.origins["hops"] == match.origins["dilations"] == match.origins["normalised"] == "recipe"


def test_hops_that_are_not_one_a_transform_are_refused(filled, recognised):
    state = filled(MultiScaleCqtDiscriminator(**CQT)).state_dict()

    with pytest.raises(InputError, match=r"cqtd_hop_lengths \[512\] do not fit the weights, which have 3 of them"):
        recognised(state, {"cqtd_hop_lengths": [512], "cqtd_dilations": [1, 2, 4]})
