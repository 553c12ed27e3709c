"""Kernel distance of two sets of features, through torch-fidelity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
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
    redrawn,
    sides_of,
)
from ganloss_cli.evaluators.losses.sets import Whole, finishes_sets
from ganloss_cli.evaluators.seen_pictures import Layer, Resize
from ganloss_cli.evaluators.statistics import travels

SUBSETS, SUBSET_SIZE, SEED = 100, 1000, 2020  # torch-fidelity's
MOST = 2000  # samples whose kernels are kept for the bootstrap
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

    Convention: as torch-fidelity with its seed, in the type of the features, and where it refuses fewer than 1000
    samples as clean-fid: one subset of all.

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
    def drawn(self) -> tuple[float, ...]:
        """The distance of sets drawn from both with replacement; none of very many samples."""
        functions = DISTRIBUTION.module("torch_fidelity.metric_kid")
        real, fake = (self.rows(side).double().numpy() for side in ("real", "fake"))
        count = min(len(real), len(fake))
        if not 2 <= count <= MOST:
            return ()
        real, fake = real[:count], fake[:count]
        rr, rf, ff = (functions.kernel_poly(a, b) for a, b in ((real, real), (real, fake), (fake, fake)))

        def of(r: npt.NDArray[np.int64], f: npt.NDArray[np.int64]) -> float:
            return float(functions.mmd2(rr[np.ix_(r, r)], rf[np.ix_(r, f)], ff[np.ix_(f, f)]))

        scale = self.finish.keywords["scale"]  # type: ignore[attr-defined]
        return tuple(scale * value for value in redrawn(of, count, count))

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
    functions = DISTRIBUTION.module("torch_fidelity.metric_kid")
    rows = as_they_came(whole, single)
    counts = [len(rows[side]) for side in ("real", "fake")]
    if min(counts) < 2:
        raise InputError("kid: a single sample makes no pairs", hint="give more samples")
    if not all(bool(torch.isfinite(each).all()) for each in rows.values()):
        return torch.tensor(torch.nan, dtype=torch.float64)
    size = min(*counts, SUBSET_SIZE)
    found = functions.kid_features_to_metric(
        rows["fake"],
        rows["real"],
        kid_subsets=1 if {*counts} == {size} else SUBSETS,
        kid_subset_size=size,
        rng_seed=SEED,
        verbose=False,
    )
    return torch.tensor(scale * found[functions.KEY_METRIC_KID_MEAN], dtype=torch.float64)
