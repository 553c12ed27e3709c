"""The audit of a loss function as Markdown, to be pasted into a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.loss import LossAudit
from ganloss_cli.reporters.eval.markdown import escaped, table
from ganloss_cli.reporters.loss.wording import beside, expected, headline, outcome, place, probed, published


def render(audit: LossAudit) -> str:
    """Sections without headings: the verdict, the findings, parameters and probes."""
    sections = (section for section in _sections(audit) if section)
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _sections(audit: LossAudit) -> Iterator[list[str]]:
    yield [f"**{escaped(headline(audit))}**"]
    yield [f"- {escaped(line)}" for line in beside(audit)]
    if audit.findings:
        rows = [
            [
                finding.severity,
                finding.check,
                finding.message + (f" → {finding.hint}" if finding.hint else ""),
                place(finding),
            ]
            for finding in audit.findings
        ]
        yield table(["severity", "check", "finding", "where"], rows, right=())
    if audit.parameters:
        yield table(["parameter", "taken for", "told"], [[p.theirs, p.ours, p.how] for p in audit.parameters], right=())
    if audit.probes:
        rows = [
            [one.probe, published(one.expected), probed(one.value, one.remark), "yes" if one.agrees else "no"]
            for one in audit.probes
        ]
        yield table(["probe", expected(audit), "the function", "agrees"], rows, right=(1, 2))
    yield [escaped(outcome(audit))]
