"""The verdicts of all audits in words and colours, the same in every format."""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.records.outcomes import AuditOutcome

IN_WORDS: Mapping[AuditOutcome, str] = {
    "exact": "reproduced, exactly",
    "scaled": "reproduced, up to a factor",
    "consistent": "consistent",
    "ambiguous": "ambiguous",
    "cannot tell": "cannot tell",
    "no match": "closest, not reproduced",
    "not computed": "not computed",
}
STYLES: Mapping[AuditOutcome, str] = {
    "exact": "bold green",
    "scaled": "green",
    "consistent": "green",
    "ambiguous": "bold yellow",
    "cannot tell": "yellow",
    "no match": "bold red",
    "not computed": "dim",
}
