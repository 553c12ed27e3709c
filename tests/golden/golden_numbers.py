"""Which numbers the golden command lines of `eval` give: a journal keeps them, and has to know when they change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from golden_run import STORED, commands, stored

from ganloss_cli.records.tool import NUMBERS

KNOWN = STORED.with_name("numbers.json")


def changed() -> list[str]:
    """The command lines whose numbers are no longer those that are known of this version of the numbers."""
    known = json.loads(KNOWN.read_text(encoding="utf-8"))
    if known["numbers"] != NUMBERS:
        return []
    return [name for name, of_case in known["cases"].items() if name in commands() and not _holds(name, of_case)]


def note() -> None:
    """Let the numbers be those of this version from now on, unless some changed and the version did not."""
    if KNOWN.exists() and changed():
        return
    cases = {name: _digests(name) for name in commands() if name.startswith("eval-")}
    KNOWN.write_text(json.dumps({"numbers": NUMBERS, "cases": cases}, indent=1) + "\n", encoding="utf-8")


def _holds(name: str, known: dict[str, str]) -> bool:
    """Whether every result that is known is what it was; results that came since change nothing."""
    return known.items() <= _digests(name).items()


def _digests(name: str) -> dict[str, str]:
    document = stored(name)["stdout"]
    results = document.get("results", ()) if isinstance(document, dict) else ()
    digests: dict[str, str] = {}
    for result in results:
        of_loss = f"{result['loss']}:{result['convention']}"
        key = next(key for k in range(1 + len(digests)) if (key := f"{of_loss} {k}" if k else of_loss) not in digests)
        digests[key] = hashlib.sha256(json.dumps(list(_numbers(result))).encode()).hexdigest()[:8]
    return digests


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, float):
        yield value
