import re

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.dac import Dac
from ganloss_cli.io.networks.dac_discriminator import DacDiscriminator, resampled

CODEC = {
    "encoder_widths": [4, 8, 16],
    "encoder_rates": [2, 4],
    "decoder_widths": [16, 8, 4],
    "decoder_rates": [4, 2],
    "n_latents": 12,
    "n_codebooks": 3,
    "n_entries": 8,
    "n_values": 2,
}
ODD = {**CODEC, "encoder_rates": [3, 5], "decoder_rates": [5, 3]}
DISCRIMINATORS = [
    {"periods": [2, 3, 5, 7, 11], "rates": [], "fft_sizes": [2048, 1024, 512], "band_edges": [0, 10, 25, 50, 75, 100]},
    {"periods": [2, 3, 5, 7, 11], "rates": [1], "fft_sizes": [2048, 1024, 512], "band_edges": [0, 100]},
    {"periods": [], "rates": [], "fft_sizes": [2048, 1024, 512], "band_edges": [0, 10, 25, 50, 75, 100]},
]
CHANNELS = {
    "periods": {"period_channels": [2, 4, 4, 4, 4]},
    "rates": {"scale_channels": [4, 4, 8, 8, 8, 8], "scale_groups": [1, 4, 4, 8, 8, 1]},
    "fft_sizes": {"band_channels": 3},
}
BETWEEN = {"plain": "", "descriptinc": "block.", "Stability": "layers."}


def upstream_names(between):
    return lambda key: re.sub(r"\.(?=\d)", f".{between}", key) if key.startswith(("encoder", "decoder")) else key


@pytest.mark.parametrize("spelling", ["old weight norm", "new weight norm"])
@pytest.mark.parametrize("between", BETWEEN.values(), ids=BETWEEN)
@pytest.mark.parametrize("arguments", [CODEC, ODD], ids=["even rates", "odd rates"])
def test_a_codec_is_rebuilt_from_every_spelling(arguments, between, spelling, figures, normed, survives):
    network = Dac(**arguments)
    network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.7))

    match = survives(normed(network, spelling), torch.rand(2, 1, 100) - 0.5, rename=upstream_names(between))

    assert match.architecture == "DAC"
    assert match.hyperparameters == {**arguments, "quantizer_dropout": 0.5}
    assert match.origins["quantizer_dropout"] == "recipe"


@pytest.mark.parametrize("arguments", [CODEC, ODD], ids=["even rates", "odd rates"])
def test_it_is_known_how_many_samples_come_out(arguments):
    network = Dac(**arguments).eval()

    with torch.no_grad():
        found = {n: network(torch.rand(1, 1, n))[0].shape[-1] for n in range(40, 72)}

    assert found == {n: network.length_of(n) for n in range(40, 72)}
    assert (found == {n: n for n in found}) == (arguments is CODEC)


def test_codebooks_are_left_out_in_train_mode_alone():
    network = Dac(**CODEC, quantizer_dropout=0.5)
    waveform, never, one = torch.rand(2, 1, 64), torch.tensor([[0.5, 0.0]] * 2), torch.tensor([[0.4, 0.3]] * 2)

    assert network.noise_shapes(waveform) == {"dropout": (2,)}
    with torch.no_grad():
        every, given, _ = network(waveform)
        assert torch.equal(network(waveform, never)[0], every)
        fewer, left, _ = network(waveform, one)
    assert torch.equal(left[:, :1], given[:, :1])
    assert left[:, 1:].abs().max() == 0
    assert not torch.equal(fewer, every)
    assert network.eval().noise_shapes(waveform) == {}


@pytest.mark.parametrize(
    ("config", "rate"),
    [
        ({"metadata": {"kwargs": {"sample_rate": 24000}}}, 24000),
        ({"sampling_rate": 16000}, 16000),
        ({"--arch-args": {"sample_rate": "32000"}, "sampling_rate": 16000}, 32000),
        ({}, None),
    ],
    ids=str,
)
def test_the_sample_rate_is_what_lies_with_the_weights(config, rate, recognised):
    assert recognised(Dac(**CODEC).state_dict(), config).task.sample_rate == rate


@pytest.mark.parametrize(("codebooks", "rate"), [(9, 44100), (18, 44100), (12, None)])
def test_a_codec_alone_has_the_rate_of_the_one_training_that_it_fits(codebooks, rate, recognised):
    network = Dac(**{**CODEC, "encoder_rates": [16, 32], "n_codebooks": codebooks})

    assert recognised(network.state_dict()).task.sample_rate == rate


@pytest.mark.parametrize("spelling", ["plain", "old weight norm", "new weight norm"])
@pytest.mark.parametrize("arguments", DISCRIMINATORS, ids=str)
def test_a_discriminator_is_rebuilt_from_every_spelling(arguments, spelling, figures, normed, survives):
    sizes = {name: value for key, found in CHANNELS.items() if arguments[key] for name, value in found.items()}
    network = DacDiscriminator(**arguments, **sizes)
    network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.3))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 1, 2300) - 0.5, rename=activated)

    assert match.architecture == "DAC discriminator"
    assert match.hyperparameters == {**arguments, **sizes, "sample_rate": 44100}


def activated(key):
    return re.sub(r"(\.convs\.\d+|\.band_convs\.\d+\.\d+)\.", r"\1.0.", key)


def test_what_audiotools_saves_beside_a_discriminator_is_not_believed(recognised):
    """It saves the defaults of the constructor, whatever was given to it."""
    network = DacDiscriminator(**DISCRIMINATORS[1], **CHANNELS["fft_sizes"])
    state = {activated(key): value for key, value in network.state_dict().items()}

    match = recognised(state, {"metadata": {"kwargs": {"band_edges": [0, 50], "rates": []}}})

    assert match.hyperparameters["band_edges"] == [0, 100]


def test_edges_of_as_many_bands_are_taken_and_others_refused(recognised):
    network = DacDiscriminator(**DISCRIMINATORS[0], **CHANNELS["fft_sizes"])
    state = {activated(key): value for key, value in network.state_dict().items()}

    equal = recognised(state, {"--arch-args": {"band_edges": "0x20x40x60x80x100"}})

    assert equal.hyperparameters["band_edges"] == [0, 20, 40, 60, 80, 100]
    assert equal.origins["band_edges"] == "option"
    with pytest.raises(InputError, match=r"band_edges \[0, 50, 100\] do not fit the weights, which have 5"):
        recognised(state, {"--arch-args": {"band_edges": "0x50x100"}})


def test_a_constant_stays_one_at_another_rate():
    assert torch.allclose(resampled(torch.ones(1, 1, 200), 2, 1), torch.ones(1, 1, 100))
    assert torch.allclose(resampled(torch.ones(1, 1, 441), 441, 160), torch.ones(1, 1, 160))
