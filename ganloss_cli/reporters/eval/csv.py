"""The report as CSV: one row a result, or with `--per-sample` one row a sample and loss."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganloss_cli.records.report import Report, Result
from ganloss_cli.reporters.eval.json import as_data

RESULT_COLUMNS = (
    "loss", "convention", "value", "reason", "count", "standard_error", "minimum", "median", "maximum", "non_finite",
    "unit", "higher_is_better", "equilibrium", "network", "domain", "weights", "mode", "over", "batch_dependent",
    "range", "settings", "terms", "checkpoint", "reference", "mistake",
)  # fmt: skip
SAMPLE_COLUMNS = ("name", "loss", "value")
PLAN_COLUMNS = ("item", "value")


def render(report: Report) -> str:
    """Rows of comma-separated values under one line of names; what is unknown is empty, never 0."""
    if report.plan is not None:
        return table(PLAN_COLUMNS, _plan_rows(report.plan))
    if report.samples is not None:
        rows = ((s.name, loss, value) for s in report.samples for loss, value in s.values.items())
        return table(SAMPLE_COLUMNS, rows)
    return table(RESULT_COLUMNS, (_row(report, result) for result in report.results))


def _row(report: Report, result: Result) -> list[Any]:
    values = {name: getattr(result, name) for name in RESULT_COLUMNS}
    if result.checkpoint is not None:
        values["checkpoint"] = report.checkpoints[result.checkpoint].path
    return list(values.values())


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV of any values: numbers with all their digits, structures as JSON, None and NaN empty.

    Args:
        columns: the names of the first line.
        rows: one value a column.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    plain = as_data(value)
    if plain is None or plain == {}:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain)


def _plan_rows(plan: Any, item: str = "") -> Iterable[tuple[str, Any]]:
    """A plan flattened: "networks.generator.range", value."""
    if isinstance(plan, Mapping):
        entries: Iterable[tuple[Any, Any]] = plan.items()
    elif isinstance(plan, Sequence) and any(isinstance(entry, Mapping) for entry in plan):
        entries = enumerate(plan)
    else:
        yield item, plan
        return
    for key, entry in entries:
        yield from _plan_rows(entry, f"{item}.{key}" if item else str(key))
