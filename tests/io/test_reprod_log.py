import io
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from ganloss_cli.errors import InputError, UnsafeCheckpointError
from ganloss_cli.io.reprod_log import is_reprod_log, read_reprod_log

# What numpy writes of np.array({...}, dtype=object): the header, then a pickle.
HEADER = b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"


def logged(path: Path, content: object, protocol: int = 3) -> Path:
    """As `ReprodLogger.save` writes it: numpy.save of a dict."""
    path.write_bytes(HEADER + pickle.dumps(np.array(content, dtype=object), protocol=protocol))
    return path


ARRAYS = {
    "scalar": np.array(0.5, np.float32),
    "one": np.array([1.5], np.float64),
    "matrix": np.arange(6, dtype=np.float32).reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
    "big_endian": np.array([1.0, 2.0], ">f4"),
    "half": np.array([1.0, 2.0], np.float16),
    "flags": np.array([True, False]),
    "empty": np.zeros((0, 3), np.float32),
    "long": np.linspace(0, 1, 5000, dtype=np.float32),
}


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_arrays_come_back_as_they_were_logged(protocol: int, tmp_path: Path) -> None:
    path = logged(tmp_path / "log.npy", ARRAYS, protocol)

    read = read_reprod_log(path)

    assert is_reprod_log(path)
    assert list(read) == list(ARRAYS)
    for key, array in ARRAYS.items():
        assert read[key].numpy().tolist() == array.tolist()
        assert tuple(read[key].shape) == array.shape
        assert read[key].numpy().dtype == array.dtype.newbyteorder("=")


def test_what_numpy_itself_saves_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log.npy"
    np.save(path, {"loss": np.float32(0.25).reshape(1)}, allow_pickle=True)

    assert read_reprod_log(path)["loss"].tolist() == [0.25]


def test_both_spellings_of_numpy_are_known(tmp_path: Path) -> None:
    path = logged(tmp_path / "log.npy", ARRAYS)
    other = tmp_path / "other.npy"
    written = path.read_bytes()
    swapped = (
        (b"numpy._core.m", b"numpy.core.m") if b"numpy._core.m" in written else (b"numpy.core.m", b"numpy._core.m")
    )

    other.write_bytes(written.replace(*swapped))

    assert torch.equal(read_reprod_log(path)["matrix"], read_reprod_log(other)["matrix"])
    assert swapped[1] in other.read_bytes()


class Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("it ran",)


@pytest.mark.parametrize("content", [{"loss": Runs()}, Runs()], ids=["inside", "outermost"])
def test_a_pickle_that_names_anything_else_is_refused_unread(
    content: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = logged(tmp_path / "log.npy", content)

    with pytest.raises(UnsafeCheckpointError, match=r"builtins\.print; nothing of it was run"):
        read_reprod_log(path)

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "no dict of arrays"),
        ({"name": "text"}, "'name' is no array of numbers"),
        ({"words": np.array(["a", "b"])}, "'U1', which is no real number"),
        ({"objects": np.array([{}, {}])}, "'O8', which is no real number"),
        ({"complex": np.array([1j])}, "'c16', which is no real number"),
    ],
)
def test_anything_but_one_dict_of_numbers_is_an_error(content: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read_reprod_log(logged(tmp_path / "log.npy", content))


def test_no_truncation_reads_or_crashes(tmp_path: Path) -> None:
    whole = logged(tmp_path / "log.npy", {"loss": np.float32([0.25])}).read_bytes()
    path = tmp_path / "cut.npy"

    for length in range(len(HEADER) - 3, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"cut\.npy"):
            read_reprod_log(path)


def test_an_array_that_claims_more_bytes_than_it_has_is_an_error(tmp_path: Path) -> None:
    path = logged(tmp_path / "log.npy", {"loss": np.zeros(7, np.float32)})
    path.write_bytes(path.read_bytes().replace(b"K\x07\x85", b"K\x09\x85"))

    with pytest.raises(InputError, match=r"shape \(9,\) with another number of bytes"):
        read_reprod_log(path)


def test_plain_arrays_are_no_reprod_log(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.zeros(3))
    (tmp_path / "plain.npy").write_bytes(file.getvalue())

    assert not is_reprod_log(tmp_path / "plain.npy")
