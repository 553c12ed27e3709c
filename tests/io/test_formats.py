import gzip
import io
import os
import pickle
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image
from safetensors.numpy import save

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import FORMATS, sniff, supported


def image(file_format: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, file_format)
    return buffer.getvalue()


def audio(file_format: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(4000), 16000, format=file_format)
    return buffer.getvalue()


def written(save_to: object) -> bytes:
    buffer = io.BytesIO()
    save_to(buffer)  # type: ignore[operator]
    return buffer.getvalue()


def packed(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"")
    return buffer.getvalue()


def tarred(name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


EXAMPLES = {
    "PNG": image("PNG"),
    "JPEG": image("JPEG"),
    "WebP": image("WEBP"),
    "BMP": image("BMP"),
    "TIFF": image("TIFF"),
    "GIF": image("GIF"),
    "PPM": image("PPM"),
    "AVIF": bytes.fromhex("00000020") + b"ftypavif\0\0\0\0avifmif1miaf",
    "WAV": audio("WAV"),
    "FLAC": audio("FLAC"),
    "OGG": audio("OGG"),
    "MP3": audio("MP3"),
    "npy": written(lambda file: np.save(file, np.zeros(3))),
    "npz": written(lambda file: np.savez(file, a=np.zeros(3))),
    "pt": written(lambda file: torch.save({"real": torch.zeros(3)}, file)),
    "safetensors": save({"real": np.zeros(3)}),
    "IDX": bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]),
    "ZIP": packed("readme.txt"),
    "tar": tarred("BM is no picture.txt"),
}


def test_every_format_has_an_example():
    assert set(EXAMPLES) == {known.name for known in FORMATS}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_is_known_by_its_first_bytes_and_not_by_its_suffix(tmp_path: Path, name: str):
    (tmp_path / "file.txt").write_bytes(EXAMPLES[name])

    found = sniff(tmp_path / "file.txt")

    assert found is not None
    assert found.name == name


def test_an_idx_file_may_be_gzipped(tmp_path: Path):
    (tmp_path / "file").write_bytes(gzip.compress(EXAMPLES["IDX"]))

    found = sniff(tmp_path / "file")

    assert found is not None
    assert found.name == "IDX"


def test_a_torch_file_from_before_version_1_6_is_one(tmp_path: Path):
    torch.save(torch.zeros(3), tmp_path / "file", _use_new_zipfile_serialization=False)

    found = sniff(tmp_path / "file")

    assert found is not None
    assert found.name == "pt"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"real,fake\na.png,b.png\n", b'{"real": "a.png"}\n', b"BM is a unit of measure", b"P3 is a console",
        b"\xff\xfeU\0T\0F\0-\0001\0006\0", b"%PDF-1.7", b"\0\0\1\0\1\0\x10\x10",
        gzip.compress(b"text", mtime=0), gzip.compress(b"text", mtime=0)[:5],
    ],
)  # fmt: skip
def test_other_files_are_none_of_them(tmp_path: Path, data: bytes):
    (tmp_path / "file.png").write_bytes(data)

    assert sniff(tmp_path / "file.png") is None


def test_a_bare_pickle_counts_as_a_torch_file_so_that_its_reader_can_refuse_it(tmp_path: Path):
    (tmp_path / "file").write_bytes(pickle.dumps({"real": 1}))

    found = sniff(tmp_path / "file")

    assert found is not None
    assert found.name == "pt"


def test_a_path_that_does_not_exist_is_refused_by_name(tmp_path: Path):
    with pytest.raises(InputError, match=r"missing\.png: no such file or directory"):
        sniff(tmp_path / "missing.png")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused_by_name(tmp_path: Path):
    (tmp_path / "a.png").write_bytes(EXAMPLES["PNG"])
    (tmp_path / "a.png").chmod(0)

    with pytest.raises(InputError, match=r"a\.png: permission denied"):
        sniff(tmp_path / "a.png")


def test_the_list_for_messages_comes_from_the_table():
    assert supported("audio") == "WAV, FLAC, OGG, MP3"
