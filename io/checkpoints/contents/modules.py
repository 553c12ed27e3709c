"""State dicts out of pickled modules, by walking the inert stubs that stand for them.

Torch-free. A module keeps its tensors in `_parameters` and `_buffers` and its children in `_modules`; NVlabs' wrap a
mapping with the module's state into a call of `_reconstruct_persistent_obj`; TorchScript keeps all as attributes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.networks import settings_of
from ganloss_cli.io.checkpoints.formats.distributed import beside_distributed
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.formats.paddle import in_torch_words, is_paddle
from ganloss_cli.io.checkpoints.formats.sniff import Format
from ganloss_cli.io.checkpoints.pickle.objects import Inert, tensor_record
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord

MAX_DEPTH = 64
MAX_TENSORS = 500_000
_ENTRIES = 16  # of mappings and lists, that take the time of a tensor
_CONTAINERS = 4  # levels of mappings, lists and other objects around modules
INIT_KWARGS = "init_kwargs"  # under which their arguments stand beside the state dicts
_PERSISTENT = "._reconstruct_persistent_obj"


class _Budget:
    """How much may still be visited: a few shared objects can stand for more than any file holds."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.left = MAX_TENSORS

    def spend(self, *visited: Sized) -> None:
        self.left -= 1 + sum(map(len, visited)) // _ENTRIES
        if self.left < 0:
            raise InputError(f"{self.where}: more than {MAX_TENSORS} tensors and modules, or a module inside itself")


def is_module(value: object) -> bool:
    """Whether a stub stands for a torch module."""
    return isinstance(value, Inert) and "_parameters" in _state(value) and "_modules" in _state(value)


def module_names(root: object) -> tuple[str, ...]:
    """The classes of the modules at the top of a tree, as the pickle calls them."""
    values = list(dict.values(root)) if isinstance(root, dict) else [root]
    return tuple(dict.fromkeys(_called(value) for value in values if is_module(value)))


def with_state_dicts(root: object, where: str) -> object:
    """The same tree with a state dict in the place of every module, and a mapping in that of what holds modules.

    Args:
        root: what was read with stubs.
        where: the file, for errors.

    Raises:
        InputError: it holds more than any checkpoint does.
    """
    converted = _converted(root, _Budget(where), _CONTAINERS)
    made_with = _arguments(root)
    return {**converted, INIT_KWARGS: made_with} if made_with and isinstance(converted, dict) else converted


def _arguments(root: object) -> dict[str, Any]:
    """What the modules that carry their source were made with: name -> arguments, as far as they are kept."""
    entries = dict.items(root) if isinstance(root, dict) else ()
    persistent = {name: value for name, value in entries if isinstance(value, Inert) and is_persistent(value)}
    kept = {name: _state(value).get("_init_kwargs") for name, value in persistent.items() if is_module(value)}
    return {name: arguments for name, arguments in kept.items() if isinstance(arguments, Inert | dict)}


def state_of_script(root: object, where: str) -> dict[str, TensorRecord]:
    """The tensors of a TorchScript module by name."""
    return dict(_attributes(root, "", _Budget(where), MAX_DEPTH))


def _converted(value: object, budget: _Budget, depth: int) -> object:
    if not isinstance(value, dict | list | tuple | Inert):
        return value
    budget.spend(_fields(value) if isinstance(value, Inert) else value)
    if is_module(value):
        return dict(_tensors(value, "", budget, MAX_DEPTH))
    if depth == 0:
        return value
    if isinstance(value, dict):
        return {key: _converted(entry, budget, depth - 1) for key, entry in dict.items(value)}
    if isinstance(value, list | tuple):
        return [_converted(entry, budget, depth - 1) for entry in value]
    if isinstance(value, Inert) and any(is_module(entry) for entry in _fields(value).values()):
        return {key: _converted(entry, budget, depth - 1) for key, entry in _fields(value).items()}
    return value


def _tensors(module: Any, prefix: str, budget: _Budget, depth: int) -> Iterator[tuple[str, TensorRecord]]:
    """Parameters, buffers, children: the order of a state dict."""
    state = _state(module)
    budget.spend(*(held for held in state.values() if isinstance(held, dict)))
    if depth == 0:
        raise InputError(f"{budget.where}: more than {MAX_DEPTH} modules inside one another")
    volatile = state.get("_non_persistent_buffers_set")
    left_out = volatile if isinstance(volatile, set) else set()
    for name, value in (*_entries(state, "_parameters"), *_entries(state, "_buffers")):
        record = tensor_record(value)
        if record is not None and name not in left_out:
            budget.spend()
            yield prefix + name, record
    for name, child in _entries(state, "_modules"):
        if is_module(child):
            yield from _tensors(child, f"{prefix}{name}.", budget, depth - 1)


def _attributes(module: object, prefix: str, budget: _Budget, depth: int) -> Iterator[tuple[str, TensorRecord]]:
    budget.spend()
    if not isinstance(module, Inert) or depth == 0:
        return
    for name, value in module.attributes.items():
        record = tensor_record(value)
        if record is not None:
            yield prefix + name, record
        elif isinstance(value, Inert):
            yield from _attributes(value, f"{prefix}{name}.", budget, depth - 1)


def _state(stub: Any) -> Mapping[str, Any]:
    """What the module's __dict__ held."""
    meta = _persistent(stub)
    if meta is None:
        return dict(stub.attributes)
    state = meta.get("state")
    return {key: value for key, value in dict.items(state) if isinstance(key, str)} if isinstance(state, dict) else {}


def _called(stub: Any) -> str:
    meta = _persistent(stub)
    name = meta.get("class_name") if meta is not None else None
    return name if isinstance(name, str) else stub.called


def is_persistent(stub: Inert) -> bool:
    """Whether a stub stands for a module that carries its source code, as NVlabs pickle theirs."""
    return _persistent(stub) is not None


def _persistent(stub: Inert) -> Mapping[str, Any] | None:
    """The mapping that NVlabs' persistence makes a module from."""
    if not stub.called.endswith(_PERSISTENT) or len(stub.arguments) != 1:
        return None
    [meta] = stub.arguments
    return _fields(meta) if isinstance(meta, Inert | dict) else None


def _fields(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Inert):
        return value.fields()
    return {key: entry for key, entry in dict.items(value) if isinstance(key, str)}


def _entries(state: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    held = state.get(name)
    return [(key, value) for key, value in dict.items(held) if isinstance(key, str)] if isinstance(held, dict) else []


def tree_of(path: Path, file_format: Format, outline: Outline, *, rescue: bool = False) -> Any:
    """The outline's object in plain words: Paddle's in torch's, a script's as a state dict, and on request modules too.

    Args:
        path: the file, for errors.
        file_format: of it.
        outline: of it.
        rescue: put state dicts in the place of pickled modules.

    Raises:
        InputError: it holds more than any checkpoint does.
    """
    root = outline.root
    if file_format == "torchscript":
        return state_of_script(root, str(path))
    if file_format == "distributed checkpoint":
        return settings_of(beside_distributed(path)) | root
    if file_format == "pickle" and is_paddle(root):
        root = in_torch_words(root)
    return with_state_dicts(root, str(path)) if rescue else root
