"""Networks of the user's own: ROLE=FILE.py:Class(ngf=64)."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.loading import load_strictly, try_load
from ganloss_cli.io.user_code import import_file, importing_beside, run_theirs
from ganloss_cli.records.request import UserNetwork


def load_user_network(spec: UserNetwork) -> nn.Module:
    """The module that the user's own class or function makes.

    The file is imported as Python would import it from its folder: `from .blocks import X` and `import blocks` work
    beside it, and up through packages with an __init__.py. What it prints goes to stderr.

    Args:
        spec: the file, the class and its arguments.

    Returns:
        the module with the weights its constructor gave it.

    Raises:
        InputError: no such file or class, or the user's code fails.
    """
    if not spec.file.is_file():
        raise InputError(f"{spec.file}: no such file", hint="give --network ROLE=FILE.py:Class")
    with importing_beside(spec.file):
        module = run_theirs(lambda: import_file(spec.file), f"{spec.file}: cannot be imported")
        maker = getattr(module, spec.name, None)
        if maker is None:
            raise InputError(f"{spec.file}: no '{spec.name}' in it; its networks are {_networks_in(module)}")
        network = _make(maker, spec)
    if not isinstance(network, nn.Module):
        raise InputError(f"{spec.file}: {spec.name} gave a {type(network).__name__}, not a torch.nn.Module")
    return network


def load_into(module: nn.Module, state_dict: Mapping[str, Tensor], where: str) -> None:
    """Load a checkpoint's weights into a module whose names may have a prefix more or less.

    Args:
        module: receives them.
        state_dict: name -> tensor.
        where: the file and the network's name in it, for the error.

    Raises:
        InputError: missing or unexpected keys except batch-norm counters, or shapes that differ.
    """
    for candidate in _spellings(state_dict, tuple(module.state_dict())):
        if try_load(module, candidate) is None:
            return
    takes = _parameters(type(module))
    hint = f"make it as it was trained, with --network ROLE=FILE.py:{type(module).__name__}(...): it takes {takes}"
    load_strictly(module, state_dict, where, hint=hint if takes else None)


def _spellings(state_dict: Mapping[str, Tensor], wanted: tuple[str, ...]) -> Iterator[Mapping[str, Tensor]]:
    """As it is, without the prefix that all its keys share, with the one that all wanted keys share, and both."""
    yield state_dict
    had, want = _common_prefix(tuple(state_dict)), _common_prefix(wanted)
    if had:
        yield {key.removeprefix(had): value for key, value in state_dict.items()}
    if want:
        yield {want + key: value for key, value in state_dict.items()}
    if had and want:
        yield {want + key.removeprefix(had): value for key, value in state_dict.items()}


def _common_prefix(keys: tuple[str, ...]) -> str:
    heads = {key.partition(".")[0] for key in keys if "." in key}
    return f"{heads.pop()}." if len(heads) == 1 and all("." in key for key in keys) else ""


def _make(maker: Any, spec: UserNetwork) -> Any:
    if isinstance(maker, nn.Module) and not spec.arguments and not spec.keywords:
        return maker
    if not callable(maker):
        raise InputError(f"{spec.file}: '{spec.name}' is a {type(maker).__name__}, not a class or a function")
    try:
        return run_theirs(lambda: maker(*spec.arguments, **spec.keywords), f"{spec.file}: {spec.name} cannot be built")
    except InputError as error:
        takes = _parameters(maker)
        raise InputError(error.message, hint=error.hint or (f"it takes {takes}" if takes else None)) from error


def _parameters(maker: Any) -> str:
    """What a class or a function of theirs takes: "ndf=8, norm='batch'"; empty where that is nothing."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):  # what is made in C tells nothing
        return ""
    named = [p.replace(annotation=p.empty) for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return ", ".join(map(str, named))


def _networks_in(module: types.ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == module.__name__
    ]
    return ", ".join(names) or "none"
