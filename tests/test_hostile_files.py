"""Files that name what is on no list, claim more than they hold, or are broken: refused in words, and nothing run.

All of them are harmless: what they name leaves a note (foreign.py), and what they claim is little. What is too much is
tested with low limits (io/checkpoints/test_limits.py).
"""

import argparse
import collections
import contextlib
import io
import json
import pickle
import pickletools
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import foreign
import numpy as np
import pytest
import torch
from safetensors.torch import save as save_safetensors

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, GanlossError, InputError
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.formats import sniff
from ganloss_cli.io.checkpoints.inspect_all import Survey, survey
from ganloss_cli.io.reading import OpenFile

MOST_READ = 300_000  # bytes of a file that holds nothing but a claim: one window of what is read at a time
CLAIMED = 2**22  # bytes that a file says it has and has not; whoever believes it takes as much memory
STEPS = 64
FOREIGN = foreign.Foreign()
WEIGHTS = {"a.weight": torch.arange(40.0), "b.bias": torch.arange(3.0)}
LEGACY_PICKLES = 5


def torch_file(content: object, *, as_zip: bool = True, protocol: int = 2) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=as_zip, pickle_protocol=protocol)
    return buffer.getvalue()


def zipped(entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def entries_of(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def changed(content: object = WEIGHTS, compression: int = zipfile.ZIP_STORED, **entries: bytes | None) -> bytes:
    """A torch file with entries put in place of its own: data_pkl=..., data_0=..."""
    held = entries_of(torch_file(content))
    folder = next(iter(held)).partition("/")[0]
    for name, data in entries.items():
        full = f"{folder}/{'data.pkl' if name == 'data_pkl' else name.replace('_', '/', 1)}"
        if data is None:
            del held[full]
        else:
            held[full] = data
    return zipped(held, compression)


def pickle_in_zip(data: bytes) -> bytes:
    return changed(data_pkl=data)


def legacy_with(position: int) -> bytes:
    """A legacy file whose pickle at this position names what is on no list."""
    data = torch_file(WEIGHTS, as_zip=False)
    stream, ends = io.BytesIO(data), [0]
    for _ in range(LEGACY_PICKLES):
        list(pickletools.genops(stream))
        ends.append(stream.tell())
    pickles = [data[start:end] for start, end in zip(ends, [*ends[1:], None], strict=True)]
    pickles[position] = pickle.dumps(FOREIGN, 2)
    return b"".join(pickles)


def text(word: str) -> bytes:
    return b"X" + struct.pack("<I", len(word)) + word.encode()


def safetensors(header: object, data: bytes = b"", *, length: int | None = None) -> bytes:
    written = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(written) if length is None else length) + written + data


def npy(header: str, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def npz(content: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    return zipped({"a.weight.npy": content}, compression)


def scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 3), torch.ones(1, 2)), buffer)
    return buffer.getvalue()


def program_index(**meta: Any) -> bytes:
    entry = {"dtype": 7, "sizes": [{"as_int": 3}], "strides": [{"as_int": 1}], "storage_offset": {"as_int": 0}, **meta}
    index = {"config": {"a.weight": {"path_name": "weight_0", "tensor_meta": entry}}}
    folder = "x/data/weights"
    return zipped(
        {
            "x/archive_format": b"pt2",
            f"{folder}/weight_0": bytes(12),
            f"{folder}/model_weights_config.json": json.dumps(index).encode(),
        }
    )


def tensor_pickle(storage: bytes, rest: bytes) -> bytes:
    """A state dict of one tensor, whose storage and geometry are given as operations."""
    return b"\x80\x02}" + text("a.weight") + b"ctorch._utils\n_rebuild_tensor_v2\n((" + storage + b"tQ" + rest + b"tRs."


def storage(count: bytes, kind: bytes = b"Float") -> bytes:
    return text("storage") + b"ctorch\n" + kind + b"Storage\n" + text("0") + text("cpu") + count


SMALL = b"K\x28"  # forty elements, as data/0 holds
ROW = b"K\x00K\x28\x85K\x01\x85\x89}"
MARK = b"cforeign\nmark\n"

# every row: what it is, and the file; eval must end with 3 or 4, inspect with 3 or a finding
CORPUS: dict[str, Callable[[], bytes]] = {
    **{f"a foreign global in a pickle of protocol {p}": lambda p=p: pickle.dumps(FOREIGN, p) for p in range(6)},
    **{f"a foreign global in a zip of protocol {p}": lambda p=p: torch_file({"g": FOREIGN}, protocol=p)
       for p in range(2, 6)},
    **{f"a foreign global in legacy pickle {k}": lambda k=k: legacy_with(k) for k in range(LEGACY_PICKLES)},
    "a foreign global in a pickle that is cut off": lambda: pickle.dumps([FOREIGN, 1, 2], 2)[:-3],
    "a foreign global that is not called": lambda: torch_file({**WEIGHTS, "f": foreign.mark}),
    "a foreign global as a key": lambda: torch_file({**WEIGHTS, foreign.mark: 1}),
    "a foreign global in settings": lambda: torch_file({**WEIGHTS, "args": argparse.Namespace(f=foreign.mark)}),
    "a class inside a class": lambda: torch_file({**WEIGHTS, "inner": foreign.Outer.Inner()}),
    "a foreign global as a backward hook": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00K\x28\x85K\x01\x85\x89" + MARK)
    ),
    "a foreign global in a persistent id": lambda: pickle_in_zip(b"\x80\x02" + MARK + b"Q."),
    "a foreign global in a second pickle of the archive": lambda: zipped(
        {**entries_of(torch_file(WEIGHTS)), "other.pkl": pickle.dumps(FOREIGN)}
    ),
    "an encoding that no checkpoint uses": lambda: b"\x80\x02c_codecs\nencode\n" + text("a") + text("hex") + b"\x86R.",
    "a whole module": lambda: torch_file(torch.nn.Linear(2, 2)),
    "a whole module in a legacy file": lambda: torch_file(torch.nn.Linear(2, 2), as_zip=False),
    "a tensor in a bare pickle": lambda: pickle.dumps({"a.weight": torch.ones(2)}, 2),
    "a class that Python 2 called otherwise": lambda: torch_file({**WEIGHTS, "words": collections.UserList(["a"])}),
    "a class that a module of torch keeps": lambda: torch_file({**WEIGHTS, "loss": torch.nn.L1Loss()}),
    "a script": scripted,
    "a call in the header of an array": lambda: npz(npy("dict(descr='<f4', fortran_order=False, shape=(1,))")),
    "an array of objects": lambda: npz(
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps([FOREIGN]))
    ),
    "a compressed entry": lambda: changed(compression=zipfile.ZIP_DEFLATED, data_0=bytes(160)),
    "an archive in an archive": lambda: pickle_in_zip(torch_file(WEIGHTS)),
    "an archive of archives": lambda: zipped({"a/inner.zip": torch_file(WEIGHTS)}),
    "two pickles of data": lambda: zipped({**entries_of(torch_file(WEIGHTS)), "other/data.pkl": pickle.dumps({}, 2)}),
    "a directory that lies about its size": lambda: torch_file(WEIGHTS)[:-10] + struct.pack("<I", CLAIMED) + bytes(6),
    "a storage that is missing": lambda: changed(data_0=None),
    "a storage that is too short": lambda: changed(data_0=bytes(8)),
    "a storage with a flipped bit": lambda: torch_file(WEIGHTS).replace(struct.pack("<f", 7.0), struct.pack("<f", 7.5)),
    "a pickle with a flipped bit": lambda: torch_file(WEIGHTS).replace(b"a.weight", b"b.weight"),
    "no pickle at all": lambda: pickle_in_zip(b""),
    "a list that holds itself": lambda: pickle_in_zip(b"\x80\x02]q\x00h\x00a."),
    "a mapping that holds itself": lambda: pickle_in_zip(b"\x80\x02}q\x00" + text("model") + b"h\x00s."),
    "a list of lists": lambda: pickle.dumps([[[1]], [[2]]], 2),
    "a memo index beyond its operations": lambda: b"\x80\x02]r" + struct.pack("<I", 1000) + b".",
    "an integer that is cut off": lambda: b"\x80\x02\x8b" + struct.pack("<i", CLAIMED) + b".",
    "bytes that are cut off": lambda: b"\x80\x04\x8e" + struct.pack("<Q", CLAIMED) + b".",
    "text of a negative length": lambda: b"\x80\x02T" + struct.pack("<i", -5) + b"abcde.",
    "text that is no UTF-8": lambda: b"\x80\x02X" + struct.pack("<I", 2) + b"\xff\xfe.",
    "a frame that lies": lambda: b"\x80\x04\x95" + struct.pack("<Q", CLAIMED) + b"N.",
    "an empty stack": lambda: b"\x80\x020000.",
    "a persistent id that is none": lambda: pickle_in_zip(b"\x80\x02K\x07Q."),
    "a bytearray of a size": lambda: pickle_in_zip(b"\x80\x02cbuiltins\nbytearray\nK\x64\x85R."),
    "a storage that is longer than the file's": lambda: pickle_in_zip(tensor_pickle(storage(b"K\x64"), ROW)),
    "a storage of another type": lambda: pickle_in_zip(tensor_pickle(storage(SMALL, b"Double"), ROW)),
    "a tensor beyond its storage": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00K\x29\x85K\x01\x85\x89}")
    ),
    "a tensor that strides beyond its storage": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00K\x02\x85K\x64\x85\x89}")
    ),
    "a tensor that is changed once it is checked": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), ROW).replace(b"Rs.", b"R}" + text("shape") + b"K\x64\x85sbs.")
    ),
    "a legacy storage of another length": lambda: torch_file({"a.weight": torch.zeros(100)}, as_zip=False).replace(
        struct.pack("<q", 100), struct.pack("<q", 101)
    ),
    "a legacy file twice": lambda: torch_file(WEIGHTS, as_zip=False)[:100] + torch_file(WEIGHTS, as_zip=False),
    "an array whose bytes are not there": lambda: pickle.dumps({"a.weight": np.zeros(2000, "f4")}, 4).replace(
        b"M\xd0\x07", b"M\xd1\x07"
    ),
    "an array as text that is none": lambda: pickle.dumps({"a.weight": np.full(3000, -1, "i1")}, 2).replace(
        b"\xc3\xbf", b"\xff\xff"
    ),
    "a header longer than its file": lambda: safetensors({"a": {}}, length=CLAIMED),
    "a header that is no JSON": lambda: safetensors(b'{"a": nonsense}'),
    "a header of another shape": lambda: safetensors([1, 2]),
    "a header of another kind": lambda: safetensors({"a": 3}),
    "offsets beyond the file": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]}}, bytes(40)
    ),
    "offsets of a negative length": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, bytes(40)
    ),
    "a shape that is no shape": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [-1, -10], "data_offsets": [0, 40]}}, bytes(40)
    ),
    "a shape of other bytes": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [10, 10], "data_offsets": [0, 40]}}, bytes(40)
    ),
    "a dtype of tomorrow": lambda: safetensors(
        {"a.weight": {"dtype": "F4", "shape": [10], "data_offsets": [0, 40]}}, bytes(40)
    ),
    "an array with a lying header": lambda: npz(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000,)}", bytes(40))
    ),
    "an array with half a header": lambda: npz(npy("{'descr': '<f4'")),
    "a program with a lying index": lambda: program_index(sizes=[{"as_int": 1000}]),
    "a program of an unknown dtype": lambda: program_index(dtype=99),
    "nothing": lambda: b"",
    "one byte": lambda: b"\x80",
    "zeros": lambda: bytes(1000),
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a web page": lambda: b"<!DOCTYPE html><html><body>Not found</body></html>",
    "a pointer of git-lfs": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_runs() -> Iterator[None]:
    foreign.CALLS.clear()
    yield
    assert foreign.CALLS == [], "code of a file ran"


def opened(path: Path, *, rescue: bool = False) -> ExitStatus:
    try:
        open_checkpoint(path, rescue=rescue)
    except GanlossError as error:
        return in_words(error, path)
    return ExitStatus.DONE


def looked_at(path: Path, *, rescue: bool = False) -> Survey | None:
    try:
        return survey([path], rescue=rescue, with_hash=True, with_tensors=True, with_tree=True)
    except InputError as error:
        in_words(error, path)
        return None


def in_words(error: GanlossError, path: Path) -> ExitStatus:
    assert str(error).startswith(f"{path}: ")
    assert str(error).isprintable()
    return error.status


def test_what_runs_leaves_a_note() -> None:
    pickle.loads(pickle.dumps(FOREIGN))

    assert foreign.CALLS == [("called",)]
    foreign.CALLS.clear()


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 80


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Duplicate name")
@pytest.mark.parametrize("name", CORPUS)
def test_a_hostile_or_broken_file_is_refused_in_words(tmp_path: Path, name: str) -> None:
    path = tmp_path / "generator.pt"
    path.write_bytes(CORPUS[name]())

    status = opened(path)
    seen = looked_at(path)

    assert status in (ExitStatus.INPUT, ExitStatus.UNSAFE)
    assert seen is None or seen.findings
    # with --rescue there may be something to recover, but never anything worse
    assert opened(path, rescue=True) in (ExitStatus.DONE, ExitStatus.INPUT, ExitStatus.UNSAFE)
    looked_at(path, rescue=True)


def test_duplicate_entries_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "generator.pt"
    path.write_bytes(torch_file(WEIGHTS))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))

    with pytest.raises(InputError, match=r"generator.pt: expected one data.pkl in the archive, found 2"):
        open_checkpoint(path)


def test_a_foreign_global_in_a_storage_of_a_pickle_is_not_run_by_rescue(tmp_path: Path) -> None:
    path = tmp_path / "g.pkl"
    inner = legacy_with(3)
    bytes_of_it = b"B" + struct.pack("<I", len(inner)) + inner
    path.write_bytes(b"\x80\x03}" + text("w.weight") + b"ctorch.storage\n_load_from_bytes\n" + bytes_of_it + b"\x85Rs.")

    assert opened(path) is ExitStatus.UNSAFE
    assert opened(path, rescue=True) is ExitStatus.INPUT
    assert looked_at(path) is None


WHOLE = {
    "zip": lambda: torch_file({"g": WEIGHTS}),
    "legacy": lambda: torch_file({"g": WEIGHTS}, as_zip=False),
    "module": lambda: torch_file(torch.nn.Linear(4, 4)),
    "pickle": lambda: pickle.dumps({"a.weight": np.zeros(2000, "f4"), "b.bias": np.zeros(3)}, 4),
    "modules": lambda: pickle.dumps({"G": torch.nn.Linear(4, 40)}, 4),
    "safetensors": lambda: save_safetensors(WEIGHTS),
    "npz": lambda: npz(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (100,)}", bytes(400))),
    "script": scripted,
    "program": program_index,
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", WHOLE)
def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path, name: str) -> None:
    path = tmp_path / "generator.pt"
    whole = WHOLE[name]()

    for length in (*range(1, len(whole), STEPS), len(whole) - 1):
        path.write_bytes(whole[:length])
        assert opened(path, rescue=True) in (ExitStatus.INPUT, ExitStatus.UNSAFE)
        assert looked_at(path, rescue=True) is None


ENTRY = {"dtype": "F32", "shape": [CLAIMED // 4], "data_offsets": [0, CLAIMED]}
HOLLOW = {
    "weights": safetensors({"a.weight": ENTRY}),
    "a header": struct.pack("<Q", CLAIMED) + b"{",
    "a string": b"\x80\x04\x8e" + struct.pack("<Q", CLAIMED),
}


@pytest.fixture
def hollow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """A file that is as large as it says and holds zeros, while headers may be a thousand bytes long."""
    monkeypatch.setattr(sniff, "MAX_HEADER", 1000)

    def write(name: str) -> Path:
        path = tmp_path / "hollow.pt"
        path.write_bytes(HOLLOW[name])
        with path.open("ab") as file:
            file.truncate(len(HOLLOW[name]) + CLAIMED)
        return path

    return write


@pytest.mark.parametrize("name", HOLLOW)
def test_what_a_file_holds_is_not_read_to_look_at_it(
    hollow: Callable[[str], Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, n_read, getitem = hollow(name), [], OpenFile.__getitem__

    def reading(data: OpenFile, part: slice) -> bytes:
        found = getitem(data, part)
        n_read.append(len(found) if isinstance(found, bytes) else 1)
        return found

    monkeypatch.setattr(OpenFile, "__getitem__", reading)
    if name == "weights":
        assert survey([path]).files[0].networks[0].bytes == CLAIMED
    else:
        with pytest.raises(InputError, match=r"hollow\.pt: "):
            survey([path])

    assert 0 < sum(n_read) < MOST_READ


def peak(look: Callable[[Path], object], path: Path) -> int:
    tracemalloc.start()
    with contextlib.suppress(GanlossError):
        look(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:Duplicate name")
@pytest.mark.parametrize("look", [open_checkpoint, lambda path: survey([path], rescue=True)], ids=["eval", "inspect"])
def test_no_file_takes_the_memory_that_it_claims(
    hollow: Callable[[str], Path], look: Callable[[Path], object], tmp_path: Path
) -> None:
    file = tmp_path / "generator.pt"
    peaks = {}

    for name, make in {**CORPUS, "a header": None, "a string": None}.items():
        if make:
            file.write_bytes(make())
        path = file if make else hollow(name)
        peaks[name] = min(peak(look, path) for _ in range(3))  # the first look imports, another thread may allocate

    assert max(peaks.values()) < CLAIMED // 4, max(peaks, key=lambda name: peaks[name])


@pytest.mark.parametrize(
    ("name", "status"),
    [("a foreign global in a pickle of protocol 4", 4), ("a script", 4), ("a compressed entry", 3), ("a web page", 3)],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_eval_ends_with_the_status_of_its_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, status: int
) -> None:
    path = tmp_path / "generator.pt"
    path.write_bytes(CORPUS[name]())
    np.save(tmp_path / "real.npy", np.zeros((2, 3, 8, 8), np.float32))

    found = main(["eval", "--ckpt", str(path), "--real", str(tmp_path / "real.npy"), "--losses", "l1", "--no-progress"])

    assert found == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {path}: ")
