"""The formats of the audit of a loss function by name: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ganloss_cli.records.checkpoint import CheckRun
from ganloss_cli.records.loss import LossAudit
from ganloss_cli.reporters.eval.json import as_data, dumps
from ganloss_cli.reporters.findings import github, junit, sarif
from ganloss_cli.reporters.findings.cases import of_checks
from ganloss_cli.reporters.loss import markdown as loss_markdown
from ganloss_cli.reporters.loss import table as loss_table
from ganloss_cli.reporters.screen import Screen


def _json(audit: LossAudit) -> str:
    fields = as_data(audit)
    return dumps({"schema_version": fields.pop("schema_version"), "passed": audit.passed, **fields})


def _sarif(audit: LossAudit) -> str:
    properties = {
        "function": audit.function, "loss": audit.loss, "verdict": audit.verdict, "convention": audit.convention,
        "factor": audit.factor, "passed": audit.passed, "outcome": audit.outcome, "mistake": audit.mistake,
    }  # fmt: skip
    return sarif.render(audit.findings, audit.rules, audit.tool, properties)


def _junit(audit: LossAudit) -> str:
    # the one check that every audit makes: a suite without a test case would read as nothing evaluated
    check = "departs_from_every_convention"
    n_found = sum(finding.check == check for finding in audit.findings)
    not_run = "the function gave no number" if audit.verdict == "not evaluated" else None
    run = CheckRun(check=check, subjects=1, findings=n_found, not_run=not_run)
    return junit.render(of_checks(audit.findings, [run], audit.fail_on), suite="ganloss audit loss")


_REPORTERS: Mapping[str, Callable[[LossAudit], str]] = {
    "table": loss_table.render,
    "json": _json,
    "markdown": loss_markdown.render,
    "sarif": _sarif,
    "github": lambda audit: github.render(audit.findings),
    "junit": _junit,
}


def render(audit: LossAudit, format_: str, screen: Screen | None = None) -> str:
    """The audit as text.

    Args:
        audit: what was found.
        format_: "table", "json", "markdown", "sarif", "github" or "junit".
        screen: what a table is drawn for; by default plain text of any width.
    """
    return loss_table.render(audit, screen) if format_ == "table" else _REPORTERS[format_](audit)
