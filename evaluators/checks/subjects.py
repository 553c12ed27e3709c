"""What checks look at: networks, files, what a discriminator said, what a generator made. Plain records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

from torch import Tensor

from ganloss_cli.records.report import Weights


@dataclass(frozen=True, kw_only=True)
class Misfit:
    """How the keys of a network differ from those of the architecture that it is."""

    architecture: str
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    of_another_shape: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AuditedNetwork:
    """One network of one file.

    Args:
        path: the file.
        part: the file's own name for it; empty for a raw state dict.
        role: product.md's word for it.
        weights: raw or averaged.
        tensors: its state dict.
        step: of the file.
        misfit: where it is of a known architecture, but not quite.
    """

    path: PurePath
    part: str
    role: str
    weights: Weights
    tensors: Mapping[str, Tensor]
    step: int | None = None
    misfit: Misfit | None = None

    @property
    def called(self) -> str:
        """The file, and the network as the file calls it, with its role where that says more."""
        return f"{self.path}: {self.name}"

    @property
    def name(self) -> str:
        """The network as the file calls it, with its role where that says more."""
        if not self.part:
            return self.role
        return self.part if self.part == self.role else f"{self.part} ({self.role})"


@dataclass(frozen=True, kw_only=True)
class OptimizerState:
    """What a file keeps of one optimizer.

    Args:
        name: the file's name for it.
        n_parameters: how many its groups name.
        n_states: how many of them it has a state for.
        learning_rates: of its groups.
        non_finite: names of moments that hold NaN or infinity, such as "3.exp_avg".
        keeps_moments: whether its settings are those of an optimizer that has a state, unlike plain SGD.
    """

    name: str
    n_parameters: int
    n_states: int
    learning_rates: tuple[float, ...]
    non_finite: tuple[str, ...] = ()
    keeps_moments: bool = True


@dataclass(frozen=True, kw_only=True)
class AuditedFile:
    """One checkpoint file: what it keeps beside its networks."""

    path: PurePath
    step: int | None
    roles: tuple[str, ...]
    optimizers: tuple[OptimizerState, ...] = ()

    @property
    def called(self) -> str:
        """The file."""
        return str(self.path)


@dataclass(frozen=True, kw_only=True)
class AuditedModel:
    """Everything that was named together."""

    networks: tuple[AuditedNetwork, ...]
    files: tuple[AuditedFile, ...]
    called: str = field(default="", init=False)
