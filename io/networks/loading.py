"""Weights into modules: all of them or an error, never some of them in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ganloss_cli.errors import InputError
from ganloss_cli.records.listing import listed

COUNTER = "num_batches_tracked"  # absent before torch 0.4.1, and without effect on what a network computes
_N_SHOWN = 4


def load_strictly(module: nn.Module, state_dict: Mapping[str, Tensor], where: str, hint: str | None = None) -> None:
    """Load every tensor into its place.

    Args:
        module: receives the weights, in its own dtype.
        state_dict: name -> tensor.
        where: the file and the network's name in it, for the error.
        hint: for the error.

    Raises:
        InputError: missing or unexpected keys except batch-norm counters, or shapes that differ.
    """
    problem = try_load(module, state_dict)
    if problem:
        raise InputError(f"{where}: the weights do not fit {type(module).__name__}: {problem}", hint=hint)


def try_load(module: nn.Module, state_dict: Mapping[str, Tensor]) -> str | None:
    """Load what fits; None if that was everything, else what was missing, unexpected or of another shape."""
    left = load_leniently(module, state_dict)
    kinds = {"missing": left.missing, "unexpected": left.unexpected, "of another shape": left.of_another_shape}
    told = [f"{kind}: {listed(keys, _N_SHOWN)}" for kind, keys in kinds.items() if keys]
    return "; ".join([*told, left.refused] if left.refused else told) or None


@dataclass(frozen=True, kw_only=True)
class Left:
    """What `load_leniently` could not place.

    Args:
        missing: tensors of the module that the file lacks.
        unexpected: tensors of the file that the module lacks.
        of_another_shape: names, with both shapes.
        refused: what torch says of shapes that it alone compares; empty if nothing.
    """

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    of_another_shape: tuple[str, ...] = ()
    refused: str = ""


def load_leniently(module: nn.Module, state_dict: Mapping[str, Tensor]) -> Left:
    """Load what fits, under every spelling of the names that the module takes; batch-norm counters may differ.

    Args:
        module: receives the weights, in its own dtype.
        state_dict: name -> tensor.
    """
    clashes = _clashes(module, state_dict)
    fitting = {key: value for key, value in state_dict.items() if key not in clashes}
    try:
        left = module.load_state_dict(fitting, strict=False)
    except RuntimeError as error:  # shapes under another spelling, or that a parametrisation's own hook compares
        return Left(of_another_shape=tuple(clashes.values()), refused=" ".join(str(error).split()))
    ties = tied_names(module)
    given = {twin for key in fitting for twin in ties.get(key, ())} | clashes.keys()
    return Left(
        missing=tuple(key for key in left.missing_keys if not key.endswith(COUNTER) and key not in given),
        unexpected=tuple(key for key in left.unexpected_keys if not key.endswith(COUNTER)),
        of_another_shape=tuple(clashes.values()),
    )


def tied_names(module: nn.Module) -> dict[str, tuple[str, ...]]:
    """Name of a tensor -> all names under which a network has that same tensor, where it has several.

    A file may give one of them alone: accelerate leaves out the others.

    Args:
        module: the network.
    """
    names: dict[int, list[str]] = {}
    for name, value in module.state_dict(keep_vars=True).items():
        names.setdefault(id(value), []).append(name)
    return {name: tuple(same) for same in names.values() if len(same) > 1 for name in same}


def _clashes(module: nn.Module, state_dict: Mapping[str, Tensor]) -> dict[str, str]:
    own = {key: value for key, value in module.state_dict().items() if isinstance(value, Tensor) and not is_lazy(value)}
    return {
        key: f"{key} ({tuple(value.shape)} in the file, {tuple(own[key].shape)} in {type(module).__name__})"
        for key, value in state_dict.items()
        if key in own and own[key].shape != value.shape
    }
