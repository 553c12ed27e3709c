from itertools import product
from typing import Any

import pytest
import torch
from torch import nn

from ganloss_cli.io.architectures import Match, patchgan, rebuild, recognise
from ganloss_cli.io.networks.patchgan import PatchGAN

VARIANTS = [
    {"norm": norm, "n_layers": n_layers} for norm, n_layers in product(("batch", "instance", "none"), (1, 2, 3, 4))
] + [{"in_channels": 6}, {"in_channels": 1}, {"ndf": 6, "n_layers": 5}, {"norm": "batch", "stack": "main"}]


def built(**arguments: Any) -> PatchGAN:
    torch.manual_seed(0)
    network = PatchGAN(**({"ndf": 4} | arguments)).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return network


def recognised(state_dict: dict[str, torch.Tensor]) -> Match | None:
    return recognise({key: tuple(value.shape) for key, value in state_dict.items()}, {})


@pytest.mark.parametrize("arguments", VARIANTS, ids=str)
def test_every_variant_is_rebuilt_from_its_state_dict(arguments: dict[str, Any]) -> None:
    original = built(**arguments)
    image = torch.rand(2, arguments.get("in_channels", 3), 128, 128) * 2 - 1

    match = recognised(original.state_dict())
    assert match is not None
    logits, features = rebuild(match, original.state_dict())(image)

    expected = {"in_channels": 3, "ndf": 4, "n_layers": 3, "norm": "instance", "stack": "model"} | arguments
    assert dict(match.hyperparameters) == expected
    assert set(match.origins.values()) == {"shape"}
    expected_logits, expected_features = original(image)
    assert torch.equal(logits[0], expected_logits[0])
    assert all(torch.equal(*maps) for maps in zip(features[0], expected_features[0], strict=True))


def test_the_keys_are_those_of_junyanz() -> None:
    keys = list(built(norm="batch").state_dict())

    weights = [key for key in keys if key.endswith("weight")]
    assert weights == [f"model.{index}.weight" for index in (0, 2, 3, 5, 6, 8, 9, 11)]
    assert [key for key in keys if key.endswith("bias")] == [f"model.{index}.bias" for index in (0, 3, 6, 9, 11)]


def test_features_are_the_activations_and_the_logit_map_comes_last() -> None:
    network = built(norm="none", n_layers=1)
    image = torch.rand(1, 3, 16, 16)

    logits, features = network(image)

    first, second, last = (network.model[index] for index in (0, 2, 5))
    one = nn.functional.leaky_relu(first(image), 0.2)
    two = nn.functional.leaky_relu(second(one), 0.2)
    assert len(logits) == len(features) == 1
    assert [torch.equal(*maps) for maps in zip(features[0], (one, two, last(two)), strict=True)] == [True] * 3
    assert torch.equal(logits[0], features[0][-1])


def test_a_score_of_three_layers_sees_70_pixels() -> None:
    # Isola et al. 2017, section 6: the 70 x 70 PatchGAN
    image = torch.rand(1, 3, 128, 128, requires_grad=True)
    logits, _ = built(norm="none")(image)

    logits[0][0, 0, 7, 7].backward()

    seen = image.grad[0].abs().sum(0).nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [70, 70]


def test_its_training_logs_half_the_least_squares() -> None:
    match = recognised(built().state_dict())

    assert match is not None
    assert (match.role, match.task.scores, match.task.features) == ("discriminator", "logits", True)
    assert match.task.logs == {"d_lsgan": "cyclegan"}


def is_patchgan(state_dict: dict[str, torch.Tensor]) -> bool:
    return patchgan.FAMILY.detect({key: tuple(value.shape) for key, value in state_dict.items()}, {}) is not None


def sequential(*layers: nn.Module) -> dict[str, torch.Tensor]:
    network = nn.Module()
    network.model = nn.Sequential(*layers)
    return network.state_dict()


def dcgan(*, bias: bool) -> dict[str, torch.Tensor]:
    """DCGAN's discriminator of pytorch/examples has the very indices of a PatchGAN."""
    layers: list[nn.Module] = [nn.Conv2d(3, 4, 4, 2, 1, bias=bias), nn.LeakyReLU()]
    for width in (4, 8, 16):
        layers += [nn.Conv2d(width, 2 * width, 4, 2, 1, bias=bias), nn.BatchNorm2d(2 * width), nn.LeakyReLU()]
    return sequential(*layers, nn.Conv2d(32, 1, 4, 1, 0, bias=bias), nn.Sigmoid())


@pytest.mark.parametrize("bias", [False, True])
def test_a_dcgan_discriminator_is_not_taken_for_a_patchgan(bias: bool) -> None:
    assert not is_patchgan(dcgan(bias=bias))


@pytest.mark.parametrize(
    "state_dict",
    [
        sequential(nn.Conv2d(3, 4, 4), nn.ReLU(), nn.Conv2d(4, 8, 4)),
        sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3), nn.ReLU(), nn.ReLU(), nn.Conv2d(8, 1, 3)),
        sequential(nn.Conv2d(3, 4, 4), nn.ReLU(), nn.Conv2d(4, 9, 4), nn.ReLU(), nn.ReLU(), nn.Conv2d(9, 1, 4)),
        sequential(nn.Conv2d(3, 4, 4), nn.ReLU(), nn.Conv2d(4, 8, 4), nn.ReLU(), nn.ReLU(), nn.Conv2d(8, 2, 4)),
        sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)),
    ],
    ids=["too short", "3x3", "other widths", "two channels out", "linear"],
)
def test_other_numbered_networks_are_not_recognised(state_dict: dict[str, torch.Tensor]) -> None:
    assert not is_patchgan(state_dict)
