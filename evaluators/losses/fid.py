"""Frechet distance of two sets of features, through torch-fidelity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.evaluators.frechet import (
    Covariance,
    Rows,
    at_infinity,
    by_roots,
    in_own_order,
    in_their_span,
    own_order,
    root_of,
    shares,
    shares_at_infinity,
)
from ganloss_cli.evaluators.losses.feature_sets import (
    PILLOW,
    PYTORCH,
    FeatureSet,
    between_sets,
    in_discriminator,
    inception,
    sides_of,
)
from ganloss_cli.evaluators.losses.sets import Whole, finishes_sets
from ganloss_cli.evaluators.seen_pictures import Layer, Preparation, Resize, rows_of
from ganloss_cli.evaluators.set_moments import SetMoments
from ganloss_cli.evaluators.shapes import check_lengths
from ganloss_cli.evaluators.statistics import Floats, travels

MOST_ROOTS = 1024  # singular values that a remark is worth; those of two thousand take seconds
MOMENTS = "real_moments"
FRAMES = "{}_frames"  # of each recording, where a row is one of them
LAYERS: tuple[Layer, ...] = ("64", "192", "768")
FIDELITY = inception("torch_fidelity", "torch-fidelity 0.4.0")
PYTORCH_FID = inception(
    "pytorch_fid", "pytorch-fid 0.3.0", settings=PYTORCH, relation="resized by torch's bilinear, which filters nothing"
)  # fmt: skip


@between_sets(
    reference="Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule, arXiv:1706.08500",
    higher_is_better=False,
    equilibrium=0.0,
    symmetric=True,
    batch_dependent="it is biased upward, the more the fewer samples there are: only sets of equal sizes compare",
    interpretation="0: features of equal mean and covariance; only values in the same features, of pictures resized "
    "alike and of as many samples can be compared; papers mostly take Inception's 2048 and 50 000 fakes",
    conventions=(
        FIDELITY,
        FIDELITY.alias("torchmetrics", "torchmetrics 1.9.0, which looks through torch-fidelity's Inception"),
        FIDELITY.alias("legacy_tensorflow", "clean-fid 0.1.35, mode='legacy_tensorflow'"),
        PYTORCH_FID,
        PYTORCH_FID.alias("legacy_pytorch", "clean-fid 0.1.35, mode='legacy_pytorch'"),
        inception(
            "clean_fid", "clean-fid 0.1.35, mode='clean'", settings=PILLOW,
            relation="resized by Pillow's bicubic, which filters: the one without aliases",
        ),
        inception(
            "clean_fid_quantized", "clean-fid 0.1.35, make_resizer('PIL', True, 'bicubic', (299, 299))",
            settings={**PILLOW, "quantized": True}, relation="the same, rounded to 8 bits after resizing",
        ),
        inception(
            "pytorch_quantized", "clean-fid 0.1.35, make_resizer('PyTorch', True, 'bilinear', (299, 299))",
            settings={**PYTORCH, "quantized": True}, relation="torch's bilinear, cut to 8 bits after resizing",
        ),
        *(
            inception(
                f"torch_fidelity_{layer}", f"torch-fidelity 0.4.0 and torchmetrics 1.9.0, feature {layer}",
                settings={"layer": layer}, relation=f"of {layer} features of an earlier layer: another scale",
            )
            for layer in LAYERS
        ),
        *(
            inception(
                f"pytorch_fid_{layer}", f"pytorch-fid 0.3.0, --dims {layer}", settings={**PYTORCH, "layer": layer},
                relation=f"of {layer} features of an earlier layer: another scale",
            )
            for layer in LAYERS
        ),
        inception(
            "population", "by hand: covariances divided by N", settings={"covariance": "population"},
            relation="with covariances divided by N, not N - 1: smaller, but for the distance of the means",
        ),
        inception(
            "infinity", "Chong and Forsyth 2020, Effectively Unbiased FID, arXiv:1911.07023",
            settings={"extrapolated": True}, leaves_span=True,
            relation="extrapolated to infinitely many fakes: without the bias of their number",
        ),
        in_discriminator("torch_fidelity"),
    ),
)  # fmt: skip
def fid(
    real_features: Features,
    fake_features: Features,
    *,
    covariance: Covariance = "sample",
    resize: Resize = "tensorflow",
    quantized: bool = False,
    layer: Layer = "2048",
    extrapolated: bool = False,
) -> FrechetSet:
    """Frechet distance of features.

        FID = ||m_r - m_f||^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2))

    Args:
        real_features: Inception's, or maps of any network, [sub-discriminator][map]; of several maps of one the last
            but one, averaged over positions. Or the mean and covariance of a file of statistics, taken as they are.
        fake_features: the same of the fakes; their number may differ.
        covariance: divided by N - 1 ("sample") or by N ("population").
        resize: how pictures are brought to Inception's 299 x 299: "tensorflow", "pytorch" or "pillow".
        quantized: whether they are then 8 bits again.
        layer: of Inception: "64", "192", "768" or "2048".
        extrapolated: the distances of 15 sets of fakes, from a tenth to all, over 1 / N as a line, at 0.

    Returns:
        a statistic of the whole set; what rounding leaves below 0 is 0.

    Convention: as torch-fidelity, in float64, of pictures of 8 bits. Fewer samples than dimensions are first turned
    into those in which they lie; the library's own number then carries a millionth or two of rounding.

    Raises:
        InputError: the features have other numbers of channels, or a side is a single sample.

    Reference: arXiv:1706.08500, equation 6.
    """
    sides = _sides(real_features, fake_features, resize, quantized, layer)
    finish = partial(frechet_extrapolated if extrapolated else frechet_distance, covariance=covariance)
    return FrechetSet.of(finish, sides)


def _sides(
    real_features: Features, fake_features: Features, resize: Resize, quantized: bool, layer: Layer
) -> dict[str, Tensor]:
    if not isinstance(real_features, SetMoments):
        return sides_of(real_features, fake_features, resize, quantized, layer)
    check_lengths(fake_features=fake_features)
    fake = rows_of(fake_features, Preparation(resize=resize, quantized=quantized), layer)
    if (held := real_features.packed.shape[-1]) != fake.shape[1]:
        raise InputError(f"the reals are a mean of {held} features but fake_features has shape {tuple(fake.shape)}")
    return {MOMENTS: real_features.packed, "fake": fake}


@travels
@dataclass(frozen=True, kw_only=True)
class FrechetSet(FeatureSet):
    """Features of all samples, the distance of the two sets, and how sure it is."""

    remarked: ClassVar[str] = "real_against_real"

    @property
    def _settings(self) -> dict[str, Any]:
        return dict(getattr(self.finish, "keywords", {}))

    @cached_property
    def _orders(self) -> dict[str, npt.NDArray[np.intp]]:
        return {side: own_order(self.rows(side).double()) for side in ("real", "fake") if side in self.parts}

    @cached_property
    def _whole(self) -> dict[str, Rows]:
        return {side: self.rows(side).double().numpy()[order] for side, order in self._orders.items()}

    @cached_property
    def followed(self) -> Mapping[str, Floats]:
        """Of the fakes, and of the reals where their samples are known; the frames of a recording are one sample."""
        known = self._whole
        real = known["real"] if "real" in known else root_of(self.rows(MOMENTS).double().numpy())
        function = shares_at_infinity if self.finish.func is frechet_extrapolated else shares  # type: ignore[attr-defined]
        found = function(real, known["fake"], **self._settings)
        return {side: self._of_recordings(side, values[self._orders[side].argsort()]) for side, values in found.items()}

    def _of_recordings(self, side: str, values: Floats) -> Floats:
        if (frames := FRAMES.format(side)) not in self.parts:
            return values
        lengths = self.rows(frames).long().numpy()
        sums = np.add.reduceat(values - values.mean(), lengths.cumsum() - lengths)
        return sums * len(lengths) / len(values)

    def remark(self) -> str | None:
        """The bias of so few samples: the distance of one half of the reals from the other; and the interval."""
        real = self._whole.get("real")
        if real is None:
            fakes = len(self.rows("fake"))
            return f"the reals are a mean and a covariance, held against {fakes} fakes{self.interval(0.0)}"
        half = len(real) // 2
        if half < 2 or min(half, real.shape[1]) > MOST_ROOTS:
            return None
        order = np.random.default_rng(0).permutation(len(real))
        between = by_roots(real[order[:half]], real[order[half : 2 * half]], **self._settings)
        told = f"{between:.4g} for one half of the reals against the other, {half} each: so much is bias"
        return f"{told}{self.interval(0.0)}"


@finishes_sets
def frechet_distance(whole: Whole, *, covariance: Covariance) -> Tensor:
    """The distance of two sets of rows, or of one set from the mean and covariance of another."""
    functions = DISTRIBUTION.module("torch_fidelity.metric_fid")
    whole = _sets(whole)
    if not all(bool(torch.isfinite(each).all()) for each in whole.values()):
        return torch.tensor(torch.nan, dtype=torch.float64)
    sides = {side: rows[0].numpy() if side == MOMENTS else in_own_order(rows) for side, rows in whole.items()}
    if MOMENTS not in sides and sum(map(len, sides.values())) <= sides["fake"].shape[1]:
        sides = in_their_span(sides)
    statistics = []
    for side, rows in sides.items():
        if side == MOMENTS:
            statistics.append({"mu": rows[0], "sigma": rows[1:]})
            continue
        found = functions.fid_features_to_statistics(torch.from_numpy(rows))
        scale = 1 - 1 / len(rows) if covariance == "population" else 1.0
        statistics.append({"mu": found["mu"], "sigma": np.atleast_2d(found["sigma"]) * scale})
    (value,) = functions.fid_statistics_to_metric(*statistics, False).values()
    return torch.tensor(max(0.0, float(value)), dtype=torch.float64)


@finishes_sets
def frechet_extrapolated(whole: Whole, *, covariance: Covariance) -> Tensor:
    """The same for infinitely many fakes."""
    whole = _sets(whole)
    if not all(bool(torch.isfinite(each).all()) for each in whole.values()):
        return torch.tensor(torch.nan, dtype=torch.float64)
    real = root_of(whole[MOMENTS].numpy()) if MOMENTS in whole else in_own_order(whole["real"])
    return torch.tensor(at_infinity(real, in_own_order(whole["fake"]), covariance=covariance), dtype=torch.float64)


def _sets(whole: Whole) -> Whole:
    """Rows of both sides, or what is known of the reals."""
    sets = {side: whole[side] for side in ("real", MOMENTS, "fake") if side in whole}
    if min(len(rows) for side, rows in sets.items() if side != MOMENTS) < 2:
        raise InputError("a single sample has no covariance", hint="give more samples")
    return sets
