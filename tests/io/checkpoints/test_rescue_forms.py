"""Forms of pickled modules that --rescue was told to read and did not: torch before 0.4, and cloudpickle."""

import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, UnsafeCheckpointError
from ganloss_cli.io.checkpoints import open_checkpoint


class Reduced:
    """Pickled as a call of what is given, with a state."""

    def __init__(self, function: Callable[..., Any], *arguments: object, state: object = None) -> None:
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced

    def __call__(self, *_: object) -> None:
        """Called by nobody; what is pickled as a callable has to be one."""


def parameter(tensor: torch.Tensor) -> Reduced:
    """As torch before 0.4 wrote it: of a tensor, with requires_grad, volatile and hooks for its state."""
    return Reduced(torch.nn.parameter.Parameter, tensor, state=(True, False, None))


def state(parameters: dict[str, Any], modules: dict[str, Any]) -> dict[str, Any]:
    return {"_parameters": parameters, "_buffers": {}, "_modules": modules, "_backend": None, "training": True}


@pytest.fixture
def theirs() -> Iterator[types.ModuleType]:
    """Two modules with classes and functions that are gone once everything is written."""
    names = ("vdsr", "cloudpickle", "cloudpickle.cloudpickle")
    for name in names:
        sys.modules[name] = types.ModuleType(name)
    for module, defined in (("vdsr", "Net"), ("vdsr", "Conv2d")):
        setattr(sys.modules[module], defined, type(defined, (), {"__module__": module}))
    for function in ("_make_skeleton_class", "_make_function", "_builtin_type"):
        made = types.FunctionType((lambda *_: None).__code__, {}, function)
        made.__module__, made.__qualname__ = "cloudpickle.cloudpickle", function
        setattr(sys.modules["cloudpickle.cloudpickle"], function, made)
    yield sys.modules["vdsr"]
    for name in names:
        sys.modules.pop(name, None)


def forget() -> None:
    for name in ("vdsr", "cloudpickle", "cloudpickle.cloudpickle"):
        del sys.modules[name]


WEIGHT, BIAS = torch.arange(18.0).view(2, 1, 3, 3), torch.arange(2.0)


def of_old_torch(theirs: Any) -> Any:
    conv, net = theirs.Conv2d(), theirs.Net()
    conv.__dict__ = state({"weight": parameter(WEIGHT), "bias": parameter(BIAS)}, {})
    net.__dict__ = state({}, {"input": conv})
    return net


def of_cloudpickle(theirs: Any) -> Any:
    cloudpickle = sys.modules["cloudpickle.cloudpickle"]
    made = Reduced(cloudpickle._make_skeleton_class, type, "Net", (), {}, "e17f", None)
    code = Reduced(Reduced(cloudpickle._builtin_type, "CodeType"), 0)
    conv = theirs.Conv2d()
    conv.__dict__ = state({"weight": WEIGHT, "bias": BIAS}, {})
    held = {**state({}, {"input": conv}), "activation": Reduced(cloudpickle._make_function, code)}
    return Reduced(made, state=held)


FORMS = {"torch before 0.4": of_old_torch, "cloudpickle": of_cloudpickle}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("as_zip", [True, False])
def test_the_tensors_of_a_module_of_another_form_are_recovered(
    tmp_path: Path, theirs: Any, form: str, as_zip: bool
) -> None:
    path = tmp_path / "model_epoch_50.pth"
    torch.save({"epoch": 50, "model": FORMS[form](theirs)}, path, _use_new_zipfile_serialization=as_zip)
    forget()

    checkpoint = open_checkpoint(path, rescue=True)

    [network] = checkpoint.networks
    assert list(network.state_dict) == ["input.weight", "input.bias"]
    assert torch.equal(network.state_dict["input.weight"], WEIGHT)
    assert torch.equal(network.state_dict["input.bias"], BIAS)
    assert checkpoint.step == 50


@pytest.mark.parametrize("form", FORMS)
def test_without_rescue_they_are_unsafe_and_the_hint_holds(
    tmp_path: Path, theirs: Any, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "g.pth"
    torch.save(FORMS[form](theirs), path)
    forget()

    with pytest.raises(UnsafeCheckpointError) as refused:
        open_checkpoint(path)
    assert main(["eval", "--ckpt", str(path)]) == ExitStatus.UNSAFE

    assert "--rescue" in str(refused.value.hint)
    assert open_checkpoint(path, rescue=True).networks
    assert main(["inspect", str(path)]) == ExitStatus.DONE
    assert "code_in_pickle" in capsys.readouterr().out


def test_a_state_dict_of_old_parameters_needs_no_rescue(tmp_path: Path) -> None:
    torch.save({"a.weight": parameter(WEIGHT), "a.bias": parameter(BIAS)}, tmp_path / "g.pth")

    [network] = open_checkpoint(tmp_path / "g.pth").networks

    assert torch.equal(network.state_dict["a.weight"], WEIGHT)
