"""The audit of a loss function as a document."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from ganloss_cli.records.checkpoint import CheckRun
from ganloss_cli.reporters.document import (
    Bar,
    Case,
    Grid,
    Paragraph,
    Points,
    Section,
    WithRules,
    WithSections,
    fields_of,
)
from ganloss_cli.reporters.figures import Shown, verdict_mark
from ganloss_cli.reporters.findings import grid, of_checks
from ganloss_cli.reporters.loss.wording import beside, expected, headline, outcome, probed, published

if TYPE_CHECKING:
    from ganloss_cli.records.loss import LossAudit, ProbedValue


class LossDocument(WithSections, WithRules):
    """What the function computes, and what is wrong with it."""

    record: LossAudit
    command = "ganloss audit loss"
    table = "ganloss_cli.reporters.loss.table:render"

    def data(self) -> Mapping[str, Any]:
        """The fields of the records, and whether it passed."""
        own = fields_of(self.record)
        return {"schema_version": own["schema_version"], "passed": self.record.passed, **own}

    def sections(self) -> Iterator[Section]:
        """The verdict, the findings, parameters and probes."""
        audit = self.record
        yield Paragraph(title=Shown(headline(audit), mark=verdict_mark(audit.passed)))
        yield Points(lines=beside(audit))
        if audit.findings:
            yield grid(audit.findings)
        if audit.parameters:
            rows = [[one.theirs, one.ours, one.how] for one in audit.parameters]
            yield Grid(heads=["parameter", "taken for", "told"], rows=rows, heading="Parameters")
        if audit.probes:
            known = [value for one in audit.probes for value in (one.value, one.expected) if _is_drawn(value)]
            within = (min(known, default=0.0), max(known, default=0.0))
            rows = [[one.probe, published(one.expected), _probed(one, within), _agrees(one)] for one in audit.probes]
            yield Grid(
                heads=["probe", expected(audit), "the function", "agrees"], rows=rows, right=(1, 2), heading="Probes"
            )
        yield Paragraph(text=Shown(outcome(audit), mark=verdict_mark(audit.passed)))

    def cases(self) -> Iterator[Case]:
        """One a check with findings, and the one that every audit makes: a suite of none would read as no audit."""
        check = "departs_from_every_convention"
        n_found = sum(finding.check == check for finding in self.record.findings)
        not_run = "the function gave no number" if self.record.verdict == "not evaluated" else None
        run = CheckRun(check=check, subjects=1, findings=n_found, not_run=not_run)
        yield from of_checks(self.record.findings, [run], self.record.fail_on)

    def properties(self) -> Mapping[str, Any]:
        """The function, what it was held against, and the verdict."""
        names = ("function", "loss", "verdict", "convention", "factor", "passed", "outcome", "mistake")
        return {name: getattr(self.record, name) for name in names}


def _is_drawn(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _probed(one: ProbedValue, within: tuple[float, float]) -> str:
    """What the function gave, and where that lies beside the convention, on one scale for all probes."""
    told = probed(one.value, one.remark)
    if not _is_drawn(one.value) or within[0] == within[1]:
        return told
    bar = Bar(value=one.value, aim=one.expected if _is_drawn(one.expected) else None, within=within)
    return Shown(told, one.value, bar=bar)


def _agrees(one: ProbedValue) -> Shown:
    return Shown("yes" if one.agrees else "no", mark=verdict_mark(one.agrees))
