"""Vocos' generator comes back from its tensors, and its config says what they do not."""

from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.recipes import PART
from ganloss_cli.io.networks.vocos import VocosGenerator
from ganloss_cli.io.networks.waveform_discriminators import MultiPeriodDiscriminator

MEL = {
    "in_channels": 100, "n_channels": 8, "n_hidden": 12, "n_blocks": 2, "n_fft": 1024, "hop": 256, "padding": "center",
    "n_labels": 0, "scaled": True,
}  # fmt: skip
CODES = MEL | {"in_channels": 128, "n_fft": 1280, "hop": 320, "padding": "same", "n_labels": 4, "scaled": False}
LABELS = torch.tensor([2, 0])


@pytest.fixture
def filled(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    def filled(network: nn.Module) -> nn.Module:
        network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.7))
        return network.eval()

    return filled


@pytest.mark.parametrize("arguments", [MEL, CODES], ids=["mel", "codes"])
def test_every_generator_is_rebuilt(arguments, filled, survives):
    network = filled(VocosGenerator(**arguments))
    beside = (LABELS,) if arguments["n_labels"] else ()

    match = survives(network, torch.rand(2, arguments["in_channels"], 6), beside=beside)

    assert match.hyperparameters == arguments
    assert match.origins["hop"] == match.origins["padding"] == "recipe"
    assert (match.task.mel is None, match.task.n_classes) == ((False, None) if arguments is MEL else (True, 4))


def test_what_else_its_checkpoints_hold_is_left_alone(filled, survives):
    network = filled(VocosGenerator(**MEL))
    network.feature_extractor = nn.Module()
    network.feature_extractor.register_buffer("window", torch.ones(1024))

    survives(network, torch.rand(2, 100, 6))


@pytest.mark.parametrize("nested", [False, True], ids=["of the hub", "of Lightning"])
def test_its_config_says_hop_padding_and_mel(nested, filled, recognised):
    state = filled(VocosGenerator(**MEL | {"in_channels": 20, "n_fft": 64, "hop": 16, "padding": "same"})).state_dict()
    features = {"sample_rate": 16000, "n_fft": 64, "hop_length": 16, "n_mels": 20, "padding": "same"}
    parts = {
        "feature_extractor": {"class_path": "vocos.feature_extractors.MelSpectrogramFeatures", "init_args": features},
        "head": {
            "class_path": "vocos.heads.ISTFTHead",
            "init_args": {"n_fft": 64, "hop_length": 16, "padding": "same"},
        },
    }
    config = {"model": {"class_path": "vocos.experiment.VocosExp", "init_args": parts}} if nested else parts

    match = recognised(state, config)

    assert (match.hyperparameters["hop"], match.hyperparameters["padding"]) == (16, "same")
    assert match.origins["hop"] == match.origins["padding"] == "config"
    mel = match.task.mel
    assert (mel.sample_rate, mel.n_fft, mel.hop, mel.n_mels, mel.centred) == (16000, 64, 16, 20, False)
    assert match.task.loss_settings == {"mel": {"configured_rate": 16000}}


def test_without_a_config_other_sizes_than_the_published_ones_are_an_error(filled, recognised):
    state = filled(VocosGenerator(**MEL | {"n_fft": 512})).state_dict()

    with pytest.raises(InputError, match="shapes do not tell hop_length, padding"):
        recognised(state)


def test_a_config_of_other_frames_is_refused(filled, recognised):
    with pytest.raises(InputError, match="the config says n_fft 512, but the weights have 1024"):
        recognised(filled(VocosGenerator(**MEL)).state_dict(), {"head": {"init_args": {"n_fft": 512}}})


@pytest.mark.parametrize(("padding", "n_samples"), [("center", 5 * 16), ("same", 6 * 16)])
def test_frames_of_a_constant_spectrum_overlap_to_the_same_wave(padding, n_samples):
    network = VocosGenerator(**MEL | {"n_fft": 64, "hop": 16, "padding": padding})
    wave = torch.sin(torch.arange(200.0) * 0.3)
    around = 32 if padding == "center" else 24
    padded = nn.functional.pad(wave[None, :n_samples], (around, around), mode="reflect")
    spectrum = torch.stft(padded, 64, 16, window=torch.hann_window(64), center=False, return_complex=True)

    made = network._overlapped(spectrum)

    assert made.shape == (1, n_samples)
    assert torch.allclose(made[0], wave[:n_samples], atol=1e-5)


@pytest.mark.parametrize("n_labels", [0, 3])
def test_its_period_discriminators_give_no_map_of_their_first_layer(n_labels, filled, survives):
    arguments = {"channels": [2, 2, 4, 4, 4], "n_labels": n_labels, "first_map": False}
    network = filled(MultiPeriodDiscriminator(**arguments))
    beside = (LABELS,) if n_labels else ()

    match = survives(
        network, torch.rand(2, 1, 600), beside=beside, config={} if n_labels else {PART: "multiperioddisc"}
    )

    assert {name: match.hyperparameters[name] for name in arguments} == arguments
    assert match.task.recipe == "gemelo-ai/vocos"
    assert [len(maps) for maps in network(torch.rand(2, 1, 600), *beside)[1]] == [5] * 5
