"""The registry of audit checks: what a check looks at, what it says, and how it is chosen and documented."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ganloss_cli.errors import UsageError
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import Severity

Subject = Literal["network", "file", "model", "run", "discriminator", "fakes", "pairs", "losses"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)

_CHECKS: dict[str, Check] = {}


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What a check saw; the registry adds the check's name and severity and makes it a finding.

    Args:
        message: one sentence without a full stop; what it is about is put before it.
        evidence: the numbers behind it, in types that JSON has.
        hint: what to do.
        severity: where it is another one than the check's own.
    """

    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None
    severity: Severity | None = None


CheckFunction = Callable[[Any], Iterator[Observation]]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check with what its function and docstring tell.

    Args:
        name: of the function; named for what is wrong.
        function: a generator of observations.
        severity: of its findings, unless one says otherwise.
        subject: what it looks at: the name of its only parameter.
        summary: the first line of its docstring.
        explanation: the rest.
    """

    name: str
    function: CheckFunction
    severity: Severity
    subject: Subject
    summary: str
    explanation: str

    def findings(self, subject: Any) -> Iterator[Finding]:
        """What it finds about one subject, which has a `called` that messages begin with."""
        for seen in self.function(subject):
            yield Finding(
                check=self.name,
                severity=seen.severity or self.severity,
                message=f"{subject.called}: {seen.message}" if subject.called else seen.message,
                evidence=seen.evidence,
                hint=seen.hint,
            )


def check(*, severity: Severity) -> Callable[[CheckFunction], CheckFunction]:
    """Register a generator function as a check; it is returned unchanged.

    Args:
        severity: "error" where the checkpoint is broken whatever it is for, "warning" where something is probably
            wrong, "note" where it is worth knowing.

    Raises:
        RuntimeError: two checks of one name, or a parameter that is not one of `SUBJECTS`.
    """

    def register(function: CheckFunction) -> CheckFunction:
        name = function.__name__
        parameters = list(inspect.signature(function).parameters)
        if len(parameters) != 1 or parameters[0] not in SUBJECTS:
            raise RuntimeError(f"the check {name!r} takes {parameters}; expected one of {', '.join(SUBJECTS)}")
        if name in _CHECKS:
            raise RuntimeError(f"the check {name!r} is registered twice")
        summary, _, explanation = inspect.cleandoc(function.__doc__ or "").partition("\n")
        _CHECKS[name] = Check(
            name=name,
            function=function,
            severity=severity,
            subject=parameters[0],
            summary=summary,
            explanation=explanation.strip(),
        )
        return function

    return register


def checks() -> Mapping[str, Check]:
    """Every check by name, in the order in which an audit runs them."""
    import ganloss_cli.evaluators.checks  # noqa: F401  they register themselves when imported

    return {entry.name: entry for entry in sorted(_CHECKS.values(), key=lambda entry: SUBJECTS.index(entry.subject))}


def find_check(name: str) -> Check:
    """The check called `name`.

    Raises:
        UsageError: there is none; the message suggests the nearest.
    """
    known = checks()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1, cutoff=0.5)
    suggestion = f"did you mean {near[0]}? " if near else ""
    raise UsageError(f"unknown check {name!r}", hint=f"{suggestion}ganloss audit checks lists them all")


def chosen_checks(only: Iterable[str], skip: Iterable[str]) -> tuple[Check, ...]:
    """The checks to run.

    Args:
        only: names; empty for all.
        skip: names to leave out.

    Raises:
        UsageError: an unknown name, or no check is left.
    """
    wanted = {find_check(name).name for name in only}
    unwanted = {find_check(name).name for name in skip}
    left = tuple(entry for name, entry in checks().items() if (not wanted or name in wanted) and name not in unwanted)
    if not left:
        raise UsageError("--only and --skip leave no check", hint="ganloss audit checks lists them all")
    return left
