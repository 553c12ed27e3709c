"""Precision and recall of two sets of features, through torch-fidelity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.evaluators.left_out import jackknifed, reached
from ganloss_cli.evaluators.losses.feature_sets import (
    FeatureSet,
    as_they_came,
    between_sets,
    in_discriminator,
    inception,
    is_single,
    sides_of,
)
from ganloss_cli.evaluators.losses.sets import Whole, finishes_sets
from ganloss_cli.evaluators.seen_pictures import Layer, Resize
from ganloss_cli.evaluators.statistics import Floats, travels

Figure = Literal["f_score", "precision", "recall"]


@between_sets(
    reference="Kynkaanniemi et al. 2019, Improved Precision and Recall Metric, arXiv:1904.06991",
    span=(0.0, 1.0),
    higher_is_better=True,
    symmetric=True,
    batch_dependent="it looks for neighbours in the whole set: only sets of equal sizes compare",
    interpretation="precision: the share of fakes that lie where reals do; recall: of reals where fakes do; F is 2 "
    "precision recall over their sum. The paper, and torch-fidelity unless told otherwise, look through VGG16: give "
    "that by --backbone features=FILE",
    conventions=(
        inception("f_score", "torch-fidelity 0.4.0, prc_neighborhood=3, feature_extractor='inception-v3-compat'"),
        inception(
            "precision", "torch-fidelity 0.4.0, precision", settings={"figure": "precision"},
            relation="the share of fakes in a neighbourhood of a real",
        ),
        inception(
            "recall", "torch-fidelity 0.4.0, recall", settings={"figure": "recall"},
            relation="the share of reals in a neighbourhood of a fake: what torch-fidelity calls precision where it "
            "is given the reals first",
        ),
        in_discriminator("f_score"),
    ),
)  # fmt: skip
def prc(
    real_features: Features,
    fake_features: Features,
    *,
    figure: Figure = "f_score",
    k: int = 3,
    resize: Resize = "tensorflow",
    quantized: bool = False,
    layer: Layer = "2048",
) -> NeighbourSet:
    """Improved precision and recall.

        precision = mean over fakes of [some real i: ||f - r_i|| <= distance of r_i to its k-th nearest real]

    and recall with reals and fakes exchanged.

    Args:
        real_features: Inception's, or maps of any network, [sub-discriminator][map].
        fake_features: the same of the fakes; their number may differ.
        figure: "f_score", 2 precision recall / (precision + recall), or one of the two.
        k: which nearest neighbour ends a neighbourhood; of fewer samples than k + 1, the farthest.
        resize: how pictures are brought to Inception's 299 x 299: "tensorflow", "pytorch" or "pillow".
        quantized: whether they are then 8 bits again.
        layer: of Inception.

    Returns:
        a statistic of the whole set, on [0, 1], with the terms precision and recall.

    Convention: as torch-fidelity given the fakes first, ties included, where prdc leaves them out.

    Raises:
        InputError: the features have other numbers of channels, or a side is a single sample.

    Reference: arXiv:1904.06991, equation 2.
    """
    sides = sides_of(real_features, fake_features, resize, quantized, layer)
    return NeighbourSet.of(partial(_prc, figure=figure, k=k, single=is_single(sides["fake"])), sides)


@travels
@dataclass(frozen=True, kw_only=True)
class NeighbourSet(FeatureSet):
    """Features of all samples, and what share of each side lies among the other."""

    def terms(self) -> Mapping[str, float]:
        """Precision and recall."""
        return {name: self._figures[name] for name in ("precision", "recall")}

    @cached_property
    def _figures(self) -> dict[str, float]:
        settings = self.finish.keywords  # type: ignore[attr-defined]
        whole = {side: self.rows(side).double() for side in ("real", "fake")}
        return _figures(whole, k=settings["k"], single=settings["single"])

    @cached_property
    def figure(self) -> float:
        """The one that is wanted."""
        return self._figures[self._wanted]

    @property
    def _wanted(self) -> Figure:
        wanted: Figure = self.finish.keywords["figure"]  # type: ignore[attr-defined]
        return wanted

    @cached_property
    def followed(self) -> Mapping[str, Floats]:
        """By the jackknife over the fakes, while the reals count as given: one lies somewhere, and holds reals."""
        real, fake = (self.rows(side) for side in ("real", "fake"))
        k = min(self.finish.keywords["k"], len(real) - 1, len(fake) - 1)  # type: ignore[attr-defined]
        own, held = reached(fake, real, k), reached(real, fake, k)
        precision = (own.inside.sum() - own.inside) / (len(fake) - 1)
        recall = held.share - held.lost / len(real)
        return {"fake": jackknifed(_figure(self._wanted, precision, recall))}

    def remark(self) -> str | None:
        """The interval."""
        return self.interval(0.0).removeprefix("; ") or None


def _figure(wanted: Figure, precision: Floats, recall: Floats) -> Floats:
    both = 2 * precision * recall / np.maximum(1e-5, precision + recall)  # as torch-fidelity's
    return {"precision": precision, "recall": recall, "f_score": both}[wanted]


def _figures(whole: Whole, *, k: int, single: bool) -> dict[str, float]:
    functions = DISTRIBUTION.module("torch_fidelity.metric_prc")
    rows = as_they_came(whole, single)
    least = min(map(len, rows.values()))
    if least < 2:
        raise InputError("prc: a single sample has no neighbours", hint="give more samples")
    if not all(bool(torch.isfinite(each).all()) for each in rows.values()):
        return dict.fromkeys(("f_score", "precision", "recall"), torch.nan)
    found = functions.prc_features_to_metric(
        rows["fake"], rows["real"], prc_neighborhood=min(k, least - 1), save_cpu_ram=True, verbose=False
    )
    return {
        name: found[getattr(functions, f"KEY_METRIC_{name.upper()}")] for name in ("f_score", "precision", "recall")
    }


@finishes_sets
def _prc(whole: Whole, *, figure: Figure, k: int, single: bool) -> Tensor:
    return torch.tensor(_figures(whole, k=k, single=single)[figure], dtype=torch.float64)
