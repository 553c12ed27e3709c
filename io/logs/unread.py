"""What is said of the records of a log that could not be read. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ganloss_cli.records.report import Finding


def unread(path: Path, rest: int, damaged: int) -> Iterator[Finding]:
    """A note on a last record that a training still writes, a warning on damaged ones.

    Args:
        path: of the log.
        rest: how many bytes are left behind the last whole record.
        damaged: how many records are none.
    """
    if rest:
        yield Finding(
            check="truncated_log",
            severity="note",
            message=f"{path}: the last record is cut off; its {rest} bytes are left out",
            evidence={"path": str(path), "bytes": rest},
        )
    if damaged:
        yield Finding(
            check="damaged_records",
            severity="warning",
            message=f"{path}: {damaged} records are damaged and are left out",
            evidence={"path": str(path), "records": damaged},
        )
