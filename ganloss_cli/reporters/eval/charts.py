"""What a page draws of a report: how the values of the samples lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Chart, Charts, Distribution, Histogram
from ganloss_cli.reporters.eval.wording import called

if TYPE_CHECKING:
    from ganloss_cli.records.report import Report, Result, SampleValues


def distributions(report: Report) -> Charts:
    """One a loss that has a value a sample, in their order; of values that are not at hand their counts."""
    by_label = _by_label(report.each or report.samples or ())
    charts: list[Chart] = [_distribution(label, values, report.results) for label, values in by_label.items()] or [
        _counted(result) for result in report.results if result.distribution
    ]
    return Charts(charts=charts, heading="How the samples lie")


def _by_label(samples: Sequence[SampleValues]) -> Mapping[str, list[float]]:
    """The values of each loss; of one sample or none there is nothing to see."""
    found: dict[str, list[float]] = {}
    for sample in samples:
        for label, value in sample.values.items():
            if value is not None:
                found.setdefault(label, []).append(value)
    return {label: values for label, values in found.items() if len(values) > 1}


def _distribution(label: str, values: Sequence[float], results: Sequence[Result]) -> Distribution:
    named = [result for result in results if label in (result.typed, f"{result.typed}@{result.weights}")]
    if len(named) != 1:  # of two domains both are in it
        return Distribution(title=label, values={"samples": values})
    (result,) = named
    return Distribution(title=label, values={"samples": values}, value=result.value, aim=result.equilibrium)


def _counted(result: Result) -> Histogram:
    low, high, n = result.minimum or 0.0, result.maximum or 0.0, len(result.distribution)
    return Histogram(
        title=called(result),
        edges=[low * (1 - k / n) + high * (k / n) for k in range(n + 1)],
        counts={"samples": result.distribution},
        value=result.value,
        aim=result.equilibrium,
    )
