"""Names and shapes of networks that are built without torch are those of torch's own layers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ganloss_cli.io.architectures import FAMILIES, Match, recognise

FIGURES = Path(__file__).parent.parent / "io" / "networks" / "figures"
LARGEST = 250  # tensors, of the networks that are built here
# with layers that only torch has
LEFT_TO_TORCH = {
    "auralflow SpectrogramNetSimple", "auralflow SpectrogramNetLSTM", "auralflow SpectrogramNetVAE",
    "BigGAN ResNet generator", "BigGAN ResNet discriminator", "EnCodec",
    "Convolutional auto-encoder", "Vocos MRD", "Vocos generator",
}  # fmt: skip
BUILD = """
import json, sys
from ganloss_cli import without_torch
with without_torch._in_place_of_torch():
    import torch
    from ganloss_cli.io.architectures import FAMILIES, recognise
    for shapes, config in json.load(sys.stdin):
        match = recognise({name: tuple(shape) for name, shape in shapes.items()}, config)
        family = next(family for family in FAMILIES if family.name == match.architecture)
        with torch.device("meta"):
            built = family.build(match).state_dict()
        print(json.dumps([[name, list(value.shape)] for name, value in built.items()]))
"""


def recorded() -> dict[str, tuple[dict[str, list[int]], dict[str, object], Match]]:
    """One network of every architecture, by its name."""
    found = {}
    for file in sorted(FIGURES.glob("*.json")):
        for case in json.loads(file.read_text("utf-8")).values():
            shapes = {name: tuple(shape) for name, shape in case["shapes"].items()}
            match = recognise(shapes, case["config"]) if len(shapes) <= LARGEST else None
            if match is not None and match.architecture not in LEFT_TO_TORCH:
                found.setdefault(match.architecture, (case["shapes"], case["config"], match))
    return found


RECORDED = recorded()


@pytest.fixture(scope="module")
def built_without_torch() -> dict[str, list[list[object]]]:
    wanted = json.dumps([[shapes, config] for shapes, config, _ in RECORDED.values()])
    done = subprocess.run([sys.executable, "-c", BUILD], input=wanted, capture_output=True, text=True, check=True)
    return dict(zip(RECORDED, map(json.loads, done.stdout.splitlines()), strict=True))


def test_most_architectures_are_recorded() -> None:
    assert len(RECORDED) > 25


@pytest.mark.parametrize("name", RECORDED)
def test_a_network_without_torch_has_the_tensors_of_torch(
    name: str, built_without_torch: dict[str, list[list[object]]]
) -> None:
    _, _, match = RECORDED[name]
    family = next(family for family in FAMILIES if family.name == match.architecture)
    with torch.device("meta"):
        built = family.build(match).state_dict()

    assert built_without_torch[name] == [[key, list(value.shape)] for key, value in built.items()]
