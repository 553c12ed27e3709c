from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import nn

from ganloss_cli.io.networks.melgan import MelganDiscriminator, MelganGenerator

GENERATORS = [
    {"in_channels": 80, "channels": [16, 8, 4, 2, 2], "ratios": [8, 8, 2, 2], "n_residual": 3},
    {"in_channels": 80, "channels": [12, 6, 4], "ratios": [16, 16], "n_residual": 1},
    {"in_channels": 20, "channels": [4, 2, 2, 2], "ratios": [5, 3, 2], "n_residual": 4},
]
DISCRIMINATORS = [
    {"n_scales": 3, "channels": [4, 8, 8, 16, 16, 16], "groups": [4, 8, 8, 16], "factor": 4},
    {"n_scales": 1, "channels": [4, 8, 8], "groups": [1], "factor": 2},
    {"n_scales": 2, "channels": [4, 8, 8, 12], "groups": [2, 4], "factor": 3},
]
SPELLINGS = ("plain", "old weight norm", "new weight norm")


@pytest.fixture
def filled(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    def filled(network: nn.Module) -> nn.Module:
        network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.7))
        return network.eval()

    return filled


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("arguments", GENERATORS, ids=str)
def test_every_generator_is_rebuilt_from_every_spelling(arguments, spelling, filled, normed, survives):
    network = filled(MelganGenerator(**arguments))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, arguments["in_channels"], 30))

    assert match.architecture == "MelGAN generator"
    assert match.hyperparameters == arguments
    assert set(match.origins.values()) == {"shape"}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("arguments", DISCRIMINATORS, ids=str)
def test_every_discriminator_is_rebuilt_from_every_spelling(arguments, spelling, filled, normed, survives):
    network = filled(MelganDiscriminator(**arguments))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 1, 700) * 2 - 1)

    assert match.architecture == "MelGAN discriminator"
    assert match.hyperparameters == arguments


@pytest.mark.parametrize("arguments", GENERATORS, ids=str)
def test_a_frame_becomes_a_hop_of_samples(arguments, filled, recognised):
    network = filled(MelganGenerator(**arguments))

    waveform = network(torch.rand(1, arguments["in_channels"], 30))

    assert waveform.shape == (1, 1, 30 * recognised(network.state_dict()).task.hop)


def test_only_the_published_sizes_have_the_published_mel(filled, recognised):
    tasks = [recognised(filled(MelganGenerator(**arguments)).state_dict()).task for arguments in GENERATORS]

    assert [task.mel is not None for task in tasks] == [True, True, False]
    mel = tasks[0].mel
    assert (mel.sample_rate, mel.n_fft, mel.hop, mel.win, mel.n_mels) == (22050, 1024, 256, 1024, 80)
    assert (mel.fmin, mel.fmax, mel.convention) == (0.0, None, "melgan")


def test_its_training_logs_another_feature_matching(filled, recognised):
    task = recognised(filled(MelganDiscriminator(**DISCRIMINATORS[0])).state_dict()).task

    assert task.logs == {"fm": "melgan"}
    assert (task.input, task.scores, task.features) == ("waveform", "logits", True)


def test_features_are_one_map_a_layer_and_the_logit_map_comes_last():
    network = MelganDiscriminator(**DISCRIMINATORS[0])

    logits, features = network(torch.rand(1, 1, 700))

    assert [len(maps) for maps in features] == [7, 7, 7]
    assert all(one is maps[-1] for one, maps in zip(logits, features, strict=True))


def test_sub_discriminators_judge_one_after_the_other():
    network = MelganDiscriminator(**DISCRIMINATORS[0])
    judged: list[str] = []
    for name, sub in network.model.items():
        sub.register_forward_hook(lambda *_, name=name: judged.append(name))

    next(network.sub_discriminators(torch.rand(1, 1, 700)))

    assert judged == ["disc_0"]


def test_each_scale_sees_the_average_of_the_one_before():
    network = MelganDiscriminator(**DISCRIMINATORS[1] | {"n_scales": 2})
    seen: list[torch.Tensor] = []
    for sub in network.model.values():
        sub.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    ramp = torch.arange(16.0).reshape(1, 1, 16)

    network(ramp)

    # AvgPool1d(4, 2, padding 1) that does not count the padding: ends average three samples
    assert seen[1].flatten().tolist() == [1.0, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5, 14.0]


def test_a_generator_with_a_block_missing_is_not_recognised(filled, recognised):
    state = filled(MelganGenerator(**GENERATORS[0])).state_dict()

    state = {key: value for key, value in state.items() if not key.startswith("model.10.")}

    assert recognised(state) is None
