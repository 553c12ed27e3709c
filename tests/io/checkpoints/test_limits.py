"""Every limit of the checkpoint reader, set low: a small harmless file that passes it is refused in words."""

import argparse
import builtins
import io
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.contents import networks
from ganloss_cli.io.checkpoints.contents.networks import settings_of
from ganloss_cli.io.checkpoints.contents.trees import module_tree
from ganloss_cli.io.checkpoints.formats import headers, tensors
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.formats.tensors import read_records
from ganloss_cli.io.checkpoints.inspect_all import survey
from ganloss_cli.io.checkpoints.pickle import machine, operations
from ganloss_cli.io.checkpoints.pickle.scan import scan_pickle

ROOM = "ganloss_cli.io.checkpoints"
EXCEPTIONS = [held for held in vars(builtins).values() if isinstance(held, type) and issubclass(held, Exception)]


def shared(levels: int) -> object:
    """A tuple that holds the same tuple twice, level by level: it stands for 2 ** levels numbers."""
    value: object = 1
    for _ in range(levels):
        value = (value, value)
    return value


def nested(levels: int) -> list[object]:
    value: list[object] = []
    for _ in range(levels - 1):
        value = [value]
    return value


PICKLES = {
    "operations": ("MAX_OPERATIONS", 200, pickle.dumps([1.5] * 300, 2), "more than 200 pickle operations"),
    "values on the stack": ("MAX_VALUES", 200, pickle.dumps([1.5] * 300, 2), "more than 200 values at once"),
    # protocol 0 appends one by one and keeps every text
    "values in the memo": ("MAX_VALUES", 100, pickle.dumps([f"n{k}" for k in range(200)], 0),
                           "more than 100 values at once"),
    "globals": ("MAX_GLOBALS", 20, pickle.dumps(EXCEPTIONS * 5, 2), "more than 20 different globals"),
    "sets": ("MAX_BYTES", 20_000, pickle.dumps([set() for _ in range(100)], 4),
             "objects of more than 20000 bytes beside its tensors"),
    "what a set is made of": ("MAX_BYTES", 20_000, pickle.dumps({shared(13)}, 2),
                              "objects of more than 20000 bytes beside its tensors"),
    "lists in lists": ("MAX_NESTING", 5, pickle.dumps(nested(7), 2), "more than 5 levels of nesting"),
    "tuples in tuples": ("MAX_NESTING", 5, pickle.dumps(shared(6), 2), "more than 5 levels of nesting"),
    "a key": ("MAX_KEY", 3, pickle.dumps({(1, 2, 3): 0}, 0), "a key of more than 3 values"),
    "one key of many": ("MAX_KEY", 3, pickle.dumps({1: 0, (1, 2, 3): 0}, 2), "a key of more than 3 values"),
    "a key of a whole mapping": ("MAX_KEY", 3, b"((I1\nI2\nI3\ntI0\nd.", "a key of more than 3 values"),
    "an element of a set": ("MAX_KEY", 3, pickle.dumps({(1, 2, 3)}, 4), "a key of more than 3 values"),
    "a frozen set": ("MAX_KEY", 3, pickle.dumps(frozenset({(1, 2, 3)}), 4), "a key of more than 3 values"),
    "a shared key": ("MAX_KEY", 30, pickle.dumps({shared(5): 0}, 2), "a key of more than 30 values"),
}  # fmt: skip


@pytest.mark.parametrize("name", PICKLES)
def test_a_pickle_beyond_a_limit_is_not_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, low, data, problem = PICKLES[name]
    before = scan_pickle(data).problem

    monkeypatch.setattr(machine, limit, low)
    found = scan_pickle(data)

    assert before is None
    assert (found.problem, found.thin) == (problem, b"")


@pytest.mark.parametrize(
    ("limit", "data", "problem"),
    [
        ("MAX_INTEGER", pickle.dumps(2**100, 2), "an integer of 13 bytes"),
        ("MAX_LINE", pickle.dumps("a line of some length", 0), "truncated or corrupt pickle"),
    ],
)
def test_an_argument_beyond_a_limit_is_not_read(
    limit: str, data: bytes, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert scan_pickle(data).problem is None
    monkeypatch.setattr(operations, limit, 10)

    assert scan_pickle(data).problem == problem


def test_an_integer_of_more_digits_than_python_reads_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "generator.pkl"
    path.write_bytes(pickle.dumps({"a.weight": np.ones(2), "seed": 10**700}, 0))
    most = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        with pytest.raises(InputError, match="the pickle in it cannot be read"):
            open_checkpoint(path)
    finally:
        sys.set_int_max_str_digits(most)


def saved(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def of_safetensors(path: Path) -> None:
    save_file({"a.weight": torch.ones(2)}, path)


def of_flat_arrays(path: Path) -> None:
    with path.open("wb") as file:
        np.savez_compressed(file, **{"a.weight": np.zeros(1000)})


def of_program(path: Path) -> None:
    torch.export.save(torch.export.export(torch.nn.Linear(2, 3), (torch.ones(1, 2),)), path)


def of(content: object) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(saved(content))


def pickled(content: object, protocol: int = 2) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(pickle.dumps(content, protocol))


WEIGHTS = {"a.weight": torch.arange(4.0), "b.bias": torch.arange(3.0)}
SETTINGS = {"args": argparse.Namespace(lr=0.1)}  # only our own reader lets it through
TWO = {"g": WEIGHTS, "d": WEIGHTS}
FILES: dict[str, tuple[dict[str, float], Callable[[Path], object], str]] = {
    "the header of a safetensors file": (
        {"formats.sniff.MAX_HEADER": 10}, of_safetensors, r"a safetensors header of \d+ bytes; at most 10 are read"),
    "the directory of a zip": ({"formats.sniff.MAX_DIRECTORY": 10}, of(WEIGHTS), "the zip directory claims"),
    "the objects of a pickle": ({"pickle.machine.MAX_BYTES": 100}, of(WEIGHTS), "objects of more than 100 bytes"),
    "the header of an array": ({"formats.headers._MOST_NPY_HEADER": 10}, of_flat_arrays, "a header of 118 bytes"),
    "what an npz unpacks to": ({"formats.headers._SLACK": 0, "formats.headers._MOST_REPEATS": 1}, of_flat_arrays,
                               "would unpack 8128 bytes from a file of"),
    "repeated weights": ({"unread._SLACK": 0, "unread._MOST_REPEATS": 1},
                         of({"a.weight": torch.zeros(1).expand(50, 50)}), "declares 10000 bytes of weights in a file"),
    "entries of mappings": ({"contents.networks.MAX_ENTRIES": 5}, of(TWO), "more than 5 entries in the mappings"),
    "shared mappings": ({"contents.networks.MAX_ENTRIES": 20}, of({k: dict.fromkeys("abc", WEIGHTS) for k in "abc"}),
                        "more than 20 entries in the mappings around its"),
}  # fmt: skip
ONLY_WITH_TENSORS: dict[str, tuple[dict[str, float], Callable[[Path], object], str]] = {
    "shared containers": ({"formats.tensors.MAX_VALUES": 20}, of({**TWO, **SETTINGS, "s": shared(3)}),
                          "more than 20 values in its mappings and lists"),
}  # fmt: skip
MODULES: dict[str, tuple[dict[str, float], Callable[[Path], object], str]] = {
    "modules in modules": ({"contents.modules.MAX_DEPTH": 2}, pickled(torch.nn.Sequential(torch.nn.Sequential(
        torch.nn.Linear(2, 2)))), "more than 2 modules inside one another"),
    "tensors of modules": ({"contents.modules.MAX_TENSORS": 3}, pickled(torch.nn.Sequential(torch.nn.Linear(2, 2))),
                           "more than 3 tensors and modules, or a module inside itself"),
    "tensors as text": ({"formats.legacy._MOST_DECODED": 1000}, pickled({"a.weight": torch.full((3000,), 7.0)}),
                        "more than 1000 bytes of tensors as text"),
}  # fmt: skip


def lowered(limits: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in limits.items():
        monkeypatch.setattr(f"{ROOM}.{name}", value)


@pytest.mark.parametrize("name", [*FILES, *ONLY_WITH_TENSORS, *MODULES])
def test_a_file_beyond_a_limit_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits, write, message = {**FILES, **ONLY_WITH_TENSORS, **MODULES}[name]
    path, rescue = tmp_path / "generator.pt", name in MODULES
    write(path)
    before = open_checkpoint(path, rescue=rescue)
    lowered(limits, monkeypatch)

    assert before.networks
    with pytest.raises(InputError, match=rf"generator\.pt: .*{message}"):
        open_checkpoint(path, rescue=rescue)
    if name not in ONLY_WITH_TENSORS:
        with pytest.raises(InputError, match=rf"generator\.pt: .*{message}"):
            survey([path], rescue=rescue)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_index_of_a_program_beyond_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "generator.pt2"
    of_program(path)
    monkeypatch.setattr(headers, "MAX_HEADER", 10)

    with pytest.raises(InputError, match=r"generator\.pt2: an index of \d+ bytes; at most 10 are read"):
        survey([path])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("write", "parser"),
    [(of_safetensors, "json.loads"), (of_program, "json.loads"), (of_flat_arrays, "ast.literal_eval")],
    ids=["safetensors", "program", "npz"],
)
def test_a_header_that_is_nested_too_deeply_to_be_read_is_damaged(
    write: Callable[[Path], object], parser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_deep(_text: str) -> None:
        raise RecursionError

    path = tmp_path / "generator"
    write(path)
    monkeypatch.setattr(parser, too_deep)

    with pytest.raises(InputError, match=r"generator: .*RecursionError"):
        survey([path])


@pytest.mark.parametrize("name", ["builtins.bytearray", "torch.Tensor"])
def test_what_takes_as_much_memory_as_it_is_told_is_never_handed_to_torch(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "generator.pt"
    held = bytearray(3) if name == "builtins.bytearray" else torch.Tensor
    torch.save({"g": WEIGHTS, "held": held}, path)
    monkeypatch.setattr(torch, "load", None)

    assert list(open_checkpoint(path).networks[0].state_dict) == list(WEIGHTS)


def test_settings_beyond_their_limits_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"huge": 2**70, "deep": nested(7), "long": "x" * 30, "many": [1] * 30, "shared": shared(4)}

    monkeypatch.setattr(networks, "SETTINGS_DEPTH", 4)
    monkeypatch.setattr(networks, "MAX_TEXT", 10)
    monkeypatch.setattr(networks, "MAX_SETTINGS", 20)
    kept = settings_of(settings)

    # deep: three levels below the mapping; many: until twenty values were visited
    assert kept == {"huge": None, "deep": [[[None]]], "long": "x" * 10, "many": [1] * 12 + [None] * 8, "shared": None}


def test_a_tree_of_containers_is_copied_no_deeper_than_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, path = nested(4), tmp_path / "generator.pt"
    path.write_bytes(b"whatever")
    monkeypatch.setattr(tensors, "MAX_DEPTH", 2)

    found = read_records(path, Outline(root=root), root)

    assert found == root
    assert found[0] is not root[0]
    assert found[0][0] is root[0][0]  # type: ignore[index]


def test_a_tree_goes_no_deeper_than_it_is_told() -> None:
    tree = module_tree("generator", {"a.b.c.weight": 6, "a.bias": 2}, depth=2)

    [a] = tree.modules
    [b] = a.modules
    assert (tree.parameters, a.parameters, b.parameters, b.modules) == (8, 8, 6, ())
