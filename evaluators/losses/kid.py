"""Kernel distance of two sets of features, through torch-fidelity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.evaluators.losses.feature_sets import (
    PILLOW,
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

SUBSETS, SUBSET_SIZE, SEED = 100, 1000, 2020  # torch-fidelity's
FIDELITY = inception("torch_fidelity", "torch-fidelity 0.4.0, kid_subsets=100, kid_subset_size=1000")
CLEAN = inception(
    "clean_fid", "clean-fid 0.1.35, mode='clean'", settings=PILLOW, relation="of pictures resized by Pillow's bicubic"
)  # fmt: skip


@between_sets(
    reference="Binkowski et al. 2018, Demystifying MMD GANs, arXiv:1801.01401",
    span=(None, None),
    higher_is_better=False,
    equilibrium=0.0,
    symmetric=True,
    batch_dependent="of more than 1000 samples it draws subsets: only sets of equal sizes and order give its last "
    "digits again",
    interpretation="0: equal distributions in the features, and a little below for sets that are alike, for it is not "
    "biased; papers mostly print it times 100 or 1000",
    conventions=(
        FIDELITY,
        FIDELITY.alias("torchmetrics", "torchmetrics 1.9.0, whose subsets are other ones in every call"),
        FIDELITY.alias("legacy_tensorflow", "clean-fid 0.1.35, mode='legacy_tensorflow', other subsets in every call"),
        CLEAN,
        inception(
            "x100", "torch-fidelity 0.4.0, as some papers print it", settings={"scale": 100.0}, relation="times 100",
            factor=100.0,
        ),
        inception(
            "x1000", "torch-fidelity 0.4.0, as most papers print it", settings={"scale": 1000.0},
            relation="times 1000", factor=1000.0,
        ),
        in_discriminator("torch_fidelity"),
    ),
)  # fmt: skip
def kid(
    real_features: Features,
    fake_features: Features,
    *,
    scale: float = 1.0,
    resize: Resize = "tensorflow",
    quantized: bool = False,
    layer: Layer = "2048",
) -> KernelSet:
    """Kernel distance of features.

        KID = mean of k(r, r') + mean of k(f, f') - 2 mean of k(r, f),  k(a, b) = (a . b / D + 1)^3

    over pairs of different samples, the mean over 100 subsets of 1000; of fewer samples than 1000 over all of them.

    Args:
        real_features: Inception's, or maps of any network, [sub-discriminator][map].
        fake_features: the same of the fakes; their number may differ.
        scale: what it is multiplied by.
        resize: how pictures are brought to Inception's 299 x 299: "tensorflow", "pytorch" or "pillow".
        quantized: whether they are then 8 bits again.
        layer: of Inception.

    Returns:
        a statistic of the whole set, unbiased: it may be negative.

    Convention: as torch-fidelity with its seed and subsets, in the type of the features, and where it refuses fewer
    than 1000 samples as clean-fid: one subset of all.

    Raises:
        InputError: the features have other numbers of channels, or a side is a single sample.

    Reference: arXiv:1801.01401, section 4.
    """
    sides = sides_of(real_features, fake_features, resize, quantized, layer)
    return KernelSet.of(partial(_kid, scale=scale, single=is_single(sides["fake"])), sides)


@travels
@dataclass(frozen=True, kw_only=True)
class KernelSet(FeatureSet):
    """Features of all samples, and the kernel distance of the two sets."""

    @cached_property
    def _found(self) -> _Distance:
        whole = {side: self.rows(side).double() for side in ("real", "fake")}
        return _distance(whole, **self.finish.keywords)  # type: ignore[attr-defined]

    @cached_property
    def figure(self) -> float:
        """The distance of the two sets."""
        return self._found.value

    @property
    def followed(self) -> Mapping[str, Floats]:
        """By the jackknife: of both sides."""
        return self._found.followed

    def remark(self) -> str | None:
        """How many samples make it, and its interval."""
        counts = [len(self.rows(side)) for side in ("real", "fake")]
        size = min(*counts, SUBSET_SIZE)
        subsets = "one subset" if {*counts} == {size} else f"{SUBSETS} subsets"
        same = counts[0] == counts[1] and torch.equal(self.rows("real"), self.rows("fake"))
        told = "; of a set and itself, which leaves out pairs of a sample and itself and is below 0" if same else ""
        return f"{subsets} of {size}{told}{self.interval()}"


@finishes_sets
def _kid(whole: Whole, *, scale: float, single: bool) -> Tensor:
    return torch.tensor(_distance(whole, scale=scale, single=single).value, dtype=torch.float64)


@dataclass(frozen=True, kw_only=True)
class _Distance:
    """The mean over subsets, and by side what follows each sample: all subsets that it is in."""

    value: float
    followed: Mapping[str, Floats]


def _distance(whole: Whole, *, scale: float, single: bool) -> _Distance:
    functions = DISTRIBUTION.module("torch_fidelity.metric_kid")
    sides = {side: rows.numpy() for side, rows in as_they_came(whole, single).items()}
    counts = {side: len(rows) for side, rows in sides.items()}
    size = min(*counts.values(), SUBSET_SIZE)
    if size < 2:
        raise InputError("kid: a single sample makes no pairs", hint="give more samples")
    if not all(np.isfinite(rows).all() for rows in sides.values()):
        return _Distance(value=math.nan, followed={})
    random, values = np.random.RandomState(SEED), []
    followed = {side: np.zeros(count) for side, count in counts.items()}
    for _ in range(1 if {*counts.values()} == {size} else SUBSETS):
        taken = {side: random.choice(counts[side], size, replace=False) for side in ("fake", "real")}
        f, r = (sides[side][places] for side, places in taken.items())
        ff, rr, fr = (functions.kernel_poly(one, other) for one, other in ((f, f), (r, r), (f, r)))
        values.append(functions.mmd2(ff, fr, rr))
        for side, own, cross in (("fake", ff, fr.mean(1)), ("real", rr, fr.mean(0))):
            alone = (own.sum(1) - np.diagonal(own)).astype(np.float64) / max(size - 2, 1) - cross
            followed[side][taken[side]] += (alone - alone.mean()) * 2 * scale * counts[side] / size
    return _Distance(
        value=scale * float(np.mean(values)), followed={side: each / len(values) for side, each in followed.items()}
    )
