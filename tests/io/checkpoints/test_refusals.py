import argparse
import io
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from ganloss_cli.errors import ExitStatus, GanlossError, InputError, UnsafeCheckpointError
from ganloss_cli.io.checkpoints import open_checkpoint, unread


def rewritten(path: Path, change: Callable[[str, bytes], bytes | None], compression: int = zipfile.ZIP_STORED) -> Path:
    """The same archive with some entries changed or dropped."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            if data is not None:
                archive.writestr(name, data)
    return path


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_foreign_object_in_a_torch_file_is_refused(tmp_path: Path, foreign: object, as_zip: bool) -> None:
    path = tmp_path / "g.pt"
    torch.save({"g": foreign}, path, _use_new_zipfile_serialization=as_zip)

    with pytest.raises(UnsafeCheckpointError, match=r"g.pt: refused: unpickling it would import foreign.mark; nothing"):
        open_checkpoint(path)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_foreign_object_in_a_bare_pickle_of_any_protocol_is_refused(
    tmp_path: Path, foreign: object, protocol: int
) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(pickle.dumps(foreign, protocol))

    with pytest.raises(UnsafeCheckpointError, match=r"g.pt: refused: unpickling it would import foreign.mark"):
        open_checkpoint(path)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_foreign_object_in_a_bare_pickle_that_is_cut_off_is_refused(
    tmp_path: Path, foreign: object, protocol: int
) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(pickle.dumps([foreign, 1, 2], protocol)[:-2])

    with pytest.raises(UnsafeCheckpointError, match="refused"):
        open_checkpoint(path)


@pytest.mark.parametrize("position", range(5))
def test_every_pickle_of_a_legacy_file_is_checked(tmp_path: Path, foreign: object, position: int) -> None:
    path = tmp_path / "g.pt"
    buffer = io.BytesIO()
    torch.save({"a.weight": torch.zeros(2)}, buffer, _use_new_zipfile_serialization=False)
    pickles = split_pickles(buffer.getvalue())
    pickles[position] = pickle.dumps(foreign, 2)
    path.write_bytes(b"".join(pickles))

    with pytest.raises(UnsafeCheckpointError, match="refused"):
        open_checkpoint(path)


def split_pickles(data: bytes) -> list[bytes]:
    """The five pickles of a legacy file and what follows them."""
    stream = io.BytesIO(data)
    ends = [0]
    for _ in range(5):
        list(pickletools.genops(stream))
        ends.append(stream.tell())
    return [data[start:end] for start, end in zip(ends, [*ends[1:], None], strict=True)]


def test_a_second_pickle_in_the_archive_is_checked(tmp_path: Path, foreign: object) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(2)}, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("g/other.pkl", pickle.dumps(foreign))

    with pytest.raises(UnsafeCheckpointError, match="refused"):
        open_checkpoint(path)


def test_a_whole_module_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    torch.save(torch.nn.Linear(2, 2), path)

    with pytest.raises(UnsafeCheckpointError, match=r"would import torch.nn.modules.linear.Linear; nothing") as caught:
        open_checkpoint(path)

    assert caught.value.status == ExitStatus.UNSAFE
    assert caught.value.hint is not None
    assert "state_dict()" in caught.value.hint


def test_control_characters_of_a_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(b"\x80\x02cmodule\x1b[2J\nname\n.")

    with pytest.raises(UnsafeCheckpointError) as caught:
        open_checkpoint(path)

    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_harmless_bare_pickle_is_no_torch_checkpoint(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(pickle.dumps({"a": [1, 2]}, protocol))

    with pytest.raises(InputError, match=r"g.pt: a pickle, but not a torch checkpoint"):
        open_checkpoint(path)


@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.parametrize("with_settings", [True, False])
def test_a_truncated_file_is_an_input_error_wherever_it_ends(tmp_path: Path, as_zip: bool, with_settings: bool) -> None:
    path = tmp_path / "g.pt"
    content: dict[str, Any] = {"g": {"a.weight": torch.arange(40.0), "b.weight": torch.arange(3)}}
    if with_settings:
        content["args"] = argparse.Namespace(lr=0.1)  # only our own reader lets it through
    torch.save(content, path, _use_new_zipfile_serialization=as_zip)
    whole = path.read_bytes()

    for length in (1, 2, 3, *range(4, len(whole), 64), len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"g.pt: "):
            open_checkpoint(path)


def test_a_truncated_safetensors_file_is_an_input_error_wherever_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    whole = save({"a.weight": torch.arange(40.0)})

    for length in range(1, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"g.safetensors: "):
            open_checkpoint(path)


def status_of(path: Path) -> ExitStatus:
    try:
        open_checkpoint(path)
    except GanlossError as error:
        return error.status
    return ExitStatus.DONE


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_flipped_byte_is_never_a_traceback(tmp_path: Path, as_zip: bool) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.arange(4.0)}, path, _use_new_zipfile_serialization=as_zip)
    whole = path.read_bytes()

    for position in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        assert status_of(path) in (ExitStatus.DONE, ExitStatus.INPUT, ExitStatus.UNSAFE)


def test_a_flipped_bit_of_a_weight_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.full((64,), 1.25)}, path)
    damaged = path.read_bytes().replace(struct.pack("<f", 1.25), struct.pack("<f", 1.5), 1)
    path.write_bytes(damaged)

    with pytest.raises(InputError, match=r"g.pt: entry 'g/data/0' is damaged: its CRC-32 is another"):
        open_checkpoint(path)


def test_a_storage_that_is_smaller_than_declared_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(64)}, path)
    rewritten(path, lambda name, data: data[:128] if name.endswith("data/0") else data)

    with pytest.raises(InputError, match=r"g.pt: storage 0 is declared with 256 bytes but the file holds 128"):
        open_checkpoint(path)


def test_a_storage_that_is_missing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(64)}, path)
    rewritten(path, lambda name, data: None if name.endswith("data/0") else data)

    with pytest.raises(InputError, match=r"g.pt: storage 0 is missing"):
        open_checkpoint(path)


def test_a_compressed_entry_is_refused_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(64)}, path)
    rewritten(path, lambda _name, data: data, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # and so `read`, which calls it

    with pytest.raises(InputError, match=r"g.pt: entry 'g/data.pkl' is compressed, which torch never writes"):
        open_checkpoint(path)


def test_a_tensor_far_larger_than_its_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(1).expand(200, 200)}, path)
    monkeypatch.setattr(unread, "_SLACK", 1000)

    with pytest.raises(InputError, match=r"g.pt: declares 160000 bytes of weights in a file of"):
        open_checkpoint(path)


def test_a_legacy_file_that_declares_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(100)}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(struct.pack("<q", 100), struct.pack("<q", 101)))

    with pytest.raises(InputError, match=r"g.pt: storage \d+ does not have the length it is declared with"):
        open_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [b"hello, world\n", b"count\n1\n", b"import os\nimport sys\n", b"\x89PNG\r\n\x1a\n" + bytes(64), bytes(100), b"."],
    ids=["text", "csv", "python", "png", "zeros", "dot"],
)
def test_other_files_are_no_checkpoints(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"g.pt: not a checkpoint; expected one of torch.save files"):
        open_checkpoint(path)


def test_a_zip_of_other_things_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/readme.txt", "hello")

    with pytest.raises(InputError, match="not a checkpoint"):
        open_checkpoint(path)


def test_an_empty_file_a_folder_and_nothing_are_input_errors(tmp_path: Path) -> None:
    (tmp_path / "empty.pt").touch()

    with pytest.raises(InputError, match=r"empty.pt: the file is empty"):
        open_checkpoint(tmp_path / "empty.pt")
    with pytest.raises(InputError, match=r"absent.pt: no such file"):
        open_checkpoint(tmp_path / "absent.pt")
    with pytest.raises(InputError, match=r"cannot be read: Is a directory"):
        open_checkpoint(tmp_path)


def test_bytes_before_the_archive_are_refused_where_torch_cannot_read_behind_them(tmp_path: Path) -> None:
    path = tmp_path / "generator.pt"
    torch.save({"a.weight": torch.ones(2)}, path)
    path.write_bytes(path.read_bytes() * 2)

    with pytest.raises(InputError, match=r"generator\.pt: the zip directory does not lie where the archive says"):
        open_checkpoint(path)
