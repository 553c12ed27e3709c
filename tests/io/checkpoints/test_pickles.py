import argparse
import pickle
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import PurePosixPath

import numpy as np
import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.pickle.objects import Inert
from ganloss_cli.io.checkpoints.pickle.reader import InertUnpickler
from ganloss_cli.io.checkpoints.pickle.scan import scan_pickle
from ganloss_cli.io.checkpoints.pickle.tensor_places import StorageRecord, tensor_of


class MadeOfPairs:
    """Pickled as Python 2 pickles an OrderedDict."""

    def __reduce__(self) -> tuple[object, tuple[list[list[object]]]]:
        return OrderedDict, ([["b", 1], [("a", 1), 2]],)


def read(data: bytes) -> object:
    return InertUnpickler(scan_pickle(data), "file.pth").read()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_data_comes_out_as_it_was(protocol: int) -> None:
    value = {"a": [1, (2.5, None)], "b": "text", "c": True, "d": {"e": -1}}

    assert read(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (OrderedDict(a=1), {"a": 1}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (deque([1, 2]), [1, 2]),
        ({1, 2}, {1, 2}),
        (frozenset({1}), {1}),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_containers_and_numpy_scalars_become_plain(value: object, expected: object, protocol: int) -> None:
    assert read(pickle.dumps(value, protocol)) == expected


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_namespace_becomes_a_stub_with_its_fields(protocol: int) -> None:
    stub = read(pickle.dumps(argparse.Namespace(lr=0.1, size=256), protocol))

    assert isinstance(stub, Inert)
    assert stub.fields() == {"lr": 0.1, "size": 256}


def test_a_path_becomes_text() -> None:
    assert read(pickle.dumps(PurePosixPath("a") / "b", 2)) == "a/b"


def test_state_on_a_mapping_cannot_replace_its_methods() -> None:
    made = b"ccollections\nOrderedDict\n)RX\x01\x00\x00\x00aK\x01s"
    state = b"}X\x05\x00\x00\x00itemsNsb"

    plain = read(b"\x80\x02" + made + state + b".")

    assert isinstance(plain, dict)
    assert list(plain.items()) == [("a", 1)]


def test_a_pickle_cannot_change_our_functions() -> None:
    # collections.OrderedDict, then BUILD with the slot state {"__defaults__": None}
    data = b"\x80\x02ccollections\nOrderedDict\n}" + b"}X\x0c\x00\x00\x00__defaults__Ns" + b"\x86b."

    with pytest.raises(InputError, match=r"file.pth: .* a function cannot be given a state"):
        read(data)


def test_a_bytearray_of_a_declared_size_is_not_made() -> None:
    stub = read(b"\x80\x02cbuiltins\nbytearray\nK\x64\x85R.")

    assert isinstance(stub, Inert)
    assert stub.arguments == (100,)


def test_only_plain_elements_of_sets_and_keys_of_mappings_are_kept() -> None:
    # anything else would be hashed with all that it holds
    assert read(pickle.dumps({(1, 2), 3, "a"}, 2)) == {3, "a"}
    assert read(pickle.dumps(MadeOfPairs(), 2)) == {"b": 1}


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "hex", "rot13"])
def test_no_codec_but_latin1_is_used(codec: str) -> None:
    name = codec.encode()
    data = b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX" + len(name).to_bytes(4, "little") + name + b"\x86R."

    with pytest.raises(InputError, match="an encoding that no checkpoint uses"):
        read(data)


def test_bytes_of_protocol_2_come_out() -> None:
    assert read(pickle.dumps({"a": b"\x00\xff"}, 2)) == {"a": b"\x00\xff"}


def test_a_forbidden_global_is_an_error_even_here() -> None:
    with pytest.raises(InputError, match=r"module\.name is not allowed"):
        read(b"cmodule\nname\n.")


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        ("I0\n(I9\nt(I1\nt", r"a tensor of shape \(9,\) reaches beyond its storage"),
        ("I8\n(I1\nt(I1\nt", r"a tensor of shape \(1,\) reaches beyond its storage"),
        ("I0\n(I2\nt(I8\nt", r"a tensor of shape \(2,\) reaches beyond its storage"),
        ("I0\n(I-1\nt(I1\nt", "a tensor with an impossible shape"),
        ("I0\n(I1\nt(I1\nI1\nt", "a tensor with an impossible shape"),
        ("I-1\n(I1\nt(I1\nt", "a tensor with an impossible shape"),
    ],
)
def test_a_tensor_never_reaches_beyond_its_storage(tensor: str, reason: str) -> None:
    class WithStorage(InertUnpickler):
        def persistent_load(self, reference: object) -> object:
            return super().persistent_load(("storage", self.find_class("torch", "FloatStorage"), "0", "cpu", 8))

    data = f"ctorch._utils\n_rebuild_tensor_v2\n(P0\n{tensor}I00\nNtR.".encode()

    with pytest.raises(InputError, match=reason):
        WithStorage(scan_pickle(data), "file.pth").read()


@pytest.mark.parametrize(
    ("offset", "shape", "stride"),
    [(2**63, (1,), (1,)), (0, (2**63,), (1,)), (0, (1,), (2**63,)), (0, (2,), (2**62,)), (0, (-1,), (1,)),
     (0, (True,), (1,)), (0, (1.0,), (1,)), (0, (1, 1), (1,))],
)  # fmt: skip
def test_a_tensor_has_a_shape_that_there_can_be(offset: int, shape: tuple[int, ...], stride: tuple[int, ...]) -> None:
    storage = StorageRecord(key="0", dtype="float32", count=8)

    with pytest.raises(pickle.UnpicklingError, match=r"impossible shape|reaches beyond its storage"):
        tensor_of(storage, "float32", offset, shape, stride)


@pytest.mark.parametrize(
    ("storage", "dtype"), [(None, "float32"), (StorageRecord(key="0", dtype="float32", count=8), "text")]
)
def test_a_tensor_lies_in_a_storage_and_has_a_dtype(storage: object, dtype: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="a tensor without a storage"):
        tensor_of(storage, dtype, 0, (1,), (1,))


@pytest.mark.parametrize(
    "reference",
    [
        ("storage", None, "0", "cpu", -1),
        ("storage", None, "0", "cpu", 2**63),
        ("storage", None, "0", "cpu", True),
        ("storage", None, 0, "cpu", 8),
        ("stored", None, "0", "cpu", 8),
        ("storage", None, "0", "cpu", 8, ("view", -1, 4)),
        ("storage", None, "0", "cpu", 8, ("view", 2**63, 4)),
        ("storage", None, "1", "cpu", 9),
        7,
        -1,
    ],
    ids=str,
)
def test_a_reference_to_no_storage_is_an_error(reference: object) -> None:
    unpickler = InertUnpickler(scan_pickle(pickle.dumps(1, 2)), "file.pth")
    unpickler.persistent_load(("storage", None, "1", "cpu", 8))

    with pytest.raises(pickle.UnpicklingError, match=r"not a storage|declared twice, with different sizes"):
        unpickler.persistent_load(reference)


@pytest.mark.parametrize("state", [b"}X\x05\x00\x00\x00shapeK\x09\x85s", b"]", b"N}\x86"])
def test_a_pickle_cannot_change_a_tensor_once_it_is_checked(state: bytes) -> None:
    class WithStorage(InertUnpickler):
        def persistent_load(self, reference: object) -> object:
            return super().persistent_load(("storage", self.find_class("torch", "FloatStorage"), "0", "cpu", 8))

    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(P0\nI0\n(I1\nt(I1\ntI00\nNtR"

    with pytest.raises(InputError, match="a tensor cannot be given a state"):
        WithStorage(scan_pickle(tensor + state + b"b."), "file.pth").read()
