"""`ganloss audit loss`: what a user's own loss function computes, and what is wrong with it."""

from __future__ import annotations

import time
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.catalogue import Convention, Loss, find_loss
from ganloss_cli.evaluators.checks.loss_source import rules, source_findings
from ganloss_cli.evaluators.resemblance import Relation
from ganloss_cli.evaluators.test_inputs.kinds import kind_of
from ganloss_cli.io.user_functions import FunctionSpec, parse_function
from ganloss_cli.pipeline.loss.behaviour import behaviour_findings
from ganloss_cli.pipeline.loss.check_summaries import CHECKS
from ganloss_cli.pipeline.loss.closest_form import closest
from ganloss_cli.pipeline.loss.comparison import FunctionCalls, FunctionComparison
from ganloss_cli.pipeline.loss.failed_calls import SourcePlace
from ganloss_cli.pipeline.loss.other_shapes import held_in_other_shapes
from ganloss_cli.pipeline.loss.parameters import ParameterBinding, bind
from ganloss_cli.pipeline.loss.report_rows import form_in_words, near, probed
from ganloss_cli.pipeline.loss.verdict import function_verdict, of_one_sample
from ganloss_cli.pipeline.loss.worker_process import Died, LossProcess
from ganloss_cli.pipeline.run.provenance import environment
from ganloss_cli.records.evidence import LINE
from ganloss_cli.records.loss import LossAudit, LossAuditRequest, LossVerdict
from ganloss_cli.records.outcomes import AuditOutcome
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import SEVERITIES
from ganloss_cli.records.tool import tool

_TOO_LONG = ("RecursionError", "MemoryError")  # what Python makes of expressions of thousands of terms
OUTCOMES: Mapping[Relation, AuditOutcome] = {
    "exact": "exact", "factor": "scaled", "unknown factor": "no match", "departs": "no match",
}  # fmt: skip


def audit_loss(request: LossAuditRequest) -> LossAudit:
    """Hold a function against every convention of a loss, on inputs made for the purpose.

    Args:
        request: the function, the loss, and the limits.

    Raises:
        UsageError: an unknown loss, or a parameter that nothing fits.
        InputError: no such file or function, or a file that does not compile.
    """
    started = time.perf_counter()
    name, _, wanted = request.loss.partition(":")
    loss = find_loss(name)
    row = loss.convention(wanted) if wanted else None
    spec = parse_function(request.function)
    source = _compiled(spec)
    introduction = {
        "function": request.function, "keywords": dict(request.keywords), "loss": loss.name, "globals": [],
    }  # fmt: skip
    with LossProcess(
        introduction, seconds_per_call=request.seconds_per_call, seconds=request.seconds, memory=request.memory
    ) as process:
        place = SourcePlace(file=str(spec.file), line=None)
        result = _Audit(request=request, spec=spec, loss=loss, wanted=row, process=process, place=place).run()
    findings = [*result.findings, *source_findings(source, str(spec.file), spec.name.partition(".")[0])]
    summaries = {**CHECKS, **{entry.name: entry.summary for entry in rules().values()}}
    return replace(
        result,
        findings=tuple(_in_order(findings)),
        rules={name: summaries[name] for name in sorted({finding.check for finding in findings})},
        fail_on=request.fail_on,
        tool=tool(),
        environment=environment(torch.device("cpu")),
        command=request.command,
        timing={"seconds": time.perf_counter() - started},
    )


def _compiled(spec: FunctionSpec) -> str:
    """The text of a file that compiles.

    Raises:
        InputError: it does not; with the line.
    """
    try:
        with tokenize.open(spec.file) as file:  # as Python reads it: with its cookie, without a byte order mark
            text = file.read()
        compile(text, str(spec.file), "exec", dont_inherit=True)
    except (RecursionError, MemoryError):
        return ""  # the import fails as well, and is told; its source is too long to be looked at
    except SyntaxError as error:
        raise InputError(
            f"{spec.file}:{error.lineno}: does not compile: {error.msg}", hint="mend the line, then audit again"
        ) from error
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{spec.file}: is no Python source: {error}") from error
    return text


def _in_order(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The worst first, then by line; a finding told twice once."""
    seen = set()
    for finding in sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.evidence.get(LINE) or 0)):
        key = (finding.check, finding.evidence.get(LINE), finding.message)
        if key not in seen:
            seen.add(key)
            yield finding


@dataclass(kw_only=True)
class _Audit:
    """One run: what is known so far travels in it."""

    request: LossAuditRequest
    spec: FunctionSpec
    loss: Loss
    wanted: Convention | None
    process: LossProcess
    place: SourcePlace

    def run(self) -> LossAudit:
        findings: list[Finding] = []
        introduced = self._introduced(findings)
        if introduced is None:
            return self._result("not evaluated", findings)
        self.place = SourcePlace(file=self.place.file, line=introduced["line"])
        if introduced["printed"]:
            message = "importing the file prints"
            findings.append(self.place.finding("prints", "note", message, characters=introduced["printed"]))
        found_lines = {finding.evidence[LINE] for finding in findings}
        for line, text in introduced["failed"]:
            if line not in found_lines:
                findings.append(self.place.finding("import_fails", "error", f"this line fails: {text}", line=line))
        binding = self._bound(introduced)
        calls = FunctionCalls(self.process, self.loss, binding)
        comparison = closest(calls, self.request.span, self.place, findings)
        if comparison is None:
            return replace(self._result("not evaluated", findings), parameters=binding.parameters)
        comparison = held_in_other_shapes(calls, comparison)
        findings += behaviour_findings(calls, comparison, self.place, name=self.spec.name)
        verdict, reasons = function_verdict(calls, comparison, self.wanted, self.place)
        return self._compared(verdict, comparison, binding, [*findings, *reasons])

    def _introduced(self, findings: list[Finding]) -> Mapping[str, Any] | None:
        """What the child says of the function; None where there is none to call."""
        parameters = self._ask(definitions_only=False)
        if isinstance(parameters, Died) or "raised" in parameters:
            findings.append(self._import_failure(parameters))
            parameters = self._ask(definitions_only=True, failed=findings[0])
        if isinstance(parameters, Died):
            findings.append(self.place.finding(parameters.trouble, "error", parameters.message))
            return None
        if raised := parameters.get("raised"):
            if raised["type"] in _TOO_LONG:  # the import has said so
                return None
            message = f"{raised['type']}: {raised['text']}"
            raise InputError(f"{self.spec.file}: {self.spec.name} cannot be made: {message}")
        return parameters

    def _ask(self, *, definitions_only: bool, failed: Finding | None = None) -> Mapping[str, Any] | Died:
        answer = self.process.introduce(definitions_only=definitions_only)
        if not isinstance(answer, Died) and "refused" in answer:
            if failed is not None:  # what is missing may be what could not be imported
                where = f":{failed.evidence[LINE]}" if failed.evidence.get(LINE) else ""
                raise InputError(f"{self.spec.file}{where}: {failed.message}", hint=f"then: {answer['refused']}")
            raise InputError(answer["refused"], hint="name a function that the file defines")
        return answer

    def _import_failure(self, answer: Mapping[str, Any] | Died) -> Finding:
        hint = "keep the function in a file of its own, or what runs behind `if __name__ == '__main__':`"
        raised = {} if isinstance(answer, Died) else answer["raised"]
        told = answer.message if isinstance(answer, Died) else f"{raised['type']}: {raised['text']}"
        message = f"the file cannot be imported: {told}"
        return self.place.finding("import_fails", "error", message, hint=hint, line=raised.get("line"))

    def _bound(self, introduced: Mapping[str, Any]) -> ParameterBinding:
        where = f"{self.spec.file}: {self.spec.name}"
        if introduced["unused"]:
            raise UsageError(
                f"--kwargs {introduced['unused'][0]}: {self.spec.name} has no such parameter",
                hint=f"it has {', '.join(p['name'] for p in introduced['parameters'])}",
            )
        binding = bind(self.loss, introduced["parameters"], self.request.mapping, self.request.keywords, where)
        names = {parameter["name"] for parameter in introduced["parameters"]}
        beside = [theirs for theirs in self.request.mapping if theirs not in names]
        for theirs in beside:
            if (ours := self.request.mapping[theirs]) != "backbone":
                raise UsageError(
                    f"--map {theirs}={ours}: {self.spec.name} has no parameter '{theirs}', and a name of its file can"
                    " only be the backbone",
                    hint=f"it has {', '.join(names)}",
                )
        if beside:
            answer = self.process.replace_globals(beside)
            if not isinstance(answer, Died) and "refused" in answer:
                raise UsageError(answer["refused"])
        return binding

    def _compared(
        self,
        verdict: LossVerdict,
        comparison: FunctionComparison,
        binding: ParameterBinding,
        findings: Sequence[Finding],
    ) -> LossAudit:
        best = comparison.best
        aliases = self.loss.aliases(best.convention) if best.relation == "exact" else ()
        return replace(
            self._result(verdict, findings),
            outcome=OUTCOMES[best.relation],
            convention=f"{self.loss.name}:{best.convention.name}",
            wanted=all(finding.check != "another_convention" for finding in findings),
            factor=best.factor,
            offset=best.offset,
            meaning=best.meaning,
            same=(*aliases, *(f"{self.loss.name}:{name}" for name in best.same)),
            of_one_sample=of_one_sample(self.loss, comparison),
            mistake=best.convention.mistake,
            source=best.convention.source,
            form=form_in_words(comparison, kind_of(self.loss)),
            parameters=binding.parameters,
            probes=tuple(probed(self.loss, comparison)),
            nearest=tuple(near(self.loss, comparison.found)),
            elsewhere=next((f.evidence["other"] for f in findings if f.check == "another_loss"), None),
        )

    def _result(self, verdict: LossVerdict, findings: Sequence[Finding]) -> LossAudit:
        return LossAudit(
            function=self.request.function,
            file=self.place.file,
            line=self.place.line,
            loss=self.loss.name,
            verdict=verdict,
            findings=tuple(findings),
        )
