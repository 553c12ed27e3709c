"""What is promised of speed: each a ratio of CPU time beside something public, in one run, with its target.

    python benchmarks/all.py --repeats 7
    python benchmarks/all.py --only start
    python benchmarks/all.py --before COMMIT
    python benchmarks/all.py --against other/bin/python

The last two also measure what is promised beside an earlier build: of a commit, which is installed in an environment of
its own, or one, perhaps without a compiler, that is installed there.

Both processes of a pair run in turn (A B A B ...), and a ratio is the median of those of the pairs, because the speed
of a machine drifts; CPU seconds (user and system, of all threads) count, because a busy machine stretches the wall
clock. What they read is random, and written here. It ends with 1 where a target is missed, and names what was left out
for want of a peer: the extra `bench`, auraloss and tensorboard.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path

import starts
import throughput
from cases import Case


def cases(folder: Path, against: str | None) -> Iterator[Case]:
    """Every case, its files in a folder; `against` is the interpreter of another build."""
    yield from throughput.cases(folder, against)
    yield from starts.cases(folder)


def build_of(commit: str, folder: Path) -> str:
    """The interpreter of an environment with the build of a commit, and with every other package of this one."""
    source, environment = folder / "source", folder / "environment"
    root = Path(__file__).parent.parent
    archive = subprocess.run(["git", "archive", commit], check=True, capture_output=True, cwd=root).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(source, filter="data")
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", str(source)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    return python


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--before", metavar="COMMIT", help="of another build")
    parser.add_argument("--against", metavar="PYTHON", help="the interpreter of an environment with another build")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        against = build_of(arguments.before, folder) if arguments.before else arguments.against
        missed = starts.show(cases(folder, against), arguments.only, arguments.repeats)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
