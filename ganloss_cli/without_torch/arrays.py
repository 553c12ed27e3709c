"""Arrays with the few methods of tensors that pixel losses and checks of weights ask for; any other needs torch.

Sums and means are taken in float64 and rounded once. Nothing here is differentiable.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class DType:
    """A type of elements, under torch's name.

    Args:
        name: without "torch.".
        held: as numpy holds them; bfloat16, which it has not, as float32.
    """

    name: str
    held: np.dtype[Any]

    @property
    def is_floating_point(self) -> bool:
        """Whether these are floats."""
        return self.held.kind == "f"

    @property
    def is_complex(self) -> bool:
        """Whether these are complex numbers."""
        return self.held.kind == "c"

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return 2 if self.name == "bfloat16" else self.held.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"


DTYPES = {
    name: DType(name, np.dtype("float32" if name == "bfloat16" else name))
    for name in (
        "float16", "float32", "float64", "bfloat16", "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16",
        "int32", "int64", "complex64", "complex128",
    )
}  # fmt: skip
_OF_NUMPY = {dtype.held: dtype for dtype in DTYPES.values() if dtype.name != "bfloat16"}


@dataclass(frozen=True)
class Device:
    """Where a tensor lies: here, always the processor."""

    type: str = "cpu"
    index: int | None = None

    def __str__(self) -> str:
        return self.type


CPU = Device()


class Size(tuple[int, ...]):
    """A shape."""

    def numel(self) -> int:
        """How many elements have it."""
        return math.prod(self)

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return Size(found) if isinstance(place, slice) else found


class Array:
    """Stands for a tensor.

    Args:
        array: what it holds.
        dtype: where that is not numpy's own.
        of_which: the array that it is a view of; numpy itself only keeps the first of a chain of views alive.
    """

    __slots__ = ("_array", "_of_which", "dtype")
    requires_grad = False
    is_sparse = False
    is_quantized = False
    device = CPU

    def __init__(self, array: Any, dtype: DType | None = None, of_which: Array | None = None) -> None:
        self._array = np.asarray(array)
        self.dtype: DType = dtype or _OF_NUMPY[self._array.dtype]
        self._of_which = of_which

    # what it is

    @property
    def shape(self) -> Size:
        """Of the tensor."""
        return Size(self._array.shape)

    @property
    def T(self) -> Array:  # noqa: N802
        """Rows for columns."""
        return self._view(self._array.T)

    def dim(self) -> int:
        """How many axes there are."""
        return self._array.ndim

    ndim = property(dim)

    def numel(self) -> int:
        """How many elements there are."""
        return self._array.size

    def stride(self) -> tuple[int, ...]:
        """How far apart elements lie along each axis, in elements."""
        return tuple(step // self._array.itemsize for step in self._array.strides)

    def element_size(self) -> int:
        """Bytes of an element."""
        return self.dtype.itemsize

    def is_floating_point(self) -> bool:
        """Whether its elements are floats."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether its elements are complex numbers."""
        return self.dtype.is_complex

    def numpy(self) -> np.ndarray:
        """What it holds."""
        return self._array

    def item(self) -> Any:
        """Its only element."""
        return self._array.item()

    def tolist(self) -> Any:
        """Its elements in lists."""
        return self._array.tolist()

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[Array]:
        return map(self._view, self._array)

    def __float__(self) -> float:
        return float(self._array)

    def __int__(self) -> int:
        return int(self._array)

    def __bool__(self) -> bool:
        return bool(self._array)

    # bytes of a file

    def untyped_storage(self) -> np.ndarray:
        """Its bytes."""
        return self._array.reshape(-1).view(np.uint8)

    def set_(self, storage: np.ndarray, offset: int, shape: Sequence[int], stride: Sequence[int]) -> None:
        """Become a view of bytes; offset and stride are in elements."""
        size = self.dtype.itemsize
        stored: Any = np.uint16 if self.dtype.name == "bfloat16" else self.dtype.held
        held: np.ndarray = np.ndarray(shape, stored, storage.data, offset * size, [size * step for step in stride])
        if self.dtype.name == "bfloat16":  # the upper half of a float32
            held = (held.astype(np.uint32) << 16).view(np.float32)
        self._array = held

    # the same elements otherwise

    def __getitem__(self, place: Any) -> Array:
        return self._view(self._array[place.numpy() if isinstance(place, Array) else place])

    def __setitem__(self, place: Any, value: Any) -> None:
        self._array[place] = _plain(value)

    def to(self, dtype: Any = None, **_: object) -> Array:
        """Of another type; there is no other device."""
        return self._of(dtype) if isinstance(dtype, DType) else self

    def float(self) -> Array:
        """In float32."""
        return self._of(DTYPES["float32"])

    def double(self) -> Array:
        """In float64."""
        return self._of(DTYPES["float64"])

    def detach(self) -> Array:
        """The same: nothing has gradients."""
        return self

    cpu = detach

    def contiguous(self) -> Array:
        """With its elements in order."""
        return self._view(np.ascontiguousarray(self._array))

    def reshape(self, *shape: Any) -> Array:
        """In another shape."""
        wanted = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return self._view(self._array.reshape(wanted))

    view = reshape

    def flatten(self, start: int = 0, end: int = -1) -> Array:
        """With the axes from `start` to `end` as one."""
        shape, last = self.shape, end % max(self.dim(), 1)
        return self.reshape((*shape[:start], int(np.prod(shape[start : last + 1])), *shape[last + 1 :]))

    def movedim(self, source: int, destination: int) -> Array:
        """With an axis elsewhere."""
        return self._view(np.moveaxis(self._array, source, destination))

    def transpose(self, first: int, second: int) -> Array:
        """With two axes exchanged."""
        return self._view(self._array.swapaxes(first, second))

    def permute(self, *axes: int) -> Array:
        """With the axes in another order."""
        return self._view(self._array.transpose(axes))

    def unsqueeze(self, dim: int) -> Array:
        """With one more axis."""
        return self._view(np.expand_dims(self._array, dim))

    def unbind(self, dim: int = 0) -> tuple[Array, ...]:
        """Its parts along an axis."""
        return tuple(self._view(part) for part in np.moveaxis(self._array, dim, 0))

    def expand_as(self, other: Array) -> Array:
        """Repeated to the shape of another."""
        return self._view(np.broadcast_to(self._array, other.shape))

    def new_tensor(self, values: Any) -> Array:
        """Of other values, of the same type."""
        return self._like(np.asarray(values, self._array.dtype))

    # element by element

    def abs(self) -> Array:
        """Magnitudes."""
        return self._counted(np.abs)

    def __abs__(self) -> Array:
        return self.abs()

    def square(self) -> Array:
        """Squares."""
        return self._counted(np.square)

    def sqrt(self) -> Array:
        """Roots; of what is negative, nan."""
        return self._counted(np.sqrt)

    def log10(self) -> Array:
        """Decimal logarithms."""
        return self._counted(np.log10)

    def isfinite(self) -> Array:
        """Where it is finite."""
        return Array(np.isfinite(self._array))

    def clamp(self, min: Any = None, max: Any = None) -> Array:  # noqa: A002
        """Within bounds."""
        return self._counted(lambda values: np.clip(values, min, max))

    def round(self) -> Array:
        """To whole numbers, of halves to the even one."""
        return self._counted(np.round)

    def mul(self, other: Any) -> Array:
        """Multiplied."""
        return self._counted(lambda values: values * _plain(other))

    def div(self, other: Any) -> Array:
        """Divided."""
        return self._counted(lambda values: values / _plain(other))

    def __sub__(self, other: Any) -> Array:
        return self._counted(lambda values: values - _plain(other))

    def copy_(self, other: Array) -> Array:
        """With the elements of another."""
        self._array[...] = other.numpy()
        return self

    def clamp_min(self, least: Any) -> Array:
        """No less than this."""
        return self.clamp(min=least)

    def square_(self) -> Array:
        """Squared in place."""
        return self.mul_(self)

    def mul_(self, other: Any) -> Array:
        """Multiplied in place."""
        self._array *= _plain(other)
        return self

    def div_(self, other: Any) -> Array:
        """Divided in place."""
        self._array /= _plain(other)
        return self

    def __invert__(self) -> Array:
        return Array(~self._array)

    def __neg__(self) -> Array:
        return self._counted(np.negative)

    # of many elements, one

    def sum(self, dim: Any = None, keepdim: bool = False) -> Array:
        """Sums; of whole numbers and truths, in int64."""
        if self._array.dtype.kind != "f":
            return Array(self._array.sum(axis=dim, keepdims=keepdim, dtype=np.int64))
        return self._like(self._summed(dim, keepdim).astype(self._array.dtype))

    def mean(self, dim: Any = None, keepdim: bool = False) -> Array:
        """Means."""
        total = self._summed(dim, keepdim)
        with np.errstate(all="ignore"):
            return self._like((total / (self._array.size / max(total.size, 1))).astype(self._array.dtype))

    def _summed(self, dim: Any, keepdim: bool) -> np.ndarray:
        return np.asarray(self._exact().sum(axis=dim, keepdims=keepdim, dtype=np.float64))

    def norm(self) -> Array:
        """The root of the summed squares."""
        flat = self._exact().reshape(-1)
        return self._like(np.sqrt(np.dot(flat, flat)))

    def prod(self, dim: int) -> Array:
        """Products."""
        return self._like(self._exact().prod(axis=dim))

    def min(self) -> Array:
        """The least; nan where there is one."""
        return self._like(self._array.min())

    def max(self) -> Array:
        """The largest; nan where there is one."""
        return self._like(self._array.max())

    def amin(self, dim: Any = None) -> Array:
        """The least along an axis."""
        return self._like(self._array.min(axis=dim))

    def amax(self, dim: Any = None) -> Array:
        """The largest along an axis."""
        return self._like(self._array.max(axis=dim))

    def any(self, dim: int | None = None) -> Array:
        """Whether any is true, or not zero."""
        return Array(self._array.any(axis=dim))

    def all(self, dim: int | None = None) -> Array:
        """Whether all are true, or not zero."""
        return Array(self._array.all(axis=dim))

    # operators

    def _counted(self, function: Callable[[np.ndarray], np.ndarray]) -> Array:
        with np.errstate(all="ignore"):  # torch says nothing of infinities
            return self._like(function(self._exact()))

    def _exact(self) -> np.ndarray:
        """What may be counted with: torch rounds half precision in ways of its own."""
        if self.dtype.itemsize == 2 and self.dtype.is_floating_point:
            from ganloss_cli.without_torch import TorchNeededError

            raise TorchNeededError(f"arithmetic in {self.dtype}")
        return self._array

    def _like(self, array: Any) -> Array:
        return Array(array, self.dtype if self.dtype.name == "bfloat16" else None)

    def _view(self, array: Any) -> Array:
        return Array(array, self.dtype, self)

    def _of(self, dtype: DType) -> Array:
        return Array(self._array.astype(dtype.held, copy=False), dtype, self)


def _plain(value: Any) -> Any:
    return value._exact() if isinstance(value, Array) else value


def _operator(name: str, held: Callable[[Any], Any]) -> Callable[[Array, Any], Array]:
    function = getattr(np.ndarray, f"__{name}__")

    def operate(self: Array, other: Any) -> Array:
        with np.errstate(all="ignore"):
            return Array(function(held(self), held(other)))

    return operate


def _held(value: Any) -> Any:
    return value.numpy() if isinstance(value, Array) else value


_ARITHMETIC = (
    "add", "mul", "truediv", "pow", "radd", "rsub", "rmul", "rtruediv", "rpow", "and", "or", "matmul",
)  # fmt: skip
for _name in _ARITHMETIC:
    setattr(Array, f"__{_name}__", _operator(_name, _plain))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):  # exact in any precision
    setattr(Array, f"__{_name}__", _operator(_name, _held))
Array.__hash__ = object.__hash__  # type: ignore[method-assign]  # compared element by element


def arrays(values: Sequence[Array]) -> list[np.ndarray]:
    """What several of them hold."""
    return [value.numpy() for value in values]
