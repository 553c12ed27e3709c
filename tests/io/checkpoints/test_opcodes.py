import os
import pickle
import struct

import pytest

from ganloss_cli.io.checkpoints.pickle.machine import MAX_NESTING, UNRESOLVED
from ganloss_cli.io.checkpoints.pickle.scan import Scan, scan_pickle


def scan(data: bytes) -> Scan:
    return scan_pickle(data)


class Callable:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_globals_of_every_protocol_are_found(protocol: int) -> None:
    found = scan(pickle.dumps({"a": [1, 2], "b": Callable()}, protocol))

    assert found.globals == {f"{os.system.__module__}.system"}
    assert found.calls
    assert found.problem is None


def test_a_pickle_of_plain_data_imports_nothing() -> None:
    found = scan(pickle.dumps({"a": [1, (2.5, None)], "b": {3, 4}, "c": b"bytes"}, 4))

    assert found.globals == frozenset()
    assert found.problem is None


def test_python_2_names_are_told_in_python_3() -> None:
    assert scan(b"c__builtin__\nset\n.").globals == {"builtins.set"}


def test_a_name_that_travels_through_the_memo_is_found() -> None:
    # push "system", memoize, drop; push "os"; fetch; import
    found = scan(b"\x80\x04\x8c\x06system\x94" + b"0" + b"\x8c\x02os" + b"h\x00" + b"\x93.")

    assert found.globals == {"os.system"}


def test_a_duplicated_name_is_found() -> None:
    assert scan(b"\x80\x04\x8c\x02os2\x93.").globals == {"os.os"}


def test_a_name_that_is_computed_counts_as_unresolved() -> None:
    # a list where the name should be
    assert scan(b"\x80\x04\x8c\x02os]\x93.").globals == {UNRESOLVED}


def test_the_extension_registry_counts_as_a_global() -> None:
    assert scan(b"\x80\x02\x82\x05.").globals == {"copyreg extension 5"}


def test_instances_of_protocol_0_are_found() -> None:
    found = scan(b"(S'true'\nios\nsystem\n.")

    assert found.globals == {"os.system"}
    assert found.calls


def test_globals_before_a_break_are_told() -> None:
    found = scan(pickle.dumps(Callable(), 2)[:-1])

    assert found.globals == {f"{os.system.__module__}.system"}
    assert found.problem == "truncated or corrupt pickle"


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"0.", b"\x80\x02(.", b"\x80\x04\x93.", b"\xffjunk", b"h\x07.", b"(]R."]
)
def test_nonsense_is_a_problem_and_no_exception(data: bytes) -> None:
    assert scan(data).problem is not None


def test_a_lying_memo_index_is_refused() -> None:
    data = b"\x80\x02]r" + struct.pack("<I", 2**31) + b"."

    assert scan(data).problem == f"memo index {2**31} in a pickle of 2 operations"


def test_deep_nesting_is_refused() -> None:
    assert (
        scan(b"\x80\x02)" + b"\x85" * (MAX_NESTING + 1) + b".").problem == f"more than {MAX_NESTING} levels of nesting"
    )


def test_nesting_through_a_list_is_counted() -> None:
    nested: list[object] = []
    for _ in range(MAX_NESTING + 1):
        nested = [nested]

    assert scan(pickle.dumps(nested, 2)).problem == f"more than {MAX_NESTING} levels of nesting"


def test_a_scan_stops_behind_its_pickle() -> None:
    data = pickle.dumps(1, 2) + pickle.dumps(Callable(), 2)

    first = scan_pickle(data)
    second = scan_pickle(data, first.end)

    assert first.globals == frozenset()
    assert second.globals
