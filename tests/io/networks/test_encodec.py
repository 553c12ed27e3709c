import re

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.networks.encodec import Encodec
from ganloss_cli.io.networks.encodec_discriminators import (
    PeriodsDiscriminator,
    ScalesDiscriminator,
    SpectrogramsDiscriminator,
)

SHOWN = {
    "n_channels": 1, "n_filters": 4, "ratios": [5, 2], "n_residual": 1, "kernel": 7, "last_kernel": 7,
    "residual_kernel": 3, "compress": 2, "shortcut": True, "n_lstm": 2, "n_latents": 6, "n_codebooks": 2,
    "n_entries": 8, "group_norm": False,
}  # fmt: skip
OPEN = {"causal": True, "pad_mode": "reflect", "normalize": False, "dilation_base": 2, "trim_right": 1.0}
WHOLE = {"segment": None, "stride": None}
VARIANTS = {
    "24 kHz": ({}, {}),
    "48 kHz": (
        {"n_channels": 2, "group_norm": True},
        {"causal": False, "normalize": True, "segment": 48000, "stride": 47520},
    ),
    "base of audiocraft": ({"shortcut": False, "n_codebooks": 32}, {"pad_mode": "constant"}),
    "MusicGen": (
        {"shortcut": False, "n_codebooks": 4, "ratios": [8, 5, 4, 4]},
        {"pad_mode": "constant", "causal": False},
    ),
}
RATES = {"24 kHz": 24000, "48 kHz": 48000, "base of audiocraft": 24000, "MusicGen": 32000}


def encodecs_name(key):
    """The name of a tensor in encodec's and audiocraft's files."""
    key = re.sub(r"quantizer\.layers\.(\d+)\.", r"quantizer.vq.layers.\1._codebook.", key)
    key = re.sub(r"^(encoder|decoder)\.", r"\1.model.", key)
    transposed = re.match(r"decoder\.model\.\d+\.conv\.(?:weight|bias|norm)", key) and "decoder.model.0." not in key
    outer = "convtr" if transposed else "conv"
    return re.sub(r"\.(conv|norm)\.", lambda match: f".{outer}.{outer if match[1] == 'conv' else 'norm'}.", key)


def named_by_encodec(network):
    return {encodecs_name(key): value for key, value in network.state_dict().items()}


def transformers_name(key):
    key = re.sub(r"quantizer\.layers\.(\d+)\.", r"quantizer.layers.\1.codebook.", key)
    return re.sub(r"^(encoder|decoder)\.", r"\1.layers.", key)


@pytest.fixture
def made(figures):
    def made(network):
        network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.5))
        return network.eval()

    return made


@pytest.mark.parametrize("spelling", ["plain", "old weight norm", "new weight norm"])
@pytest.mark.parametrize("rename", [encodecs_name, transformers_name], ids=["encodec", "transformers"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_codec_is_rebuilt_from_every_spelling(variant, rename, spelling, made, normed, survives):
    shown, choices = VARIANTS[variant]
    arguments = {**SHOWN, **shown, **OPEN, **WHOLE, **choices}
    network = made(Encodec(**arguments))
    network = network if spelling == "plain" or arguments["group_norm"] else normed(network, spelling)

    match = survives(network, torch.rand(2, arguments["n_channels"], 333) - 0.5, rename=rename)

    assert match.architecture == "EnCodec"
    assert match.hyperparameters == arguments
    assert match.task.sample_rate == RATES[variant]


def test_what_a_training_keeps_beside_its_codebooks_is_left_out(recognised, made):
    state = named_by_encodec(made(Encodec(**SHOWN)))
    prefix = "quantizer.vq.layers.0._codebook."
    beside = {"inited": torch.ones(1), "cluster_size": torch.ones(8), "embed_avg": torch.zeros(8, 6)}
    state |= {f"{prefix}{name}": value for name, value in beside.items()}

    assert isinstance(rebuild(recognised(state), state), Encodec)


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        (
            {"xp.cfg": {
                "sample_rate": 16000, "encodec": {"causal": False, "renormalize": True},
                "seanet": {"pad_mode": "${mode}", "decoder": {"trim_right_ratio": 0.5}}, "mode": "constant",
            }},
            {"causal": False, "normalize": True, "pad_mode": "constant", "trim_right": 0.5, "segment": None},
        ),
        (
            {"model_type": "encodec", "use_causal_conv": False, "normalize": True, "pad_mode": "reflect",
             "sampling_rate": 16000, "chunk_length_s": 0.5, "overlap": 0.25, "dilation_growth_rate": 3},
            {"causal": False, "normalize": True, "segment": 8000, "stride": 6000, "dilation_base": 3},
        ),
        (
            {"--arch-args": {
                "causal": "false", "pad_mode": "constant", "normalize": "true", "sample_rate": "16000",
            }},
            {"causal": False, "pad_mode": "constant", "normalize": True},
        ),
    ],
    ids=["audiocraft", "transformers", "option"],
)  # fmt: skip
def test_what_a_config_says_wins_over_what_is_known(config, wanted, recognised):
    match = recognised(named_by_encodec(Encodec(**SHOWN)), config)

    assert {name: match.hyperparameters[name] for name in wanted} == wanted
    assert match.task.sample_rate == 16000


def test_a_codec_that_nobody_published_asks_how_it_pads(recognised):
    network = Encodec(**{**SHOWN, "shortcut": False, "n_codebooks": 7})

    with pytest.raises(InputError, match="shapes do not tell causal, pad_mode, normalize"):
        recognised(named_by_encodec(network))


def test_segments_are_faded_into_one_another(made):
    network, whole = (made(Encodec(**SHOWN, **cut)) for cut in ({"segment": 100, "stride": 90}, {}))
    waveform = torch.rand(1, 1, 250) - 0.5

    with torch.no_grad():
        found = network(waveform)[0]
        first, second = (whole(waveform[..., start : start + 100])[0] for start in (0, 90))

    share = torch.arange(1, 11) / 11  # of the second segment, from its first sample on
    assert torch.allclose(found[..., :90], first[..., :90], atol=1e-6)
    faded = (1 - share) * first[..., 90:] + share * second[..., :10]
    assert torch.allclose(found[..., 90:100], faded, atol=1e-6)


DISCRIMINATORS = {
    "of EnCodec": SpectrogramsDiscriminator(n_ffts=[1024, 2048, 512], channels=[3] * 5, n_channels=2),
    "of audiocraft": SpectrogramsDiscriminator(n_ffts=[1024, 2048, 512, 256, 128], channels=[3] * 5, slope=0.3),
    "of periods": PeriodsDiscriminator(periods=[2, 3, 5, 7, 11], channels=[2, 4, 4, 4, 4]),
    "of scales": ScalesDiscriminator(n_scales=3, channels=[4, 4, 8, 8, 8, 8], groups=[1, 4, 4, 4, 4, 1]),
}


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_a_discriminator_is_rebuilt(name, made, survives):
    network = made(DISCRIMINATORS[name])
    n_channels = 2 if name == "of EnCodec" else 1

    def rename(key):
        key = re.sub(r"\.(convs\.\d+|conv_post)\.", r".\1.conv.", key)
        return key.replace(".convs.0.conv.", ".convs.0.1.conv.") if name == "of scales" else key

    match = survives(network, torch.rand(2, n_channels, 2300) - 0.5, rename=rename)

    assert match.task.features
    assert match.hyperparameters["slope"] == (0.2 if name == "of EnCodec" else 0.3)


def test_scales_see_the_waveform_itself():
    """audiocraft pools it and throws the result away."""
    network = DISCRIMINATORS["of scales"].eval()

    maps = network(torch.rand(1, 1, 2000))[1]

    assert [scale[0].shape[-1] for scale in maps] == [2000] * 3


def test_sizes_of_spectrograms_that_nobody_published_are_asked_for(recognised):
    network = SpectrogramsDiscriminator(n_ffts=[1024, 512], channels=[3] * 5)
    state = {re.sub(r"\.(convs\.\d+|conv_post)\.", r".\1.conv.", key): v for key, v in network.state_dict().items()}

    with pytest.raises(InputError, match="shapes do not tell n_ffts, slope"):
        recognised(state)
    told = recognised(
        state, {"xp.cfg": {"msstftd": {"n_ffts": [512, 256], "activation_params": {"negative_slope": 0.1}}}}
    )
    assert (told.hyperparameters["n_ffts"], told.hyperparameters["slope"]) == ([512, 256], 0.1)
