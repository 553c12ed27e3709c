"""What stands in the place of torch's own names; see the package."""

from __future__ import annotations

import contextlib as _contextlib
import os as _os
import re as _re
import sys as _sys
import threading as _threading
from collections.abc import Sequence as _Sequence
from pathlib import Path as _Path
from types import SimpleNamespace as _Namespace
from typing import Any as _Any

import numpy as _np

from ganloss_cli.without_torch import TorchNeededError as _TorchNeededError
from ganloss_cli.without_torch.arrays import CPU as _CPU
from ganloss_cli.without_torch.arrays import DTYPES as _DTYPES
from ganloss_cli.without_torch.arrays import Array as Tensor
from ganloss_cli.without_torch.arrays import DType as dtype  # noqa: N813
from ganloss_cli.without_torch.arrays import arrays as _arrays
from ganloss_cli.without_torch.random import Generator
from ganloss_cli.without_torch.random import normal as _normal

globals().update(_DTYPES)
half, double = _DTYPES["float16"], _DTYPES["float64"]


def _version() -> str:
    """Of the torch that is installed, as its own file says."""
    files = (_Path(place) / "torch" / "version.py" for place in _sys.path)
    text = next(file.read_text("utf-8") for file in files if file.is_file())
    return str(_re.search(r"^__version__ = .(.+).$", text, _re.MULTILINE)[1])  # type: ignore[index]


__version__ = _version()
backends = _Namespace(cuda=_Namespace(matmul=_Namespace(allow_tf32=False)), mps=_Namespace(is_available=lambda: False))
cuda = _Namespace(is_available=lambda: False)  # where there may be another device, nothing stands for torch


def device(name: str) -> _Any:
    """The processor."""
    if name == "meta":
        return _contextlib.nullcontext()  # networks have names and shapes alone, wherever they are made
    if name != "cpu":
        raise RuntimeError(name)
    return _CPU


# making tensors


def tensor(values: _Any, dtype: dtype | None = None) -> Tensor:
    """Of plain values: floats are float32 where nothing else is said."""
    array = _np.asarray(values)
    wanted = dtype.held if dtype else _np.float32 if array.dtype == _np.float64 else array.dtype
    return Tensor(array.astype(wanted))


def empty(*shape: int, dtype: dtype = _DTYPES["float32"]) -> Tensor:
    """Anything."""
    if dtype not in _DTYPES.values():
        raise _TorchNeededError(str(dtype))
    return Tensor(_np.empty(shape, dtype.held), dtype)


def zeros(*shape: _Any, dtype: dtype = _DTYPES["float32"]) -> Tensor:
    """Nothing but zeros."""
    return Tensor(_np.zeros(shape[0] if shape and not isinstance(shape[0], int) else shape, dtype.held))


def ones(*shape: _Any) -> Tensor:
    """Nothing but ones."""
    return full_like(zeros(*shape), 1)


def full_like(like: Tensor, value: float) -> Tensor:
    """One value in the shape and type of another tensor."""
    return Tensor(_np.full(like.shape, value, like.numpy().dtype))


def from_numpy(array: _np.ndarray) -> Tensor:
    """An array as a tensor."""
    return Tensor(array)


def frombuffer(content: bytearray, dtype: dtype) -> Tensor:
    """Bytes as a tensor, in the same memory."""
    return Tensor(_np.frombuffer(content, dtype.held))


def randn(count: int, *, generator: Generator, dtype: dtype) -> Tensor:
    """Normally distributed numbers."""
    if dtype.name != "float32":
        raise _TorchNeededError("torch.randn")
    return Tensor(_normal(count, generator))


def stack(tensors: _Sequence[Tensor], dim: int = 0) -> Tensor:
    """Side by side along a new axis."""
    return Tensor(_np.stack(_arrays(tensors), axis=dim))


def cat(tensors: _Sequence[Tensor], dim: int = 0) -> Tensor:
    """One behind the other along an axis."""
    return Tensor(_np.concatenate(_arrays(tensors), axis=dim))


# of tensors


def outer(one: Tensor, other: Tensor) -> Tensor:
    """Every element of one times every element of the other."""
    return Tensor(_np.outer(one.numpy(), other.numpy()))


def log10(values: Tensor) -> Tensor:
    """Decimal logarithms."""
    return values.log10()


def sqrt(values: Tensor) -> Tensor:
    """Roots."""
    return values.sqrt()


def isfinite(values: Tensor) -> Tensor:
    """Where it is finite."""
    return values.isfinite()


def aminmax(values: Tensor, *, dim: int | None = None) -> tuple[Tensor, Tensor]:
    """The least and the largest, of all or along an axis; nan where there is one."""
    return values.amin(dim), values.amax(dim)


def equal(one: Tensor, other: Tensor) -> bool:
    """Whether two are the same."""
    return _np.array_equal(one.numpy(), other.numpy())


def finfo(of: dtype) -> _Any:
    """Limits of a type of floats."""
    return _np.finfo(of.held)


def _squared_error(real: Tensor, fake: Tensor, reduction: str) -> Tensor:
    if reduction != "none":
        raise ValueError(reduction)
    return (real - fake).square()


def _padded(values: Tensor, sides: _Sequence[int], mode: str = "constant") -> Tensor:
    widths = [(before, behind) for before, behind in zip(sides[::2], sides[1::2], strict=True)][::-1]
    beside = [(0, 0)] * (values.dim() - len(widths))
    how: _Any = {"constant": "constant", "replicate": "edge", "reflect": "reflect"}[mode]
    return Tensor(_np.pad(values.numpy(), [*beside, *widths], mode=how))


functional = _Namespace(mse_loss=_squared_error, pad=_padded)

# threads, and gradients, of which there are none

_threads = _threading.local()


def _n_cores() -> int:
    """How many cores this process may use; of two threads that share one, torch takes one."""
    mine = _os.sched_getaffinity(0)
    files = (_Path(f"/sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list") for number in mine)
    return len({file.read_text("ascii") for file in files if file.is_file()}) or len(mine)


_n_threads = int(_os.environ.get("OMP_NUM_THREADS", "") or _n_cores())


def get_num_threads() -> int:
    """How many this thread's operations may use."""
    return getattr(_threads, "count", _n_threads)


def set_num_threads(count: int) -> None:
    """How many this thread's operations may use."""
    _threads.count = count


def is_grad_enabled() -> bool:
    """Never."""
    return False


def is_inference_mode_enabled() -> bool:
    """Never."""
    return False


@_contextlib.contextmanager
def no_grad(*_: object):  # type: ignore[no-untyped-def]
    """Nothing has gradients."""
    yield


inference_mode = set_grad_enabled = no_grad
