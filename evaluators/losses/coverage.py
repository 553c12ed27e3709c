"""How many reals have a fake near them, and how many neighbourhoods of reals a fake lies in."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import ClassVar, Literal

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.feature_sets import sides_of
from ganloss_cli.evaluators.neighbours import NEIGHBOURS, Neighbourhoods, hanging_on, neighbourhoods, of_the_reals
from ganloss_cli.evaluators.shapes import check_one_shape
from ganloss_cli.evaluators.statistics import Floats, State, about_figure, array_of, travels

REFERENCE = "Naeem et al. 2020, Reliable Fidelity and Diversity Metrics for Generative Models, arXiv:2002.09797"
Space = Literal["values", "features"]
FEATURES = Convention(
    "features", f"{REFERENCE}, in features of a network", settings={"space": "features"},
    relation="in Inception's 2048 features, those of --backbone features=FILE, or the last hidden maps of the "
    "discriminator, averaged over positions",
    needs=("real_features", "fake_features"),
)  # fmt: skip
among_reals = partial(
    loss,
    family="features",
    higher_is_better=True,
    reference=REFERENCE,
    any_features=True,
    weights="ema",
    on_request=True,
    batch_dependent="it looks for neighbours in the whole set: only sets of equal sizes compare",
    conventions=(Convention("naeem2020", f"clovaai/generative-evaluation-prdc, prdc 0.2; {REFERENCE}"), FEATURES),
)


@among_reals(
    span=(0.0, 1.0),
    interpretation="0.97: as many as other reals would reach; far below: modes are missing, or fakes lie apart",
)
def coverage(
    real: Tensor,
    fake: Tensor,
    real_features: Features | None = None,
    fake_features: Features | None = None,
    *,
    k: int = NEIGHBOURS,
    space: Space = "values",
) -> FakesAmongReals:
    """Share of the reals with a fake in their neighbourhood.

        coverage = mean over i of [min over j of ||fake_j - real_i|| < distance of real_i to its k-th nearest real]

    Args:
        real: samples of the data; (N, ...).
        fake: what the generator made, of the same shape but for their number M; not paired.
        real_features: a network's maps of the reals, [sub-discriminator][map].
        fake_features: the same of the fakes.
        k: which nearest real ends a neighbourhood; of fewer than 2 k reals, half their number.
        space: where distances are taken: the "values" of the samples (pixels on [0, 1]), or "features": Inception's
            last, or the last hidden map of each sub-discriminator, averaged over positions.

    Returns:
        a statistic of the whole set, on [0, 1]; 1 - (N - 1)...(N - k) / ((N + M - 1)...(N + M - k)) is to be expected
        of fakes that are distributed as reals, 0.97 for k = 5 and as many fakes as reals.

    Convention: Euclidean distances, nearer and not as near, no sample its own neighbour.

    Reference: arXiv:2002.09797, equation 9.
    """
    parts = _rows(real, fake, real_features, fake_features, space)
    return FakesAmongReals(real=(parts[0],), fake=(parts[1],), k=k, figure="coverage")


@among_reals(
    interpretation="1: fakes lie as densely among the reals as reals do; 0: apart; above 1: where reals crowd",
)
def density(
    real: Tensor,
    fake: Tensor,
    real_features: Features | None = None,
    fake_features: Features | None = None,
    *,
    k: int = NEIGHBOURS,
    space: Space = "values",
) -> FakesAmongReals:
    """In how many neighbourhoods of reals a fake lies, over k.

        density = 1 / k mean over j of sum over i of [||fake_j - real_i|| < distance of real_i to its k-th nearest real]

    Args:
        real: samples of the data; (N, ...).
        fake: what the generator made, of the same shape but for their number M; not paired.
        real_features: a network's maps of the reals, [sub-discriminator][map].
        fake_features: the same of the fakes.
        k: which nearest real ends a neighbourhood; of fewer than 2 k reals, half their number.
        space: where distances are taken: the "values" of the samples (pixels on [0, 1]), or "features": Inception's
            last, or the last hidden map of each sub-discriminator, averaged over positions.

    Returns:
        a statistic of the whole set; not negative, and 1 is to be expected of fakes that are distributed as reals.

    Convention: Euclidean distances, nearer and not as near, no sample its own neighbour.

    Reference: arXiv:2002.09797, equation 8.
    """
    parts = _rows(real, fake, real_features, fake_features, space)
    return FakesAmongReals(real=(parts[0],), fake=(parts[1],), k=k, figure="density")


@travels
@dataclass(frozen=True, kw_only=True)
class FakesAmongReals:
    """Rows of features of a set of reals and of fakes, and which of the two figures is wanted.

    Args:
        real: of each batch; (n, D).
        fake: of each batch; (m, D).
        k: which nearest real ends a neighbourhood.
        figure: "coverage" or "density".
    """

    remarked: ClassVar[str] = "real_against_real"
    real: tuple[Tensor, ...]
    fake: tuple[Tensor, ...]
    k: int
    figure: Literal["coverage", "density"]

    @property
    def count(self) -> int:
        """How many samples went in, of the larger side."""
        return max(sum(map(len, self.real)), sum(map(len, self.fake)))

    def merge(self, other: FakesAmongReals) -> FakesAmongReals:
        """The rows of both sets.

        Raises:
            InputError: their samples have different shapes.
        """
        self.check_beside(other)
        return replace(self, real=self.real + other.real, fake=self.fake + other.fake)

    def check_beside(self, other: FakesAmongReals) -> None:
        """Refuse rows of another length.

        Raises:
            InputError: their samples have different shapes.
        """
        check_one_shape(self.figure, self.real[0], other.real[0])

    def detach(self) -> FakesAmongReals:
        """The same rows without the graph that made them, on the processor."""
        real, fake = (tuple(rows.detach().cpu() for rows in side) for side in (self.real, self.fake))
        return replace(self, real=real, fake=fake)

    def compute(self) -> float:
        """The figure.

        Raises:
            InputError: a single real, which has no neighbours.
        """
        if len(self.reals) < 2:
            raise InputError(f"{self.figure}: a single real has no neighbours", hint="give more reals")
        if not math.isfinite(size := self.size):
            return size  # what is infinitely far away is in no neighbourhood, and would go unseen
        return float(getattr(self.found, self.figure))

    def standard_error(self) -> float | None:
        """Of the figure, over reals or over fakes; the other side counts as given."""
        if not math.isfinite(self.size):
            return None
        found = self.found.density_error() if self.figure == "density" else self.found.coverage_error()
        return found if math.isfinite(found) else None

    def shares(self) -> dict[str, Floats]:
        """Of each fake: in how many neighbourhoods it lies, over k; or what the coverage loses without it.

        The latter are the jackknife's, (M - 1) (mean of all losses - its own) from the coverage: by Efron and Stein
        (1981) their variance is at least that of the coverage over other fakes. Whether each real is covered would not
        do: one fake covers several reals.
        """
        if self.figure == "density":
            return {"fake": array_of(self.found.around)}
        lost = array_of(hanging_on(self.reals, torch.cat(self.fake), self.k)) / len(self.reals)
        return about_figure(self.found.coverage, fake=(len(lost) - 1) * lost)

    def state(self) -> State:
        """All of it, with the type of the rows: distances are taken in it."""
        dtype = str(self.real[0].dtype).removeprefix("torch.")
        sides = {"real": array_of(self.reals), "fake": array_of(torch.cat(self.fake))}
        return {**sides, "dtype": dtype, "k": self.k, "figure": self.figure}

    @classmethod
    def of_state(cls, state: State) -> FakesAmongReals:
        """The same rows again."""
        dtype = getattr(torch, state["dtype"])
        real, fake = (torch.from_numpy(state[side]).to(dtype) for side in ("real", "fake"))
        return cls(real=(real,), fake=(fake,), k=state["k"], figure=state["figure"])

    @cached_property
    def reals(self) -> Tensor:
        """Of all batches."""
        return torch.cat(self.real)

    @cached_property
    def size(self) -> float:
        """The sum of all magnitudes: infinite or NaN where a value is."""
        return float(sum(rows.double().abs().sum() for rows in (*self.real, *self.fake)))

    @cached_property
    def found(self) -> Neighbourhoods:
        """Where the fakes lie."""
        return neighbourhoods(self.reals, torch.cat(self.fake), self.k)

    def remark(self) -> str | None:
        """What reals are to each other, for the figure to be held against."""
        if len(self.reals) < 2 * self.k + 2 or not math.isfinite(self.size):
            return None
        among = of_the_reals(self.reals, self.k)
        low, high = among.coverage_interval()
        told = f", 95 % from {low:.3g} to {high:.3g}" if self.figure == "coverage" else ""
        return f"{getattr(among, self.figure):.4g} for one half of the reals among the other{told}"


def _rows(
    real: Tensor, fake: Tensor, real_features: Features | None, fake_features: Features | None, space: Space
) -> tuple[Tensor, Tensor]:
    if space == "values" or real_features is None or fake_features is None:
        if real.shape[1:] != fake.shape[1:]:
            raise InputError(f"real has shape {tuple(real.shape)} but fake has {tuple(fake.shape)}")
        return real.flatten(1), fake.flatten(1)
    sides = sides_of(real_features, fake_features, "tensorflow", False, "2048")
    return sides["real"], sides["fake"]
