"""The layers of a state dict, told by the names of its tensors, and the numbers that checks need of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganloss_cli.evaluators.sharing import shared

# what a layer's weight is called: plain, under weight norm, under the old spectral norm, under parametrisations
_WEIGHTS = ("weight", "weight_v", "weight_orig", "weight_bar", "original", "original0", "original1")
POWER_ITERATIONS = 30
CONVERGED = 1e-4  # relative change of the singular value from one iteration to the next


@dataclass(frozen=True, kw_only=True)
class NormLayer:
    """A batch norm: gain and bias are absent without affine parameters; each (C,)."""

    name: str
    running_mean: Tensor
    running_var: Tensor
    gain: Tensor | None


@dataclass(frozen=True, kw_only=True)
class SpectralLayer:
    """A layer under spectral norm: the matrix, and the stored estimates of its first singular vectors."""

    name: str
    matrix: Tensor
    u: Tensor
    v: Tensor

    def stored_sigma(self) -> float:
        """The singular value that the network divides by in eval mode: u W v."""
        return float(self.u @ self.matrix @ self.v)


def floating(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The tensors that hold real numbers, but for empty ones."""
    return ((name, value) for name, value in tensors.items() if value.is_floating_point() and value.numel())


@shared
def row_extremes(value: Tensor) -> tuple[Tensor, Tensor]:
    """The least and the largest value of every row, NaN where there is one: all that most checks have to read.

    Args:
        value: not empty; of one axis it is a single row.
    """
    rows = widened(value).detach().reshape(value.shape[0] if value.dim() > 1 else 1, -1)
    return torch.aminmax(rows, dim=1)


def widened(value: Tensor) -> Tensor:
    """Floats of a byte in float32: torch stores them, and does next to nothing with them."""
    return value.float() if value.element_size() == 1 else value


def is_finite(value: Tensor) -> bool:
    """Whether nothing in it is NaN or infinite."""
    return all(bool(torch.isfinite(extreme).all()) for extreme in row_extremes(value))


def weight_matrices(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The weights of linear and convolution layers as matrices (first axis, rest).

    Embeddings are left out: rows that no sample asked for stay as they were made.
    """
    for name, value in floating(tensors):
        leaf = name.rpartition(".")[2]
        spectral_v = leaf == "weight_v" and f"{name[:-1]}orig" in tensors
        if leaf in _WEIGHTS and value.dim() > 1 and not spectral_v and "emb" not in name.lower():
            yield name, value.detach().reshape(value.shape[0], -1)


def norm_layers(tensors: Mapping[str, Tensor]) -> Iterator[NormLayer]:
    """The batch norms that keep running statistics."""
    for name, variance in tensors.items():
        prefix, dot, leaf = name.rpartition(".")
        mean = tensors.get(f"{prefix}{dot}running_mean")
        if leaf == "running_var" and mean is not None and variance.numel():
            gain = tensors.get(f"{prefix}{dot}weight")
            yield NormLayer(
                name=prefix or "batch norm", running_mean=mean.float(), running_var=variance.float(),
                gain=None if gain is None else gain.float(),
            )  # fmt: skip


def weight_norm_gains(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """The gains of layers under weight norm, old style and as parametrisation; flattened."""
    for name, value in floating(tensors):
        head, _, leaf = name.rpartition(".")
        old = leaf == "weight_g" and f"{head}.weight_v".lstrip(".") in tensors
        new = leaf == "original0" and f"{head}.original1" in tensors
        if old or new:
            yield name, value.detach().float().flatten()


def spectral_layers(tensors: Mapping[str, Tensor]) -> Iterator[SpectralLayer]:
    """The layers under spectral norm, old style and as parametrisation."""
    for name, value in floating(tensors):
        for own, first, second in (
            ("weight_orig", "weight_u", "weight_v"),
            ("weight_bar", "weight_u", "weight_v"),
            ("original", "0._u", "0._v"),
        ):
            if not (name == own or name.endswith(f".{own}")) or value.dim() < 2:
                continue
            head = name.removesuffix(own)
            u, v = tensors.get(head + first), tensors.get(head + second)
            if u is not None and v is not None and (layer := _oriented(name, value, u.float(), v.float())):
                yield layer


def _oriented(name: str, weight: Tensor, u: Tensor, v: Tensor) -> SpectralLayer | None:
    """The matrix whose rows are the outputs: the first axis, or the second of a transposed convolution."""
    fitting = []
    for axis in (0, 1):
        matrix = weight.detach().float().movedim(axis, 0).reshape(weight.shape[axis], -1)
        if matrix.shape == (u.numel(), v.numel()):
            fitting.append(SpectralLayer(name=name, matrix=matrix, u=u.flatten(), v=v.flatten()))
    # a square layer fits both ways; stored vectors belong to the one that they make larger
    return max(fitting, key=lambda layer: abs(layer.stored_sigma()), default=None)


def largest_singular_value(matrix: Tensor, iterations: int = POWER_ITERATIONS) -> float:
    """The largest singular value, from below, by power iteration.

    Args:
        matrix: (m, n), float32.
        iterations: at most; it stops earlier once the value has settled.
    """
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(matrix.shape[1], generator=generator, dtype=matrix.dtype)
    sigma = 0.0
    for _ in range(iterations):
        u = matrix @ (v / v.norm().clamp_min(1e-30))
        before, sigma = sigma, float(u.norm())
        if sigma == 0 or abs(sigma - before) <= CONVERGED * sigma:
            break
        v = matrix.T @ (u / sigma)
    return sigma
