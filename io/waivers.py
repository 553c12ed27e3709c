"""Waivers: what may be worse than a baseline for now, why, and until when. Torch-free."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.settings_text import toml_of
from ganloss_cli.io.reading import read_text

_FIELDS = ("what", "why", "until")
_EXAMPLE = """[[waiver]] with what = "ssim", why = "a new decoder" and until = 2030-01-31"""


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A gate that may fail for now.

    Args:
        what: the gate as typed, or the loss that it names.
        why: in words.
        until: its last day.
    """

    what: str
    why: str
    until: date


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The [[waiver]] tables of a TOML file.

    Raises:
        InputError: it cannot be read, or a table lacks a field, has another one, or one of another kind.
    """
    try:
        document = toml_of(read_text(path, "waivers").decode())
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not TOML: {error}", hint=f"write {_EXAMPLE}") from error
    tables = document.pop("waiver", [])
    if document or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{path}: expected [[waiver]] tables and nothing else", hint=f"write {_EXAMPLE}")
    return tuple(_waivers(path, tables))


def _waivers(path: Path, tables: list[dict[str, Any]]) -> Iterator[Waiver]:
    for number, table in enumerate(tables, 1):
        where = f"{path}: waiver {number}"
        if set(table) != set(_FIELDS):
            raise InputError(f"{where}: has {', '.join(table) or 'nothing'}; expected {', '.join(_FIELDS)}")
        if not all(isinstance(table[name], str) and table[name].strip() for name in _FIELDS):
            raise InputError(f"{where}: expected what and why as texts and until as a date", hint=f"write {_EXAMPLE}")
        try:
            until = date.fromisoformat(table["until"])
        except ValueError:
            raise InputError(
                f"{where}: until is {table['until']!r}; expected a date", hint="write until = 2030-01-31"
            ) from None
        yield Waiver(what=table["what"].strip(), why=table["why"].strip(), until=until)
