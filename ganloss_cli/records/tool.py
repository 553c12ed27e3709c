"""What every document says of the tool that wrote it. Standard library only."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

TYPE_CHECKING = False  # see the package
if TYPE_CHECKING:
    from typing import Any

_METADATA = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}

# Raised whenever any number changes for the same input: what a journal holds of another one is computed again.
NUMBERS = 3


def tool() -> dict[str, Any]:
    """Name and version of this tool; None where it is not installed."""
    try:
        return {"name": "ganloss", "version": version()}
    except ModuleNotFoundError:
        return {"name": "ganloss", "version": None}


def version() -> str:
    """The version that is installed, as the first metadata on the path say.

    Raises:
        ModuleNotFoundError: none is.
    """
    for path in _metadata():
        with open(path, encoding="utf-8", errors="replace") as lines:  # noqa: PTH123  no pathlib, as where it is called
            for line in lines:
                if line.startswith("Version: "):
                    return line.removeprefix("Version: ").strip()
    from importlib import metadata  # for a package in a ZIP: Python itself starts in the time that this one takes

    return metadata.version("ganloss")


def _metadata() -> Iterator[str]:
    for place in sys.path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208
        except OSError:  # a ZIP, or nothing
            continue
        for name in names:
            stem, suffix = os.path.splitext(name)  # noqa: PTH122
            path = os.path.join(place, name, _METADATA.get(suffix, ""))  # noqa: PTH118
            if stem.split("-")[0] == "ganloss" and suffix in _METADATA and os.path.isfile(path):  # noqa: PTH113
                yield path
