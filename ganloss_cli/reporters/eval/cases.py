"""A report of `ganloss eval` as what passed and failed: its gates, its losses, its findings."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.report import Report, Result
from ganloss_cli.reporters.eval.wording import note
from ganloss_cli.reporters.figures import count, figure
from ganloss_cli.reporters.findings import github, junit
from ganloss_cli.reporters.findings.cases import Case, of_checks, of_gates

SUITE = "ganloss eval"
_TOLD_BY_LOSSES = "non_finite_loss"


def render_junit(report: Report) -> str:
    """One test case a gate, a loss and a check with findings; values are properties."""
    return junit.render(_cases(report), suite=SUITE, values={called(result): result.value for result in report.results})


def render_github(report: Report) -> str:
    """Annotations: what failed, the findings, and one notice with all values."""
    findings = [finding for finding in report.findings if finding.check != _TOLD_BY_LOSSES]
    values = "\n".join(f"{called(result)} {_told(result)}" for result in report.results)
    return github.render(findings, _cases(report), notices={SUITE: values} if values else {})


def called(result: Result) -> str:
    """A result's name in its report: "ssim", "d_lsgan of A", "ssim, ema"."""
    weights = ", ema" if result.weights == "ema" else ""
    return f"{result.typed or result.loss}{f' of {result.domain}' if result.domain else ''}{weights}"


def _cases(report: Report) -> Iterator[Case]:
    yield from of_gates(report.gates)
    hints = {f.evidence.get("loss"): f.hint for f in report.findings if f.check == _TOLD_BY_LOSSES and f.hint}
    for result in report.results:
        yield _loss(result, report, hints.get(result.typed))
    yield from of_checks([finding for finding in report.findings if finding.check != _TOLD_BY_LOSSES])


def _loss(result: Result, report: Report, hint: str | None) -> Case:
    """A loss fails where its samples are not finite, and is skipped where nothing could compute it."""
    name, why = called(result), note(result, report.results)
    if result.value is not None:
        return Case(kind="loss", name=name, told=_told(result))
    if result.reason == "unavailable":
        return Case(kind="loss", name=name, skipped=why)
    return Case(kind="loss", name=name, failure=f"{name}: {why}" + (f"\n{hint}" if hint else ""))


def _told(result: Result) -> str:
    if result.value is None:
        return f"has no value ({result.reason or 'unavailable'})"
    unit = f" {result.unit}" if result.unit else ""
    error = f" ± {figure(result.standard_error, 2)}" if result.standard_error is not None else ""
    return f"{figure(result.value)}{error}{unit}, {count(result.count, 'sample')}"
