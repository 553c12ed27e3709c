"""What a page draws of a discriminator's scores, and what there is to say of them in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Chart, Charts, Histogram, Plane, Points, Section
from ganloss_cli.reporters.figures import count, figure

if TYPE_CHECKING:
    from ganloss_cli.records.separation import Separation


def drawn(separations: Sequence[Separation]) -> Iterator[Section]:
    """Histogram, ROC and calibration of each, and why one has no calibration."""
    for one in separations:
        yield Charts(charts=list(_charts(one)), heading=f"Scores of {called(one)}")
        if not one.reliability:
            yield Points(lines=["calibration: none, for nothing here takes its scores for logits or probabilities"])


def called(one: Separation) -> str:
    """Whose scores they are: "discriminator_A, ema"."""
    domain = f" of {one.domain}" if one.domain and one.network is None else ""
    weights = f", fakes of {one.weights} weights" if one.weights else ""
    return f"{one.network or 'the discriminator'}{domain}{weights}"


def _charts(one: Separation) -> Iterator[Chart]:
    if one.edges:
        yield Histogram(title="scores", edges=one.edges, counts=one.counts)
    if one.roc:
        told = "; ".join(
            f"{each.reals} against fake: area {figure(each.area)} ({figure(each.low)} to {figure(each.high)})"
            for each in one.roc
        )
        yield Plane(
            title="ROC",
            across="fakes taken for real",
            up="reals taken for real",
            series={each.reals: each.points for each in one.roc},
            values={each.reals: each.area for each in one.roc},
            told=told,
        )
    if one.calibration_error is not None:
        sizes = [each.count for each in one.reliability]
        told = (
            f"{count(sum(sizes), 'sample')} by their predicted probability, beside the share of reals; off by"
            f" {figure(one.calibration_error)} in the mean; dashed: it means what it says; cross: the equilibrium"
        )
        yield Plane(
            title="calibration",
            across="predicted to be real",
            up="share of reals",
            series={"": [(each.predicted, each.real) for each in one.reliability]},
            values={"": one.calibration_error},
            sizes=sizes,
            rest=0.5,
            told=told,
        )
