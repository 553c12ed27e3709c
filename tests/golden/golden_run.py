"""Runs a golden command line in this process, and turns what it printed into a tree that can be compared."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

from golden_comparison import EXACT, SINGLE, Tolerance

from ganloss_cli.cli import main

HERE = Path(__file__).resolve().parent
STORED = HERE / "stored"
OUTPUTS = "out"  # the folder of files that a command line writes
SUFFIXES = {".json": "json", ".csv": "csv", ".md": "markdown", ".txt": "table", ".xml": "junit", ".sarif": "sarif"}
SHOWN = "…"  # stands for a text of which only the presence is held
DIGITS = 10  # significant ones of a stored number

# Prose, by the names of its fields: what it says may be said better.
_PROSE = {
    "batch_dependent_because", "caveats", "explanation", "fullDescription", "hint", "message", "mistake",
    "no_equilibrium", "not_run", "reasons", "relation", "remarks", "rules", "separated_by", "shortDescription",
    "summary", "tells", "unavailable",
}  # fmt: skip
# What audit loss calls a relation is a word of its verdict.
_VERDICTS = {"nearest"}
# Fields of the machine and the day.
_VARYING = re.compile("environment|(.*_)?seconds")
_FIGURE = re.compile(r"(?<![\w.:/@-])-?\d+\.\d+(?:e[+-]?\d+)?(?![\w/]|\.\d)")
_NAME = re.compile(r"[a-z]\w*(?::\w+)?")


def commands() -> dict[str, list[str]]:
    """Every golden command line by its name, such as eval-images."""
    table = _table()
    del table["single_precision"]
    found = {}
    for command, lines in table.items():
        for name, line in lines.items():
            words = [*command.split(), *shlex.split(line)]
            default = [] if "--format" in words else ["--format", "json"]
            found[f"{command.replace(' ', '-')}-{name}"] = [*words, *default]
    return found


def tolerance(name: str) -> Tolerance:
    """How far the numbers of a command line may be from what was recorded."""
    return SINGLE if name in _table()["single_precision"] else EXACT


def _table() -> dict[str, Any]:
    with (HERE / "commands.toml").open("rb") as file:
        return tomllib.load(file)


def outcome(words: list[str], folder: Path) -> dict[str, Any]:
    """Run a command line in a folder: its exit status, its documents, and which kinds of messages it gave."""
    written = folder / OUTPUTS
    written.mkdir(exist_ok=True)
    for file in written.iterdir():
        file.unlink()
    status, printed, said = _run(words, folder)
    return {
        "status": status,
        "stdout": _document(printed, words[words.index("--format") + 1]) if printed else None,
        "stderr": sorted({kind for kind in ("error", "warning", "hint") if f"{kind}:" in said}),
        "files": {
            file.name: _document(file.read_text(encoding="utf-8"), SUFFIXES[file.suffix])
            for file in sorted(written.iterdir())
        },
    }


def _run(words: list[str], folder: Path) -> tuple[int, str, str]:
    """What a command line gave: exit status, standard output, standard error; on the processor, without colours."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
    with (
        mock.patch.dict(os.environ, environment | {"NO_COLOR": "1", "CUDA_VISIBLE_DEVICES": ""}, clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        status = int(main(words))
    return status, out.getvalue(), err.getvalue()


def _document(text: str, kind: str) -> Any:
    if kind in ("json", "sarif"):
        return settled(json.loads(text))
    if kind == "csv":
        return settled([{key: _cell(cell) for key, cell in row.items()} for row in csv.DictReader(io.StringIO(text))])
    if kind == "junit":
        return settled(_element(ElementTree.fromstring(text)))
    if kind == "github":
        return [_annotation(line) for line in text.splitlines()]
    return _printed(text)


def settled(value: Any, within: str = "") -> Any:
    """A document without what may change: prose is its presence, the machine's and the day's fields their presence.

    Numbers keep 10 digits; not-a-number and infinities are words.

    Args:
        value: a tree of JSON.
        within: the field that holds it.
    """
    if isinstance(value, dict):
        fields = {key: _field(key, item, within) for key, item in value.items()}
        return {key: item for key, item in fields.items() if item is not _ABSENT}
    if isinstance(value, list):
        return [settled(item, within) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
    return value


_ABSENT = object()


def _field(key: str, value: Any, within: str) -> Any:
    if key in _PROSE and within not in _VERDICTS:
        return _presence(value)
    if _VARYING.fullmatch(key) or (within in ("tool", "driver") and key == "version"):
        return _presence(value)
    return settled(value, key)


def _presence(value: Any) -> Any:
    """That there is something, and under which names; prose that was empty may be written."""
    if isinstance(value, dict):
        return dict.fromkeys(value, SHOWN)
    return SHOWN if value else _ABSENT


def _cell(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _element(element: ElementTree.Element) -> dict[str, Any]:
    """An element of XML as a tree; what a test case says is prose, and its time varies."""
    attributes = {name: _cell(value) for name, value in element.attrib.items() if name not in ("time", "timestamp")}
    text = (element.text or "").strip()
    children = [_element(child) for child in element]
    parts = {"tag": element.tag, "attributes": attributes, "text": SHOWN if text else "", "children": children}
    return {name: part for name, part in parts.items() if part}


def _annotation(line: str) -> dict[str, Any]:
    command, _, text = line.removeprefix("::").partition("::")
    level, _, properties = command.partition(" ")
    named = dict(pair.split("=", 1) for pair in properties.split(",") if "=" in pair)
    return {"level": level, **named, **_printed(text)}


def _printed(text: str) -> dict[str, list[str]]:
    """What is held of a text for people: the figures and the names of losses in it."""
    names = {name for name in _NAME.findall(text) if name.partition(":")[0] in loss_names()}
    return {"printed_figures": sorted({*_FIGURE.findall(text)}), "printed_names": sorted(names)}


def loss_names() -> frozenset[str]:
    """The names of the catalogue's losses."""
    if not _NAMES:
        _, text, _ = _run(["losses", "--format", "json"], Path.cwd())
        _NAMES.extend(loss["name"] for loss in json.loads(text)["losses"])
    return frozenset(_NAMES)


_NAMES: list[str] = []


def stored(name: str) -> dict[str, Any]:
    """What was recorded of a command line."""
    return json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def store(name: str, found: dict[str, Any]) -> None:
    """Record what a command line gave."""
    STORED.mkdir(exist_ok=True)
    text = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    (STORED / f"{name}.json").write_text(text + "\n", encoding="utf-8")
