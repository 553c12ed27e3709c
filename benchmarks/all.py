"""What is promised of speed: each a ratio of CPU time beside something public, in one run, with its target.

    python benchmarks/all.py --repeats 7
    python benchmarks/all.py --only start
    python benchmarks/all.py --before COMMIT
    python benchmarks/all.py --against other/bin/python

The last two also measure what is promised beside an earlier build: of a commit, which is installed in an environment of
its own, or one, perhaps without a compiler, that is installed there. The former takes every other package from this
environment, and is built by its setuptools where that is new enough: nothing is fetched then.

Both processes of a pair run in turn (A B A B ...), and a ratio is the median of those of the pairs, because the speed
of a machine drifts; CPU seconds (user and system, of all threads) count, because a busy machine stretches the wall
clock. A case starts no further pair after `--seconds`, so that all of them take a quarter of an hour. What they read is
random, and written here. It ends with 1 where a target is missed, and names what was left out for want of a peer: the
extra `bench`, auraloss and tensorboard.
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
from importlib import metadata
from pathlib import Path

import starts
import throughput
from cases import Case

OLDEST_SETUPTOOLS = 77


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
    venv.create(environment, with_pip=False)
    python = str(environment / "bin" / "python")
    pip, alone = [sys.executable, "-m", "pip"], ["--no-build-isolation"] if _can_build() else []
    subprocess.run([*pip, "wheel", "-q", "--no-deps", *alone, "-w", str(folder), str(source)], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*pip, "--python", python, "install", "-q", "--no-deps", str(wheel)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "others.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    return python


def _can_build() -> bool:
    """Whether this environment's setuptools is what pyproject.toml asks for."""
    try:
        return int(metadata.version("setuptools").partition(".")[0]) >= OLDEST_SETUPTOOLS
    except metadata.PackageNotFoundError:
        return False


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=30, help="after which a case starts no further pair")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--before", metavar="COMMIT", help="of another build")
    parser.add_argument("--against", metavar="PYTHON", help="the interpreter of an environment with another build")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        against = build_of(arguments.before, folder) if arguments.before else arguments.against
        missed = starts.show(cases(folder, against), arguments.only, arguments.repeats, arguments.seconds)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
