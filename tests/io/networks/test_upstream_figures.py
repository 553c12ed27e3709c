"""Every figure recorded from the code that defines a network, against the network that is rebuilt from its names."""

import functools
import importlib
import json
import pkgutil
from pathlib import Path

import pytest
import torch

from ganloss_cli.io import architectures
from ganloss_cli.io.architectures import FAMILIES, rebuild, recognise

FOLDER = Path(__file__).parent / "figures"
SCRIPTS = tuple(sorted(file.stem for file in FOLDER.glob("*.json")))


@functools.cache
def recorded_by(script):
    return json.loads((FOLDER / f"{script}.json").read_text())


CASES = [(script, name) for script in SCRIPTS for name in recorded_by(script)]


@functools.cache
def recognised(script, name):
    recorded = recorded_by(script)[name]
    return recognise({key: tuple(shape) for key, shape in recorded["shapes"].items()}, recorded["config"])


@pytest.mark.parametrize(("script", "name"), CASES, ids=lambda value: value)
def test_a_rebuilt_network_computes_what_upstream_recorded(script, name, upstream_cases, figures):
    recorded = recorded_by(script)[name]
    case = upstream_cases(script)[name]
    match = recognised(script, name)

    with torch.no_grad():
        network = rebuild(match, figures.filled(recorded["shapes"], gain=case.gain))
        output = case.call_ours(network, figures.sample(recorded["input"]))

    assert figures.differences(figures.summary(output), recorded["output"]) == []
    assert set(match.origins) == set(match.hyperparameters)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_case_of_a_script_is_recorded(script, upstream_cases):
    assert set(upstream_cases(script)) == set(recorded_by(script))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_comes_back_from_the_state_dict_of_its_own_code(family):
    found = [case for case in CASES if recognised(*case).architecture == family.name]

    assert found, "no figure of tests/upstream is of this family"


def test_every_file_of_families_is_in_the_table():
    names = [module.name for module in pkgutil.iter_modules(architectures.__path__) if module.name != "table"]
    modules = [importlib.import_module(f"{architectures.__name__}.{name}") for name in names]

    declared = {
        module.__name__: getattr(module, "FAMILIES", (getattr(module, "FAMILY", None),))
        for module in modules
        if hasattr(module, "FAMILIES") or hasattr(module, "FAMILY")
    }

    assert len(declared) > 15
    assert [name for name, families in declared.items() if not set(families) <= set(FAMILIES)] == []
