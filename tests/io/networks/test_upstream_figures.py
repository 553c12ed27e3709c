"""Every figure recorded from the code that defines a network, against the network that is rebuilt from its names."""

import json
from pathlib import Path

import pytest
import torch

from ganloss_cli.io.architectures import rebuild, recognise

FOLDER = Path(__file__).parent / "figures"
FAMILIES = (
    "auralflow", "biggan", "gan_stability", "hifigan", "melgan", "pix2pix", "stacks", "stylegan2", "superresolution",
    "vae", "vits",
)  # fmt: skip
CASES = [(family, name) for family in FAMILIES for name in json.loads((FOLDER / f"{family}.json").read_text())]


@pytest.mark.parametrize(("family", "name"), CASES, ids=lambda value: value)
def test_a_rebuilt_network_computes_what_upstream_recorded(family, name, upstream_cases, figures):
    recorded = json.loads((FOLDER / f"{family}.json").read_text())[name]
    case = upstream_cases(family)[name]
    match = recognise({key: tuple(shape) for key, shape in recorded["shapes"].items()}, recorded["config"])

    with torch.no_grad():
        network = rebuild(match, figures.filled(recorded["shapes"], gain=case.gain))
        output = case.call_ours(network, figures.sample(recorded["input"]))

    assert figures.differences(figures.summary(output), recorded["output"]) == []
    assert set(match.origins) == set(match.hyperparameters)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_case_of_a_script_is_recorded(family, upstream_cases):
    recorded = {name for owner, name in CASES if owner == family}

    assert set(upstream_cases(family)) == recorded
