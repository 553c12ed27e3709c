"""Small checkpoints of every format, which mutants are made of."""

from __future__ import annotations

import argparse
import gzip
import io
import pickle
import runpy
import sys
import tarfile
import tempfile
import types
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import nn

MOST_BYTES = 200_000  # of a seed: mutants of small files come far more often to something
SAMPLES = Path(__file__).parents[2] / "sample_data"


def checkpoint_seeds() -> dict[str, bytes]:
    """name -> file."""
    torch.manual_seed(0)
    generator = _generator()
    trained = _training_state(generator)
    arrays = {name: tensor.numpy() for name, tensor in generator.state_dict().items()}
    found = {
        "zip": saved(generator.state_dict()),
        "zip of a training state": saved(trained),
        "zip of protocol 4": saved(trained, protocol=4),
        "zip of odd tensors": saved(_odd_tensors()),
        "zip of metadata": saved({"w.weight": torch.ones(2, 3), **_metadata()}, protocol=4),
        "legacy": saved(trained, as_zip=False),
        "legacy views": saved({"a.weight": torch.arange(6.0).view(2, 3).T, "b.weight": torch.ones(1)}, as_zip=False),
        "module": saved(generator),
        "legacy module": saved(generator, as_zip=False),
        "modules in a pickle": pickle.dumps({"G": generator, "kimg": 3}, 2),
        "persistent modules": _persistent(generator),
        "safetensors": safetensors.torch.save(dict(generator.state_dict()), {"step": "300", "format": "pt"}),
        "script": _scripted(),
        "program": _program(),
        "lightning": saved(
            {"pytorch-lightning_version": "2.1", "global_step": 7, "hyper_parameters": {"nz": 4}, "epoch": 1,
             "state_dict": {f"generator.{k}": v for k, v in generator.state_dict().items()}, "callbacks": {}}
        ),
        "paddle": pickle.dumps(
            {"fc.weight": np.ones((3, 2), "f4"), "fc.bias": np.ones(2, "f4"), "n._mean": np.ones(2, "f4"),
             "StructuredToParameterName@@": {"fc.weight": "linear_0.w_0"}}, 4
        ),
        "paddle pairs": pickle.dumps({"fc.weight": ("linear_0.w_0", np.ones((3, 2), "f4"))}, 2),
        "long arrays": pickle.dumps({"a.weight": np.arange(2000, dtype="f4"), "b": np.float64(3)}, 2),
        "npz": _npz(arrays, compressed=False),
        "packed npz": _npz(arrays, compressed=True),
        "tar": _tar(),
        "gz": gzip.compress(pickle.dumps(arrays, 4), mtime=0),
    }  # fmt: skip
    return found | trainings() | _refused()


def trainings() -> dict[str, bytes]:
    """What trainings of a codec, a vocoder and a voice leave, reduced: they are recognised, rebuilt and run."""
    found: dict[str, bytes] = {}
    for name in ("codec", "vocoder", "voice"):
        with tempfile.TemporaryDirectory() as folder:
            runpy.run_path(str(SAMPLES / f"{name}.py"))["main"](Path(folder) / "run")
            for path in sorted([*Path(folder).rglob("*.pth"), *Path(folder).rglob("*_00000100")]):
                found[f"training: {name} {path.parent.name} {path.name}"] = path.read_bytes()
    return found


def saved(content: object, *, as_zip: bool = True, protocol: int = 2) -> bytes:
    """What torch.save writes."""
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=as_zip, pickle_protocol=protocol)
    return buffer.getvalue()


def _refused() -> dict[str, bytes]:
    """The small ones of the refused files that the tests make: half-way there already."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import test_hostile_files

    made = {f"refused: {name}": make() for name, make in test_hostile_files.CORPUS.items()}
    return {name: data for name, data in made.items() if 0 < len(data) <= MOST_BYTES}


def _generator() -> nn.Sequential:
    """A numbered Sequential of the DCGAN kind, which is recognised and rebuilt."""
    return nn.Sequential(
        nn.ConvTranspose2d(4, 8, 4, 1, 0, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(True),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(True),
        nn.ConvTranspose2d(4, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def _training_state(generator: nn.Module) -> dict[str, Any]:
    discriminator = nn.utils.spectral_norm(nn.Linear(3, 2))
    optimizer = torch.optim.Adam(discriminator.parameters(), 1e-3)
    discriminator(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return {
        "generator": generator.state_dict(),
        "netD": discriminator.state_dict(),
        "g_ema": OrderedDict((f"module.{key}", value) for key, value in generator.state_dict().items()),
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(size=16, lr=1e-3, names=["a", "b"], nested=argparse.Namespace(x=None)),
        "step": 1000,
    }


def _odd_tensors() -> dict[str, Any]:
    base = torch.arange(24.0)
    return {
        "a.weight": base.view(4, 6).T[1:, ::2],
        "b.weight": nn.Parameter(base[3:9]),
        "c.weight": base.to(torch.bfloat16),
        "d.weight": torch.quantize_per_tensor(base, 0.1, 3, torch.qint8),
        "e.weight": torch.eye(3).to_sparse(),
        "f.weight": torch.complex(base, base),
        "g.weight": torch.zeros(0, 3),
        "h.weight": base.to(torch.float8_e4m3fn),
        "i.weight": torch.zeros(4, dtype=torch.uint16),
        "j": torch.tensor(3),
    }


def _metadata() -> dict[str, Any]:
    return {
        "args": argparse.Namespace(a=1, path=Path("x/y")),
        "loss": np.float64(0.25),
        "history": np.arange(3),
        "size": torch.Size([1, 2]),
        "dtype": torch.float16,
        "device": torch.device("cpu"),
        "set": {1, 2},
        "frozen": frozenset({"a"}),
        "step": np.int64(7),
    }


def _persistent(module: nn.Module) -> bytes:
    """As NVlabs pickle: a call that makes a module of the source code that the file carries."""
    made = types.ModuleType("torch_utils.persistence")

    def _reconstruct_persistent_obj(meta: Any) -> Any:
        raise RuntimeError("source code of the file would run here")

    class Persistent:
        def __reduce__(self) -> tuple[Any, ...]:
            meta = {"type": "class", "module_src": "x = 1", "class_name": "Generator", "state": module.__dict__}
            return _reconstruct_persistent_obj, (meta,)

    made._reconstruct_persistent_obj = _reconstruct_persistent_obj  # type: ignore[attr-defined]
    _reconstruct_persistent_obj.__module__ = made.__name__
    _reconstruct_persistent_obj.__qualname__ = "_reconstruct_persistent_obj"
    sys.modules |= {"torch_utils": types.ModuleType("torch_utils"), made.__name__: made}
    try:
        return pickle.dumps({"G": Persistent(), "G_ema": Persistent(), "augment_pipe": None}, 4)
    finally:
        del sys.modules["torch_utils"], sys.modules[made.__name__]


def _scripted() -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), torch.ones(1, 2)), buffer)
    return buffer.getvalue()


def _program() -> bytes:
    buffer = io.BytesIO()
    torch.export.save(torch.export.export(nn.Linear(2, 3), (torch.ones(1, 2),)), buffer)
    return buffer.getvalue()


def _npz(arrays: dict[str, np.ndarray], *, compressed: bool) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


def _tar() -> bytes:
    """A tar archive of three pickles, as the first releases of torch wrote."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in (("storages", 0), ("tensors", 0), ("pickle", {"w": 1})):
            data = pickle.dumps(content, 2)
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
