"""Mutants of files, whole command lines on them, and kills: none may run code, crash, hang or leave half a file.

    python tests/fuzz --minutes 60 --seed 1 --target checkpoints
    python tests/fuzz --commands --mutants 2000
    python tests/fuzz --kills 100

Every mutant is made from a small whole file, in its bytes or in what it is built of (pickle operations, zip
directories, JSON and array headers), and handed to inspect, to opening, to --rescue and to the readers of data. Allowed
is success or a refusal in words. Each new kind of failure is kept as a file in --keep; the process itself must not die,
so the mutant at work lies there as "current". Only Linux tells the memory that it takes. Exits 1 where there was a
failure.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import faulthandler
import importlib
import pkgutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path
from random import Random

import guard
from checkpoint_seeds import checkpoint_seeds
from commands import run_commands
from data_seeds import data_seeds
from kills import run_kills
from mutations import mutated
from targets import Target, checkpoint_target, data_target

import ganloss_cli
import ganloss_cli.evaluators
import ganloss_cli.io

REPORT_EVERY = 60  # seconds
HANGS = 600  # seconds; a loop in C hears no signal
HERE = str(Path(__file__).parent)
# those of json and zipfile, which are modules too
CODECS = "unicode_escape raw_unicode_escape utf-8-sig utf-16 utf-16-be utf-16-le utf-32 utf-32-be utf-32-le cp437"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--commands", action="store_true", help="whole command lines instead of readers")
    parser.add_argument("--mutants", type=int, default=2000, help="of --commands")
    parser.add_argument("--kills", type=int, default=0, help="kill so many runs instead, at random times")
    parser.add_argument("--seed", type=int, default=0, help="of everything random; another one, other mutants")
    parser.add_argument("--target", choices=("checkpoints", "data"), default="checkpoints")
    parser.add_argument("--only", default="", help="only seeds whose name holds this")
    parser.add_argument("--more", type=Path, help="a folder of further small checkpoints")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "ganloss-fuzz")
    wanted = parser.parse_args()
    wanted.keep.mkdir(parents=True, exist_ok=True)
    if wanted.commands:
        return run_commands(wanted.mutants, wanted.seed, wanted.keep, _say)
    if wanted.kills:
        return run_kills(wanted.kills, wanted.seed, _say)
    faulthandler.enable()
    warnings.simplefilter("ignore")
    seeds, targets = _seeds(wanted)
    guard.install()
    guard.prove()
    _warm_up(seeds, targets, wanted.keep)
    return _run(seeds, targets, wanted)


def _seeds(wanted: argparse.Namespace) -> tuple[dict[str, bytes], dict[str, Target]]:
    if wanted.target == "data":
        seeds = data_seeds()
        targets = {name: data_target(name.split()[0]) for name in seeds}
    else:
        seeds = checkpoint_seeds()
        if wanted.more:
            seeds |= {f"file {p.name}": p.read_bytes() for p in sorted(wanted.more.rglob("*")) if p.is_file()}
        targets = dict.fromkeys(seeds, checkpoint_target)
    seeds = {name: data for name, data in seeds.items() if wanted.only in name}
    return seeds, targets


def _warm_up(seeds: dict[str, bytes], targets: dict[str, Target], keep: Path) -> None:
    """What is imported late is imported now, and what harmless files make the interpreter do is learnt."""
    # in a checkout the two folders lie beside ganloss_cli, and its path goes on to what holds all three: walked down
    # from there, everything would be found a second time as ganloss_cli.ganloss_cli
    for package in (ganloss_cli, ganloss_cli.evaluators, ganloss_cli.io):
        for found in pkgutil.walk_packages(package.__path__[:1], f"{package.__name__}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    importlib.import_module("numpy.ma")  # which numpy imports where it is first looked at
    for codec in CODECS.split():
        codecs.lookup(codec)  # an empty string would be decoded without it
    guard.GUARD.learning = True
    for name, data in seeds.items():
        if not name.startswith("refused"):
            _try(data, targets[name], keep, _Always())
    guard.GUARD.learning = False


class _Always(Random):
    """Chance that does everything which is only done now and then."""

    def random(self) -> float:
        return 0.0


def _try(data: bytes, target: Target, keep: Path, chance: Random) -> None:
    path = keep / "current"
    path.write_bytes(data)
    with contextlib.suppress(Exception):  # what comes of it is looked at in the run itself
        target(path, chance)


def _run(seeds: dict[str, bytes], targets: dict[str, Target], wanted: argparse.Namespace) -> int:
    begin = last = time.monotonic()
    failures: Counter[str] = Counter()
    others, path = list(seeds.values()), wanted.keep / "current"
    # what is refused at its first byte teaches little
    names = [name for name in seeds for _ in range(1 if name.startswith("refused") else 8)]
    n_mutants = 0
    _say(f"{len(seeds)} seeds: {', '.join(seeds)}")
    while time.monotonic() - begin < 60 * wanted.minutes:
        chance = Random(f"{wanted.seed} {n_mutants}")
        name = chance.choice(names)
        data = mutated(seeds[name], others, chance)
        path.write_bytes(data)
        faulthandler.dump_traceback_later(HANGS, exit=True)
        try:
            targets[name](path, chance)
        except Exception as error:  # noqa: BLE001  every one of them is a find
            kind = _kind(error)
            failures[kind] += 1
            if failures[kind] == 1:
                (wanted.keep / f"{wanted.target}-{wanted.seed}-{n_mutants}").write_bytes(data)
                _say(f"mutant {n_mutants} of '{name}': {kind}\n{traceback.format_exc()[-3000:]}")
        faulthandler.cancel_dump_traceback_later()
        n_mutants += 1
        if time.monotonic() - last > REPORT_EVERY:
            last = time.monotonic()
            _say(f"{(last - begin) / 60:.0f} minutes, {n_mutants} mutants, {failures.total()} failures")
    minutes = (time.monotonic() - begin) / 60
    _say(f"seed {wanted.seed}: {n_mutants} mutants of {len(seeds)} files in {minutes:.1f} minutes,")
    _say(f"{failures.total()} failures of {len(failures)} kinds")
    for kind, count in failures.most_common():
        _say(f"{count:6} {kind}")
    return 1 if failures else 0


def _kind(error: BaseException) -> str:
    """What a failure is told from others by: its type and the last place of ours in it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if not frame.filename.startswith(HERE) and "site-packages" not in frame.filename]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} at {place}: {str(error).splitlines()[0][:60] if str(error) else ''}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
