import copy
import importlib.util
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from ganloss_cli.io.architectures import Match, rebuild, recognise

ROOT = Path(__file__).resolve().parents[3]
UPSTREAM = ROOT / "tests" / "upstream"


def _script(name: str, file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, UPSTREAM / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def upstream_cases(figures: ModuleType) -> Callable[[str], Mapping[str, Any]]:
    """The cases of a script of tests/upstream; it needs no clone before it is run, but `figures` beside it."""
    assert sys.modules["figures"] is figures
    _script("hifigan", "hifigan")  # whose helpers the script of whole models imports, and those of this one
    _script("speech", "speech")
    _script("vocoder_networks", "vocoder_networks")
    _script("vits", "vits")
    _script("neural_codecs", "neural_codecs")
    _script("autoencoder_networks", "autoencoder_networks")
    return lambda name: _script(f"upstream_{name}", name).CASES  # type: ignore[no-any-return]


@pytest.fixture(scope="session")
def figures() -> ModuleType:
    """Weights and inputs by formula, and what is compared."""
    _script("cut", "cut")  # which cuts classes out of clones
    return _script("figures", "figures")


@pytest.fixture(scope="session")
def fill(figures: ModuleType) -> Callable[[nn.Module], nn.Module]:
    """Weights by formula, running statistics and spectral vectors included."""

    def fill(network: nn.Module) -> nn.Module:
        network.load_state_dict(figures.filled(figures.shapes_of(network)))
        return network.eval()

    return fill


@pytest.fixture(scope="session")
def recognised() -> Callable[..., Match | None]:
    """What the tool makes of a state dict."""

    def recognised(state: Mapping[str, Tensor], config: Mapping[str, Any] | None = None) -> Match | None:
        return recognise({key: tuple(value.shape) for key, value in state.items()}, config or {})

    return recognised


@pytest.fixture(scope="session")
def survives(recognised: Callable[..., Match | None]) -> Callable[..., Match]:
    """Assert that a network comes back from its state dict, whatever the order and the names of its keys."""

    def survives(
        network: nn.Module,
        sample: Tensor,
        *,
        rename: Callable[[str], str] = str,
        config: Mapping[str, Any] | None = None,
        beside: Sequence[Tensor] = (),
    ) -> Match:
        state = {rename(key): value for key, value in sorted(network.state_dict().items())}
        match = recognised(state, config)
        assert match is not None, "not recognised"
        with torch.no_grad():
            wanted, found = _flat(network(sample, *beside)), _flat(rebuild(match, state)(sample, *beside))
        assert len(wanted) == len(found)
        for one, other in zip(wanted, found, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-6, atol=1e-6)
        return match

    return survives


@pytest.fixture(scope="session")
def normed() -> Callable[..., nn.Module]:
    """A copy of a network whose convolutions torch has put under a norm, in the spelling asked for."""
    norms = {
        "old weight norm": torch.nn.utils.weight_norm,
        "new weight norm": parametrizations.weight_norm,
        "old spectral norm": torch.nn.utils.spectral_norm,
        "new spectral norm": parametrizations.spectral_norm,
    }

    def normed(network: nn.Module, spelling: str, *, only: tuple[str, ...] = ("",)) -> nn.Module:
        torch.manual_seed(0)
        network = copy.deepcopy(network)
        layers = [
            layer
            for name, layer in network.named_modules()
            if name.startswith(only) and isinstance(layer, nn.Conv1d | nn.Conv2d | nn.ConvTranspose1d)
        ]
        assert layers
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # the old spellings are deprecated, and still in most files
            for layer in layers:
                norms[spelling](layer)
        return network.eval()

    return normed


def _flat(output: Any) -> list[Tensor]:
    return [output] if isinstance(output, Tensor) else [tensor for part in output for tensor in _flat(part)]
