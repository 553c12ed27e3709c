"""What every document says of the tool that wrote it. Standard library only."""

from __future__ import annotations

from typing import Any

# Raised whenever any number changes for the same input: what a journal holds of another one is computed again.
NUMBERS = 1


def tool() -> dict[str, Any]:
    """Name and version of this tool; None where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # nothing that only shows help waits for it

    try:
        installed: str | None = version("ganloss")
    except PackageNotFoundError:
        installed = None
    return {"name": "ganloss", "version": installed}
