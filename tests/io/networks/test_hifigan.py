import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import Match, rebuild
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.nsf import NsfGenerator
from ganloss_cli.io.networks.spellings import folded

V1 = {"in_channels": 80, "initial_channels": 16}
V3 = {
    "in_channels": 80,
    "initial_channels": 16,
    "upsample_rates": [8, 8, 4],
    "upsample_kernels": [16, 16, 8],
    "resblock": 2,
    "resblock_kernels": [3, 5, 7],
    "dilations": [[1, 2], [2, 6], [3, 12]],
}
DECODER = {"in_channels": 192, "initial_channels": 16, "post_bias": False}
# rates, kernels, sample rate of each of RVC's configs
RVC = [
    ([10, 4, 2, 2, 2], [16, 16, 4, 4, 4], 32000),
    ([10, 10, 2, 2], [16, 16, 4, 4], 40000),
    ([10, 6, 2, 2, 2], [16, 16, 4, 4, 4], 48000),
    ([10, 8, 2, 2], [20, 16, 4, 4], 32000),
    ([12, 10, 2, 2], [24, 20, 4, 4], 48000),
]
SPELLINGS = ("plain", "old weight norm", "new weight norm")


@pytest.fixture
def fill(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    """Weights by formula; small, for deep residual networks multiply differences of rounding."""

    def fill(network: nn.Module) -> nn.Module:
        network.load_state_dict(figures.filled(figures.shapes_of(network), gain=0.7))
        return network.eval()

    return fill


@pytest.fixture
def generator(fill: Callable[[nn.Module], nn.Module]) -> Callable[..., nn.Module]:
    return lambda **arguments: fill(HifiganGenerator(**arguments))


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("arguments", [V1, V3], ids=["v1", "v3"])
def test_every_generator_is_rebuilt_from_every_spelling(arguments, spelling, generator, normed, survives):
    network = generator(**arguments)
    network = network if spelling == "plain" else normed(network, spelling)

    match = survives(network, torch.rand(2, 80, 4))

    assert match.architecture == "HiFi-GAN generator"
    assert {key: match.hyperparameters[key] for key in arguments} == arguments
    assert match.origins["upsample_rates"] == match.origins["dilations"] == "recipe"
    assert match.origins["upsample_kernels"] == match.origins["resblock"] == "shape"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("speakers", [0, 256])
def test_the_decoder_of_a_whole_vits_model_is_rebuilt(spelling, speakers, generator, normed, recognised):
    decoder = generator(**DECODER, condition_channels=speakers)
    decoder = decoder if spelling == "plain" else normed(decoder, spelling, only=("ups", "resblocks"))
    whole = {f"dec.{key}": value for key, value in decoder.state_dict().items()}
    whole |= {"enc_p.emb.weight": torch.rand(50, 192), "enc_q.pre.weight": torch.rand(192, 513, 1)}
    latents, speaker = torch.rand(2, 192, 4), torch.rand(2, speakers, 1) if speakers else None

    match = recognised(whole)
    found = rebuild(match, whole)(latents, speaker)

    assert match.architecture == "VITS decoder"
    assert match.hyperparameters["upsample_rates"] == [8, 8, 2, 2]
    assert match.task.recipe == "jaywalnut310/vits ljs_base.json, vctk_base.json"
    torch.testing.assert_close(found, decoder(latents, speaker), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("rates", "kernels", "sample_rate"), RVC, ids=str)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_decoder_with_pitch_shows_its_rates(rates, kernels, sample_rate, spelling, fill, normed, recognised):
    sizes = {
        "upsample_rates": rates,
        "upsample_kernels": kernels,
        "condition_channels": 256,
        "sample_rate": sample_rate,
    }
    original = fill(NsfGenerator(**{**DECODER, "initial_channels": 32}, **sizes))
    network = original if spelling == "plain" else normed(original, spelling, only=("ups", "resblocks"))
    state = {f"dec.{key}": value for key, value in network.state_dict().items()}
    state["emb_g.weight"] = torch.rand(109, 256)
    noise, pitch = torch.randn(1, 1, 3 * math.prod(rates)), torch.tensor([[110.0, 0.0, 220.0]])
    sample = (torch.rand(1, 192, 3), pitch, noise, torch.rand(1, 256, 1))

    match = recognised(state)

    assert match.hyperparameters["upsample_rates"] == rates
    assert match.hyperparameters["sample_rate"] == match.task.mel.sample_rate == sample_rate
    torch.testing.assert_close(rebuild(match, state)(*sample), network(*sample), rtol=1e-6, atol=1e-6)


def test_the_source_is_a_sine_of_the_pitch_with_little_noise() -> None:
    source = NsfGenerator(
        **DECODER, upsample_rates=[100], upsample_kernels=[200], sample_rate=8000
    ).m_source  # 100 samples a frame, 8 kHz
    nn.init.ones_(source.l_linear.weight)
    nn.init.zeros_(source.l_linear.bias)
    pitch = torch.tensor([[500.0, 500.0, 0.0]])

    voiced = source(pitch, torch.zeros(1, 1, 300))[0, 0]
    noisy = source(pitch, torch.ones(1, 1, 300))[0, 0]

    time = torch.arange(1, 201, dtype=torch.float64) / 8000
    sine = torch.tanh(0.1 * torch.sin(2 * math.pi * 500 * time))
    torch.testing.assert_close(voiced[:200].double(), sine, rtol=0, atol=1e-4)
    assert torch.equal(voiced[200:], torch.zeros(100))
    assert noisy[250].item() == pytest.approx(math.tanh(0.1 / 3))
    assert noisy[0].item() == pytest.approx(math.tanh(math.atanh(voiced[0].item()) + 0.003), abs=1e-6)


def test_the_mel_spectrogram_of_v1_is_that_of_its_config(generator, recognised):
    match = recognised(generator(**V1).state_dict())

    mel = match.task.mel
    assert isinstance(match.task, AudioTask)
    assert (match.task.input, match.task.output, match.task.hop) == ("mel", "waveform", 256)
    assert (mel.sample_rate, mel.n_fft, mel.hop, mel.win, mel.n_mels) == (22050, 1024, 256, 1024, 80)
    assert (mel.fmin, mel.fmax, mel.fmax_for_loss, mel.convention) == (0.0, 8000.0, None, "hifigan")


CONFIG = {
    "upsample_rates": [5, 5, 4, 3],
    "upsample_kernel_sizes": [11, 11, 8, 7],
    "resblock_kernel_sizes": [3, 7, 11],
    "resblock_dilation_sizes": [[1, 3, 5], [1, 2, 4], [1, 3, 9]],
    "sampling_rate": 24000,
    "n_fft": 1200,
    "hop_size": 300,
    "win_size": 1200,
    "num_mels": 80,
    "fmin": 20,
    "fmax": 12000,
}
NESTED = {
    "model": {key: value for key, value in CONFIG.items() if key.startswith(("up", "res"))},
    "data": {
        "sampling_rate": 24000,
        "filter_length": 1200,
        "hop_length": 300,
        "win_length": 1200,
        "n_mel_channels": 80,
        "mel_fmin": 20,
        "mel_fmax": 12000,
    },
}


@pytest.mark.parametrize("config", [CONFIG, NESTED, {"config": CONFIG}], ids=["flat", "as vits", "within"])
def test_a_config_tells_rates_and_dilations_of_no_known_recipe(config, generator, survives):
    shape = {"upsample_rates": CONFIG["upsample_rates"], "upsample_kernels": CONFIG["upsample_kernel_sizes"]}
    network = generator(**V1, **shape, dilations=CONFIG["resblock_dilation_sizes"])

    match = survives(network, torch.rand(1, 80, 3), config=config)

    assert match.origins["upsample_rates"] == match.origins["dilations"] == "config"
    assert match.task.recipe is None
    mel = match.task.mel
    assert (mel.sample_rate, mel.n_fft, mel.hop, mel.win, mel.fmin, mel.fmax) == (24000, 1200, 300, 1200, 20, 12000)


def test_an_rvc_voice_carries_its_config_as_a_list(generator, recognised):
    blocks = ["1", [3, 7, 11], [[1, 3, 5]] * 3]
    voice = [1025, 32, 192, 192, 768, 2, 6, 3, 0, *blocks, [10, 10, 2, 2], 16, [16, 16, 4, 4], 109, 256, "40k"]
    state = {f"dec.{key}": value for key, value in generator(**DECODER, condition_channels=256).state_dict().items()}

    match = recognised(state, {"config": voice})

    assert match.hyperparameters["upsample_rates"] == [10, 10, 2, 2]
    assert match.origins["upsample_rates"] == "config"


def test_a_phone_encoder_tells_rvc_from_vits(generator, recognised):
    decoder = generator(**DECODER, condition_channels=256, upsample_rates=[10, 10, 2, 2])
    state = {f"dec.{key}": value for key, value in decoder.state_dict().items()}

    match = recognised(state | {"enc_p.emb_phone.weight": torch.rand(192, 768)})

    assert match.hyperparameters["upsample_rates"] == [10, 10, 2, 2]
    assert match.task.mel.sample_rate == 40000


def test_equal_kernels_of_two_recipes_are_an_error_that_lists_both(generator, recognised):
    state = generator(**DECODER, condition_channels=256).state_dict()

    with pytest.raises(InputError, match=r"several recipes fit: .*vits.*8x8x2x2.*v1/40k\.json.*10x10x2x2") as caught:
        recognised(state)

    assert "--arch-args generator:upsample_rates=8x8x2x2" in str(caught.value.hint)


def test_an_option_wins_over_config_and_recipe(generator, recognised):
    state = generator(**V1).state_dict()

    options = {"upsample_rates": "4x4x2x2", "resblock_dilation_sizes": "1x2x3"}
    match = recognised(state, {"--arch-args": options, "upsample_rates": [8, 8, 2, 2]})

    assert match.hyperparameters["upsample_rates"] == [4, 4, 2, 2]
    assert match.hyperparameters["dilations"] == [[1, 2, 3]] * 3
    assert match.origins["upsample_rates"] == match.origins["dilations"] == "option"
    assert match.task.mel is None  # of no known training


def test_unknown_kernels_without_a_config_are_an_error(generator, recognised):
    state = generator(**V1, upsample_rates=[5, 5, 4, 3], upsample_kernels=[11, 11, 8, 7]).state_dict()

    with pytest.raises(InputError, match="shapes do not tell upsample_rates, and no known recipe fits"):
        recognised(state)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"upsample_kernel_sizes": [20, 16, 4, 4]}, r"the config says upsample_kernel_sizes \[20, 16, 4, 4\]"),
        ({"num_mels": 100}, "the config says num_mels 100, but the weights have 80"),
        ({"upsample_rates": [8, 8, 4]}, "do not fit the weights, which have kernels"),
        ({"upsample_rates": [7, 8, 2, 2]}, "do not fit the weights, which have kernels"),
        ({"upsample_rates": "eight"}, "do not fit the weights, which have kernels"),
        ({"upsample_rates": [0, 8, 2, 2]}, "do not fit the weights, which have kernels"),
        ({"resblock_dilation_sizes": [[1, 3], [1, 3], [1, 3]]}, "which have 3 for each kernel"),
        ({"resblock_dilation_sizes": 5}, "which have 3 for each kernel"),
    ],
    ids=str,
)
def test_a_config_that_contradicts_the_weights_is_an_error(config, message, generator, recognised):
    state = generator(**V1).state_dict()

    with pytest.raises(InputError, match=message):
        recognised(state, config)


def test_rates_that_contradict_a_decoder_with_pitch_are_an_error(fill, recognised):
    network = fill(NsfGenerator(**DECODER, upsample_rates=[10, 10, 2, 2], condition_channels=256, sample_rate=40000))

    with pytest.raises(InputError, match=r"rates after the first of \[10, 2, 2\]"):
        recognised(network.state_dict(), {"upsample_rates": [8, 8, 2, 2], "sampling_rate": 40000})


@pytest.mark.parametrize(
    ("rename", "shape"),
    [
        (("ups.0.weight", "ups.0.0.weight"), None),  # BigVGAN's up-samplings are lists
        (("conv_post.weight", "conv_post.weight"), (18, 1, 7)),  # iSTFTNet makes a spectrogram
        (("m_source.l_linear.weight", "m_source.l_linear.weight"), (1, 9)),  # overtones that nothing hears
    ],
    ids=str,
)
def test_relatives_that_compute_otherwise_are_not_recognised(rename, shape, generator, recognised):
    state = generator(**V1).state_dict()

    value = torch.rand(shape) if shape else state[rename[0]]
    state = {key: tensor for key, tensor in state.items() if key != rename[0]} | {rename[1]: value}

    assert recognised(state) is None


def test_a_missing_key_is_an_error_and_never_a_random_weight(generator, recognised):
    state = generator(**V1).state_dict()
    match = recognised(state)
    del state["resblocks.4.convs2.1.bias"]

    with pytest.raises(InputError, match=r"missing: resblocks\.4\.convs2\.1\.bias"):
        rebuild(match, state)


def test_half_of_a_weight_norm_is_an_error(generator, normed, recognised):
    state = normed(generator(**V1), "old weight norm").state_dict()
    match = recognised(state)
    del state["ups.1.weight_g"]

    with pytest.raises(InputError, match=r"missing: ups\.1\.weight"):
        rebuild(match, state)


def test_weight_norm_is_a_length_and_a_direction() -> None:
    weight = folded(torch.tensor([[[10.0]], [[2.0]]]), torch.tensor([[[3.0], [4.0]], [[0.0], [0.5]]]))

    assert weight.tolist() == [[[6.0], [8.0]], [[0.0], [2.0]]]


def test_half_precision_is_folded_in_single(generator, normed, recognised) -> None:
    state = {key: value.half() for key, value in normed(generator(**V1), "old weight norm").state_dict().items()}
    match: Match = recognised(state)

    weight = rebuild(match, state).state_dict()["ups.0.weight"]

    assert weight.dtype == torch.float32
    expected = folded(state["ups.0.weight_g"].float(), state["ups.0.weight_v"].float())
    torch.testing.assert_close(weight, expected, rtol=0, atol=0)
