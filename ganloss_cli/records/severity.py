"""How severe a finding is. Standard library only, and no records: options and messages need no more."""

from __future__ import annotations

from typing import Literal, get_args

Severity = Literal["note", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


def reaches(severity: Severity, threshold: Severity) -> bool:
    """Whether `severity` is at least `threshold`."""
    return SEVERITIES.index(severity) >= SEVERITIES.index(threshold)
