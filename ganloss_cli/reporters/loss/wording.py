"""What the audit of a loss function says in words, the same in every format."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ganloss_cli.records import evidence
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.findings import counted

if TYPE_CHECKING:
    from ganloss_cli.records.loss import LossAudit


def headline(audit: LossAudit) -> str:
    """The verdict in one sentence, without a full stop."""
    name = audit.function
    if audit.verdict == "not evaluated":
        return f"{name} gave no number that could be compared with {audit.loss}"
    if audit.verdict == "departs":
        if audit.elsewhere:
            return f"{name} is no {audit.loss}: it computes {audit.elsewhere}"
        if audit.meaning:
            return f"{name} computes {audit.convention} {audit.meaning}, a factor that no convention of it has"
        return f"{name} computes no published convention of {audit.loss}; the nearest is {audit.convention}"
    apart = _departing(audit)
    exactly = f", but not on {', '.join(apart)}" if apart else " exactly"
    relation = f", {audit.meaning}" if audit.meaning else exactly
    mistake = ", a known mistake" if audit.verdict == "a known mistake" else ""
    return f"{name} computes {audit.convention}{relation}{mistake}"


def _departing(audit: LossAudit) -> list[str]:
    """The probes on which it gives another number than the convention that it computes on the usual ones."""
    departing = {f.evidence.get(evidence.PROBE) for f in audit.findings if f.check == "departs_at_the_edge"}
    return [probed.probe for probed in audit.probes if probed.probe in departing]


def beside(audit: LossAudit) -> list[str]:
    """What else is to be said of the convention, a line each."""
    lines = []
    if audit.verdict in ("exact", "up to a factor", "a known mistake"):
        lines.append(f"source: {audit.source}")
        if audit.mistake:
            lines.append(f"what is wrong with it: {audit.mistake}")
        if audit.same:
            lines.append(f"no probe tells it from {', '.join(audit.same)}")
        if audit.of_one_sample:
            lines.append(f"of one sample it is {audit.of_one_sample} as well")
    if audit.form:
        lines.append(f"inputs: {audit.form}")
    return lines


def expected(audit: LossAudit) -> str:
    """What the probes are held against: the convention, and what its values were multiplied by."""
    what = audit.meaning.partition(":")[0]
    return f"{audit.convention}, {what}" if what else str(audit.convention)


def outcome(audit: LossAudit) -> str:
    """What came out, in one line: "failed: 1 error, 0 warnings, 2 notes; threshold: error"."""
    return f"{'passed' if audit.passed else 'failed'}: {counted(audit.findings)}; threshold: {audit.fail_on}"


def published(value: float | None) -> str:
    """What a convention gives on a probe; infinity and NaN are answers too."""
    return str(value) if value is not None and not math.isfinite(value) else figure(value, 6)


def probed(value: float | None, remark: str) -> str:
    """A value on a probe, or why there is none."""
    return figure(value, 6) if value is not None and not remark else remark or figure(value)
