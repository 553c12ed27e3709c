"""What is worth knowing about a run and its baseline beside the gates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ganloss_cli.pipeline.baseline.matching import Matching
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import BaselineGate, Change, Finding, Report


def about(
    document: Mapping[str, Any],
    report: Report,
    gates: Sequence[BaselineGate],
    matchings: Sequence[Matching],
    *,
    allow_missing: bool,
) -> Iterator[Finding]:
    """What nobody can tell, and how samples and versions differ.

    Args:
        document: the baseline.
        report: of the run.
        gates: what came of them.
        matchings: of the samples of their losses.
        allow_missing: whether samples that only the baseline holds fail no gate.
    """
    told = ((gate, gate.change) for gate in gates if gate.change is not None)
    yield from (_cannot_tell(gate, change) for gate, change in told if change.outcome == "cannot tell")
    for check, names, kind in (
        ("samples_missing", [m.missing for m in matchings if allow_missing], "only in the baseline, and left out"),
        ("samples_added", [m.added for m in matchings], "not in the baseline, and left out"),
        ("matched_by_name", [m.by_name for m in matchings], "of other bytes than the baseline's of the same name"),
    ):
        if every := list(dict.fromkeys(name for of_one in names for name in of_one)):
            are = "sample is" if len(every) == 1 else "samples are"
            yield Finding(
                check=check,
                severity="note",
                message=f"{len(every)} {are} {kind}: {listed(every)}",
                evidence={"samples": every},
            )
    versions = [
        {"ganloss": _entry(of.get("tool"), "version"), "torch": _entry(of.get("environment"), "torch")}
        for of in (document, vars(report))
    ]
    if versions[0] != versions[1]:
        then, here = (", ".join(f"{name} {version}" for name, version in each.items()) for each in versions)
        yield Finding(
            check="different_versions",
            severity="note",
            message=f"the baseline was made with {then}, and this run with {here}",
            evidence={"baseline": versions[0], "run": versions[1]},
        )


def _entry(of: Any, name: str) -> Any:
    return of.get(name) if isinstance(of, Mapping) else None


def _cannot_tell(gate: BaselineGate, change: Change) -> Finding:
    samples = f"{change.count} sample{'' if change.count == 1 else 's'}"
    if change.count_to_tell is not None:
        would = f"about {change.count_to_tell} would"
    else:
        would = "nothing says how many would" if change.standard_error is None else "no number would"
    return Finding(
        check="gate_cannot_tell",
        severity="warning",
        message=f"{gate.expression}: {samples} of {gate.loss} cannot tell whether it is worse; {would}",
        evidence={"gate": gate.expression, "samples": change.count, "count_to_tell": change.count_to_tell},
        hint="evaluate on more samples, or allow more with by",
    )
