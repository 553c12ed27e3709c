"""Frechet distance of two sets of features, through torch-fidelity."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.losses.coverage import last_maps
from ganloss_cli.evaluators.losses.sets import SampleSet, Whole, finishes_sets
from ganloss_cli.evaluators.shapes import check_lengths
from ganloss_cli.evaluators.statistics import travels

RESAMPLES = 20
MOST_RESAMPLED = 256  # dimensions; the eigenvalues of 2048 take a minute each
Rows = npt.NDArray[np.float64]
Covariance = Literal["sample", "population"]


@loss(
    family="features",
    extra=Extra(name="distribution", packages=("torch-fidelity",)),
    reference="Heusel et al. 2017, GANs Trained by a Two Time-Scale Update Rule, arXiv:1706.08500",
    higher_is_better=False,
    equilibrium=0.0,
    symmetric=True,
    weights="ema",
    on_request=True,
    batch_dependent="it is biased upward, the more the fewer samples there are: only sets of equal sizes compare",
    interpretation="0: features of equal mean and covariance; only values in the same features and of as many samples "
    "can be compared, and only those in Inception's with what papers print",
    conventions=(
        Convention("torch_fidelity", "torch-fidelity 0.4.0; pytorch-fid 0.3.0 and clean-fid 0.1.35 agree to 2e-8"),
        Convention(
            "population", "by hand: covariances divided by N", settings={"covariance": "population"},
            relation="with covariances divided by N, not N - 1: smaller, but for the distance of the means",
        ),
    ),
)  # fmt: skip
def fid(real_features: Features, fake_features: Features, *, covariance: Covariance = "sample") -> FrechetSet:
    """Frechet distance of features.

        FID = ||m_r - m_f||^2 + tr(S_r + S_f - 2 (S_r S_f)^(1/2))

    of the last hidden map of each sub-discriminator, averaged over positions.

    Args:
        real_features: maps of the reals, [sub-discriminator][map]: the discriminator's, or from a file any network's.
        fake_features: the same of the fakes; their number may differ.
        covariance: divided by N - 1 ("sample") or by N ("population").

    Returns:
        a statistic of the whole set; what rounding leaves below 0 is 0.

    Convention: as torch-fidelity, in float64. A single map of a file is taken as it is: Inception's pool3, say.

    Raises:
        InputError: the features have other numbers of channels, or a side is a single sample.

    Reference: arXiv:1706.08500, equation 6.
    """
    check_lengths(real_features=real_features, fake_features=fake_features)
    real, fake = last_maps(real_features), last_maps(fake_features)
    if real.shape[1] != fake.shape[1]:
        raise InputError(f"real_features has shape {tuple(real.shape)} but fake_features has {tuple(fake.shape)}")
    return FrechetSet.of(partial(_distance, covariance=covariance), {"real": real, "fake": fake})


@travels
@dataclass(frozen=True, kw_only=True)
class FrechetSet(SampleSet):
    """Features of all samples, the distance of the two sets, and how sure it is."""

    @property
    def covariance(self) -> Covariance:
        """What the covariance is divided by."""
        settings: Mapping[str, Covariance] = getattr(self.finish, "keywords", {})
        return settings["covariance"]

    @property
    def is_cheap(self) -> bool:
        """In few dimensions."""
        return self.parts["real"][0].shape[1] <= MOST_RESAMPLED

    def standard_error(self) -> float | None:
        """By bootstrap: the deviation over sets drawn from both with replacement; None in many dimensions."""
        rows = [self._rows(side) for side in ("real", "fake")]
        if not self.is_cheap or min(map(len, rows)) < 2:
            return None
        random = np.random.default_rng(0)
        drawn = [[side[random.integers(0, len(side), len(side))] for side in rows] for _ in range(RESAMPLES)]
        return float(np.std([_frechet(real, fake, self.covariance) for real, fake in drawn], ddof=1))

    def remark(self) -> str | None:
        """The bias of so few samples: the distance of one half of the reals from the other."""
        real = self._rows("real")
        half = len(real) // 2
        if half < 2 or not self.is_cheap:
            return None
        order = np.random.default_rng(0).permutation(len(real))
        between = _frechet(real[order[:half]], real[order[half : 2 * half]], self.covariance)
        return f"{between:.4g} for one half of the reals against the other, {half} each: so much is bias"

    def _rows(self, side: str) -> Rows:
        return _ordered(torch.cat([part.cpu().double() for part in self.parts[side]]))


@finishes_sets
def _distance(whole: Whole, *, covariance: Covariance) -> Tensor:
    return torch.tensor(_frechet(_ordered(whole["real"]), _ordered(whole["fake"]), covariance), dtype=torch.float64)


def _ordered(rows: Tensor) -> Rows:
    """In an order of their own, so that no rounding tells in which they came."""
    values: Rows = rows.detach().numpy()
    return values[np.lexsort(values.T[::-1])]


def _frechet(real: Rows, fake: Rows, covariance: Covariance) -> float:
    functions = _functions()
    if min(len(real), len(fake)) < 2:
        raise InputError("fid: a single sample has no covariance", hint="give more samples")
    if not (np.isfinite(real).all() and np.isfinite(fake).all()):
        return float("nan")
    statistics = []
    for rows in (real, fake):
        found = functions["fid_features_to_statistics"](torch.from_numpy(rows))
        scale = 1 - 1 / len(rows) if covariance == "population" else 1.0
        statistics.append({"mu": found["mu"], "sigma": np.atleast_2d(found["sigma"]) * scale})
    return max(0.0, float(*functions["fid_statistics_to_metric"](*statistics, False).values()))


def _functions() -> Mapping[str, Any]:
    """Those of torch-fidelity, whose import brings torchvision."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from torch_fidelity import metric_fid
    except Exception as error:
        raise UsageError(
            f"fid: torch-fidelity cannot be imported: {error}",
            hint="install the torchvision that was built for this torch: pip install 'ganloss[distribution]'",
        ) from error
    functions: Mapping[str, Any] = vars(metric_fid)
    return functions
