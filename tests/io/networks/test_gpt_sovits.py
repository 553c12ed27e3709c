import pytest
import torch

from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.gpt_sovits import gpt_sovits

N_FRAMES = 5
CONFIG = {"model": {"upsample_rates": [10, 8, 2, 2, 2]}}
VERSIONS = {"v1": (1025, 322, 0), "v2": (704, 732, 0), "v2Pro": (704, 732, 30)}
SPELLINGS = ("plain", "old weight norm", "new weight norm")


def built(version, stride=2, latents=6):
    torch.manual_seed(0)
    n_bins, n_symbols, voice = VERSIONS[version]
    network = gpt_sovits(
        style={"n_bins": n_bins, "n_hidden": 8, "kernel": 5}, voice=voice,
        prior={"n_features": 6, "n_symbols": n_symbols, "n_codes": 10, "stride": stride, "n_layers": (1, 2, 1),
               "n_hidden": 10, "n_heads": 2, "kernel": 3, "window": 4},
        n_bins=1025, n_channels=8, kernel=5, dilation_rate=1, posterior_layers=3, flow_layers=2, n_flows=2,
        n_speakers=0, in_channels=latents, initial_channels=32, upsample_rates=[10, 8, 2, 2, 2],
        upsample_kernels=[16, 16, 8, 2, 2], post_bias=False, condition_channels=1024 if voice else 512,
    ).eval()  # fmt: skip
    network.quantizer["vq"]["layers"][0]["_codebook"].embed.normal_()
    return network


def given(network):
    spectrogram, numbers = torch.rand(2, 1025, N_FRAMES), torch.Generator().manual_seed(0)
    return {
        "spectrogram": spectrogram, "noise": torch.randn(2, 6, N_FRAMES, generator=numbers),
        "phones": torch.randn(2, 6, N_FRAMES, generator=numbers), "text": torch.tensor([[5, 300, 0], [7, 9, 321]]),
        "voice": torch.randn(2, 30, generator=numbers),
    }  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("version", "stride"), [("v1", 2), ("v2", 2), ("v2", 1), ("v2Pro", 2)])
def test_every_version_is_rebuilt_from_every_spelling(version, stride, spelling, normed, recognised):
    network = built(version, stride)
    parts = ("dec.ups", "dec.resblocks", "enc_q.enc", "flow.flows.0.enc", "flow.flows.2.enc")
    state = (network if spelling == "plain" else normed(network, spelling, only=parts)).state_dict()
    sample = given(network)

    match = recognised(state, CONFIG)
    with torch.no_grad():
        found, wanted = rebuild(match, state)(**sample), network(**sample)

    assert match.architecture == "GPT-SoVITS"
    assert match.task.recipe == "RVC-Boss/GPT-SoVITS gpt_sovits"
    assert len(match.task.symbols) == VERSIONS[version][1]
    assert ("voice" in match.task.takes) == (version == "v2Pro")
    assert len(found) == len(wanted) == 9
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_without_a_config_its_rates_and_its_slices_are_those_of_the_training(recognised):
    match = recognised(built("v2", latents=192).state_dict(), {})

    assert match.task.hop == 640
    assert match.task.segment == 20480


def test_a_codebook_that_is_trained_has_a_loss_that_is_not_known(recognised):
    config = {"model": {**CONFIG["model"], "freeze_quantizer": False}}

    assert "z_q" not in recognised(built("v2").state_dict(), config).task.beside_prior


@pytest.mark.parametrize("change", ["enc_p.more.weight", "quantizer.vq.layers.1._codebook.embed"])
def test_other_parts_make_it_a_decoder_only(change, recognised):
    state = built("v2").state_dict()
    state[change] = torch.rand(3, 3)

    assert recognised(state, CONFIG).architecture == "VITS decoder"


def test_a_release_without_its_posterior_is_a_decoder(recognised):
    state = {key: value for key, value in built("v2Pro").state_dict().items() if not key.startswith("enc_q.")}
    match = recognised(state, CONFIG)

    assert match.architecture == "VITS decoder"
    assert rebuild(match, state) is not None


def test_a_frame_of_padding_stands_for_the_odd_one_in_the_codes():
    network = built("v2")
    sample = given(network)

    with torch.no_grad():
        odd = network(**sample)[7]
        even = network(**{**sample, "phones": torch.nn.functional.pad(sample["phones"], (0, 1))})[7]

    assert odd.shape == (2, 6, 3)
    assert torch.equal(odd, even)
