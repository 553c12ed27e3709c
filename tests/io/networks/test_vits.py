from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.nsf import NsfGenerator
from ganloss_cli.io.networks.vits import NsfAutoencoder, VitsAutoencoder

DECODER = {"in_channels": 192, "initial_channels": 16, "post_bias": False}
OWN = {"n_latents": 192, "n_channels": 8, "kernel": 5, "dilation_rate": 1, "posterior_layers": 3, "flow_layers": 2}
# those that VITS puts under weight norm
NORMED = ("dec.ups", "dec.resblocks", "enc_q.enc", "flow.flows.0.enc", "flow.flows.2.enc")
SPELLINGS = ("plain", "old weight norm", "new weight norm")
N_FRAMES = 4


@pytest.fixture
def built() -> Callable[..., nn.Module]:
    """A small auto-encoder with weights drawn."""

    def built(*, speakers: int = 0, pitch: bool = False, n_bins: int = 513, **changed: int) -> nn.Module:
        torch.manual_seed(0)
        shared = {**DECODER, "condition_channels": 256 if speakers or pitch else 0}
        settings = {**OWN, "n_flows": 2, **changed, "n_bins": n_bins, "n_speakers": speakers}
        settings["condition_channels"] = shared["condition_channels"]
        if not pitch:
            return VitsAutoencoder(decoder=HifiganGenerator(**shared), **settings).eval()
        shape = {"upsample_rates": [12, 10, 2, 2], "upsample_kernels": [24, 20, 4, 4], "sample_rate": 48000}
        return NsfAutoencoder(decoder=NsfGenerator(**{**shared, "initial_channels": 32}, **shape), **settings).eval()

    return built


def given(network: nn.Module) -> list[Tensor]:
    """What a network is called with."""
    spectrogram = torch.rand(2, network.enc_q.pre.in_channels, N_FRAMES)
    shapes = network.noise_shapes(spectrogram)
    drawn = [torch.randn(2, *shapes["noise"])]
    if "excitation" in shapes:
        drawn += [torch.tensor([[110.0, 0.0, 220.0, 90.0]] * 2), torch.randn(2, *shapes["excitation"])]
    return [spectrogram, *drawn, *([torch.tensor([1, 0])] if network.n_speakers else [])]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(
    ("arguments", "whose"),
    [
        ({}, "jaywalnut310/vits"),
        ({"n_flows": 4, "flow_layers": 4, "posterior_layers": 16}, "jaywalnut310/vits"),
        ({"speakers": 109}, "jaywalnut310/vits"),
        ({"speakers": 109, "pitch": True, "n_bins": 1025, "flow_layers": 3}, "RVC-Project/"),
    ],
    ids=str,
)
def test_every_whole_model_is_rebuilt_from_every_spelling(arguments, whose, spelling, built, normed, recognised):
    network = built(**arguments)
    network = network if spelling == "plain" else normed(network, spelling, only=NORMED)
    state = {key: network.state_dict()[key] for key in sorted(network.state_dict())}
    phones = {} if whose == "jaywalnut310/vits" else {"enc_p.emb_phone.weight": torch.rand(192, 768)}
    words = {"enc_p.emb.weight": torch.rand(50, 192)} if whose == "jaywalnut310/vits" else {}
    # the text encoder and the durations are left out
    whole = {**state, **phones, **words, "enc_p.proj.bias": torch.rand(2), "dp.proj.bias": torch.rand(1)}
    sample = given(network)

    match = recognised(whole)
    with torch.no_grad():
        found, wanted = rebuild(match, whole)(*sample), network(*sample)

    assert match.architecture == ("RVC NSF auto-encoder" if arguments.get("pitch") else "VITS auto-encoder")
    assert match.hyperparameters["n_flows"] == arguments.get("n_flows", 2)
    assert match.hyperparameters["n_speakers"] == match.task.n_speakers == arguments.get("speakers", 0)
    assert match.task.recipe.startswith(whose)
    assert (match.task.input, match.task.beside) == ("spectrogram", ("z_p", "m_q", "logs_q", "z_mask"))
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_draw_is_the_mean_and_the_noise_times_sigma(built):
    network = built()
    spectrogram, noise = given(network)

    with torch.no_grad():
        still = network(spectrogram, torch.zeros_like(noise))
        drawn = network(spectrogram, noise)
        waveform = network.dec(still[2] + noise * still[3].exp())

    torch.testing.assert_close(drawn[0], waveform)
    assert torch.equal(still[2], drawn[2])
    assert torch.equal(still[3], drawn[3])


def test_the_flow_moves_one_half_by_what_the_other_says_and_flips(built):
    network = built(n_flows=1)
    latents = torch.randn(2, 192, N_FRAMES)
    layer = network.flow.flows[0]

    with torch.no_grad():
        found = network.flow(latents).flip(1)
        shift = layer.post(layer.enc(layer.pre(latents[:, :96])))

    assert torch.equal(found[:, :96], latents[:, :96])
    torch.testing.assert_close(found[:, 96:], latents[:, 96:] + shift)


@pytest.mark.parametrize("speaker", [torch.tensor([3]), torch.tensor([-1]), torch.tensor([0.5])], ids=str)
def test_a_speaker_that_is_not_there_is_an_error(speaker, built):
    network = built(speakers=3)
    spectrogram, noise, _ = given(network)

    with pytest.raises(ValueError, match="its speakers are 0 to 2"):
        network(spectrogram[:1], noise[:1], speaker)


@pytest.mark.parametrize(
    "change",
    [
        {"flow.flows.0.post.weight": torch.rand(192, 8, 1)},  # a flow that scales as well as moves
        {"flow.flows.0.pre_transformer.weight": torch.rand(8, 8)},  # VITS2's
        {"enc_q.proj.weight": torch.rand(380, 8, 1)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_model_with_other_parts_is_a_decoder_only(change, built, recognised):
    state = {**built().state_dict(), "enc_p.emb.weight": torch.rand(50, 192), **change}

    assert recognised(state).architecture == "VITS decoder"


def test_the_option_chooses_the_decoder_of_a_whole_model(built, recognised):
    state = {**built().state_dict(), "enc_p.emb.weight": torch.rand(50, 192)}

    assert recognised(state, {"--arch": "VITS decoder"}).architecture == "VITS decoder"


def test_a_config_of_other_frames_is_an_error(built, recognised):
    config = {"data": {"sampling_rate": 22050, "filter_length": 2048, "hop_length": 256, "win_length": 2048}}
    state = {**built().state_dict(), "enc_p.emb.weight": torch.rand(50, 192)}

    with pytest.raises(InputError, match=r"frames of 2048 .* the weights take frames of 1024 \(513 bins\)"):
        recognised(state, {**config, "model": {"upsample_rates": [8, 8, 2, 2]}})
