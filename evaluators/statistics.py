"""From values of samples to one number: reduced once, in float64, whatever the batches were."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt
from torch import Tensor

Floats = npt.NDArray[np.float64]
State = Mapping[str, Any]  # of JSON's values and arrays of float64


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """A loss that is a ratio of two sums, such as a masked mean: sum(values) / sum(weights).

    Args:
        values: weighted sum of one sample; (N,).
        weights: sum of weights of one sample; (N,).
    """

    values: Tensor
    weights: Tensor


@runtime_checkable
class SetStatistic(Protocol):
    """What a loss over a whole set keeps of one batch: enough to merge with other batches and to finish exactly."""

    @property
    def count(self) -> int:
        """How many samples went in (of the larger side)."""

    def merge(self, other: Self) -> Self:
        """The statistic of both sets together.

        Raises:
            InputError: the samples have shapes for which there is none.
        """

    def detach(self) -> Self:
        """The same without the graph that made it: to be kept while other batches run."""

    def compute(self) -> float | Mapping[str, float]:
        """The loss of the set; named terms add up to it."""

    def check_beside(self, other: Self) -> None:
        """Refuse, with an InputError, a statistic of samples that cannot be taken together with these."""

    def state(self) -> State:
        """All of it, for another process."""

    @classmethod
    def of_state(cls, state: State) -> Self:
        """The same again."""


Statistic = TypeVar("Statistic", bound=type[SetStatistic])
_STATISTICS: dict[str, type[SetStatistic]] = {}


def travels(statistic: Statistic) -> Statistic:
    """Enter a kind of statistic, and return it unchanged: what another process kept can then be read."""
    _STATISTICS[statistic.__name__] = statistic
    return statistic


def kept_by(statistic: SetStatistic) -> State:
    """The state of a statistic with its kind."""
    return {"kind": type(statistic).__name__, **statistic.state()}


def statistic_of(state: State) -> SetStatistic:
    """The statistic whose state `kept_by` gave.

    Raises:
        KeyError: it is of no kind.
    """
    return _STATISTICS[state["kind"]].of_state(state)


def array_of(tensor: Tensor) -> Floats:
    """A tensor for a state; float64 holds what narrower types hold."""
    # .double() on the device would fail on MPS, which has no float64
    return tensor.detach().cpu().double().numpy()


@runtime_checkable
class SetFigure(SetStatistic, Protocol):
    """A statistic that knows its error, and what to hold it against.

    Its `remarked` names the finding that says so.
    """

    remarked: ClassVar[str]

    def standard_error(self) -> float | None:
        """Of the figure."""

    def remark(self) -> str | None:
        """What the figure is to be held against, where the set tells."""


@runtime_checkable
class Apportioned(SetStatistic, Protocol):
    """A statistic that is spread over other samples as means of shares are, which its samples have in it."""

    def shares(self) -> Mapping[str, Floats]:
        """Side ("real", "fake") -> a value a sample; the means of all sides add up to the figure.

        A side that is not there counts as given; there is none where the figure has no spread.
        """


def error_of(shares: Mapping[str, Floats]) -> float | None:
    """Standard error of the sum of the means of some shares; None where it does not exist.

    Args:
        shares: by side; samples of two sides that are as many may belong together, and are added first.
    """
    sides = [*shares.values()]
    if len({len(side) for side in sides}) == 1:
        sides = [np.sum(sides, axis=0)]
    if not sides or min(map(len, sides)) < 2:
        return None
    error = float(np.sqrt(sum(side.var(ddof=1) / len(side) for side in sides)))
    return error if np.isfinite(error) else None


def about_figure(figure: float, **sides: Floats) -> dict[str, Floats]:
    """Shares whose means add up to the figure, of values that are spread as they should be.

    Args:
        figure: of the set.
        sides: a value a sample; the first one carries the figure.
    """
    centred = {side: values - values.mean() for side, values in sides.items()}
    first = next(iter(centred))
    return {**centred, first: centred[first] + figure}


@runtime_checkable
class Termed(SetStatistic, Protocol):
    """A statistic with figures beside its own, which do not add up to it."""

    def terms(self) -> Mapping[str, float]:
        """By name."""


@runtime_checkable
class Resampled(SetStatistic, Protocol):
    """A statistic that keeps its samples, and can be computed of others drawn from them."""

    @property
    def is_cheap(self) -> bool:
        """Whether that takes well below a second."""

    def redrawn(self, draw: Callable[[int], Tensor]) -> Self:
        """The same of samples drawn with replacement.

        Args:
            draw: which of n samples; (n,), the same ones for the same n, so that sides that go together stay so.
        """


Unreduced = Tensor | Mapping[str, Tensor] | Weighted | SetStatistic


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What `Moments.compute` returns; None where a figure does not exist."""

    count: int
    mean: float | None
    standard_error: float | None
    minimum: float | None
    median: float | None
    maximum: float | None
    n_nan: int
    n_infinite: int


class Moments:
    """Count, mean, standard error and extremes of a stream of values, independent of how the stream is cut.

    It keeps the values themselves, 8 bytes each: the median needs them, and the mean is then one pairwise sum in
    float64 rather than a running update that depends on the order. With weights it is a ratio of sums,
    sum(v) / sum(w), with the standard error of a ratio (Cochran 1977, eq. 6.4).
    """

    def __init__(self) -> None:
        self._values: list[Floats] = []
        self._weights: list[Floats] = []

    def update(self, values: Tensor, weights: Tensor | None = None) -> None:
        """Take in the values of some samples.

        Args:
            values: (N,).
            weights: (N,), or None for a plain mean; all updates of one stream agree on having them.
        """
        self._values.append(_float64(values))
        if weights is not None:
            self._weights.append(_float64(weights))

    def merge(self, other: Moments) -> None:
        """Take in everything that `other` has seen."""
        self._values.extend(other._values)
        self._weights.extend(other._weights)

    def samples(self) -> Floats:
        """Each sample's own value, in the order of the updates; NaN for one that weighs nothing; (count,)."""
        values = _concatenated(self._values)
        if not self._weights:
            return values
        with np.errstate(divide="ignore", invalid="ignore"):
            return values / _concatenated(self._weights)

    def present(self) -> npt.NDArray[np.bool_]:
        """Which samples count: those of nothing that weigh nothing, as if wholly masked, have no value; (count,)."""
        values = _concatenated(self._values)
        return (values != 0) | (_concatenated(self._weights) != 0) if self._weights else np.ones(len(values), bool)

    def compute(self) -> Summary:
        """The figures over all values seen. One non-finite value makes every one of them None."""
        present = self.present()
        values, samples = _concatenated(self._values)[present], self.samples()[present]
        n_nan = int(np.isnan(samples).sum())
        n_infinite = int(np.isinf(samples).sum())
        count = len(values)
        if count == 0 or n_nan or n_infinite:
            return Summary(
                count=count, mean=None, standard_error=None, minimum=None, median=None, maximum=None,
                n_nan=n_nan, n_infinite=n_infinite,
            )  # fmt: skip
        weights = _concatenated(self._weights)[present] if self._weights else np.ones(count)
        mean = float(values.sum() / weights.sum())
        residuals = (values - mean * weights) / weights.mean()
        # one sample has no spread: None, never 0
        spread = float(np.sqrt((residuals**2).sum() / (count - 1) / count)) if count > 1 else None
        return Summary(
            count=count, mean=mean, standard_error=spread, minimum=float(samples.min()),
            median=float(np.median(samples)), maximum=float(samples.max()), n_nan=0, n_infinite=0,
        )  # fmt: skip


def _float64(values: Tensor) -> Floats:
    return array_of(values).astype(np.float64, copy=True).reshape(-1)


def _concatenated(parts: list[Floats]) -> Floats:
    return np.concatenate(parts) if parts else np.empty(0)
