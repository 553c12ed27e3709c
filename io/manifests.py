"""Manifests: a row a sample, a column a role. Torch-free."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.filelists import Filelist, is_filelist, read_filelist
from ganloss_cli.io.reading import enough_memory, read_text
from ganloss_cli.io.roles import FILE_ROLES, renamed
from ganloss_cli.io.samples import ignored, numbered, quoted
from ganloss_cli.records.report import Finding

PATH_ROLES = tuple(role for role in FILE_ROLES if not role.endswith(("_logits", "_features")))
Cell = str | int
MOST_DIGITS = 20  # of a number of 64 bits, and its sign
DELIMITERS = ",\t;|"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a manifest says.

    Args:
        names: one a row, unique: its `name` column, else the first role's file names, else numbers.
        columns: role -> one cell a row: a path relative to the manifest, the number of a label, or a text.
        findings: the columns that were not used.
        of_training: whether a training left it, with one rate and one number of channels for all recordings.
    """

    names: tuple[str, ...]
    columns: Mapping[str, tuple[Cell, ...]]
    findings: tuple[Finding, ...]
    of_training: bool = False

    @classmethod
    def of_list(cls, found: Filelist) -> Manifest:
        """What a training's list says."""
        return cls(names=found.names, columns=found.columns, findings=found.findings, of_training=True)


def read_manifest(path: Path, mapping: Mapping[str, str]) -> Manifest:
    """Read a table with a header line, a .jsonl with an object a line, or a training's list without a header.

    Which one its first line tells, and what stands between the columns of a table.

    Args:
        path: of the manifest.
        mapping: their column -> our role.

    Returns:
        the rows, by role.

    Raises:
        InputError: no text, no column that is a role, a row without a value, or two rows of one name.
        NothingEvaluatedError: no rows.
    """
    try:
        with enough_memory(path):
            text = read_text(path, "a manifest").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: no manifest (it is not UTF-8 text) and of no other known format") from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = _delimiter(first, mapping)
    if delimiter is None and is_filelist(first) and not first.lstrip().startswith("{"):
        return Manifest.of_list(read_filelist(path, text))
    rows = _json_rows(path, text) if first.lstrip().startswith("{") else _csv_rows(path, text, delimiter or ",")
    if not rows:
        raise NothingEvaluatedError(f"{path}: a manifest without rows")
    roles = _roles(path, rows, mapping)
    columns = {
        role: tuple(_cell(path, row, theirs, role, n) for n, row in rows.items()) for theirs, role in roles.items()
    }
    unused = sorted({key for row in rows.values() for key in row} - set(roles) - {"name"})
    names = _names(path, list(rows.values()), columns)
    return Manifest(names=names, columns=columns, findings=tuple(ignored(path, unused)))


def is_whole(cell: Cell) -> bool:
    """Whether a cell is a whole number, as labels are."""
    return isinstance(cell, int) or cell.removeprefix("-").isdecimal()


def _delimiter(header: str, mapping: Mapping[str, str]) -> str | None:
    """What stands between the names of a header; None where it names no role."""
    found = ((mark, [cell.strip(' "') for cell in header.split(mark)]) for mark in DELIMITERS)
    return next((mark for mark, cells in found if any(renamed(cell, mapping) in PATH_ROLES for cell in cells)), None)


def _csv_rows(path: Path, text: str, delimiter: str) -> dict[int, dict[str, Cell]]:
    """Line number -> row."""
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        rows = dict(_with_lines(reader))
    except csv.Error as error:
        raise InputError(f"{path}: line {reader.line_num}: {error}") from error
    if reader.fieldnames is not None and len(set(reader.fieldnames)) < len(reader.fieldnames):
        raise InputError(f"{path}: two columns have the same name in {quoted(reader.fieldnames)}")
    for number, row in rows.items():
        if None in row or None in row.values():
            raise InputError(f"{path}: line {number}: expected {len(reader.fieldnames or ())} values")
    return rows


def _with_lines(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, Cell]]]:
    for row in reader:
        yield reader.line_num, dict(row)


def _json_rows(path: Path, text: str) -> dict[int, dict[str, Cell]]:
    rows: dict[int, dict[str, Cell]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except RecursionError as error:
            raise InputError(f"{path}: line {number}: no JSON object (brackets too deep inside one another)") from error
        except ValueError as error:  # also of a number of thousands of digits
            raise InputError(f"{path}: line {number}: no JSON object ({getattr(error, 'msg', error)})") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}: line {number}: expected a JSON object, got {type(row).__name__}")
        rows[number] = row
    return rows


def _roles(path: Path, rows: Mapping[int, Mapping[str, Cell]], mapping: Mapping[str, str]) -> dict[str, str]:
    """Their column -> our role."""
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    for theirs in mapping:
        if theirs not in columns:
            raise InputError(f"{path}: --map {theirs}={mapping[theirs]}: there is no column '{theirs}'")
    roles: dict[str, str] = {}
    for column in columns:
        role = renamed(column, mapping)
        if role not in PATH_ROLES:
            continue
        if role in roles.values():
            raise InputError(f"{path}: two columns are {role}")
        roles[column] = role
    if not roles:
        raise InputError(
            f"{path}: in no other known format, and as a manifest its columns {quoted(columns)} are no roles; the "
            f"roles are {', '.join(PATH_ROLES)}",
            hint="name them with --map THEIRS=OURS",
        )
    return roles


def _cell(path: Path, row: Mapping[str, Any], column: str, role: str, number: int) -> Cell:
    value = row.get(column)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole and (not isinstance(value, str) or not value.strip()):
        raise InputError(f"{path}: line {number}: '{column}' has no value")
    cell: Cell = value.strip() if isinstance(value, str) else value  # type: ignore[assignment]
    if (whole or (role == "label" and is_whole(cell))) and (len(str(cell)) > MOST_DIGITS or abs(int(cell)) >= 2**63):
        raise InputError(f"{path}: line {number}: '{column}' is a whole number that takes more than 64 bits")
    return cell


def _names(path: Path, rows: Sequence[Mapping[str, Cell]], columns: Mapping[str, Sequence[Cell]]) -> tuple[str, ...]:
    if all("name" in row for row in rows):
        names = tuple(str(row["name"]) for row in rows)
        doubles = sorted(name for name, count in Counter(names).items() if count > 1)
        if doubles:
            raise InputError(f"{path}: more than one row is named {quoted(doubles)}")
        return names
    for cells in columns.values():
        stems = tuple(PurePath(str(cell)).stem for cell in cells)
        if len(set(stems)) == len(stems):
            return stems
    return numbered(len(rows))
