import copy
from typing import Any

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.auralflow import RecurrentMaskNet, SpectrogramMaskNet, VariationalMaskNet
from ganloss_cli.io.networks.auralflow_layers import UpBlock

SIZES = {"n_bins": 65, "channels": 1, "hidden_channels": 2, "normalized_shape": (1, 65, 103)}
# 32 = 16 x 2 channels of the deepest level, 65 >> 5 = 2 bins, 103 >> 5 = 3 frames
ALONG = {0: {"n_features": 64, "input_axis": 0}, 1: {"n_features": 96, "input_axis": 1}}
LSTM = {"hidden_size": 3, "n_layers": 2}


def spectrogram(n_frames: int = 103, n_samples: int = 2, channels: int = 1) -> torch.Tensor:
    return torch.rand(n_samples, channels, 65, n_frames, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("arguments", "config"),
    [
        ({}, {}),
        ({"channels": 2, "normalized_shape": (2, 65, 103)}, {}),
        ({"normalized_shape": None, "hidden_channels": 3}, {}),
        ({"mask_activation": "prelu"}, {}),
        *(
            ({"mask_activation": mask}, {"mask_act_fn": mask})
            for mask in ("relu", "hardtanh", "tanh", "softmax", "selu", "elu")
        ),
        ({"leak": 0.2}, {"leak_factor": 0.2}),
        ({"leak": 0.2, "dropout": 0.1}, {"--arch-args": {"leak_factor": "0.2", "dropout_p": "0.1"}}),
    ],
    ids=str,
)
def test_every_simple_network_is_rebuilt(arguments, config, fill, survives):
    arguments = SIZES | arguments
    network = fill(SpectrogramMaskNet(**arguments))

    match = survives(network, spectrogram(channels=arguments["channels"]), config=config)

    assert match.architecture == "auralflow SpectrogramNetSimple"
    assert {key: match.hyperparameters[key] for key in arguments} == arguments


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(("kind", "name"), [(RecurrentMaskNet, "LSTM"), (VariationalMaskNet, "VAE")])
def test_every_recurrent_network_is_rebuilt_with_its_axis(kind, name, axis, normalized, fill, recognised):
    arguments = SIZES | ALONG[axis] | LSTM | {"normalized_shape": SIZES["normalized_shape"] if normalized else None}
    network = fill(kind(**arguments))
    # without the input norm, frames that come down to as many as the bins would give frequency's size too
    config = {"input_axis": axis} if axis == 0 and not normalized else {}

    match = recognised(network.state_dict(), config)
    found, wanted = rebuild(match, network.state_dict())(spectrogram()), network(spectrogram())

    assert match.architecture == f"auralflow SpectrogramNet{name}"
    assert {key: match.hyperparameters[key] for key in arguments} == arguments
    assert match.origins["input_axis"] == ("config" if config else "shape")
    for one, other in zip(found, wanted, strict=True):
        assert torch.equal(one, other)


def test_an_axis_that_shapes_leave_open_is_an_error_that_lists_both(fill, recognised):
    network = fill(RecurrentMaskNet(**SIZES | ALONG[0] | LSTM | {"normalized_shape": None}))

    with pytest.raises(
        InputError, match=r"do not tell input_axis, and several recipes fit: .*input_axis=0.*input_axis=1"
    ):
        recognised(network.state_dict())


def test_the_axes_compute_different_masks(fill):
    square = {"n_features": 64, "normalized_shape": (1, 65, 71)} | LSTM
    along_bins = fill(RecurrentMaskNet(**SIZES | square, input_axis=0))
    along_frames = RecurrentMaskNet(**SIZES | square, input_axis=1).eval()
    along_frames.load_state_dict(along_bins.state_dict())

    masks = [network(spectrogram(71)) for network in (along_bins, along_frames)]

    assert (masks[0] - masks[1]).abs().max() > 1e-4


def test_what_shapes_do_not_tell_is_the_default_of_the_repository(fill, recognised):
    network = fill(SpectrogramMaskNet(**SIZES))

    match = recognised(network.state_dict())

    assert (match.hyperparameters["mask_activation"], match.hyperparameters["leak"]) == ("sigmoid", 0.0)
    assert match.origins["mask_activation"] == match.origins["leak"] == "recipe"
    assert match.origins["n_bins"] == match.origins["normalized_shape"] == "shape"
    assert match.task.recipe == "kianzohoury/auralflow"
    assert (match.task.input, match.task.output) == ("spectrogram", "mask")
    assert not hasattr(network, "mixes_samples")


MODEL_JSON = {"num_fft": 128, "window_size": 100, "hop_length": 32, "sample_rate": 16000}


@pytest.mark.parametrize(
    ("n_bins", "config", "expected"),
    [
        (65, MODEL_JSON, (16000, 128, 32, 100)),
        (65, {}, None),  # 128 is not the repository's default
        (513, {}, (44100, 1024, 512, 1024)),
        (513, MODEL_JSON, None),  # another model's
    ],
    ids=str,
)
def test_the_transform_is_that_of_model_json_or_the_default(n_bins, config, expected, fill, recognised):
    network = fill(SpectrogramMaskNet(n_bins=n_bins, hidden_channels=1))

    stft = recognised(network.state_dict(), config).task.stft

    assert (None if stft is None else (stft.sample_rate, stft.n_fft, stft.hop, stft.win)) == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"mask_act_fn": "swish"}, "mask_act_fn is 'swish'; expected one of sigmoid, relu"),
        ({"leak_factor": "a lot"}, "leak_factor is 'a lot'; expected a number from 0 to 1"),
        ({"dropout_p": [1]}, r"dropout_p is \[1\]; expected a number from 0 to 1"),
    ],
    ids=str,
)
def test_settings_without_sense_are_an_error(config: dict[str, Any], message: str, fill, recognised):
    state = fill(SpectrogramMaskNet(**SIZES)).state_dict()

    with pytest.raises(InputError, match=message):
        recognised(state, config)


@pytest.mark.parametrize("size", [(6, 6), (7, 6), (6, 7), (7, 7)], ids=str)
def test_an_up_sampling_reaches_every_size(size):
    block = UpBlock(4, 2, dropout=0.0).eval()

    made = block(torch.rand(1, 4, 3, 3), torch.rand(1, 2, *size))

    assert made.shape == (1, 2, *size)


def test_an_up_sampling_is_a_transposed_convolution_padded_for_that_size():
    block = UpBlock(4, 2, dropout=0.0).eval()
    hidden, skip = torch.rand(1, 4, 3, 3), torch.rand(1, 2, 7, 6)
    layer = torch.nn.ConvTranspose2d(4, 2, 5, 2, padding=(1, 2))
    layer.load_state_dict(block.up.state_dict())

    expected = block.conv_block(torch.cat([block.bn(layer(hidden, output_size=[7, 6])), skip], dim=1))

    assert torch.equal(block(hidden, skip), expected)


def test_the_lstm_runs_over_the_samples_of_a_batch(fill, recognised):
    network = fill(RecurrentMaskNet(**SIZES | ALONG[1] | LSTM))
    pair = spectrogram()

    together, alone = network(pair)[1], network(pair[1:])[0]

    assert (together - alone).abs().max() > 1e-6
    assert rebuild(recognised(network.state_dict()), network.state_dict()).mixes_samples


def test_noise_moves_the_latent_by_sigma(fill):
    network = fill(VariationalMaskNet(**SIZES | ALONG[1] | LSTM))
    still = copy.deepcopy(network)
    torch.nn.init.constant_(still.log_sigma.weight, 0)
    torch.nn.init.constant_(still.log_sigma.bias, -100)
    noise = torch.ones(2, 2, 96)

    mask, mu, sigma = network(spectrogram(), noise)
    mean_mask = network(spectrogram())[0]

    assert mu.shape == sigma.shape == noise.shape
    assert bool((sigma > 0).all())
    assert not torch.equal(mask, mean_mask)
    torch.testing.assert_close(still(spectrogram(), noise)[0], mean_mask, rtol=0, atol=1e-7)


def test_a_missing_weight_is_an_error(fill, recognised):
    state = fill(SpectrogramMaskNet(**SIZES)).state_dict()
    match = recognised(state)
    del state["bottleneck.conv.1.bn.running_mean"]

    with pytest.raises(InputError, match=r"missing: bottleneck\.conv\.1\.bn\.running_mean"):
        rebuild(match, state)
