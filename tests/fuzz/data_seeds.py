"""Small files of data, logs and settings of every format, which mutants are made of."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import runpy
import sqlite3
import struct
import sys
import tarfile
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import soundfile
import torch
from checkpoint_seeds import SAMPLES, saved
from PIL import Image

CONFIG = {"model": {"nz": 4, "betas": [0.9, 0.99]}, "resblock": "1", "upsample_rates": [8, 8, 2, 2], "num_mels": 80}
OPTIONS = "----- Options -----\n  batch_size: 1  \t[default: 4]\n netG: resnet_9blocks\nno_dropout: True\n-- End --\n"
YAML = """model:
  nz: 4
  layers: [1, 2, [3]]
  name: 'a # b'
list: &l
- 1
- x
same: {<<: {a: 1e-4}, b: *l}
tag: !!python/object:foreign.Foreign
"""
TOML = "lr = 1e-4\nbegun = 2024-05-06\nrates = [8, 8]\n[network.g]\ndeep = {a = {b = 'c'}}\n[[layer]]\n'x.y' = true\n"


def data_seeds() -> dict[str, bytes]:
    """name -> file; the word before the first space is the kind of file, which targets go by."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (9, 11, 3), np.uint8)
    sound = rng.standard_normal((300, 2)) / 4
    image = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6
    palette = image.quantize(8)
    deep = Image.fromarray(rng.integers(0, 65536, (9, 11), np.uint16))
    tensors = {
        "real": torch.rand(2, 1, 4, 4),
        "fake": torch.rand(2, 1, 4, 4).double(),
        "real_logits.0": torch.ones(2, 1),
    }
    npz = io.BytesIO()
    np.savez(npz, real=rng.random((2, 1, 3, 3)), fake=rng.random((2, 1, 3, 3)))
    packed = io.BytesIO()
    np.savez_compressed(packed, real=rng.random((2, 1, 3, 3)))
    idx = b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 3) + bytes(range(18))
    report = {
        "schema_version": "1.0",
        "results": [{"loss": "l1", "convention": None, "value": 0.5, "count": 3, "terms": {}}],
    }
    return {
        "image png": _image(image, "PNG"),
        "image png of a palette": _image(palette, "PNG", transparency=3),
        "image png of 16 bits": _image(deep, "PNG"),
        "image png with alpha": _image(image.convert("RGBA"), "PNG"),
        "image jpeg": _image(image, "JPEG", exif=exif),
        "image jpeg of CMYK": _image(image.convert("CMYK"), "JPEG"),
        "image tiff": _image(image, "TIFF", compression="tiff_deflate"),
        "image tiff of 16 bits": _image(deep, "TIFF"),
        "image tiff packed": _image(image, "TIFF", compression="tiff_lzw"),
        "image gif": _image(palette, "GIF"),
        "image gif of two frames": _image(palette, "GIF", save_all=True, append_images=[palette.rotate(90)]),
        "image webp": _image(image, "WEBP"),
        "image bmp": _image(image, "BMP"),
        "image ppm": _image(image, "PPM"),
        "image pgm of 16 bits": b"P5\n2 2\n65535\n" + bytes(8),
        "sound wav": _sound(sound, "WAV", "PCM_16"),
        "sound wav of 24 bits": _sound(sound, "WAV", "PCM_24"),
        "sound wav of 8 bits": _sound(sound, "WAV", "PCM_U8"),
        "sound wav of floats": _sound(sound, "WAV", "FLOAT"),
        "sound wav extended": _sound(sound, "WAVEX", "PCM_16"),
        "sound flac": _sound(sound, "FLAC", "PCM_16"),
        "sound ogg": _sound(sound, "OGG", "VORBIS"),
        "sound mp3": _sound(sound, "MP3", "MPEG_LAYER_III"),
        "tensors safetensors": safetensors.torch.save(tensors),
        "tensors npz": npz.getvalue(),
        "tensors packed npz": packed.getvalue(),
        "tensors npy": _npy(rng.random((2, 1, 3, 3))),
        "tensors npy in Fortran order": _npy(np.asfortranarray(rng.random((2, 3)))),
        "tensors npy of other bytes": _npy(np.ones((2, 3), ">f4")),
        "tensors pt": saved(tensors),
        "tensors legacy pt": saved({"real": [torch.ones(2, 3), {"a": torch.ones(1)}]}, as_zip=False),
        "tensors sparse pt": saved({"real": torch.eye(3).to_sparse(), "fake": _quantised()}),
        "tensors idx": idx,
        "tensors idx gz": gzip.compress(idx, mtime=0),
        "tensors reprod_log": _npy(np.array({"loss": np.ones(3, "f4"), "x": np.zeros((2, 2))}, object), pickled=True),
        "tensors reprod_log of protocol 2": _object_array({"loss": np.ones(3, "f4")}),
        "tensors report": json.dumps(report).encode(),
        "archive zip": _archive(image, zipfile.ZIP_STORED),
        "archive packed zip": _archive(image, zipfile.ZIP_DEFLATED),
        "archive tar of shards": _shard(image, tarfile.USTAR_FORMAT, "0.lr.png", "0.hr.png", "0.cls", "1.lr.png"),
        "archive tar of GNU": _shard(image, tarfile.GNU_FORMAT, f"{'long' * 40}.png", "b/c.png"),
        "archive tar of POSIX": _shard(image, tarfile.PAX_FORMAT, f"{'long' * 40}.png", "ä.png"),
        "manifest csv": b"name,real,fake,label\na,a.png,b.png,1\nb,a.png,b.png,2\n",
        "manifest jsonl": b'{"name": "a", "real": "a.png", "fake": "b.png"}\n{"name": "b", "real": "a.png"}\n',
        "log events": _events(),
        "log csv": b"step,loss_g,loss_d\n1,0.5,0.25\n2,nan,1e-3\n",
        "log jsonl": b'{"step": 1, "loss/g": 0.5, "nested": {"a": 1}}\n{"step": 2, "loss/g": NaN}\n',
        "log text": b"(epoch: 1, iters: 100, time: 0.2) G_GAN: 0.5 D_real: 1e-3\nEpoch [2/10] loss_d=0.7, g: inf\n",
        "log npy": _npy(rng.random(20)),
        "log wandb": _wandb(),
        "log trackio": _database(),
        "log mlflow": b"1795931111333 1.5 0\n1795931111334 nan 10\n1795931111334 0.75 20 data 3f2a\n",
        "log trainer_state": b'{"epoch": 1.0, "log_history": [{"loss": 0.5, "step": 10}, {"loss": "NaN", "step": 20}]}',
        "log table": b"\x1b[1mname | value | step\x1b[0m\n--|--|--\nd | 0.5 | 100\n> EVALUATION\nloss: 1\n",
        "beside config.json of a vocoder": json.dumps(runpy.run_path(str(SAMPLES / "vocoder.py"))["CONFIG"]).encode(),
        "beside config.json": json.dumps(CONFIG).encode(),
        "beside opt.txt": OPTIONS.encode(),
        "beside args.yml": YAML.encode(),
        "beside config.toml": TOML.encode(),
    }  # fmt: skip


def _archive(image: Image.Image, method: int) -> bytes:
    """As StyleGAN's dataset tool makes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        names = [f"00000/img{k:08}.png" for k in range(2)]
        for name in names:
            archive.writestr(name, _image(image, "PNG"))
        archive.writestr("dataset.json", json.dumps({"labels": [[name, 1] for name in names]}))
    return buffer.getvalue()


def _shard(image: Image.Image, format_: int, *names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format_) as archive:
        for name in names:
            content = _image(image, "PNG") if name.endswith("png") else b"3"
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _quantised() -> torch.Tensor:
    return torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)


def _image(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def _sound(values: np.ndarray, format_: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, values, 16_000, subtype, format=format_)
    return buffer.getvalue()


def _npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=pickled)
    return buffer.getvalue()


def _object_array(content: object) -> bytes:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }".ljust(117) + b"\n"
    array = np.array(content, object)
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + pickle.dumps(array, 2)


def _events() -> bytes:
    """A TensorBoard file, of the pieces that the tests of its reader make by hand."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "io"))
    import test_event_files as made

    values = (made.simple("loss/g", 0.5), made.tensor("loss/d", 1, struct.pack("<f", 0.25)))
    return b"".join(made.record(made.event(step, *values)) for step in range(4))


def _wandb() -> bytes:
    """A run of wandb, of the pieces that the tests of its reader make by hand."""
    import test_wandb_files as made

    return made.chunked([made.history(0, d="0.5", g__adv="NaN"), made.history(1, d="0.25"), made.summary(best="1.5")])


def _database() -> bytes:
    """A database as trackio keeps it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE metrics (id INTEGER PRIMARY KEY, run_name TEXT, step INTEGER, metrics TEXT)")
        rows = [(k, "run", k, f'{{"d_loss": {k}.5, "g": "NaN"}}') for k in range(9)]
        connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        return connection.serialize()
