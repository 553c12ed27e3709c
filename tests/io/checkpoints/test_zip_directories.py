import io
import struct
import zipfile

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganloss_cli.io.checkpoints.formats.zip_directories import plain_directory

FIELDS = ("filename", "compress_type", "CRC", "compress_size", "file_size", "header_offset")


def saved(content: object) -> bytes:
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def zipped(comment: bytes = b"", extra: bytes = b"", **names: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in names.items():
            info = zipfile.ZipInfo(name)
            info.extra = extra
            archive.writestr(info, content)
        archive.comment = comment
    return file.getvalue()


def ours(data: bytes) -> list[tuple[object, ...]] | None:
    found = plain_directory(data, len(data))
    return None if found is None else [tuple(entry) for entry in found]


def theirs(data: bytes) -> list[tuple[object, ...]] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [tuple(getattr(info, field) for field in FIELDS) for info in archive.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError, struct.error):
        return None


TORCH = saved({f"layer{k}": torch.zeros(k) for k in range(20)})


@pytest.mark.parametrize("data", [TORCH, zipped(a=b"1", b=b"22")], ids=["torch", "zipfile"])
def test_a_plain_directory_is_what_zipfile_reads(data: bytes) -> None:
    assert ours(data) == theirs(data)
    assert ours(data) is not None


def test_only_the_end_of_an_archive_is_needed() -> None:
    assert plain_directory(TORCH[-4_000:], len(TORCH)) == plain_directory(TORCH, len(TORCH))


@pytest.mark.parametrize(
    "data",
    [
        zipped(comment=b"a comment", a=b"1"), zipped(extra=b"\x01\x00\x00\x00", a=b"1"), zipped(é=b"1"),
        b"in front" + zipped(a=b"1"), zipped(a=b"1") + b"behind", zipped(**{"a\\b": b"1"}), zipped(), b"", TORCH[:-1],
    ],
    ids=["comment", "extra", "accent", "in front", "behind", "backslash", "empty", "nothing", "truncated"],
)  # fmt: skip
def test_a_directory_that_is_not_plain_is_left_to_zipfile(data: bytes) -> None:
    assert ours(data) is None


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_changed_directory_is_what_zipfile_reads_or_not_plain(choice: st.DataObject) -> None:
    changed = bytearray(TORCH)
    for _ in range(choice.draw(st.integers(1, 3))):
        position = choice.draw(st.integers(len(TORCH) - 1_600, len(TORCH) - 1))
        changed[position] = choice.draw(st.integers(0, 255))

    assert ours(bytes(changed)) in (None, theirs(bytes(changed)))
