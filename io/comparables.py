"""What can be compared: the arrays of a tensor file or of a reprod_log, the results of a report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import reason, refuse_special, sniff, supported
from ganloss_cli.io.pages import is_page, report_of_page
from ganloss_cli.io.reading import read_text, unchanged
from ganloss_cli.io.reprod_log import is_reprod_log, read_reprod_log
from ganloss_cli.io.stored import open_stored

LONE_ARRAY = "array"


@dataclass(frozen=True, kw_only=True)
class Comparable:
    """One file.

    Args:
        kind: what it is.
        sha256: of its bytes.
        arrays: by key; empty for a report.
        report: the document; None for arrays.
        page: whether that is from a page, which has room for some of it.
    """

    kind: Literal["report", "tensors", "reprod_log"]
    sha256: str
    arrays: Mapping[str, Tensor]
    report: Mapping[str, Any] | None = None
    page: bool = False


def open_comparable(path: Path) -> Comparable:
    """Read one side of a comparison.

    Args:
        path: the JSON or the page of `ganloss eval`, a .safetensors, .npz, .npy, .pt or IDX file, or what reprod_log
            wrote; told apart by their first bytes. The key of a lone array is "array".

    Raises:
        InputError: no such file, damaged, of another format, or a JSON document that is no report.
        UnsafeCheckpointError: a pickle that names anything but arrays.
    """
    with unchanged(path):
        return _opened(path)


def _opened(path: Path) -> Comparable:
    refuse_special(path)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            head = file.read(64)
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    if head.lstrip()[:1] == b"{" or is_page(head):
        return Comparable(kind="report", sha256=sha256, arrays={}, report=read_report(path), page=is_page(head))
    if is_reprod_log(path):
        return Comparable(kind="reprod_log", sha256=sha256, arrays=read_reprod_log(path))
    if sniff(path) is None:
        raise InputError(
            f"{path}: {'an empty file' if not head else 'an unknown format'}; expected the JSON of ganloss eval,"
            f" a reprod_log .npy, or one of {supported('tensor', 'idx')}"
        )
    arrays = {name or LONE_ARRAY: stored.whole() for name, stored in open_stored(path).items()}
    return Comparable(kind="tensors", sha256=sha256, arrays=arrays)


def read_report(path: Path, most: int | None = None) -> Mapping[str, Any]:
    """The JSON of `ganloss eval`, also within a page.

    Args:
        path: of the file.
        most: bytes that it may have.

    Raises:
        InputError: it cannot be read, is damaged, or is no report.
        UsageError: a page that had no room for its results.
    """
    content = read_text(path, "a report", most)
    try:
        document: Any = report_of_page(path, content) if is_page(content) else json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: truncated or damaged JSON ({error})") from error
    found: dict[str, Any] = document if isinstance(document, dict) else {}
    results = found.get("results")
    if not isinstance(results, list) or not all(isinstance(row, dict) and "loss" in row for row in results):
        raise InputError(
            f"{path}: no report: it has no list of results",
            hint="write one with ganloss eval --output report.json",
        )
    return found
