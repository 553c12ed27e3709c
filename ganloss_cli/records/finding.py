"""What every document has: its findings, and the number of its schema. Standard library only, and few records.

Commands that write no report of losses need no more, and start sooner without the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganloss_cli.records.severity import Severity

SCHEMA_VERSION = "1.0"
Weights = Literal["raw", "ema"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something worth knowing about an input or a number; `check` is named for what is wrong."""

    check: str
    severity: Severity
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    hint: str | None = None
