import math

import pytest
import torch

from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.so_vits_svc import _coarse, so_vits_svc

N_FRAMES, HOP, HARMONICS = 4, 512, 9
CONFIG = {"model": {"upsample_rates": [8, 8, 2, 2, 2]}, "data": {"sampling_rate": 44100}}
PRIOR = {
    "n_features": 12, "n_hidden": 10, "n_heads": 2, "n_layers": 1, "kernel": 3, "window": 4, "has_volume": False,
    "predicts_pitch": True,
}  # fmt: skip
WAVENETS, TRANSFORMERS = None, {"n_hidden": 10, "n_heads": 2, "n_layers": 2, "kernel": 5}
SPELLINGS = ("plain", "old weight norm", "new weight norm")


def built(*, snake=False, shared=False, transformer=WAVENETS, separable=False, **prior):
    torch.manual_seed(0)
    return so_vits_svc(
        prior=PRIOR | prior, flow={"shared": shared, "transformer": transformer}, separable=separable, n_bins=1025,
        n_channels=8, kernel=5, dilation_rate=1, posterior_layers=3, flow_layers=2, n_flows=2, n_speakers=3,
        in_channels=6, initial_channels=32, upsample_rates=[8, 8, 2, 2, 2], upsample_kernels=[16, 16, 4, 4, 4],
        post_bias=True, condition_channels=8, sample_rate=44100, n_harmonics=HARMONICS, snake=snake,
    ).eval()  # fmt: skip


def given(network):
    spectrogram, numbers = torch.rand(2, 1025, N_FRAMES), torch.Generator().manual_seed(0)
    drawn = {
        name: torch.rand(2, *shape, generator=numbers) for name, shape in network.noise_shapes(spectrogram).items()
    }
    known = {"phones": torch.rand(2, 12, N_FRAMES), "voiced": torch.ones(2, N_FRAMES), "label": torch.tensor([2, 0])}
    return {
        "spectrogram": spectrogram, "pitch": torch.tensor([[110.0, 0.0, 220.0, 90.0]] * 2), **known, **drawn,
        "volume": torch.rand(2, N_FRAMES),
    }  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    "variant",
    [
        {}, {"has_volume": True}, {"predicts_pitch": False}, {"shared": True}, {"separable": True}, {"snake": True},
        {"transformer": TRANSFORMERS}, {"transformer": TRANSFORMERS, "shared": True},
    ],
    ids=str,
)  # fmt: skip
def test_every_variant_is_rebuilt_from_every_spelling(variant, spelling, normed, recognised):
    network = built(**variant)
    normed_parts = ("dec.conv_pre", "dec.ups", "dec.conv_post", "enc_q.enc")
    state = (network if spelling == "plain" else normed(network, spelling, only=normed_parts)).state_dict()
    sample = given(network)

    match = recognised(state, CONFIG)
    with torch.no_grad():
        found, wanted = rebuild(match, state)(**sample), network(**sample)

    assert match.architecture == "so-vits-svc"
    assert match.task.recipe == "svc-develop-team/so-vits-svc so_vits_svc"
    assert len(found) == len(wanted) == 10
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("change", ["f0_decoder.more.weight", "pre.weight", "enc_p.enc_.attn_layers.0.emb_rel_k"])
def test_other_parts_make_it_a_decoder_only(change, recognised):
    state = built().state_dict()
    state[change] = torch.rand(3, 3, 3)

    assert recognised(state, CONFIG).architecture == "so-vits-svc decoder"


def test_its_sines_are_made_for_44100_hz_whatever_the_rate_of_its_data(recognised):
    config = {**CONFIG, "data": {"sampling_rate": 32000, "filter_length": 2048, "hop_length": HOP, "win_length": 2048}}

    match = recognised(built().state_dict(), config)

    assert match.hyperparameters["sample_rate"] == 44100
    assert match.task.mel.sample_rate == 32000


def test_a_vocoder_with_overtones_is_none_of_its_decoders(recognised):
    state = {key: value for key, value in built().dec.state_dict().items() if not key.startswith("cond.")}

    assert recognised(state) is None


def test_the_steps_of_the_pitch_are_mel_and_none_above_1100_hz():
    below, above = (1127 * math.log(1 + hertz / 700) for hertz in (50, 1100))
    middle = 1 + 254 * (1127 * math.log(1 + 440 / 700) - below) / (above - below)

    steps = _coarse(torch.tensor([0.0, 30.0, 50.0, 440.0, 1100.0, 1200.0]))

    assert steps.tolist() == [1, 1, 1, round(middle), 255, 0]
