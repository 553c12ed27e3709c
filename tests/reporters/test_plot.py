"""`ganloss audit log --plot TAG`: what stands beside the columns, and what they are of."""

import math

from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedFile, LoggedTag
from ganloss_cli.reporters.log.document import LogDocument
from ganloss_cli.reporters.screen import Screen


def drawn(*values: float, width: int = 40, sessions: tuple[int, ...] | None = None) -> list[str]:
    n = len(values)
    audit = LogAudit(
        tool={}, command=(), passed=True, files=(LoggedFile(path="a.csv", format="CSV", tags=1, sessions=1),), sums=(),
        tags=(LoggedTag(tag="d", file=0, count=n, non_finite=sum(not math.isfinite(v) for v in values), first=1,
                        last=n, counted_in="steps", last_value=values[-1], may_be=()),),
        curves=(LoggedCurve(tag="d", file=0, places=range(1, n + 1), values=values, sessions=sessions or [0] * n),),
        plotted=("d",),
    )  # fmt: skip
    lines = LogDocument(audit).drawn(Screen(width=width)).splitlines()
    return lines[next(k for k, line in enumerate(lines) if line.startswith("d  ") and "values, steps" in line) :]


def test_the_highest_stands_at_the_top_the_lowest_at_the_bottom_and_the_ends_beneath() -> None:
    told, *lines = drawn(1.0, 3.0)

    assert told == "d  2 values, steps 1 to 2"
    assert lines[0] == "3.000 │    ████"
    assert lines[9] == "1.000 │▁▁▁▁████"
    assert lines[10:12] == ["      └────────", "       1      2"]


def test_many_values_share_columns_whose_means_bound_the_plot() -> None:
    told, *lines = drawn(*([0.0, 2.0] * 430), width=100)  # 86 columns, each of as many zeros as twos

    assert "columns are means of neighbours" in told
    assert lines[0].startswith("1.000 │")


def test_what_is_not_finite_is_blank_and_counted_and_sessions_are_told() -> None:
    told, *lines = drawn(1.0, math.nan, 3.0, sessions=(0, 0, 1), width=80)

    assert told == "d  3 values, steps 1 to 3, 1 not finite, resumed 1 time"
    assert lines[9] == "1.000 │▁▁▁▁    ████"


def test_no_line_is_wider_than_the_screen() -> None:
    assert max(map(len, drawn(*range(500), width=60))) <= 60
