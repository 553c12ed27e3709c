"""Gates against a baseline: opened with it, held against a run, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.gates import exit_status
from ganloss_cli.io.comparables import open_comparable
from ganloss_cli.pipeline.baseline.changes import Compared, changes
from ganloss_cli.pipeline.baseline.findings import about
from ganloss_cli.pipeline.baseline.matching import match
from ganloss_cli.pipeline.baseline.measured import CIRCUMSTANCES, Measured, of_document, of_results, samples_of
from ganloss_cli.pipeline.baseline.questions import (
    Question,
    aimed,
    refuse_other_circumstances,
    refuse_other_kinds,
    without_spread,
)
from ganloss_cli.pipeline.baseline.waived import Waived
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import BaselineGate, Change, Report, Result, SampleValues
from ganloss_cli.records.request import Request


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """An earlier report, and what is asked of a run that is held against it.

    Args:
        document: the report.
        samples: of it.
        questions: in the order of the gates.
        waived: what may be worse for now.
        request: whose gates they are.
    """

    document: Mapping[str, Any]
    samples: Sequence[SampleValues]
    questions: Sequence[Question]
    waived: Waived
    request: Request

    def judged(self, report: Report) -> Report:
        """A report with what came of the gates; of its samples only what was asked for.

        Args:
            report: of the run, with the values of each sample.

        Raises:
            UsageError: a loss is another quantity than in the baseline.
        """
        self.require_alike(report.seed, report.dtype)
        losses = of_results(report.results, report.samples or (), report.redrawn or ())
        pairs = [(question, self._now(question, losses)) for question in self.questions]
        compared = [None if now is None else self._compared(question, now, report) for question, now in pairs]
        asked = [(each, question.aim) for each, (question, _) in zip(compared, pairs, strict=True) if each is not None]
        judged = iter(changes([each for each, _ in asked], [aim for _, aim in asked], self.request.level))
        gates = [
            self._gate(question, now, each, next(judged) if each else None, report)
            for (question, now), each in zip(pairs, compared, strict=True)
        ]
        matchings = [each.matching for each in compared if each is not None]
        noticed = about(self.document, report, gates, matchings, allow_missing=self.request.allow_missing)
        found = replace(
            report,
            gates=(*report.gates, *gates),
            findings=(*report.findings, *noticed, *self.waived.findings(gates)),
            samples=report.samples if self.request.per_sample else None,
            redrawn=report.redrawn if self.request.per_sample else None,
        )
        return replace(found, exit_status=exit_status(found))

    def require_alike(self, seed: int, dtype: str) -> None:
        """Refuse to hold a run against a baseline with other random numbers or other rounding.

        Raises:
            UsageError: they differ.
        """
        for option, theirs, ours in (
            ("seed", self.document.get("seed"), seed),
            ("dtype", self.document.get("dtype"), dtype),
        ):
            if theirs != ours:
                message = f"--baseline {self.request.baseline}: made with --{option} {theirs}, and this run with {ours}"
                raise UsageError(message, hint=f"give --{option} {theirs}, or make the baseline anew")

    def require_same(self, results: Sequence[Result]) -> None:
        """Refuse a run of other quantities before any sample goes through.

        Args:
            results: of all losses, as far as they are known beforehand.

        Raises:
            UsageError: a loss is another quantity than in the baseline.
        """
        losses = of_results(results, ())
        for question in self.questions:
            now = next((each for each in losses if each.key == question.before.key), None)
            if now is None:
                refuse_other_kinds(question, losses)
            elif question.before.value is not None:
                before, here = (
                    {name: value for name, value in each.circumstances().items() if name in CIRCUMSTANCES}
                    for each in (question.before, now)
                )
                refuse_other_circumstances(question, before, here)

    def _now(self, question: Question, losses: Sequence[Measured]) -> Measured | None:
        """The same loss in the run; None where it is gone."""
        before = question.before
        now = next((each for each in losses if each.key == before.key), None)
        if now is None:
            refuse_other_kinds(question, losses)
            return None
        if before.value is not None and now.value is not None:
            refuse_other_circumstances(question, before.circumstances(), now.circumstances())
        return now

    def _compared(self, question: Question, now: Measured, report: Report) -> Compared | None:
        if question.before.value is None or now.value is None:
            return None
        compared = Compared.of(question.before, now)
        if compared is None and not _other_sizes(question.before, now):
            raise without_spread(question)
        if compared is None:
            return None
        if not question.before.samples:
            # its sides are different samples, of which none has a value of its own: they should all be there still
            return replace(compared, matching=match(self.samples, report.samples or ()))
        return compared

    def _gate(
        self, question: Question, now: Measured | None, compared: Compared | None, change: Change | None, report: Report
    ) -> BaselineGate:
        condition, before = question.condition, question.before
        missing = compared.matching.missing if compared else ()
        failures = [*_without_value(before, now, report)]
        if now is not None and _other_sizes(before, now):
            counts = before.row["count"], now.row["count"]
            failures.append(f"of {counts[0]} samples in the baseline and of {counts[1]} here: only equal sets compare")
        if missing and not self.request.allow_missing:
            failures.append(f"{len(missing)} of the baseline's samples missing: {listed(missing)}")
        failures += self.waived.expired(condition)
        worse = change is not None and change.outcome == "worse"
        waived = self.waived.reason(condition) if worse else None
        absent = (
            None if now is not None and now.value is not None else (now.row.get("reason") if now else "unavailable")
        )
        return BaselineGate(
            expression=condition.expression,
            loss=before.called,
            observed=change.now if change else now.value if now else None,
            failed=bool(failures) or (worse and waived is None),
            reason=absent,
            change=change,
            failures=tuple(failures),
            missing=missing,
            waived=waived,
        )


def _other_sizes(before: Measured, now: Measured) -> bool:
    """Whether both are numbers of sets of different sizes, which the numbers depend on."""
    sets = before.redrawn, now.redrawn
    return None not in sets and before.row["count"] != now.row["count"] and bool(before.row.get("batch_dependent"))


def _without_value(before: Measured, now: Measured | None, report: Report) -> Iterator[str]:
    if before.value is None:
        yield f"no value in the baseline ({before.row.get('reason') or 'unavailable'})"
    if now is None:
        why = report.not_applicable.get(before.typed)
        yield f"gone: in the baseline, and not in this run{f' ({why})' if why else ''}"
    elif now.value is None:
        place = now.row.get("recipe")
        why = (place.unavailable if place else None) or now.row.get("reason") or "unavailable"
        yield f"no value in this run ({why})"


def open_baseline(request: Request) -> Baseline | None:
    """The baseline that a run is to be held against; None without one.

    Args:
        request: of the run; nothing of it was done yet.

    Raises:
        UsageError: a gate names nothing of the baseline, or asks what it cannot tell.
        InputError: the baseline or the waivers cannot be read.
    """
    if request.baseline is None:
        if request.fail_if_worse or request.waivers or request.allow_missing:
            what = "--fail-if-worse" if request.fail_if_worse else "--waivers" if request.waivers else "--allow-missing"
            raise UsageError(f"{what}: worse than what?", hint="give --baseline REPORT.json")
        return None
    path = request.baseline
    if not request.fail_if_worse:
        raise UsageError(
            f"--baseline {path}: nothing is held against it",
            hint="give --fail-if-worse LOSS, such as 'ssim by 0.002'; ganloss compare shows all differences",
        )
    document = open_comparable(path).report
    if document is None:
        raise InputError(f"{path}: holds arrays; expected the JSON of ganloss eval")
    if document.get("part"):
        raise UsageError(f"--baseline {path}: is a part of a run", hint="merge the parts first: ganloss merge")
    if document.get("ranking"):
        raise UsageError(f"--baseline {path}: is of many checkpoints", hint="give a report of one: ganloss eval")
    if document.get("samples") is None:
        hint = "make the baseline with ganloss eval --per-sample --output"
        raise UsageError(f"--baseline {path}: holds no values of single samples", hint=f"{hint} {path}")
    losses = of_document(path, document)
    questions = [question for condition in request.fail_if_worse for question in aimed(condition, losses, path)]
    return Baseline(
        document=document,
        samples=samples_of(document),
        questions=questions,
        waived=Waived.of(request),
        request=request,
    )
