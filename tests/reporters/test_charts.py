"""What charts show: counts, peaks, gaps, resumed trainings and numbers, each also in words."""

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedFile, LoggedTag
from ganloss_cli.records.report import Report, SampleValues
from ganloss_cli.records.separation import Reliability, Roc, Separation
from ganloss_cli.reporters import separation
from ganloss_cli.reporters.document import Bar, Chart, Charts, Curve, Distribution, Strip
from ganloss_cli.reporters.eval.charts import distributions
from ganloss_cli.reporters.formats import svg
from ganloss_cli.reporters.log.charts import curves

TOP, BOTTOM = 12, 94  # of the ordinates of a curve


def picture(chart: Chart) -> Any:
    return etree.fromstring(svg.drawn(chart).svg)


def path(chart: Chart, kind: str) -> str:
    (found,) = picture(chart).xpath(f"//path[contains(@class, '{kind}')]/@d")
    return str(found)


def curve(*values: float, **others: Any) -> Curve:
    n = len(values)
    settings: dict[str, Any] = {"places": range(n), "sessions": [0] * n, **others}
    return Curve(title="d_loss", counted_in="steps", values=values, **settings)


def points(d: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", d)]


def test_a_histogram_counts_its_samples() -> None:
    heights = re.findall(r"v-([\d.]+)h", path(Distribution(title="l1", values={"samples": [0, 0, 0, 4]}), "bins"))

    assert [float(height) for height in heights] == [90, 30]  # three samples fill the height, one a third of it


def test_a_histogram_says_its_numbers() -> None:
    chart = Distribution(title="l1", values={"samples": [1.0, 2.0, 4.0, 8.0]}, value=3.75, aim=0.0)

    told = "4 samples from 1.000 to 8.000, median 3.000; value 3.750, equilibrium 0 (dashed)"
    assert svg.drawn(chart).told == told
    assert picture(chart).get("aria-label") == f"l1: {told}"
    assert picture(chart).xpath("//@data-value") == ["0.0", "3.75"]


def test_an_equilibrium_far_from_all_values_is_told_and_leaves_them_their_room() -> None:
    chart = Distribution(title="fm", values={"samples": [2.5, 3.0]}, value=2.75, aim=0.0)

    assert svg.drawn(chart).told.endswith("value 2.750, equilibrium 0 (beyond)")
    assert picture(chart).xpath("//@data-value") == ["2.75"]


@pytest.mark.parametrize("values", [[1.0, 1.0], [-1e308, 1e308], [5e-324, 1e-323], [1e300, 1.0000000000000002e300]])
def test_equal_and_extreme_values_are_drawn_inside_the_picture(values: list[float]) -> None:
    for chart in (Distribution(title="x", values={"samples": values}), curve(*values)):
        numbers = [float(x) for x in re.findall(r"(?<=[ML])-?[\d.]+", svg.drawn(chart).svg)]
        assert numbers
        assert all(0 <= number <= 320 for number in numbers)


def test_a_curve_breaks_where_a_value_is_not_finite_and_marks_it() -> None:
    chart = curve(1.0, 2.0, math.nan, 3.0, math.inf)

    assert path(chart, "curve").count("M") == 2
    assert path(chart, "lost").count("M") == 2
    assert "2 not finite (crosses)" in svg.drawn(chart).told


def test_a_curve_breaks_between_sessions_and_where_its_steps_go_back() -> None:
    again = curve(1.0, 2.0, 3.0, 4.0, sessions=[0, 0, 1, 1])
    back = curve(1.0, 2.0, 3.0, 4.0, places=[0, 10, 5, 20])

    for chart in (again, back):
        assert path(chart, "curve").count("M") == 2
        assert "resumed 1 time" in svg.drawn(chart).told
    assert path(curve(1.0, 2.0), "curve").count("M") == 1


def test_one_peak_among_a_million_values_is_seen_and_the_picture_stays_small() -> None:
    values = [0.0] * 200_000
    values[123_456] = 7.0
    drawn = svg.drawn(curve(*values))

    assert min(y for _, y in points(path(curve(*values), "curve"))) == TOP
    assert len(drawn.svg) < 12_000


def test_values_without_steps_and_all_at_one_epoch_stand_in_rows() -> None:
    for places in ([None, None, None], [1, 1, 1]):
        chart = curve(1.0, 2.0, 3.0, places=places)
        assert svg.drawn(chart).told.endswith("over rows")
        assert len({x for x, _ in points(path(chart, "curve"))}) == 3


def test_the_value_of_the_checkpoint_is_a_dot_at_its_step_with_its_interval() -> None:
    chart = curve(0.0, 2.0, point=(1, 1.0), interval=(0.5, 1.5))
    (dot,) = picture(chart).xpath("//circle[@class='dot']")

    assert (dot.get("data-value"), dot.get("cy")) == ("1.0", "53")
    assert path(chart, "interval") == "M314 73.5V32.5"
    assert "the checkpoint gives 1.000 at 1 (dot)" in svg.drawn(chart).told


def test_a_strip_shows_every_candidate_and_which_are_within_rounding() -> None:
    chart = Strip(title="d_bce=0.47", number=0.47, tolerance=0.005, others={"<a>": 0.468, "b": 0.9, "c": 0.1})

    assert picture(chart).xpath("//circle/@data-value") == ["0.468", "0.9", "0.1"]
    assert picture(chart).xpath("//circle[@class='hit']/title/text()") == ["<a>: 0.468000"]
    assert svg.drawn(chart).told.endswith("from 0.1000 to 0.9000; within rounding: <a>")


def test_a_strip_draws_candidates_without_a_name_and_counts_those_far_off() -> None:
    chart = Strip(title="x", number=1.0, tolerance=0.01, others={"a": 1.0}, every=(0.1, 0.75, 1.0, 1.25, 7.0))

    assert path(chart, "rest").count("M") == 3
    assert "among 5 candidates from 0.7500 to 1.250, 2 of them further off; within rounding: a" in svg.drawn(chart).told


def test_a_bar_needs_two_numbers() -> None:
    assert svg.bar(Bar(value=1.0, low=None, high=None, aim=None)) == ""
    (dot,) = etree.fromstring(svg.bar(Bar(value=1.0, low=0.0, high=2.0, aim=1.5))).xpath("//circle")
    assert dot.get("cx") == "48"


def test_bars_that_share_a_scale_show_magnitudes_on_it() -> None:
    shown = etree.fromstring(svg.bar(Bar(value=1e-6, aim=1e-4, within=(1e-8, 1e-4), logarithmic=True)))

    assert shown.xpath("//circle/@cx") == ["48"]
    assert shown.xpath("//path[@class='aim']/@d") == ["M92 1V15"]


def test_a_loss_without_values_of_samples_is_not_drawn(image_report: Report) -> None:
    samples = tuple(SampleValues(name=str(k), values={"ssim": 0.1 * k, "fm": None}) for k in range(3))

    (only,) = distributions(Report(**{**vars(image_report), "each": samples})).charts

    assert isinstance(only, Distribution)
    assert (only.title, only.value) == ("ssim", 0.98123456789)


SCORES = Separation(
    network="discriminator", edges=(-1.0, 0.0, 1.0), counts={"real": (1, 3), "fake": (2, 0)},
    roc=(Roc(reals="real", area=0.875, low=0.5, high=1.0, points=((0.0, 0.0), (0.0, 0.75), (1.0, 1.0))),),
    scores="logits", reliability=(Reliability(predicted=0.25, real=0.5, count=6),), calibration_error=0.25,
)  # fmt: skip


def test_scores_of_reals_and_fakes_lie_over_each_other_as_shares_of_each() -> None:
    histogram, roc, calibration = next(section.charts for section in separation.drawn([SCORES]))

    real, fake = picture(histogram).xpath("//path[contains(@class, 'bins')]/@d")
    assert re.findall(r"v-([\d.]+)h", real) == ["22.5", "67.5"]  # of 90: a quarter, and three
    assert re.findall(r"v-([\d.]+)h", fake) == ["90"]
    assert svg.drawn(histogram).told == "4 real, 2 fake from -1.000 to 1.000, as shares of each"
    assert svg.drawn(roc).told == "real against fake: area 0.8750 (0.5000 to 1.000)"
    assert path(roc, "line") == "M40 176L40 50L280 8"  # three quarters of the way up at the left edge
    (dot,) = picture(calibration).xpath("//circle")
    assert (dot.get("cx"), dot.get("cy")) == ("100", "92")


def test_scores_that_are_no_probabilities_have_no_calibration_and_the_page_says_so() -> None:
    linear = replace(SCORES, scores=None, reliability=(), calibration_error=None)

    charts, told = separation.drawn([linear])

    assert [chart.title for chart in charts.charts] == ["scores", "ROC"]
    assert "calibration: none" in told.lines[0]


def test_the_best_of_a_curve_has_a_ring_its_ties_are_shaded_and_errors_are_whiskers() -> None:
    chart = curve(0.0, 2.0, 4.0, errors=[None, 1.0, None], best=2, shaded=[1])

    assert picture(chart).xpath("//circle[@class='best']/@data-value") == ["4.0"]
    assert path(chart, "error") == "M188 73.5V32.5"
    (column,) = picture(chart).xpath("//rect[@class='tie']")
    assert float(column.get("x")) < 188 < float(column.get("x")) + float(column.get("width"))


def test_one_level_is_drawn_where_it_does_not_flatten_the_curve_and_of_several_those_among_its_values() -> None:
    near, far = curve(1.0, 2.0, levels={"equilibrium": 2.5}), curve(1.0, 2.0, levels={"equilibrium": 100.0})
    several = curve(1.0, 2.0, levels={"d_bce": 1.375, "d_lsgan": 0.5})

    assert picture(near).xpath("//path[@class='aim']/@data-value") == ["2.5"]
    assert picture(far).xpath("//path[@class='aim']") == []
    assert "equilibrium 100.0; over" in svg.drawn(far).told
    assert picture(several).xpath("//path[@class='aim']/@data-value") == ["1.375"]
    assert "equilibria of d_bce 1.375 (dashed)" in svg.drawn(several).told


def test_magnitudes_stand_at_equal_distances_and_zero_with_the_least() -> None:
    chart = curve(0.0, 1e-6, 1e-4, 1e-2, logarithmic=True)

    assert [y for _, y in points(path(chart, "curve"))] == [94, 94, 53, 12]


def test_of_one_sample_nothing_is_drawn(image_report: Report) -> None:
    alone = Report(**{**vars(image_report), "each": (SampleValues(name="a", values={"ssim": 0.5}),)})

    assert distributions(alone) == Charts(charts=[], heading="How the samples lie")


def test_tags_that_are_not_finite_are_drawn_before_the_others() -> None:
    tags = tuple(
        LoggedTag(tag=tag, file=0, count=2, non_finite=0, first=0, last=1, counted_in="steps", last_value=1.0,
                  may_be=losses)
        for tag, losses in (("lr", ()), ("d_loss", ("d_bce",)), ("grad", ()))
    )  # fmt: skip
    drawn = tuple(
        LoggedCurve(tag=tag, file=0, places=(0, 1), values=values, sessions=(0, 0))
        for tag, values in (("lr", (1.0, 2.0)), ("d_loss", (1.0, 2.0)), ("grad", (1.0, math.inf)))
    )
    audit = LogAudit(
        tool={}, command=(), passed=True, files=(LoggedFile(path="a", format="CSV", tags=3, sessions=1),), tags=tags,
        sums=(), curves=drawn,
    )  # fmt: skip

    assert [chart.title for section in curves(audit) for chart in section.charts] == ["grad", "d_loss", "lr"]
