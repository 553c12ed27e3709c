"""A file that a training rewrites while it is read ends in words, never in a signal and never in mixed numbers."""

import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import save_file

from ganloss_cli.errors import ExitStatus, GanlossError, InputError
from ganloss_cli.io import comparables, reading, stored
from ganloss_cli.io.checkpoints import inspect, opening, unread
from ganloss_cli.io.datasets import open_data
from ganloss_cli.io.logs import event_files
from ganloss_cli.io.logs import opening as logs
from ganloss_cli.records.request import Request

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

REAL = np.arange(60_000, dtype=np.float32).reshape(30, 2000)
KEPT = 4096  # bytes that a truncated file keeps; the pages behind them are gone
EVENT = b"\x09" + bytes(8) + b"\x10\x01\x2a\x0a\x0a\x08\x0a\x01a\x15" + struct.pack("<f", 0.5)


def npz(path: Path, compression: int) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive, archive.open("real.npy", "w") as member:
        np.lib.format.write_array(member, np.random.default_rng(0).random(REAL.shape))


def idx(path: Path) -> None:
    path.write_bytes(struct.pack(">BBBB2I", 0, 0, 0x0D, 2, *REAL.shape) + REAL.astype(">f4").tobytes())


def events(path: Path) -> None:
    records = (b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2", *[EVENT] * 2000)
    path.write_bytes(b"".join(struct.pack("<Q", len(each)) + b"crc?" + each + b"crc?" for each in records))


def torch_file(path: Path, *, as_zip: bool) -> None:
    content = {"real": torch.from_numpy(REAL), "a.weight": torch.ones(70, 70)}
    torch.save(content, path, _use_new_zipfile_serialization=as_zip)


WRITERS: dict[str, Callable[[Path], Any]] = {
    "safetensors": lambda path: save_file({"real": torch.from_numpy(REAL)}, path),
    "torch zip": lambda path: torch_file(path, as_zip=True),
    "torch legacy": lambda path: torch_file(path, as_zip=False),
    "npz": lambda path: npz(path, zipfile.ZIP_STORED),
    "npz compressed": lambda path: npz(path, zipfile.ZIP_DEFLATED),
    "npy": lambda path: np.save(path.with_suffix(".npy"), REAL) or path.with_suffix(".npy").rename(path),
    "npy of Fortran": lambda path: (
        np.save(path.with_suffix(".npy"), np.asfortranarray(REAL)) or path.with_suffix(".npy").rename(path)
    ),
}  # fmt: skip
OTHERS: dict[str, Callable[[Path], Any]] = {
    "idx": idx,
    "events": events,
    "wav": lambda path: soundfile.write(path, REAL[0] / 4000, 8000, format="WAV"),
    "json lines": lambda path: path.write_bytes(b'{"loss": 1.5}\n' * 2000),
    "manifest": lambda path: path.write_text("label\n" + "7\n" * 4000),
}
ALL = {**WRITERS, **OTHERS}


def shrink(path: Path) -> None:
    os.truncate(path, KEPT)


def ends_in(work: Callable[[], object], folder: Path) -> tuple[int, str]:
    """How a child process ends that does this, and what it says; less than 0 is a signal."""
    said = folder / "said"
    child = os.fork()
    if child == 0:
        status = 70
        try:
            work()
            status = 0
        except GanlossError as error:
            said.write_text(error.message)
            status = int(error.status)
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, said.read_text() if said.exists() else ""


@pytest.mark.parametrize("written_as", WRITERS)
def test_data_that_shrink_after_they_were_opened_are_an_error(tmp_path: Path, written_as: str) -> None:
    path = tmp_path / "data"
    WRITERS[written_as](path)

    def work() -> None:
        array = stored.open_stored(path)["" if "npy" in written_as else "real"]
        shrink(path)
        array.sample(29)

    assert ends_in(work, tmp_path) == (ExitStatus.INPUT, f"{path}: changed while it was read")


@pytest.mark.parametrize("written_as", ["safetensors", "torch zip", "torch legacy", "npz"])
@pytest.mark.parametrize("command", ["open", "inspect"])
def test_a_checkpoint_that_shrinks_after_its_outline_was_read_is_an_error(
    tmp_path: Path, written_as: str, command: str
) -> None:
    path = tmp_path / "g.pt"
    WRITERS[written_as](path)

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            tree_of = unread.tree_of
            patch.setattr(unread, "tree_of", lambda *given, **more: (shrink(path), tree_of(*given, **more))[1])
            if command == "open":
                opening.open_checkpoint(path)
            else:
                inspect.inspect_file(path, with_hash=True)

    assert ends_in(work, tmp_path) == (ExitStatus.INPUT, f"{path}: changed while it was read")


def test_an_event_file_that_shrinks_between_two_records_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1"
    events(path)

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(event_files, "_WINDOW", KEPT, raising=False)
            patch.setattr(event_files.Recorder, "add", lambda *_, **__: shrink(path))
            event_files.read_event_file(path)

    assert ends_in(work, tmp_path) == (ExitStatus.INPUT, f"{path}: changed while it was read")


def read_in_every_way(path: Path, written_as: str) -> None:
    if written_as in ("events", "json lines"):
        logs.open_logs(path)
    elif written_as in ("wav", "manifest"):
        group = open_data(Request(data=path)).groups[0]
        group.read(0)
    elif written_as == "idx":
        stored.open_stored(path)[""].whole()
    else:
        comparables.open_comparable(path)


@pytest.mark.parametrize("written_as", ALL)
def test_a_file_that_shrinks_before_any_of_its_reads_is_an_error(tmp_path: Path, written_as: str) -> None:
    path = tmp_path / "data"
    reads: list[int] = []
    kept = {name: getattr(os, name) for name in ("pread", "preadv")}
    outcomes = tmp_path / "outcomes"

    def work() -> None:  # all in one child: to fork a process that holds torch takes longer than to read a file
        ended = []
        for number in range(1, 9):
            ALL[written_as](path)
            reads.clear()
            try:
                read_as(number)
                ended.append((0, None))
            except GanlossError as error:
                ended.append((int(error.status), error.message))
        outcomes.write_text(json.dumps(ended))

    def read_as(number: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for name, read in kept.items():
                patch.setattr(reading.os, name, lambda *given, read=read: counted(number, lambda: read(*given)))
            read_in_every_way(path, written_as)

    def counted(number: int, read: Callable[[], Any]) -> Any:
        reads.append(1)
        if len(reads) == number:
            shrink(path)
        return read()

    assert ends_in(work, tmp_path) == (0, "")
    first, *others = json.loads(outcomes.read_text())
    changed = [ExitStatus.INPUT, f"{path}: changed while it was read"]
    assert first == changed
    assert [outcome for outcome in others if outcome not in ([0, None], changed)] == []


def test_a_file_that_is_written_anew_without_another_size_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"
    WRITERS["safetensors"](path)

    with pytest.raises(InputError, match=r"g\.safetensors: changed while it was read"), reading.unchanged(path):
        os.utime(path, ns=(0, 0))


def test_a_log_that_grows_while_it_is_read_is_read_as_far_as_it_had_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"loss": 1.5}\n')
    pread = os.pread

    def growing(*given: Any) -> bytes:
        with path.open("ab") as file:
            file.write(b'{"loss": 2.5}\n')
        return pread(*given)

    monkeypatch.setattr(reading.os, "pread", growing)

    assert logs.read_json_lines(path).series["loss"].values == (1.5,)
