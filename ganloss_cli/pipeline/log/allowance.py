"""How far a logged number may lie from a recomputed one: to the digits, or within an interval where more comes in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.known_tags import Meaning, words_of
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.data.randomness import DRAWN
from ganloss_cli.records.outcomes import AuditOutcome
from ganloss_cli.records.report import Report, Result
from ganloss_cli.records.request import Request

STANDARD_ERRORS = 3.0
# What two devices make of one float32 network, relative to a mean of what they return ...
RELATIVE, ABSOLUTE = 1e-5, 1e-6
# ... at 40 dB the root of the error is 1e-2: 1e-6 of it more or less is 8.7e-4 dB.
DECIBELS = 1e-3
# SSIM divides by a variance, the difference of two means of squares, plus C2 = (k2 L)^2: half a last place over it.
_HALF_LAST_PLACE = 2.0**-24
# The mean over an epoch is one over networks that moved: some per cent off is what the right checkpoint looks like,
# more where the log itself moves, and 25 % early in a training.
LEAST, MOST, LEAST_DECIBELS = 0.05, 0.25, 0.25


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What may lie between a logged number and the right checkpoint's.

    Args:
        bound: the digits logged, or float32 and another device, whichever is coarser.
        tolerance: what moving weights and the log's own noise add; it does not shrink with more samples.
        sampling: three standard errors of the recomputed value, where it is not the mean over all that was logged.
        because: why it is an interval; empty where the number is a mean over the data given with nothing random in it.
    """

    bound: float
    tolerance: float = 0.0
    sampling: float = 0.0
    because: tuple[str, ...] = ()

    @property
    def noticed(self) -> float:
        """The smallest difference that is told from none."""
        return self.bound + self.tolerance + self.sampling

    @property
    def accepted(self) -> float:
        """The largest difference that counts as agreement: fewer samples never make it larger."""
        return max(0.0, self.bound + self.tolerance - self.sampling)

    def outcome(self, difference: float) -> AuditOutcome:
        """What a difference says.

        Args:
            difference: of the logged number and the recomputed one.
        """
        if abs(difference) > self.noticed:
            return "no match"
        if not self.because:
            return "exact"
        return "consistent" if abs(difference) <= self.accepted else "cannot tell"


def float_bound(loss: Loss, result: Result, precision: float) -> float:
    """What float32 and another device leave of a value: 1e-5 of a mean or of its terms, 1e-3 dB, 6.6e-5 of an SSIM.

    Args:
        loss: whose value it is.
        result: the value and its terms.
        precision: of the dtype that it was computed in.
    """
    coarser = max(1.0, precision / RELATIVE)
    if loss.unit == "dB":
        return DECIBELS * coarser
    if "k2" in result.settings:
        peak = float(result.settings["k2"] * result.settings.get("data_range", 1.0))
        return _HALF_LAST_PLACE / min(1.0, peak**2) * coarser
    terms = math.fsum(abs(term.value or 0.0) for term in result.terms.values())
    return ABSOLUTE + RELATIVE * coarser * max(abs(result.value or 0.0), terms)


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What is known of a logged number's making, beside its value.

    Args:
        log: the file.
        series: the tag's values.
        index: of the number.
        meaning: of the tag.
        report: of the recomputation.
        request: that was recomputed.
        batch: how many samples one logged number is a mean of; None where it is a mean over very many.
    """

    log: Log
    series: Series
    index: int
    meaning: Meaning
    report: Report
    request: Request
    batch: int | None

    @property
    def of_an_epoch(self) -> bool:
        """Whether there is one value an epoch, or the tag says that it is a mean."""
        said = words_of(self.series.tag).split("_")[-1] in ("epoch", "avg", "mean")
        return self.log.per_epoch or said or _one_an_epoch(self.series)

    def allowance(self, loss: Loss, result: Result, bound: float) -> Allowance:
        """For one loss that the number may be.

        Args:
            loss: it.
            result: the part of it that is compared, with its factor.
            bound: up to which the value is the same number.
        """
        logged = abs(self.series.values[self.index])
        apart = list(self._apart(loss, result))
        own = self._own_noise(result)
        moving = self.of_an_epoch and loss.family != "structural"  # quality is measured on weights at rest
        because = [*apart]
        if own:
            because.append("the log's own noise")
        if moving:
            because.append("an epoch's mean over networks that moved")
        if not because:
            return Allowance(bound=bound)
        scale, identical = logged, loss.of_identical_samples
        if identical:  # an SSIM near 1 is told by its distance from it
            scale = min(logged, abs(identical - self.series.values[self.index]))
        least = LEAST_DECIBELS if loss.unit == "dB" else LEAST * scale
        tolerance = min(max(least, self._moved()), max(least, MOST * scale)) if moving else least if apart else 0.0
        error = result.standard_error
        sampling = 0.0 if not (apart or own) else math.inf if error is None else STANDARD_ERRORS * error
        return Allowance(bound=bound, tolerance=tolerance + own, sampling=sampling, because=tuple(because))

    def _apart(self, loss: Loss, result: Result) -> Iterator[str]:
        """What makes the recomputed number another one than a mean over all that was logged."""
        request, inputs = self.request, self.report.inputs
        if request.samples is not None or any(entry.count == request.limit for entry in inputs):
            yield "a part of the data"
        of_reals = self.meaning.term == "real" or all(need.startswith("real") for need in loss.needs)
        if any(entry.path.startswith(DRAWN) for entry in inputs) and not of_reals:
            yield "drawn latents"
        if "random" in (*loss.needs, *loss.optional):
            yield "random coefficients"
        if result.mode == "train":
            yield "train mode, which depends on the batch"
        elif result.batch_dependent:
            yield result.batch_dependent_because or "it depends on the batch"

    def _own_noise(self, result: Result) -> float:
        """Three standard errors of the logged number itself, where it is a mean over a batch or its spread is known."""
        error = self.series.errors[self.index] or 0.0
        own = result.standard_error or 0.0
        of_a_batch = own * math.sqrt(result.count / self.batch) if self.batch else 0.0
        return STANDARD_ERRORS * math.hypot(error, of_a_batch)

    def _moved(self) -> float:
        """By how much the log moves between half as many epochs and half as many again."""
        series, index = self.series, self.index
        place = _places(series)[index] or index + 1
        reach = max(1, place // 2)
        pairs = zip(_places(series), series.values, strict=True)
        near = [
            value for k, (at, value) in enumerate(pairs)
            if math.isfinite(value) and abs((at if at is not None else k + 1) - place) <= reach
        ]  # fmt: skip
        return max(near) - min(near)


def _places(series: Series) -> Sequence[int | None]:
    return series.epochs if any(epoch is not None for epoch in series.epochs) else series.steps


def _one_an_epoch(series: Series) -> bool:
    known = [epoch for epoch in series.epochs if epoch is not None]
    return len(known) == len(series.values) > 1 and len(set(known)) == len(known) and series.steps[0] is None
