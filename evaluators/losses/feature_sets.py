"""What distances between sets of features have in common: where the features are from, rows, and the interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole
from ganloss_cli.evaluators.seen_pictures import Layer, Preparation, Resize, rows_of
from ganloss_cli.evaluators.shapes import check_lengths
from ganloss_cli.evaluators.statistics import Floats, about_figure, error_of, travels

INTERVAL = 1.96  # standard errors on either side hold 95 %

between_sets = partial(
    loss, family="features", extra=DISTRIBUTION, any_features=True, weights="ema", on_request=True, span=(0.0, None)
)
inception = partial(Convention, backbone="inception")
# As torch-fidelity and torchmetrics prepare pictures, as pytorch-fid does, as clean-fid does; the rest is settings.
PYTORCH: Mapping[str, Any] = {"resize": "pytorch"}
PILLOW: Mapping[str, Any] = {"resize": "pillow"}


def in_discriminator(default: str) -> Convention:
    """The default convention in features that need no download.

    Args:
        default: its name.
    """
    return Convention(
        "discriminator", "by hand: the formula in features of the discriminator at hand", backbone="discriminator",
        alias_of=default,
        relation="in the discriminator's last hidden maps, averaged over positions; needs no weights of Inception",
    )  # fmt: skip


@travels
@dataclass(frozen=True, kw_only=True)
class FeatureSet(SampleSet):
    """Features of all samples, the figure of the set or sets, and how sure it is."""

    remarked: ClassVar[str] = "number_of_samples"

    @cached_property
    def figure(self) -> float:
        """The figure, computed once: roots of thousands of features take seconds."""
        return float(self.value())  # type: ignore[arg-type]  # it has no terms that add up

    def compute(self) -> float:
        """The figure of the set."""
        return self.figure

    def shares(self) -> Mapping[str, Floats]:
        """By side, what each sample adds to the figure; see `Apportioned`."""
        if not math.isfinite(self.figure):
            return {}
        return about_figure(self.figure, **self.followed)

    @cached_property
    def followed(self) -> Mapping[str, Floats]:
        """By side, how the figure follows the weight of each sample, but for a constant."""
        raise NotImplementedError

    def standard_error(self) -> float | None:
        """Over other samples of both sides."""
        return error_of(self.shares())

    def interval(self, least: float = -math.inf) -> str:
        """Where 95 % lie, in words; not below what the figure cannot pass."""
        error = self.standard_error()
        if error is None:
            return ""
        low, high = max(least, self.figure - INTERVAL * error), self.figure + INTERVAL * error
        return f"; 95 % from {low:.4g} to {high:.4g}"

    def remark(self) -> str | None:
        """What the figure is to be held against, and its interval."""
        return None

    def rows(self, side: str) -> Tensor:
        """All rows of a side, as they came."""
        return torch.cat([part.cpu() for part in self.parts[side]])


def sides_of(
    real_features: Features, fake_features: Features, resize: Resize, quantized: bool, layer: Layer
) -> dict[str, Tensor]:
    """Rows of both sides.

    Args:
        real_features: of Inception, or maps of any network, [sub-discriminator][map].
        fake_features: the same of the fakes.
        resize: how pictures are brought to Inception's size.
        quantized: whether they are then 8 bits again.
        layer: of Inception.

    Raises:
        InputError: they have other numbers of channels.
    """
    check_lengths(real_features=real_features, fake_features=fake_features)
    preparation = Preparation(resize=resize, quantized=quantized)
    real, fake = (rows_of(features, preparation, layer) for features in (real_features, fake_features))
    if real.shape[1:] != fake.shape[1:]:
        raise InputError(f"real_features has shape {tuple(real.shape)} but fake_features has {tuple(fake.shape)}")
    return {"real": real, "fake": fake}


def as_they_came(whole: Whole, single: bool) -> dict[str, Tensor]:
    """Rows in the type in which the network gave them, as libraries take them.

    Args:
        whole: in float64.
        single: whether they were float32 or less.
    """
    return {name: rows.float() if single else rows for name, rows in whole.items()}


def is_single(rows: Tensor) -> bool:
    """Whether rows are narrower than float64."""
    return rows.dtype != torch.float64
