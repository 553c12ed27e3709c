"""Archives of torch with one field of their directory changed: refused with what is wrong."""

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints import open_checkpoint

METHOD, SIZE, PLACE = (10, "<H"), (24, "<I"), (42, "<I")  # fields of an entry of the directory


def archive() -> bytes:
    buffer = io.BytesIO()
    torch.save({"a.weight": torch.arange(4.0)}, buffer)
    return buffer.getvalue()


def with_field(field: tuple[int, str], value: int) -> bytes:
    """The archive with another value in the directory's entry of data.pkl."""
    data = bytearray(archive())
    start = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") - 1)
    while not data[start + 46 :].startswith(b"archive/data.pkl"):
        start = data.index(b"PK\x01\x02", start + 1)
    struct.pack_into(field[1], data, start + field[0], value)
    return bytes(data)


def with_entry(name: str, content: bytes) -> bytes:
    """The archive with one entry more."""
    buffer = io.BytesIO(archive())
    with zipfile.ZipFile(buffer, "a") as opened:
        opened.writestr(name, content)
    return buffer.getvalue()


def without_signature() -> bytes:
    """The archive with another signature where data/0 begins."""
    data = archive()
    start = data.index(b"archive/data/0") - 30
    return data[:start] + b"XX" + data[start + 2 :]


def bare(entry: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        opened.writestr("a.weight.npy", entry)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: with_field(METHOD, zipfile.ZIP_DEFLATED), r"entry 'archive/data\.pkl' is compressed, which torch"),
        (lambda: with_field(SIZE, 7), r"entry 'archive/data\.pkl' is compressed, which torch never writes"),
        (lambda: with_field(PLACE, len(archive())), r"entry 'archive/data\.pkl' claims \d+ bytes in a file of \d+"),
        (lambda: with_field(PLACE, 1), r"entry 'archive/data\.pkl' is damaged: it does not lie where it should"),
        (without_signature, "entry 'archive/data/0' is damaged: it does not lie where it should"),
        (lambda: with_entry("archive/data/0", bytes(16)), "entry 'archive/data/0' is there twice"),
        (lambda: with_entry("other/data.pkl", pickle.dumps({}, 2)), r"expected one data\.pkl in the archive, found 2"),
        (lambda: archive()[:-10] + struct.pack("<I", 2**20) + bytes(6), "the zip directory claims 1048576 bytes in"),
        (lambda: bare(b"no array"), r"entry 'a\.weight\.npy' is no array: not an \.npy file"),
    ],
)
def test_an_archive_with_a_changed_field_is_refused(make: object, message: str, tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(make())  # type: ignore[operator]

    with pytest.raises(InputError, match=rf"g\.pt: {message}"):
        open_checkpoint(path)


def test_a_bare_pickle_refers_to_nothing_outside_of_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(archive())) as opened:
        (tmp_path / "g.pt").write_bytes(opened.read("archive/data.pkl"))

    with pytest.raises(InputError, match=r"g\.pt: a pickle that refers to storages outside of it"):
        open_checkpoint(tmp_path / "g.pt")


class Stored:
    """Pickled as a storage is, around a torch file of something else."""

    def __reduce__(self) -> tuple[object, tuple[bytes]]:
        buffer = io.BytesIO()
        torch.save({"a": 1}, buffer, _use_new_zipfile_serialization=False)
        return torch.storage._load_from_bytes, (buffer.getvalue(),)


def test_a_storage_of_a_bare_pickle_is_a_storage(tmp_path: Path) -> None:
    (tmp_path / "g.pt").write_bytes(pickle.dumps({"a.weight": Stored()}, 4))

    with pytest.raises(InputError, match=r"g\.pt: .*a torch file that is no storage"):
        open_checkpoint(tmp_path / "g.pt", rescue=True)


def test_an_array_as_text_of_another_length_is_refused(tmp_path: Path) -> None:
    data = pickle.dumps({"a.weight": np.full(3000, -1, "i1")}, 2)
    (tmp_path / "g.pt").write_bytes(data.replace(b"\xc3\xbf", b"ab", 1))  # one letter of two bytes, or two of one

    with pytest.raises(InputError, match=r"g\.pt: 3001 bytes where 3000 are declared"):
        open_checkpoint(tmp_path / "g.pt")
