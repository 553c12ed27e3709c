"""StyleGAN2 out of NVlabs' pickles: recognised from names, constants from what the pickled modules were made with."""

import json
from pathlib import Path

import pytest
import torch

from ganloss_cli.io.architectures import rebuild

RECORDED = json.loads((Path(__file__).parent / "figures" / "stylegan2.json").read_text())
G, D = "nvlabs generator, clamp None", "nvlabs discriminator, clamp None"


@pytest.fixture
def weights(figures):
    return lambda name: figures.filled(RECORDED[name]["shapes"], gain=RECORDED[name]["gain"])


def test_sizes_come_from_shapes_and_constants_from_the_recipe(weights, recognised):
    g, d = recognised(weights(G)), recognised(weights(D))

    assert (g.architecture, d.architecture) == ("StyleGAN2-ADA generator", "StyleGAN2-ADA discriminator")
    assert g.hyperparameters["channels"] == list(reversed(d.hyperparameters["channels"])) == [12, 12, 10]
    assert (g.hyperparameters["n_mapping"], g.task.latent_shape) == (3, (10,))
    assert (g.hyperparameters["clamp"], d.hyperparameters["clamp"], d.hyperparameters["group"]) == (256.0, 256.0, 4)
    assert g.origins["clamp"] == d.origins["group"] == "recipe"
    assert g.task.recipe == d.task.recipe == "NVlabs/stylegan2-ada-pytorch"


def test_constants_come_from_what_the_modules_were_made_with(weights, recognised):
    made_with = {
        "G": {"synthesis_kwargs": {"conv_clamp": None}, "mapping_kwargs": {"lr_multiplier": 0.1}},
        "D": {"conv_clamp": 7, "epilogue_kwargs": {"mbstd_group_size": 8}},
    }

    g, d = (recognised(weights(name), {"init_kwargs": made_with}) for name in (G, D))

    assert (g.hyperparameters["clamp"], g.hyperparameters["mapping_learning_rate"]) == (None, 0.1)
    assert (d.hyperparameters["clamp"], d.hyperparameters["group"]) == (7, 8)
    assert g.origins["clamp"] == d.origins["group"] == "config"
    assert g.origins["taps"] == "recipe"


@pytest.mark.parametrize(("text", "clamp"), [("none", None), ("64", 64)])
def test_an_option_says_the_clamp(text, clamp, weights, recognised):
    match = recognised(weights(G), {"--arch-args": {"clamp": text}})

    assert match.hyperparameters["clamp"] == clamp
    assert match.origins["clamp"] == "option"


def test_the_clamp_bounds_what_convolutions_give(weights, recognised):
    state = weights(G)
    network = rebuild(recognised(state, {"--arch-args": {"clamp": "0.01"}}), state)
    seen = []
    network.conv1.activate.register_forward_hook(lambda _module, _inputs, output: seen.append(output.abs().max()))

    with torch.no_grad():
        network(torch.randn(2, 10))

    assert seen[0].item() == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (G, {"mapping.embed.weight": (10, 5)}),  # with labels
        (G, {"mapping.fc0.weight": (10, 20)}),  # latents of another length
        (G, {"synthesis.b4.torgb.weight": None}),  # another kind of skip connections
        (D, {"b16.skip.weight": None}),
        (D, {"b4.out.weight": (12, 12)}),  # with labels
        (D, {"b4.conv.weight": (12, 12, 3, 3)}),  # without a channel for the spread
    ],
    ids=str,
)
def test_relatives_that_compute_otherwise_are_not_recognised(name, change, weights, recognised):
    state = weights(name)
    for key, shape in change.items():
        state.pop(key, None)
        if shape is not None:
            state[key] = torch.zeros(shape)

    assert recognised(state) is None
