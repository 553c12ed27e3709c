"""The spellings of weight norm and spectral norm in state dicts, old and new, seen as the plain weights they stand for.

    weight norm     X.weight_g, X.weight_v               X.parametrizations.weight.original0, .original1
    spectral norm   X.weight_orig, X.weight_u, X.weight_v    X.parametrizations.weight.original, .0._u, .0._v

`X.weight_v` is in both old spellings: a whole kernel in the one, a vector in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from ganloss_cli.io.architectures.task import Shapes

# what follows the layer's name -> what it is of its weight
WEIGHT_NORM = {"weight_g": "weight_v", "parametrizations.weight.original0": "parametrizations.weight.original1"}
SPECTRAL_NORM = {
    "weight_orig": ("weight_u", "weight_v"),
    "parametrizations.weight.original": ("parametrizations.weight.0._u", "parametrizations.weight.0._v"),
}


def normed_layers(keys: Iterable[str], marks: Iterable[str]) -> dict[str, str]:
    """Layer -> the mark that its keys show, of the given marks.

    Args:
        keys: of a state dict.
        marks: the keys of `WEIGHT_NORM` or of `SPECTRAL_NORM`.
    """
    endings = {f".{mark}": mark for mark in marks}
    marked = [key for key in keys if key.endswith(tuple(endings))]
    return {
        key.removesuffix(ending): mark for key in marked for ending, mark in endings.items() if key.endswith(ending)
    }


def spectral_layers(shapes: Shapes) -> frozenset[str]:
    """Names of the layers under spectral norm."""
    return frozenset(normed_layers(shapes, SPECTRAL_NORM))


def plain_shapes(shapes: Shapes) -> dict[str, tuple[int, ...]]:
    """The shapes that the state dict would have without weight norm and spectral norm: X.weight, X.bias.

    Args:
        shapes: of the state dict as it is in the file.
    """
    plain = dict(shapes)
    for layer, mark in normed_layers(shapes, SPECTRAL_NORM).items():
        for vector in SPECTRAL_NORM[mark]:
            plain.pop(f"{layer}.{vector}", None)
        plain[f"{layer}.weight"] = plain.pop(f"{layer}.{mark}")
    for layer, mark in normed_layers(shapes, WEIGHT_NORM).items():
        direction = f"{layer}.{WEIGHT_NORM[mark]}"
        if direction in plain:
            del plain[f"{layer}.{mark}"]
            plain[f"{layer}.weight"] = plain.pop(direction)
    return plain


def numbered(shapes: Shapes, pattern: str, n_dims: int) -> list[tuple[int, ...]]:
    """Shapes of the tensors called `pattern` with 0, 1, 2 ... in it, up to the first that is absent or no kernel.

    Args:
        shapes: of a state dict.
        pattern: such as "convs.{}.weight".
        n_dims: of these kernels; none of their sizes is 0.
    """
    found: list[tuple[int, ...]] = []
    while is_kernel(shape := shapes.get(pattern.format(len(found)), ()), n_dims):
        found.append(shape)
    return found


def chain(
    kernels: Sequence[tuple[int, ...]], size: tuple[int, ...] | None = None, *, transposed: bool = False
) -> list[int] | None:
    """Channels before the first layer and after every one; None where they do not join up.

    Args:
        kernels: (out, in, ...) each, of transposed convolutions (in, out, ...).
        size: that all kernels have, where it must be one.
        transposed: whether they are transposed convolutions.
    """
    before, after = (0, 1) if transposed else (1, 0)
    joined = all(left[after] == right[before] for left, right in pairwise(kernels))
    if not joined or (size is not None and any(kernel[2:] != size for kernel in kernels)):
        return None
    return [kernels[0][before], *(kernel[after] for kernel in kernels)]


def is_kernel(shape: tuple[int, ...], n_dims: int) -> bool:
    """Whether a shape has as many dimensions, and none of size 0."""
    return len(shape) == n_dims and all(shape)
