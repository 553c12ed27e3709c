from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.waveform_discriminators import (
    MultiPeriodDiscriminator,
    MultiScaleDiscriminator,
    PeriodDiscriminator,
    ScaleAndPeriodDiscriminator,
    ScaleDiscriminator,
)

P_CHANNELS = [2, 4, 4, 8, 8]
S_CHANNELS, S_GROUPS = [4, 8, 16, 16, 16, 8], [1, 4, 8, 16, 16, 1]
H_CHANNELS, H_GROUPS = [8, 8, 16, 16, 16, 16, 8], [1, 4, 8, 16, 16, 16, 1]
VITS_SIZES = {"period_channels": P_CHANNELS, "scale_channels": S_CHANNELS, "scale_groups": S_GROUPS}
VITS_PERIODS = {
    "jaywalnut310/vits": [2, 3, 5, 7, 11],
    "RVC-Project/Retrieval-based-Voice-Conversion-WebUI v1": [2, 3, 5, 7, 11, 17],
    "RVC-Project/Retrieval-based-Voice-Conversion-WebUI v2": [2, 3, 5, 7, 11, 17, 23, 37],
}
WEIGHT_NORM = ("plain", "old weight norm", "new weight norm")
SPECTRAL_NORM = ("old spectral norm", "new spectral norm")


@pytest.fixture
def filled(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    def filled(network: nn.Module) -> nn.Module:
        network.load_state_dict(figures.filled(figures.shapes_of(network)))
        return network.eval()

    return filled


def waveform(n_samples: int = 600) -> torch.Tensor:
    return torch.rand(2, 1, n_samples, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("spelling", [*WEIGHT_NORM, *SPECTRAL_NORM])
def test_an_mpd_is_rebuilt_from_every_spelling(spelling, filled, normed, survives):
    network = filled(MultiPeriodDiscriminator(channels=P_CHANNELS))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, waveform())

    assert match.architecture == "HiFi-GAN MPD"
    assert match.hyperparameters == {
        "channels": P_CHANNELS,
        "spectral": spelling in SPECTRAL_NORM,
        "periods": [2, 3, 5, 7, 11],
    }
    assert match.origins == {"channels": "shape", "spectral": "shape", "periods": "recipe"}
    assert match.task.recipe == "jik876/hifi-gan"


@pytest.mark.parametrize("weight_norm", WEIGHT_NORM)
@pytest.mark.parametrize("spectral_norm", SPECTRAL_NORM)
def test_an_msd_is_rebuilt_with_its_first_scale_under_spectral_norm(
    weight_norm, spectral_norm, filled, normed, survives
):
    network = filled(MultiScaleDiscriminator(channels=H_CHANNELS, groups=H_GROUPS, spectral_scales=()))
    network.discriminators[0] = normed(network.discriminators[0], spectral_norm)
    for scale in (1, 2) if weight_norm != "plain" else ():
        network.discriminators[scale] = normed(network.discriminators[scale], weight_norm)

    match = survives(network, waveform())

    assert match.architecture == "HiFi-GAN MSD"
    assert match.hyperparameters == {
        "channels": H_CHANNELS,
        "groups": H_GROUPS,
        "n_scales": 3,
        "spectral_scales": [0],
    }


@pytest.mark.parametrize("source", VITS_PERIODS)
@pytest.mark.parametrize("spelling", [*WEIGHT_NORM, *SPECTRAL_NORM])
def test_every_vits_discriminator_is_rebuilt_from_every_spelling(source, spelling, filled, normed, survives):
    network = filled(ScaleAndPeriodDiscriminator(periods=VITS_PERIODS[source], **VITS_SIZES))
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, waveform())

    assert match.architecture == "VITS discriminator"
    assert match.hyperparameters == {
        **VITS_SIZES,
        "spectral": spelling in SPECTRAL_NORM,
        "periods": VITS_PERIODS[source],
    }
    assert match.task.recipe == source


def test_the_task_of_a_waveform_discriminator(filled, recognised):
    task = recognised(filled(MultiPeriodDiscriminator(channels=P_CHANNELS)).state_dict()).task

    assert (task.input, task.range, task.scores, task.features) == ("waveform", (-1.0, 1.0), "logits", True)
    assert task.logs == {}  # all log the defaults


@pytest.mark.parametrize(
    ("network", "n_maps"),
    [
        (MultiPeriodDiscriminator(channels=P_CHANNELS), [6] * 5),
        (MultiScaleDiscriminator(channels=H_CHANNELS, groups=H_GROUPS), [8] * 3),
        (ScaleAndPeriodDiscriminator(**VITS_SIZES), [7, *[6] * 5]),
    ],
    ids=["mpd", "msd", "vits"],
)
def test_features_are_the_activations_and_the_logit_map_comes_last(network, n_maps):
    logits, features = network.eval()(waveform())  # spectral norm moves in train mode

    assert [len(maps) for maps in features] == n_maps
    assert all(torch.equal(one, maps[-1].flatten(1)) for one, maps in zip(logits, features, strict=True))
    sub = network.discriminators[0]
    folded = waveform() if isinstance(sub, ScaleDiscriminator) else waveform().reshape(2, 1, 300, 2)
    first = nn.functional.leaky_relu(sub.convs[0](folded), 0.1)
    assert torch.equal(features[0][0], first)


def test_sub_discriminators_judge_one_after_the_other():
    network = ScaleAndPeriodDiscriminator(**VITS_SIZES)
    judged: list[int] = []
    for index, sub in enumerate(network.discriminators):
        sub.register_forward_hook(lambda *_, index=index: judged.append(index))

    stream = network.sub_discriminators(waveform())
    before = list(judged)
    logits, maps = next(stream)
    after_one = list(judged)
    everything = network(waveform())

    assert (before, after_one) == ([], [0])
    assert torch.equal(logits, everything[0][0])
    assert all(torch.equal(*pair) for pair in zip(maps, everything[1][0], strict=True))


@pytest.mark.parametrize(("n_samples", "rows"), [(90, 30), (91, 31), (92, 31)])
def test_a_waveform_is_reflected_only_up_to_a_multiple_of_the_period(n_samples, rows):
    network = PeriodDiscriminator(3, channels=[1, 1, 1, 1, 1])
    seen: list[torch.Tensor] = []
    network.convs[0].register_forward_hook(lambda _, given, __: seen.append(given[0]))
    given = waveform(n_samples)

    network(given)

    flat = seen[0].flatten(2)
    assert seen[0].shape == (2, 1, rows, 3)
    assert torch.equal(flat[..., :n_samples], given)
    missing = rows * 3 - n_samples
    assert torch.equal(flat[..., n_samples:], given[..., -1 - missing : -1].flip(-1))


def test_each_scale_sees_the_average_of_the_one_before():
    network = MultiScaleDiscriminator(channels=H_CHANNELS, groups=H_GROUPS)
    seen: list[torch.Tensor] = []
    for sub in network.discriminators:
        sub.register_forward_hook(lambda _, given, __: seen.append(given[0]))

    network(torch.tensor([[[4.0, 8.0, 12.0, 16.0]]]))

    # AvgPool1d(4, 2, padding 2): zeros beside the waveform count
    assert [given.flatten().tolist() for given in seen] == [[4, 8, 12, 16], [3, 10, 7], [3.25, 5]]


def test_spectral_norm_stands_still_in_eval_mode_and_moves_in_train_mode(filled):
    network = filled(MultiPeriodDiscriminator(channels=P_CHANNELS, spectral=True))

    in_eval = [network(waveform())[0][0] for _ in range(2)]
    network.train()
    in_train = [network(waveform())[0][0] for _ in range(2)]

    assert torch.equal(*in_eval)
    assert not torch.equal(*in_train)


def test_weights_of_another_number_of_periods_ask_for_them(filled, recognised):
    state = filled(MultiPeriodDiscriminator(periods=[2, 3, 5], channels=P_CHANNELS)).state_dict()

    with pytest.raises(InputError, match="shapes do not tell periods, and no known recipe fits") as caught:
        recognised(state)

    assert "--arch 'HiFi-GAN MPD' --arch-args discriminator:periods=" in str(caught.value.hint)


@pytest.mark.parametrize("options", [{"--arch-args": {"periods": "4x6x9"}}, {"periods": [4, 6, 9]}], ids=str)
def test_periods_are_taken_from_an_option_or_the_config(options, filled, survives):
    network = filled(MultiPeriodDiscriminator(periods=[4, 6, 9], channels=P_CHANNELS))

    match = survives(network, waveform(), config=options)

    assert match.hyperparameters["periods"] == [4, 6, 9]
    assert match.origins["periods"] == ("option" if "--arch-args" in options else "config")


@pytest.mark.parametrize("periods", [[4, 6], [4, 6, 0], "four", [2.0, 3, 5]], ids=str)
def test_periods_that_do_not_fit_are_an_error(periods, filled, recognised):
    state = filled(MultiPeriodDiscriminator(periods=[2, 3, 5], channels=P_CHANNELS)).state_dict()

    with pytest.raises(InputError, match="do not fit the weights, which have 3 period discriminators"):
        recognised(state, {"periods": periods})


Change = Callable[[dict[str, torch.Tensor]], Mapping[str, Any]]


@pytest.mark.parametrize(
    "change",
    [
        # BigVGAN's and Applio's discriminators of spectrograms have the same names
        lambda state: state | {"discriminators.1.convs.0.weight": torch.rand(2, 1, 3, 9)},
        lambda state: state | {"discriminators.5.band_convs.0.weight": torch.rand(2, 1, 3)},
        lambda state: {key: value for key, value in state.items() if "convs.4" not in key},
        lambda state: {key.replace("discriminators", "subs"): value for key, value in state.items()},
    ],
    ids=["spectrograms", "other layers too", "fewer layers", "other names"],
)
def test_relatives_that_compute_otherwise_are_not_recognised(change: Change, filled, recognised):
    state = filled(MultiPeriodDiscriminator(channels=P_CHANNELS)).state_dict()

    assert recognised(change(dict(state))) is None


def test_a_missing_vector_of_spectral_norm_is_an_error(filled, normed, recognised):
    network = normed(filled(MultiPeriodDiscriminator(channels=P_CHANNELS)), "old spectral norm")
    state = network.state_dict()
    match = recognised(state)
    del state["discriminators.2.convs.1.weight_u"]

    with pytest.raises(InputError, match=r"missing: discriminators\.2\.convs\.1\.parametrizations\.weight\.0\._u"):
        rebuild(match, state)
