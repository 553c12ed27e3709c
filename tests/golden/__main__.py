"""Run golden command lines, and tell field by field what differs from the record; with --record, record them anew.

    python tests/golden --record eval-images losses-all

Without names all of them run. Exits 1 where something differs and is not recorded.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported, as for the tests

from golden_comparison import differences
from golden_files import make_files
from golden_numbers import changed, note
from golden_run import STORED, commands, outcome, store, stored, tolerance


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as eval-images; by default all")
    parser.add_argument("--record", action="store_true", help="what differs is the truth from now on")
    wanted = parser.parse_args()
    known = commands()
    if unknown := [name for name in wanted.names if name not in known]:
        parser.error(f"no golden command line is called {', '.join(unknown)}; there are {', '.join(known)}")
    n_changed = 0
    with tempfile.TemporaryDirectory() as place:
        make_files(Path(place))
        for name in wanted.names or known:
            n_changed += _one(name, known[name], Path(place), record=wanted.record)
    if wanted.record and not wanted.names:
        _forget(set(known))
    if wanted.record:
        note()
        for name in changed():
            _say(f"{name}: has other numbers; raise NUMBERS in records/tool.py, and record again")
    _say(f"{len(wanted.names or known)} command lines, {n_changed} differ")
    return 1 if n_changed and not wanted.record else 0


def _one(name: str, words: list[str], place: Path, *, record: bool) -> bool:
    """Run one command line; whether anything differs from its record."""
    found = outcome(words, place)
    if not (STORED / f"{name}.json").exists():
        changes = ["is not recorded yet"]
    else:
        before = stored(name)
        changes = list(differences(before, found, tolerance=tolerance(name))) or _additions(before, found, name)
    for change in changes:
        _say(f"{name}: {change}")
    if changes and record:
        store(name, found)
    return bool(changes)


def _additions(before: dict[str, Any], found: dict[str, Any], name: str) -> list[str]:
    """Fields that are only found: no difference for the test, but recorded with the rest."""
    lines = differences(found, before, tolerance=tolerance(name))
    return [f"added: {line.partition(': ')[0]}" for line in lines]


def _forget(known: set[str]) -> None:
    for file in STORED.glob("*.json"):
        if file.stem not in known:
            _say(f"{file.stem}: is no longer run")
            file.unlink()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
