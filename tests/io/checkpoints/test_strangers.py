import gzip
import json
import tarfile
from pathlib import Path

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints import checkpoint_files, open_checkpoint
from ganloss_cli.io.checkpoints.inspect_all import survey

# the first bytes of each, by the specification or the writer that is named
FILES = {
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",  # git-lfs spec
    "a web page": b"<!DOCTYPE html><html><head><title>404</title></head></html>",
    "a JSON error message": b'{"error": "Repository not found"}',  # the hub's answer
    "a JSON document": b'{"loss": [1, 2]}',
    "a Jupyter notebook": json.dumps({"cells": [], "metadata": {}, "nbformat": 4}).encode(),  # nbformat 4
    "a file of zeros": bytes(1000),
    "an ONNX file": b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:",  # ModelProto: ir_version, producer_name
    "a Keras or HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(40),  # HDF5 specification III.A
    "a Flax file": b"\x81\xa6params\x81\xa5Dense\x80",  # flax.serialization.to_bytes: msgpack
    "a TensorFlow SavedModel": b"\x08\x01\x12\xf1\x05" + bytes(20),  # saved_model_schema_version 1, meta_graphs
    "a GGUF file": b"GGUF\x03\0\0\0" + bytes(20),
    "a gzip archive": gzip.compress(b"weights"),
    "a tar archive": tarfile.TarInfo("model_weights.ckpt").tobuf(),  # what a .nemo is
}


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_no_checkpoint_is_named_with_what_to_do(tmp_path: Path, what: str) -> None:
    path = tmp_path / "generator.pth"
    path.write_bytes(FILES[what])

    with pytest.raises(InputError, match=rf"generator\.pth: not a checkpoint; .*found {what}") as refused:
        open_checkpoint(path)
    assert refused.value.hint
    with pytest.raises(InputError, match=f"found {what}"):
        survey([path])


@pytest.mark.parametrize("what", ["a Git LFS pointer", "a web page", "a JSON error message", "a file of zeros"])
def test_what_was_not_downloaded_is_not_passed_over_in_a_folder(tmp_path: Path, what: str) -> None:
    torch.save({"conv.weight": torch.zeros(2, 2)}, tmp_path / "netG.pth")
    (tmp_path / "netD.pth").write_bytes(FILES[what])

    assert [file.name for file in checkpoint_files(tmp_path)] == ["netD.pth", "netG.pth"]


def test_an_archive_in_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(FILES["a gzip archive"])

    with pytest.raises(InputError, match=r"found model\.tar\.gz, a gzip archive") as refused:
        checkpoint_files(tmp_path)
    assert "tar -xzf" in str(refused.value.hint)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("saved_model.pb", "a TensorFlow SavedModel"),
        ("checkpoint", "a TensorFlow checkpoint"),
        ("manifest.ocdbt", "an orbax checkpoint of JAX"),
    ],
)
def test_the_folder_of_another_framework_is_named(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / name).write_bytes(b"model_checkpoint_path: 1")

    with pytest.raises(InputError, match=f"no checkpoint in this folder; .*found {what}"):
        checkpoint_files(tmp_path)
