"""An audit as Markdown, to be pasted into a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ganloss_cli.records.checkpoint import AuditReport
from ganloss_cli.reporters.checkpoint.table import verdict
from ganloss_cli.reporters.eval.markdown import escaped
from ganloss_cli.reporters.eval.wording import contents, described
from ganloss_cli.reporters.figures import figure


def render(report: AuditReport) -> str:
    """Sections without headings: the verdict, the findings, the numbers, what was looked at."""
    sections = (section for section in _sections(report) if section)
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _sections(report: AuditReport) -> Iterator[list[str]]:
    yield [f"**{escaped(verdict(report))}**"]
    if report.findings:
        rows = [
            [finding.severity, finding.check, finding.message + (f" → {finding.hint}" if finding.hint else "")]
            for finding in report.findings
        ]
        yield _table(["severity", "check", "finding"], rows)
    if report.measurements:
        rows = [[one.name, figure(one.value), _interval(one.low, one.high), one.subject] for one in report.measurements]
        yield _table(["measured", "value", "95 % interval", "of"], rows)
    yield [
        *(f"- {escaped(n.role)}: {escaped(n.path)} ({escaped(described(n))})" for n in report.checkpoints),
        *(f"- {escaped(data.role)}: {escaped(data.path)} ({escaped(contents(data))})" for data in report.inputs),
    ]


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{figure(low)} to {figure(high)}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [list(heads), ["---"] * len(heads), *([escaped(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]
