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
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import starts
from cases import Case

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


def cases(folder: Path, against: str | None) -> Iterator[Case]:
    """Every case, its files in a folder; `against` is the interpreter of another build."""
    yield from starts.cases(folder)
    for name, target in {"ssim": 1 / 2.5, "ms_ssim": 1 / 2}.items() if against else ():
        here, there = ([python, "-c", SIMILARITY, name] for python in (sys.executable, against))
        yield Case(what=name, command=here, beside="the other build", other=there, target=target, printed=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--against", metavar="PYTHON", help="the interpreter of an environment with another build")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        missed = starts.show(cases(Path(folder), arguments.against), arguments.only, arguments.repeats)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
