"""Files that would run code, take all memory, or are merely broken: refused in words, and nothing of them run."""

import io
import json
import os
import pickle
import pickletools
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save as save_safetensors

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, GanlossError, InputError
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.inspect_all import Survey, survey

MOST_MEMORY = 200  # MB above an empty run
STEPS = 64


class MakesFolder:
    """Makes a folder when it is unpickled."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (self.name,)


BAD = MakesFolder("sentinel")  # relative: tests run in a folder of their own
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
    """A legacy file whose pickle at this position is hostile."""
    data = torch_file(WEIGHTS, as_zip=False)
    stream, ends = io.BytesIO(data), [0]
    for _ in range(LEGACY_PICKLES):
        list(pickletools.genops(stream))
        ends.append(stream.tell())
    pickles = [data[start:end] for start, end in zip(ends, [*ends[1:], None], strict=True)]
    pickles[position] = pickle.dumps(BAD, 2)
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


def laughs(wrap: bytes, levels: int = 180) -> bytes:
    """A value that holds itself twice, level by level: small to store, endless to visit."""
    lines = [b"\x80\x02", wrap, b"q\x00"]
    for level in range(levels):
        get = b"h" + bytes([level])
        lines += [get, get, b"\x86", b"q" + bytes([level + 1])]
    return b"".join(lines)


HUGE = b"\x8a\x08" + struct.pack("<q", 2**62)
SMALL = b"K\x28"  # forty elements, as data/0 holds
ROW = b"K\x00K\x28\x85K\x01\x85\x89}"
MANY_SETS = b"\x80\x04(" + b"\x8f" * 1_000_000 + b"l."
MANY_NONES = b"\x80\x04(" + b"N" * 1_000_000 + b"l."
MANY_GLOBALS = b"\x80\x02" + b"".join(b"cm%d\nf\n0" % n for n in range(30_000)) + b"N."
DEEP_LISTS = b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."

# every row: what it is, and the file; eval must end with 3 or 4, inspect with 3 or a finding
CORPUS: dict[str, Callable[[], bytes]] = {
    **{f"code in a pickle of protocol {p}": lambda p=p: pickle.dumps(BAD, p) for p in range(6)},
    **{f"code in a zip of protocol {p}": lambda p=p: torch_file({"g": BAD}, protocol=p) for p in range(2, 6)},
    **{f"code in legacy pickle {k}": lambda k=k: legacy_with(k) for k in range(LEGACY_PICKLES)},
    "code in a pickle that breaks": lambda: pickle.dumps(BAD, 2)[:-1] + b"\xff",
    "code by INST": lambda: b"(S'sentinel'\nios\nmkdir\n.",
    "code by NEWOBJ_EX": lambda: b"\x80\x04cos\nmkdir\n(S'sentinel'\nt}\x92.",
    "code by a name through the memo": lambda: b"\x80\x04\x8c\x05mkdir\x940\x8c\x02osh\x00\x93(S'sentinel'\ntR.",
    "code by a computed name": lambda: b"\x80\x04\x8c\x02os]\x93(S'sentinel'\ntR.",
    "code by the extension registry": lambda: b"\x80\x02\x82\x01(S'sentinel'\ntR.",
    "code by eval under Python 2's name": lambda: (
        b"c__builtin__\neval\n(S'__import__(\"os\").mkdir(\"sentinel\")'\ntR."
    ),
    "code by getattr": lambda: b"cbuiltins\ngetattr\n(cos\npath\nS'join'\ntR(S'a'\ntR.",
    "code by torch.hub": lambda: pickle_in_zip(b"\x80\x02ctorch.hub\nload\n(S'a'\ntR."),
    "code by a state": lambda: b"\x80\x02cargparse\nNamespace\n)\x81}S'__setstate__'\ncos\nmkdir\nsb.",
    "code as a backward hook": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00K\x28\x85K\x01\x85\x89cos\nmkdir\n(S'sentinel'\ntR")
    ),
    "code in a persistent id": lambda: pickle_in_zip(b"\x80\x02cos\nmkdir\n(S'sentinel'\ntRQ."),
    "code in a second pickle of the archive": lambda: zipped(
        {**entries_of(torch_file(WEIGHTS)), "other.pkl": pickle.dumps(BAD)}
    ),
    "code in a codec": lambda: b"\x80\x02c_codecs\nencode\n" + text("a") + text("zip") + b"\x86R.",
    "a whole module": lambda: torch_file(torch.nn.Linear(2, 2)),
    "a script": scripted,
    "code in the header of an array": lambda: npz(npy("__import__('os').mkdir('sentinel')")),
    "an array of objects": lambda: npz(
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", pickle.dumps([BAD]))
    ),
    "a zip bomb": lambda: changed(compression=zipfile.ZIP_DEFLATED, data_0=bytes(50_000_000)),
    "a zip bomb of arrays": lambda: npz(
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (25000000,)}", bytes(100_000_000)), zipfile.ZIP_DEFLATED
    ),
    "an archive in an archive": lambda: pickle_in_zip(torch_file(WEIGHTS)),
    "an archive of archives": lambda: zipped({"a/inner.zip": torch_file(WEIGHTS)}),
    "two pickles of data": lambda: zipped({**entries_of(torch_file(WEIGHTS)), "other/data.pkl": pickle.dumps({}, 2)}),
    "a directory of eighty thousand entries": lambda: zipped(
        {**entries_of(torch_file(WEIGHTS)), **{f"a/{n:06d}": b"" for n in range(80_000)}}
    ),
    "a directory that lies about its size": lambda: torch_file(WEIGHTS)[:-10] + b"\xff\xff\xff\x7f" + bytes(6),
    "a storage that is missing": lambda: changed(data_0=None),
    "a storage that is too short": lambda: changed(data_0=bytes(8)),
    "a storage with a flipped bit": lambda: torch_file(WEIGHTS).replace(struct.pack("<f", 7.0), struct.pack("<f", 7.5)),
    "a pickle with a flipped bit": lambda: torch_file(WEIGHTS).replace(b"a.weight", b"b.weight"),
    "no pickle at all": lambda: pickle_in_zip(b""),
    "a list that holds itself": lambda: pickle_in_zip(b"\x80\x02]q\x00h\x00a."),
    "a mapping that holds itself": lambda: pickle_in_zip(b"\x80\x02}q\x00" + text("model") + b"h\x00s."),
    "lists by the billion": lambda: pickle_in_zip(laughs(b"]") + b"."),
    "mappings by the billion": lambda: pickle_in_zip(
        b"\x80\x02}q\x00"
        + b"".join(
            b"}q%c(" % (n + 1) + b"".join(text(f"k{i}") + b"h%c" % n for i in range(200)) + b"u" for n in range(6)
        )
        + b"."
    ),
    "a key that takes for ever to hash": lambda: pickle_in_zip(laughs(b"K\x01") + b"0}h\xb4K\x01s."),
    "a set that takes for ever to hash": lambda: pickle_in_zip(
        b"\x80\x02cbuiltins\nset\n(]" + laughs(b"K\x01")[2:] + b"atR."
    ),
    "deep nesting": lambda: DEEP_LISTS,
    "a million sets": lambda: MANY_SETS,
    "a million nothings": lambda: MANY_NONES,
    "thirty thousand globals": lambda: MANY_GLOBALS,
    "a memo index of two thousand million": lambda: b"\x80\x02]r" + struct.pack("<I", 2**31) + b".",
    "an integer of a gigabyte": lambda: b"\x80\x02\x8b" + struct.pack("<i", 2**30) + b".",
    "an integer of a megabyte": lambda: b"\x80\x02\x8b" + struct.pack("<i", 2**20) + bytes([1]) * 2**20 + b".",
    "an integer of ten thousand digits": lambda: b"I" + b"9" * 10_000 + b"\n.",
    "bytes of an exabyte": lambda: b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b".",
    "text of a negative length": lambda: b"\x80\x02T" + struct.pack("<i", -5) + b"abcde.",
    "text that is no UTF-8": lambda: b"\x80\x02X" + struct.pack("<I", 2) + b"\xff\xfe.",
    "a frame that lies": lambda: b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"N.",
    "an empty stack": lambda: b"\x80\x020000.",
    "a persistent id that is none": lambda: pickle_in_zip(b"\x80\x02K\x07Q."),
    "a bytearray of a terabyte": lambda: pickle_in_zip(b"\x80\x02cbuiltins\nbytearray\n\x8a\x06\0\0\0\0\0\1\x85R."),
    "a storage of an exabyte": lambda: pickle_in_zip(tensor_pickle(storage(HUGE), ROW)),
    "a storage of a negative length": lambda: pickle_in_zip(tensor_pickle(storage(b"J\xff\xff\xff\xff"), ROW)),
    "a storage of another type": lambda: pickle_in_zip(tensor_pickle(storage(SMALL, b"Double"), ROW)),
    "a tensor beyond its storage": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00K\x29\x85K\x01\x85\x89}")
    ),
    "a tensor of an impossible stride": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00K\x02\x85" + HUGE + b"\x85\x89}")
    ),
    "a tensor of a negative size": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), b"K\x00J\xff\xff\xff\xff\x85K\x01\x85\x89}")
    ),
    "a tensor that is changed once it is checked": lambda: pickle_in_zip(
        tensor_pickle(storage(SMALL), ROW).replace(b"Rs.", b"R}" + text("shape") + HUGE + b"\x85sbs.")
    ),
    "a huge tensor of one number": lambda: torch_file({"a.weight": torch.zeros(1).expand(10**5, 10**5)}),
    "a legacy storage of an exabyte": lambda: torch_file({"a.weight": torch.zeros(100)}, as_zip=False).replace(
        struct.pack("<q", 100), struct.pack("<q", 2**60)
    ),
    "a legacy file twice": lambda: torch_file(WEIGHTS, as_zip=False)[:100] + torch_file(WEIGHTS, as_zip=False),
    "an array whose bytes are not there": lambda: pickle.dumps({"a.weight": np.zeros(2000, "f4")}, 4).replace(
        b"M\xd0\x07", b"M\xd1\x07"
    ),
    "an array as text that is none": lambda: pickle.dumps({"a.weight": np.full(3000, -1, "i1")}, 2).replace(
        b"\xc3\xbf", b"\xff\xff"
    ),
    "a header longer than its file": lambda: safetensors({"a": {}}, length=2**40),
    "a header of ten megabytes": lambda: safetensors(b"{" + b" " * 10_000_000 + b"}"),
    "a header of nested brackets": lambda: safetensors(b'{"a":' + b"[" * 1_000_000 + b"}"),
    "a header that is no JSON": lambda: safetensors(b'{"a": nonsense}'),
    "a header of another shape": lambda: safetensors([1, 2]),
    "a header of another kind": lambda: safetensors({"a": 3}),
    "offsets beyond the file": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [100], "data_offsets": [0, 400]}}, bytes(40)
    ),
    "offsets of a negative length": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}}, bytes(40)
    ),
    "a shape that overflows": lambda: safetensors(
        {"a.weight": {"dtype": "F32", "shape": [2**62, 2**62], "data_offsets": [0, 40]}}, bytes(40)
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
def sentinel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that the code in the files would make; the test fails if it was ever run."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "sentinel"
    assert not (tmp_path / "sentinel").exists(), "code of a checkpoint ran"


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


def test_the_sentinel_notices_code_that_runs(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"

    pickle.loads(pickle.dumps(MakesFolder(str(folder))))

    assert folder.exists()


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


def test_code_in_a_storage_of_a_pickle_is_not_run_by_rescue(tmp_path: Path) -> None:
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


REPORT_MEMORY = """
import sys
from pathlib import Path
from ganloss_cli.errors import GanlossError
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.inspect_all import survey
def empty_run():
    {empty}
def peak():  # not ru_maxrss, which begins with that of the process that started this one
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
empty_run()
before = peak()
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        {run}
    except GanlossError:
        pass
    print((peak() - before) // 1024, path.name)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only its kernel tells the peak")
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("empty", "run"),
    [
        ("import ganloss_cli.io.checkpoints.formats.tensors", "open_checkpoint(path)"),
        ("pass", "survey([path], rescue=True)"),
    ],
    ids=["eval", "inspect"],
)
def test_no_file_takes_two_hundred_megabytes(tmp_path: Path, empty: str, run: str) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, make in CORPUS.items():
        (folder / f"{name}.pt").write_bytes(make())
    length = struct.pack("<Q", 2**30)
    for name, begin in (("header", length + b"{"), ("string", b"\x80\x04\x8e" + length)):
        with (folder / f"sparse {name}.pt").open("wb") as file:
            file.write(begin)
            file.truncate(2**30 + 100)  # as large as it says, but nothing is written of it
    code = REPORT_MEMORY.format(empty=empty, run=run)

    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True, timeout=120, cwd=tmp_path
    )

    lines = done.stdout.splitlines()
    assert len(lines) == len(CORPUS) + 2
    assert [line for line in lines if int(line.split()[0]) > MOST_MEMORY] == []


@pytest.mark.parametrize(
    ("name", "status"),
    [("code in a pickle of protocol 4", 4), ("a script", 4), ("a zip bomb", 3), ("a web page", 3), ("deep nesting", 3)],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_eval_ends_with_the_status_of_its_refusal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, status: int
) -> None:
    path = tmp_path / "generator.pt"
    path.write_bytes(CORPUS[name]())
    np.save(tmp_path / "real.npy", np.zeros((2, 3, 8, 8), np.float32))

    found = main(["eval", "--ckpt", str(path), "--real", "real.npy", "--losses", "l1", "--no-progress"])

    assert found == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"error: {path}: ")
