"""The HiFi-GAN of ParallelWaveGAN comes back from its tensors and config, under its own names and in every spelling."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.parallel_wavegan import hifigans_names
from ganloss_cli.io.networks.parallel_wavegan import Generator, PeriodDiscriminators, ScaleDiscriminators

ODD = {
    "in_channels": 80, "initial_channels": 32, "upsample_rates": [5, 5, 4, 3], "upsample_kernels": [10, 10, 8, 6],
    "resblock": 1, "resblock_kernels": [3, 7], "dilations": [[1, 3, 5]] * 2, "post_bias": True, "statistics": False,
}  # fmt: skip
SINGLE = ODD | {"upsample_rates": [8, 8, 4], "upsample_kernels": [16, 16, 8], "resblock": 2, "statistics": True}
PERIODS = {
    "periods": [2, 3, 5, 7, 11], "channels": [2, 4, 8, 8, 8], "strides": [3, 3, 3, 3, 1], "post_kernel": 2,
    "spectral": False,
}  # fmt: skip
SCALES = {
    "channels": [8, 8, 16, 16, 16, 16, 8], "groups": [1, 4, 8, 16, 16, 16, 1], "strides": [1, 4, 4, 4, 4, 1, 1],
    "n_scales": 3, "spectral_scales": [],
}  # fmt: skip
# HiFi-GAN's names -> its own, the other way round
OWN = (
    ("conv_pre.", "input_conv."), ("ups.{}.", "upsamples.{}.1."), ("conv_post.", "output_conv.1."),
    ("resblocks.{}.convs.{}.", "blocks.{}.convs1.{}.1."), ("resblocks.{}.convs1.{}.", "blocks.{}.convs1.{}.1."),
    ("resblocks.{}.convs2.{}.", "blocks.{}.convs2.{}.1."),
)  # fmt: skip
SPELLINGS = ("plain", "old weight norm", "new weight norm")


def own_name(key: str) -> str:
    parts = key.split(".")
    numbers = [part for part in parts if part.isdigit()]
    for theirs, ours in OWN:
        stem = theirs.format(*numbers) if theirs.count("{}") <= len(numbers) else theirs
        if key.startswith(stem):
            return ours.format(*numbers) + key.removeprefix(stem)
    return key


def period_name(key: str) -> str:
    _, sub, layer, *rest = key.split(".")
    if layer == "conv_post":
        return ".".join(["discriminators", sub, "output_conv", *rest])
    return ".".join(["discriminators", sub, "convs", rest[0], "0", *rest[1:]])


def scale_name(key: str) -> str:
    _, sub, layer, *rest = key.split(".")
    if layer == "conv_post":
        return ".".join(["discriminators", sub, "layers", "7", *rest])
    return ".".join(["discriminators", sub, "layers", rest[0], "0", *rest[1:]])


@pytest.fixture
def filled(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    def filled(network: nn.Module) -> nn.Module:
        weights = figures.filled(figures.shapes_of(network), gain=0.7)
        for key, value in network.state_dict().items():
            value.copy_(weights[key])
        return network.eval()

    return filled


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("arguments", [ODD, SINGLE], ids=["odd", "single"])
def test_every_generator_is_rebuilt_from_every_spelling(arguments, spelling, filled, normed, survives):
    network = filled(Generator(**arguments))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 80, 4), rename=own_name)

    assert match.architecture == "ParallelWaveGAN HiFi-GAN generator"
    assert match.hyperparameters == arguments
    assert match.origins["upsample_rates"] == "shape"
    assert match.origins["dilations"] == "recipe"
    assert network(torch.rand(1, 80, 4)).shape == (1, 1, 4 * torch.tensor(arguments["upsample_rates"]).prod())


@pytest.mark.parametrize("spelling", [*SPELLINGS, "old spectral norm", "new spectral norm"])
def test_period_discriminators_are_rebuilt_from_every_spelling(spelling, filled, normed, survives):
    network = filled(PeriodDiscriminators(**PERIODS))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 1, 600) - 0.5, rename=period_name)

    assert match.hyperparameters == PERIODS | {"spectral": "spectral" in spelling}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_scale_discriminators_are_rebuilt_from_every_spelling(spelling, filled, normed, survives):
    network = filled(ScaleDiscriminators(**SCALES))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 1, 600) - 0.5, rename=scale_name)

    assert match.hyperparameters == SCALES


def test_strides_are_those_of_its_config(filled, recognised):
    network = filled(ScaleDiscriminators(**SCALES | {"strides": [1, 2, 2, 4, 4, 1, 1]}))
    state = {scale_name(key): value for key, value in network.state_dict().items()}
    of_scales = {"downsample_scales": [2, 2, 4, 4, 1]}

    match = recognised(state, {"discriminator_params": {"scale_discriminator_params": of_scales}})

    assert match.hyperparameters["strides"] == [1, 2, 2, 4, 4, 1, 1]
    assert match.origins["strides"] == "config"
    with pytest.raises(InputError, match=r"downsample_scales \[2\] do not fit the weights, which have 5 of them"):
        recognised(state, {"discriminator_params": {"scale_discriminator_params": {"downsample_scales": [2]}}})


def test_its_config_says_the_features_and_the_mel_of_the_loss(filled, recognised):
    state = {own_name(key): value for key, value in filled(Generator(**ODD)).state_dict().items()}
    frames = {"fft_size": 2048, "hop_size": 300, "win_length": 1200, "num_mels": 80}
    config = {
        "sampling_rate": 24000, "fmin": 80, "fmax": 7600, **frames,
        "mel_loss_params": {"fs": 24000, "fmin": 0, "fmax": 12000, "log_base": None, **frames},
    }  # fmt: skip

    task = recognised(state, config).task

    mel = task.mel
    assert (mel.sample_rate, mel.n_fft, mel.hop, mel.win, mel.fmin, mel.fmax) == (24000, 2048, 300, 1200, 80, 7600)
    assert task.loss_settings == {"mel": {
        "configured_rate": 24000, "n_fft": 2048, "hop": 300, "bands": 80, "lowest": 0.0, "highest": 12000,
        "window": 1200, "logarithm": "ln",
    }}  # fmt: skip
    assert recognised(state).task.mel is None  # no config, and none that is published has this hop at 22 kHz


def test_names_of_others_are_left_alone():
    assert hifigans_names(["conv_pre.weight", "discriminators.0.convs.0.weight"]) == {
        "conv_pre.weight": "conv_pre.weight", "discriminators.0.convs.0.weight": "discriminators.0.convs.0.weight",
    }  # fmt: skip
