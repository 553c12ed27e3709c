"""An audit: open the files, look at them; with data, run the networks and look at what they say and make."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.checks import Check, chosen_checks
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.pipeline.checkpoint.files import open_audited
from ganloss_cli.pipeline.checkpoint.subjects import Subjects
from ganloss_cli.pipeline.networks.devices import choose_device
from ganloss_cli.pipeline.networks.opening import Files
from ganloss_cli.pipeline.run.provenance import environment
from ganloss_cli.progress import Progress
from ganloss_cli.records.checkpoint import AuditReport, AuditRequest, CheckRun
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import SEVERITIES, reaches
from ganloss_cli.records.tool import tool

_FILE_SUBJECTS = ("network", "file", "model")
_NEEDS = {
    "run": "a network, and samples for it (--data)",
    "discriminator": "a discriminator, and samples for it (--data)",
    "fakes": "what a generator makes (--data, or --samples)",
    "pairs": "paired reals and fakes (--data)",
    "losses": "--losses and data",
}


@dataclass(kw_only=True)
class _Running:
    """What came out so far."""

    chosen: Sequence[Check]
    findings: list[Finding] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)

    def look(self, kind: str, subjects: Iterable[Any]) -> None:
        """Run every chosen check of this kind of subject."""
        subjects = list(subjects)
        for check in self.chosen:
            if check.subject == kind:
                for subject in subjects:
                    self.looked_at[check.name] += 1
                    self.findings.extend(check.findings(subject))

    def runs(self) -> tuple[CheckRun, ...]:
        """Every chosen check with what it did."""
        found = Counter(finding.check for finding in self.findings)
        return tuple(
            CheckRun(
                check=check.name,
                subjects=self.looked_at[check.name],
                findings=found[check.name],
                not_run=None if self.looked_at[check.name] else f"needs {_NEEDS.get(check.subject, 'a network')}",
            )
            for check in self.chosen
        )


def audit_checkpoints(audit: AuditRequest, progress: Progress | None = None) -> AuditReport:
    """Look at checkpoints, and with data at what they do.

    Args:
        audit: what to look at and for.
        progress: is told how far the work is.

    Raises:
        GanlossError: the user's mistake, with the exit status it ends with.
    """
    started = time.perf_counter()
    request = audit.request
    running = _Running(chosen=chosen_checks(audit.only, audit.skip))
    device = choose_device(request.device)
    with torch.no_grad(), shared_computations():
        opened = open_audited(request)
        running.findings.extend(opened.files.findings)
        running.look("network", opened.model.networks)
        running.look("file", opened.model.files)
        running.look("model", [opened.model])
    seconds_of_files = time.perf_counter() - started
    wanted = frozenset(check.subject for check in running.chosen) - frozenset(_FILE_SUBJECTS)
    subjects = _gathered(audit, opened.files, device, wanted, running.findings, progress)
    running.findings.extend(subjects.findings)
    for kind in _NEEDS:
        running.look(kind, subjects.of.get(kind, ()))
    findings = _most_severe_first(running.findings)
    return AuditReport(
        passed=not any(reaches(finding.severity, audit.fail_on) for finding in findings),
        fail_on=audit.fail_on,
        findings=findings,
        measurements=tuple(subjects.measurements),
        separation=subjects.separation,
        checks=running.runs(),
        checkpoints=opened.records,
        inputs=subjects.inputs,
        tool=tool(),
        environment=environment(device),
        command=request.command,
        seed=request.seed,
        device=str(device),
        dtype=request.dtype,
        timing={"files_seconds": seconds_of_files, "data_seconds": time.perf_counter() - started - seconds_of_files},
    )


def _gathered(
    audit: AuditRequest,
    files: Files,
    device: torch.device,
    wanted: frozenset[str],
    findings: Sequence[Finding],
    progress: Progress | None,
) -> Subjects:
    """What the networks did; nothing where there are no data, or where the file's own errors kept them from running."""
    request = audit.request
    if not wanted or not (request.data is not None or request.roles or request.samples is not None):
        return Subjects()
    from ganloss_cli.pipeline.checkpoint.data import gather  # all that runs networks, for which files do not wait

    try:
        return gather(audit, files, device, wanted, progress)
    except InputError as error:
        if not any(finding.severity == "error" for finding in findings):
            raise
        stopped = Finding(
            check="networks_not_run",
            severity="error",
            message=f"the networks could not be run: {error.message}",
            hint=error.hint,
        )
        return Subjects(findings=(stopped,))


def _most_severe_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: -SEVERITIES.index(finding.severity)))
