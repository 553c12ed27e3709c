from itertools import product
from typing import Any

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import Match, rebuild, recognise
from ganloss_cli.io.architectures.resnet_generator import FAMILY
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator

VARIANTS = [
    {"norm": norm, "padding": padding, "dropout": dropout, "n_blocks": n_blocks}
    for norm, padding, dropout, n_blocks in product(
        ("batch", "instance", "none"), ("reflect", "zero"), (False, True), (1, 2)
    )
] + [
    {"in_channels": 1, "out_channels": 4},
    {"ngf": 6, "n_blocks": 3},
    {"n_blocks": 6},
    {"n_blocks": 9},
]


def built(**arguments: Any) -> ResnetGenerator:
    torch.manual_seed(0)
    network = ResnetGenerator(**({"ngf": 4, "n_blocks": 1} | arguments)).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean)
            torch.nn.init.uniform_(module.running_var, 0.5, 2)
    return network


def matched(state_dict: dict[str, torch.Tensor]) -> Match:
    match = recognise({key: tuple(value.shape) for key, value in state_dict.items()}, {})
    assert match is not None
    return match


@pytest.mark.parametrize("arguments", VARIANTS, ids=str)
def test_every_variant_is_rebuilt_from_its_state_dict(arguments: dict[str, Any]) -> None:
    original = built(**arguments)
    image = torch.rand(2, original.model[1].in_channels, 16, 20) * 2 - 1

    match = matched(original.state_dict())
    network = rebuild(match, original.state_dict())

    expected = {"in_channels": 3, "out_channels": 3, "ngf": 4, "n_blocks": 1, "norm": "instance", "padding": "reflect"}
    assert dict(match.hyperparameters) == expected | {"dropout": False} | arguments
    assert match.origins.keys() == match.hyperparameters.keys()
    assert torch.equal(network(image), original(image))


def test_the_keys_are_those_of_junyanz() -> None:
    # batch norm, no dropout: written down from networks.py
    keys = set(built(norm="batch", n_blocks=9).state_dict())

    assert {"model.1.weight", "model.4.weight", "model.7.weight", "model.10.conv_block.1.weight"} <= keys
    assert {"model.18.conv_block.6.running_var", "model.19.weight", "model.22.weight", "model.26.weight"} <= keys
    assert "model.26.bias" in keys
    assert "model.1.bias" not in keys


def test_reflect_and_replicate_padding_cannot_be_told_apart_and_reflect_is_the_recipe() -> None:
    match = matched(built(padding="replicate").state_dict())

    assert match.hyperparameters["padding"] == "reflect"
    assert match.origins["padding"] == "recipe"
    assert matched(built(padding="zero").state_dict()).origins["padding"] == "shape"


def test_replicate_padding_repeats_the_border() -> None:
    original, replicate = built(), built(padding="replicate")
    replicate.load_state_dict(original.state_dict())
    image = torch.rand(1, 3, 16, 16)

    difference = (original(image) - replicate(image)).abs()

    assert difference.max() > 0


def test_statistics_of_old_instance_norms_are_dropped() -> None:
    original = built()
    old = dict(original.state_dict())
    for layer, width in (("2", 4), ("5", 8), ("10.conv_block.2", 16)):
        old |= {f"model.{layer}.running_mean": torch.ones(width), f"model.{layer}.running_var": torch.ones(width)}
    image = torch.rand(1, 3, 16, 16)

    network = rebuild(matched(old), old)

    assert torch.equal(network(image), original(image))


def test_counters_of_batch_norm_may_be_missing() -> None:
    original = built(norm="batch")
    old = {key: value for key, value in original.state_dict().items() if not key.endswith("num_batches_tracked")}
    image = torch.rand(1, 3, 16, 16)

    assert torch.equal(rebuild(matched(old), old)(image), original(image))


def test_half_precision_weights_are_widened() -> None:
    half = {key: value.half() for key, value in built().state_dict().items()}

    network = rebuild(matched(half), half)

    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_missing_and_unexpected_keys_are_named() -> None:
    weights = dict(built().state_dict())
    del weights["model.4.weight"]
    weights["model.99.weight"] = torch.zeros(1)

    with pytest.raises(InputError, match=r"g.pth: .* missing: model.4.weight; unexpected: model.99.weight"):
        rebuild(matched(weights), weights, where="g.pth")


def test_a_clash_of_shapes_is_named() -> None:
    weights = dict(built().state_dict()) | {"model.4.weight": torch.zeros(8, 5, 3, 3)}

    with pytest.raises(InputError, match=r"model.4.weight \(\(8, 5, 3, 3\) in the file, \(8, 4, 3, 3\) in ResnetGen"):
        rebuild(matched(weights), weights)


def test_affine_instance_norm_is_not_taken_for_batch_norm() -> None:
    weights = dict(built().state_dict()) | {"model.2.weight": torch.ones(4), "model.2.bias": torch.zeros(4)}

    assert FAMILY.detect({key: tuple(value.shape) for key, value in weights.items()}, {}) is None


@pytest.mark.parametrize(
    "shapes",
    [{}, {"model.1.weight": (64, 3, 7, 7)}, {"conv.weight": (64, 3, 7, 7)}, {"model.1.weight": ()}],
    ids=["nothing", "one layer", "another name", "a scalar"],
)
def test_other_networks_are_not_recognised(shapes: dict[str, tuple[int, ...]]) -> None:
    assert FAMILY.detect(shapes, {}) is None


def test_it_eats_and_makes_images_between_minus_one_and_one() -> None:
    match = matched(built().state_dict())

    assert (match.role, match.task.input, match.task.range, match.task.scores) == ("generator", "image", (-1, 1), None)
