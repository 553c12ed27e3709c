"""Inception score, through torch-fidelity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.evaluators.losses.feature_sets import FeatureSet, between_sets, inception
from ganloss_cli.evaluators.losses.sets import Whole, finishes_sets
from ganloss_cli.evaluators.seen_pictures import Layer, Preparation, Resize, SeenPictures
from ganloss_cli.evaluators.shapes import check_lengths
from ganloss_cli.evaluators.statistics import Floats, array_of, travels

SEED = 2020  # torch-fidelity's
FIDELITY = inception("torch_fidelity", "torch-fidelity 0.4.0, isc_splits=10, samples_shuffle=True, rng_seed=2020")


@between_sets(
    reference="Salimans et al. 2016, Improved Techniques for Training GANs, arXiv:1606.03498",
    span=(1.0, None),
    higher_is_better=True,
    batch_dependent="it grows with the number of samples in a split, which it cannot pass",
    interpretation="1: one class, or none is told; at most the number of classes, or of samples in a split; it never "
    "looks at reals",
    conventions=(
        FIDELITY,
        FIDELITY.alias("torchmetrics", "torchmetrics 1.9.0, splits=10, shuffled anew in every call"),
        inception(
            "with_bias", "torch-fidelity 0.4.0, features 'logits'", settings={"layer": "logits"},
            relation="of scores with the bias of the last layer",
        ),
    ),
)  # fmt: skip
def isc(
    fake_features: Features,
    *,
    splits: int = 10,
    shuffled: bool = True,
    resize: Resize = "tensorflow",
    quantized: bool = False,
    layer: Layer = "logits_unbiased",
) -> ScoreSet:
    """Inception score.

        IS = exp(mean of KL(p(y | f) || mean of p(y | f)))

    the mean over splits; p is the softmax of class scores.

    Args:
        fake_features: Inception's class scores of the fakes, or the last map of any classifier's.
        splits: how many parts have a score of their own; of fewer samples than that, all are one part.
        shuffled: whether samples are dealt to splits in a random order, always the same.
        resize: how pictures are brought to Inception's 299 x 299: "tensorflow", "pytorch" or "pillow".
        quantized: whether they are then 8 bits again.
        layer: of Inception: "logits_unbiased" or "logits".

    Returns:
        a statistic of the whole set: the mean over splits, with the terms mean and std.

    Convention: as torch-fidelity, in float64, deviation over the number of splits; of fewer samples than splits it
    and its seed give NaN.

    Reference: arXiv:1606.03498, section 4.
    """
    check_lengths(fake_features=fake_features)
    if isinstance(fake_features, SeenPictures):
        rows = fake_features.rows(Preparation(resize=resize, quantized=quantized), layer)
    else:
        rows = fake_features[-1][-1].flatten(1)
    return ScoreSet.of(partial(_isc, splits=splits, shuffled=shuffled), {"fake": rows})


@travels
@dataclass(frozen=True, kw_only=True)
class ScoreSet(FeatureSet):
    """Class scores of all samples, and the score of the set."""

    @cached_property
    def _splits(self) -> int:
        splits: int = self.finish.keywords["splits"]  # type: ignore[attr-defined]
        return splits

    @cached_property
    def _parts(self) -> int:
        return _parts(self.count, self._splits)

    @cached_property
    def followed(self) -> Mapping[str, Floats]:
        """A split's score follows each divergence of its samples, and their mean distribution not to first order."""
        rows = self.rows("fake").double()
        count, settings = len(rows), self.finish.keywords  # type: ignore[attr-defined]
        order = np.random.RandomState(SEED).permutation(count) if settings["shuffled"] else np.arange(count)
        found = np.zeros(count)
        for split in np.array_split(order, [k * count // self._parts for k in range(1, self._parts)]):
            scores = rows[split].log_softmax(1)
            divergences = (scores.exp() * (scores - scores.exp().mean(0).log())).sum(1)
            own = float(divergences.mean().exp()) * array_of(divergences - divergences.mean())
            found[split] = own * count / (len(split) * self._parts)
        return {"fake": found}

    def terms(self) -> Mapping[str, float]:
        """Mean and deviation over splits."""
        return _scored(self.rows("fake").double(), **self.finish.keywords)  # type: ignore[attr-defined]

    def remark(self) -> str | None:
        """What the number of samples makes of it, and its interval."""
        count, parts = self.count, self._parts
        told = f"{parts} splits of {count / parts:.4g} samples" if parts > 1 else f"one split of {count}"
        few = f", for {self._splits} would leave empty ones: torch-fidelity gives NaN" if parts < self._splits else ""
        most = f", and no score passes {count / parts:.4g}" if count / parts < 1008 else ""
        return f"{told}{few}{most}{self.interval(1.0)}"


def _parts(count: int, splits: int) -> int:
    return splits if count >= splits else 1


def _scored(rows: Tensor, *, splits: int, shuffled: bool) -> dict[str, float]:
    functions = DISTRIBUTION.module("torch_fidelity.metric_isc")
    if not np.isfinite(rows.numpy()).all():
        return {"mean": torch.nan, "std": torch.nan}
    found = functions.isc_features_to_metric(rows, _parts(len(rows), splits), shuffled, SEED)
    return {"mean": found[functions.KEY_METRIC_ISC_MEAN], "std": found[functions.KEY_METRIC_ISC_STD]}


@finishes_sets
def _isc(whole: Whole, *, splits: int, shuffled: bool) -> Tensor:
    return torch.tensor(_scored(whole["fake"], splits=splits, shuffled=shuffled)["mean"], dtype=torch.float64)
