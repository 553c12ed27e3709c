import collections
import copyreg
import pickle
import struct
from typing import Self

import pytest

from ganloss_cli.io.checkpoints.pickle.machine import UNRESOLVED, Machine
from ganloss_cli.io.checkpoints.pickle.operations import operation_at
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle


def scan(data: bytes) -> Scan:
    return scan_pickle(data)


class Slow:
    """Made by a call with keywords, for which protocol 4 has an operation of its own."""

    def __new__(cls, *, speed: int = 0) -> Self:
        return super().__new__(cls)

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, int]]:
        return (), {"speed": 1}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_globals_of_every_protocol_are_found(protocol: int, foreign: object) -> None:
    found = scan(pickle.dumps({"a": [1, 2], "b": foreign}, protocol))

    assert found.globals == {"foreign.mark"}
    assert found.calls
    assert found.problem is None


def test_a_pickle_of_plain_data_imports_nothing() -> None:
    found = scan(pickle.dumps({"a": [1, (2.5, None)], "b": {3, 4}, "c": b"bytes"}, 4))

    assert found.globals == frozenset()
    assert found.problem is None


def test_python_2_names_are_told_in_python_3() -> None:
    assert scan(b"c__builtin__\nset\n.").globals == {"builtins.set"}
    assert scan(pickle.dumps(collections.UserList, 2)).globals == {"collections.UserList"}
    assert scan(pickle.dumps(range, 2)).globals == {"builtins.range"}  # xrange, as it was


def test_the_name_of_a_module_is_followed_through_the_memo() -> None:
    # protocol 4 writes it once for both classes, and fetches it from the memo for the second
    data = pickle.dumps([collections.UserList, collections.UserDict], 4)

    assert data.count(b"\x0bcollections") == 1
    assert scan(data).globals == {"collections.UserList", "collections.UserDict"}


def test_a_text_stays_what_it_is_on_the_stack_and_in_the_memo() -> None:
    data, machine, position = b"\x8c\x04textq\x000h\x002", Machine(), 0
    while position < len(data):
        operation = operation_at(data, position, len(data))
        machine.follow(operation)
        position = operation.end

    assert [value.text if value else None for value in machine.stack] == ["text", "text"]


def test_what_stands_where_a_name_should_be_counts_as_unresolved() -> None:
    assert scan(b"\x80\x04]]\x93.").globals == {UNRESOLVED}


@pytest.mark.parametrize("code", [5, 500, 70_000])
def test_the_extension_registry_counts_as_a_global(code: int, foreign: object) -> None:
    [mark, _] = foreign.__reduce__()  # type: ignore[misc]
    copyreg.add_extension("foreign", "mark", code)
    try:
        assert scan(pickle.dumps(mark, 2)).globals == {f"copyreg extension {code}"}
    finally:
        copyreg.remove_extension("foreign", "mark", code)


@pytest.mark.parametrize(
    "data",
    [
        b"(cmodule\nName\no.", b"(imodule\nName\n.", b"cmodule\nName\n(tR.", b"\x80\x02cmodule\nName\n)\x81.",
        pickle.dumps(Slow(), 4), b"cmodule\nName\nNb.",
    ],
    ids=["OBJ", "INST", "REDUCE", "NEWOBJ", "NEWOBJ_EX", "BUILD"],
)  # fmt: skip
def test_every_operation_that_makes_an_object_is_a_call_and_its_global_is_found(data: bytes) -> None:
    found = scan(data)

    assert found.globals in ({"module.Name"}, {f"{Slow.__module__}.Slow"})
    assert found.calls
    assert found.problem is None


def test_globals_before_a_break_are_told(foreign: object) -> None:
    found = scan(pickle.dumps(foreign, 2)[:-1])

    assert found.globals == {"foreign.mark"}
    assert found.problem == "truncated or corrupt pickle"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"0.",
        b"\x80\x02(.",
        b"\x80\x04\x93.",
        b"\xffjunk",
        b"h\x07.",
        b"(]R.",
        b"]a.",
        b"(q\x00N.",
        b"(2N.",
    ],
)
def test_nonsense_is_a_problem_and_no_exception(data: bytes) -> None:
    assert scan(data).problem is not None


def test_a_lying_memo_index_is_refused() -> None:
    data = b"\x80\x02]r" + struct.pack("<I", 1000) + b"."

    assert scan(data).problem == "memo index 1000 in a pickle of 2 operations"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_ends_before_its_end_whatever_follows(protocol: int) -> None:
    data = pickle.dumps({"a": [1, 2.5, -70_000, "text"], "b": (b"bytes", 2**40)}, protocol)

    assert scan_pickle(data, 0, len(data)).problem is None
    for end in range(len(data)):
        assert scan_pickle(data, 0, end).problem == "truncated or corrupt pickle"


@pytest.mark.parametrize("data", [b"M\x01\x02", b"\x8c\x04text", b"B\x04\0\0\0text", b"I12\n"])
def test_an_operation_that_reaches_beyond_the_end_is_none(data: bytes) -> None:
    assert operation_at(data, 0, len(data)).end == len(data)

    with pytest.raises(ValueError, match=r"truncated|no end of line"):
        operation_at(data, 0, len(data) - 1)


def test_a_scan_stops_behind_its_pickle(foreign: object) -> None:
    data = pickle.dumps(1, 2) + pickle.dumps(foreign, 2)

    first = scan_pickle(data)
    second = scan_pickle(data, first.end)

    assert first.globals == frozenset()
    assert second.globals
