"""Small inputs that stand for endless or huge work: done in time, or refused by name before it is begun."""

import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io import images, pickled, reading, sources, stored
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.contents.settings_text import options_of
from ganloss_cli.io.checkpoints.formats import tensors
from ganloss_cli.io.datasets import open_data
from ganloss_cli.io.logs.opening import open_logs
from ganloss_cli.io.logs.series import Recorder
from ganloss_cli.io.manifests import read_manifest
from ganloss_cli.records.request import Request

IN_TIME = 5.0  # seconds of CPU, a hundred times what each takes; more than ten where a pattern backtracks


def within_time(work: Callable[[], Any]) -> Any:
    began = time.process_time()
    try:
        return work()
    finally:
        assert time.process_time() - began < IN_TIME


def test_a_netpbm_header_of_spaces_and_comments_takes_one_pass() -> None:
    data = b"P5 " + b"# " * 40 + b"\n" * 10_000 + b"x"

    assert within_time(lambda: images.PNM_HEADER.match(data)) is None


@pytest.mark.parametrize(
    "line",
    ["= " + "(" * 3000 + ") " * 3000, "epoch" + " " * 9_000, "= " + "() =" * 2000 + "x"],
    ids=["session", "epoch", "rulers"],
)
def test_a_line_of_a_log_takes_one_pass(tmp_path: Path, line: str) -> None:
    path = tmp_path / "train.log"
    path.write_text(f"{line}\n" * 30 + "loss: 0.5\n")

    [log] = within_time(lambda: open_logs(path))

    assert log.series["loss"].values == (0.5,)


def test_a_log_of_more_tags_than_any_training_has_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"a": 1, "b": 2}\n{"c": 3}\n')
    monkeypatch.setattr("ganloss_cli.io.logs.series.MAX_TAGS", 2, raising=False)

    with pytest.raises(InputError, match=r"log\.jsonl: more than 2 tags"):
        open_logs(path)


def test_the_digits_of_a_number_take_one_pass() -> None:
    recorder = Recorder(Path("train.log"))
    recorder.add("loss", 1.0, row=0, text="1" * 100_000 + "_0")

    within_time(recorder.series)


def test_an_option_of_spaces_takes_one_pass() -> None:
    assert within_time(lambda: options_of("a: 1" + " " * 3_000 + "x [default: 2]  ")) == {"a": "1" + " " * 3_000 + "x"}


def nested(depth: int) -> list[Any]:
    """Lists that hold one list twice: 2^depth tensors in a file of a kilobyte."""
    content: list[Any] = [torch.ones(2)]
    for _ in range(depth):
        content = [content, content]
    return content


@pytest.mark.parametrize("as_zip", [True, False])
def test_shared_lists_of_data_are_counted_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_zip: bool
) -> None:
    torch.save({"real": nested(8)}, tmp_path / "x.pt", _use_new_zipfile_serialization=as_zip)
    monkeypatch.setattr(pickled, "MAX_VALUES", 100, raising=False)

    with pytest.raises(InputError, match=r"x\.pt: more than 100 values in its mappings and lists"):
        stored.open_stored(tmp_path / "x.pt")


def test_shared_numbers_of_a_checkpoint_are_counted_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = list(range(50))
    torch.save({"a.weight": torch.ones(2), "b.bias": torch.ones(1), "log": [numbers] * 50}, tmp_path / "g.pt")
    monkeypatch.setattr(tensors, "MAX_VALUES", 1000, raising=False)

    with pytest.raises(InputError, match=r"g\.pt: more than 1000 values in its mappings and lists"):
        open_checkpoint(tmp_path / "g.pt")


def test_many_tensors_are_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({str(k): torch.ones(1) for k in range(9)}, tmp_path / "x.pt")
    monkeypatch.setattr(pickled, "MAX_ARRAYS", 8, raising=False)

    with pytest.raises(InputError, match=r"x\.pt: more than 8 tensors"):
        stored.open_stored(tmp_path / "x.pt")


@pytest.mark.parametrize("name", ["notes.bin", "log.jsonl", "log.csv", "train.log"])
def test_a_text_that_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_text({"log.jsonl": '{"loss": 1}\n', "log.csv": "epoch,loss\n1,2\n"}.get(name, "loss: 0.5\n") * 100)
    monkeypatch.setattr(reading, "MOST_TEXT", 100)

    with pytest.raises(InputError, match=rf"{name}: has \d+ bytes; as (a manifest|JSON lines|CSV|a log) at most 100"):
        open_data(Request(data=path)) if name == "notes.bin" else open_logs(path)


def test_a_header_of_npy_that_claims_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "real.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", 20_000) + b" " * 20_000)

    with pytest.raises(InputError, match=r"real\.npy: its header claims 20000 bytes; at most 10000 are read"):
        stored.open_stored(path)


def test_a_zip_directory_that_claims_too_much_is_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for k in range(20):
            archive.writestr(f"{k}.npy", b"")
    monkeypatch.setattr("ganloss_cli.io.checkpoints.formats.sniff.MAX_DIRECTORY", 100)

    with pytest.raises(InputError, match=r"x\.npz: the zip directory claims \d+ bytes"):
        stored.open_stored(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"label": 1}\n{"label": %s}\n' % ("9" * 5000), r"line 2: no JSON object \(Exceeds the limit"),
        ('{"label": 1}\n{"label": 9223372036854775808}\n', "line 2: 'label' is a whole number that takes more than 64"),
        ("label\n1\n9223372036854775808\n", "line 3: 'label' is a whole number that takes more than 64"),
        (f"label\n1\n-{'9' * 5000}\n", "line 3: 'label' is a whole number that takes more than 64"),
        ('{"label": 1}\n{"label": %s}\n' % ("[" * 100_000), "line 2: no JSON object"),
    ],
    ids=["digits", "2^63", "2^63 in CSV", "digits in CSV", "brackets"],
)
def test_a_row_that_no_label_can_be_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "list").write_text(text)

    with pytest.raises(InputError, match=f"list: {message}"):
        open_data(Request(data=tmp_path / "list"))


def test_two_signs_are_no_label(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("label\n--5\n")

    with pytest.raises(InputError, match="--5: does not exist"):
        open_data(Request(data=tmp_path / "list"))


def test_the_largest_label_is_one(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"label\n{2**63 - 1}\n")

    assert open_data(Request(data=tmp_path / "list")).groups[0].read(0).values["label"] == 2**63 - 1


def no_memory(*_: object, **__: object) -> Any:
    raise MemoryError


def test_a_file_that_takes_too_much_memory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "list").write_text("label\n1\n")
    group = open_data(Request(data=tmp_path / "a.png")).groups[0]
    monkeypatch.setattr(sources, "decode_levels", no_memory)
    monkeypatch.setattr("ganloss_cli.io.manifests.read_text", no_memory)

    with pytest.raises(InputError, match=r"a\.png: takes more memory than there is"):
        group.read(0)
    with pytest.raises(InputError, match="list: takes more memory than there is"):
        read_manifest(tmp_path / "list", {})
