"""What is promised of speed: each a ratio of CPU time beside something public, in one run, with its target.

    python benchmarks/all.py --repeats 7
    python benchmarks/all.py --only start
    python benchmarks/all.py --against other/bin/python

The last also measures what is promised beside an earlier build, or one without a compiler, installed there.

Both processes of a pair run in turn (A B A B ...), and a ratio is the median of those of the pairs, because the speed
of a machine drifts; CPU seconds (user and system, of all threads) count, because a busy machine stretches the wall
clock. What they read is random, and written here. It ends with 1 where a target is missed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from processes import timed

WRITE = """
import sys, torch
torch.save({"generator": {f"layer{k}.weight": torch.zeros(4) for k in range(10_000)}}, sys.argv[1])
"""

SIMILARITY = """
import sys, time, torch
from ganloss_cli.evaluators import losses
loss, n = getattr(losses, sys.argv[1]), 10
torch.set_num_threads(1)  # threads that wait for each other take CPU time too, and more on a busy machine
real = torch.rand(8, 3, 512, 512, generator=torch.Generator().manual_seed(0))
fake = (real + 0.1 * torch.randn_like(real)).clamp(0, 1)
loss(real, fake)
started = time.process_time()
for _ in range(n):
    loss(real, fake)
print((time.process_time() - started) / n)
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A command beside another.

    Args:
        what: is measured.
        command: that does it.
        expected: the status that it ends with.
        beside: what it is measured against, in words.
        other: the command that does that.
        target: the ratio that is promised at most.
        printed: whether both print the CPU seconds that count, in place of those of the whole process.
    """

    what: str
    command: Sequence[str]
    expected: int = 0
    beside: str
    other: Sequence[str]
    target: float
    printed: bool = False

    def ratio(self, repeats: int) -> float:
        """CPU time of the command over that of the other; the first pair warms up."""
        pairs = [self._seconds(self.command, self.expected) / self._seconds(self.other) for _ in range(repeats + 1)]
        return statistics.median(pairs[1:])

    def _seconds(self, command: Sequence[str], expected: int = 0) -> float:
        if not self.printed:
            return timed(command, expected=expected).cpu
        return float(subprocess.run(command, check=True, capture_output=True).stdout)


def cases(folder: Path, against: str | None) -> Iterator[Case]:
    """Every case, its files in a folder; `against` is the interpreter of another build."""
    many = str(folder / "many.pt")
    subprocess.run([sys.executable, "-c", WRITE, many], check=True)
    ganloss = [sys.executable, "-m", "ganloss_cli"]
    bare = {"beside": "python -c pass", "other": _python("pass")}
    beside_typer = {"beside": "import typer", "other": _python("import typer")}
    yield Case(what="start: --version", command=[*ganloss, "--version"], **bare, target=2)
    mistyped = [*ganloss, "eval", "--btach-size", "3"]
    yield Case(what="start: a mistyped option", command=mistyped, expected=2, **beside_typer, target=1.2)
    yield Case(what="start: --help", command=[*ganloss, "--help"], **beside_typer, target=1.8)
    yield Case(what="inspect, 10 000 tensors", command=[*ganloss, "inspect", many], **bare, target=19)
    yield Case(what="the same, --tensors", command=[*ganloss, "inspect", many, "--tensors"], **bare, target=30)
    for name, target in {"ssim": 1 / 2.5, "ms_ssim": 1 / 2}.items() if against else ():
        here, there = ([python, "-c", SIMILARITY, name] for python in (sys.executable, against))
        yield Case(what=name, command=here, beside="the other build", other=there, target=target, printed=True)


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--against", metavar="PYTHON", help="the interpreter of an environment with another build")
    arguments = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), arguments.against):
            if arguments.only not in case.what:
                continue
            ratio = case.ratio(arguments.repeats)
            missed += ratio > case.target
            verdict = "" if ratio <= case.target else "   missed"
            print(f"{case.what:<28} {ratio:6.2f} x {case.beside:<18} at most {case.target:g}{verdict}", flush=True)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
