import re

import pytest
import torch
from torch.nn.functional import softplus

from ganloss_cli.io.networks.encodec_discriminators import SpectrogramsDiscriminator
from ganloss_cli.io.networks.oobleck import Oobleck

ARGUMENTS = {
    "in_channels": 2,
    "out_channels": 2,
    "encoder_widths": [4, 4, 8],
    "encoder_rates": [2, 5],
    "decoder_widths": [8, 4, 4],
    "decoder_rates": [5, 2],
    "n_latents": 3,
}
TANH = {"model": {"decoder": {"config": {}}}}
CONFIGS = {
    "published": ({}, False),
    "without a word": (TANH, True),
    "no tanh": ({"model": {"decoder": {"config": {"final_tanh": False}}}}, False),
    "soft clip": ({"model": {"decoder": {"config": {"final_tanh": False}}, "soft_clip": True}}, True),
}


def stabilitys_name(key):
    return re.sub(r"\.(?=\d)", ".layers.", key)


@pytest.mark.parametrize("spelling", ["plain", "old weight norm", "new weight norm"])
@pytest.mark.parametrize("snake", [True, False])
def test_an_autoencoder_is_rebuilt_from_every_spelling(snake, spelling, figures, normed, survives):
    network = Oobleck(**ARGUMENTS, snake=snake, tanh=True)
    network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.5))
    network = network.eval() if spelling == "plain" else normed(network, spelling)
    waveform = torch.rand(2, 2, 95) - 0.5
    noise = figures.sample((2, *network.noise_shapes(waveform)["noise"]))

    match = survives(network, waveform, rename=stabilitys_name, config=TANH, beside=(noise,))

    assert match.architecture == "Oobleck VAE"
    assert match.hyperparameters == {**ARGUMENTS, "snake": snake, "tanh": True}


@pytest.mark.parametrize("name", CONFIGS)
def test_whether_it_is_bounded_is_what_the_config_says(name, recognised):
    config, tanh = CONFIGS[name]
    state = {stabilitys_name(key): value for key, value in Oobleck(**ARGUMENTS).state_dict().items()}

    assert recognised(state, config).hyperparameters["tanh"] is tanh


def test_the_sample_rate_is_that_of_the_config_or_of_the_one_published(recognised):
    def rate(rates, config):
        sizes = {"encoder_widths": [4] * (len(rates) + 1), "decoder_widths": [4] * (len(rates) + 1)}
        network = Oobleck(**{**ARGUMENTS, **sizes, "encoder_rates": rates, "decoder_rates": rates[::-1]})
        return recognised({stabilitys_name(k): v for k, v in network.state_dict().items()}, config).task.sample_rate

    assert rate([2, 5], {"sample_rate": 48000}) == 48000
    assert rate([2, 5], {}) is None
    assert rate([2, 4, 4, 8, 8], {}) == 44100


@pytest.mark.parametrize("rates", [[2, 4], [3, 5]], ids=str)
def test_it_is_known_how_many_samples_come_out(rates):
    network = Oobleck(**{**ARGUMENTS, "encoder_rates": rates, "decoder_rates": rates[::-1]}).eval()

    for n in range(60, 92):
        waveform = torch.rand(1, 2, n)
        noise = torch.zeros(1, *network.noise_shapes(waveform)["noise"])
        with torch.no_grad():
            assert network(waveform, noise)[0].shape[-1] == network.length_of(n)


def test_the_posterior_has_the_deviation_of_a_softplus():
    network = Oobleck(**ARGUMENTS).eval()
    waveform = torch.rand(1, 2, 40)

    with torch.no_grad():
        mean, scale = network.encoder(waveform).chunk(2, dim=1)
        zero, one = (network(waveform, torch.full_like(mean, value)) for value in (0.0, 1.0))
        decoded = network.decoder(mean + softplus(scale) + 1e-4)

    assert torch.equal(zero[1], mean)
    assert torch.allclose(zero[2], softplus(scale) + 1e-4)
    assert torch.allclose(one[0], decoded[..., :40], atol=1e-4)


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({}, {"n_ffts": [2048, 1024, 512, 256, 128], "slope": 0.2, "stride": 1, "power": 0.0}),
        (
            {"training": {"loss_configs": {"discriminator": {"config": {
                "n_ffts": [1024, 512, 256, 128, 64], "spec_scale_pow": -0.5, "loss_type": "rpgan",
            }}}}},
            {"n_ffts": [1024, 512, 256, 128, 64], "power": -0.5},
        ),
    ],
    ids=["published", "config"],
)  # fmt: skip
def test_its_discriminator_is_told_from_encodecs_by_the_norm_of_its_first_layer(config, wanted, normed, survives):
    sizes = {"n_ffts": wanted["n_ffts"], "stride": 1, "power": wanted["power"]}
    network = normed(SpectrogramsDiscriminator(channels=[3] * 5, n_channels=2, **sizes), "old weight norm")

    def rename(key):
        key = re.sub(r"\.(convs\.\d+|conv_post)\.", r".\1.conv.", key)
        return f"discriminators.{key}"

    match = survives(network, torch.rand(2, 2, 2300) - 0.5, rename=rename, config=config)

    assert {name: match.hyperparameters[name] for name in wanted} == wanted
    assert match.task.recipe.endswith(" stable_audio_rpgan" if config else " stable_audio")
