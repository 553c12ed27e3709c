"""The convolutional auto-encoder in its bottlenecks, variants and dialects."""

import re

import pytest
import torch

from ganloss_cli.io.networks.autoencoder import ConvolutionalAutoencoder

WHOLE = {
    "in_channels": 3, "out_channels": 3, "latent_channels": 4, "code_width": 5, "n_codes": 12, "bottleneck": "vq",
    "stem": 32, "widths": [32, 64], "decoder_widths": [32, 64], "n_blocks": 1, "attention": [False, True],
    "decoder_attention": [False, True], "middle": True, "convolved": True, "quant_conv": True, "spatial": False,
    "groups": 32,
}  # fmt: skip
DIFFUSERS = (
    (r"encoder\.down\.", "encoder.down_blocks."), (r"\.block\.", ".resnets."), (r"\.attn\.", ".attentions."),
    (r"\.mid\.block_1\.", ".mid_block.resnets.0."), (r"\.mid\.block_2\.", ".mid_block.resnets.1."),
    (r"\.mid\.attn_1\.", ".mid_block.attentions.0."), (r"\.(down|up)sample\.", r".\1samplers.0."),
    (r"\.norm_out\.", ".conv_norm_out."), ("nin_shortcut", "conv_shortcut"),
    (r"decoder\.up\.(\d)", lambda match: f"decoder.up_blocks.{1 - int(match[1])}"),
)  # fmt: skip
ATTENTION = r"(attentions\.\d+)\."
NEW = (
    (ATTENTION + "norm", r"\1.group_norm"), (ATTENTION + r"([qkv])\b", r"\1.to_\2"),
    (ATTENTION + "proj_out", r"\1.to_out.0"),
)  # fmt: skip
OLD = (
    (ATTENTION + "norm", r"\1.group_norm"), (ATTENTION + r"q\b", r"\1.query"), (ATTENTION + r"k\b", r"\1.key"),
    (ATTENTION + r"v\b", r"\1.value"), (ATTENTION + "proj_out", r"\1.proj_attn"),
)  # fmt: skip
LLAMAGEN = (
    (r"encoder\.down\.", "encoder.conv_blocks."), (r"\.block\.", ".res."), (r"\.mid\.block_1\.", ".mid.0."),
    (r"\.mid\.attn_1\.", ".mid.1."), (r"\.mid\.block_2\.", ".mid.2."),
    (r"decoder\.up\.(\d)", lambda match: f"decoder.conv_blocks.{1 - int(match[1])}"),
)  # fmt: skip


def renamed(*rules):
    def rename(key):
        for pattern, new in rules:
            key = re.sub(pattern, new, key)
        return key

    return rename


def built(fill, **changed):
    return fill(ConvolutionalAutoencoder(**{**WHOLE, **changed}))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"bottleneck": "gumbel"},
        {"bottleneck": "gaussian", "n_codes": 0},
        {"bottleneck": "gaussian", "n_codes": 0, "quant_conv": False, "code_width": 4},
        {"n_blocks": 2, "attention": [True, True], "decoder_attention": [False, False]},
        {"middle": False, "widths": [32], "decoder_widths": [64], "attention": [False], "decoder_attention": [False]},
        {"convolved": False, "in_channels": 1, "out_channels": 2, "stem": 64},
        {"spatial": True},
    ],
)
def test_an_auto_encoder_comes_back(changed, fill, survives):
    network = built(fill, **changed)

    match = survives(network, torch.rand(2, changed.get("in_channels", 3), 8, 8))

    assert match.hyperparameters == {**WHOLE, **changed}
    assert match.role == "generator"


@pytest.mark.parametrize(
    ("rules", "recipe"),
    [
        ((*DIFFUSERS, *NEW), "huggingface/diffusers diffusers_vqgan"),
        ((*DIFFUSERS, *OLD), "huggingface/diffusers diffusers_vqgan"),
        ((), "CompVis/taming-transformers taming"),
    ],
    ids=["diffusers", "diffusers before 0.18", "taming"],
)
def test_an_auto_encoder_comes_back_in_the_names_of_each_library(rules, recipe, fill, survives):
    match = survives(built(fill), torch.rand(2, 3, 8, 8), rename=renamed(*rules))

    assert match.task.recipe == recipe


def test_an_auto_encoder_comes_back_in_the_names_of_llamagen(fill, survives):
    match = survives(built(fill, bottleneck="spherical"), torch.rand(2, 3, 8, 8), rename=renamed(*LLAMAGEN))

    assert match.hyperparameters["bottleneck"] == "spherical"
    assert match.origins["bottleneck"] == "recipe"


def test_linear_weights_of_an_attention_are_its_convolutions(fill, recognised):
    from ganloss_cli.io.architectures import rebuild

    network, rename, image = built(fill), renamed(*DIFFUSERS, *NEW), torch.rand(1, 3, 8, 8)
    state = {rename(key): value for key, value in network.state_dict().items()}
    linear = re.compile(r".*\.to_(?:q|k|v|out\.0)\.weight")
    state = {key: value[..., 0, 0] if linear.fullmatch(key) else value for key, value in state.items()}

    again = rebuild(recognised(state), state)

    with torch.no_grad():
        torch.testing.assert_close(again(image)[0], network(image)[0])


def test_a_configuration_tells_the_groups_of_its_norms(fill, survives):
    match = survives(built(fill, groups=8), torch.rand(1, 3, 8, 8), config={"norm_num_groups": 8})

    assert match.origins["groups"] == "config"


def test_what_takes_part_in_no_forward_pass_is_left_out(fill, recognised):
    from ganloss_cli.io.architectures import rebuild

    state = built(fill).state_dict() | {"colorize": torch.zeros(3, 5, 1, 1), "quantize.used": torch.zeros(4)}

    rebuild(recognised(state), state)


@pytest.mark.parametrize("bottleneck", ["gumbel", "gaussian"])
def test_what_is_drawn_depends_on_the_sample_and_not_on_the_batch(bottleneck, fill):
    network = built(fill, bottleneck=bottleneck, n_codes=12 if bottleneck == "gumbel" else 0).double()
    images = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    with torch.no_grad():
        together = network(images)[0]
        apart = torch.cat([network(image[None])[0] for image in images])

    torch.testing.assert_close(apart, together, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "missing", ["encoder.conv_in.weight", "decoder.conv_out.weight", "encoder.down.0.block.0.conv2.weight"]
)
def test_half_an_auto_encoder_is_none(missing, fill, recognised):
    state = built(fill).state_dict()
    del state[missing]

    assert recognised(state) is None


def test_a_loss_without_hinge_is_another_recipe(fill, recognised):
    config = {"model": {"params": {"lossconfig": {"params": {"disc_loss": "vanilla"}}}}}

    assert recognised(built(fill).state_dict(), config).task.recipe == "CompVis/taming-transformers taming_vanilla"
