"""What is promised of speed: each a ratio of CPU time beside something public, in one run, with its target.

    python benchmarks/all.py --repeats 7
    python benchmarks/all.py --only start
    python benchmarks/all.py --before COMMIT

The last also measures what is promised beside an earlier build, which is installed in an environment of its own.

Both processes of a pair run in turn (A B A B ...), and a ratio is the median of those of the pairs, because the speed
of a machine drifts; CPU seconds (user and system, of all threads) count, because a busy machine stretches the wall
clock. What they read is random, and written here. It ends with 1 where a target is missed, and says what was left out
for want of a peer: the extra `bench`, auraloss and tensorboard.

What holds a folder up is the decoding: of the CPU time of 1 000 pairs of PNG in Pillow alone, which nothing that uses
Pillow can be under, the build before the targets took 2.2 times. What did not pay: half of the time of PNG is the
system's zlib, which Pillow's wheels use instead of zlib-ng; python-isal inflates twice as fast, but Pillow does not
take what is inflated already, and the filters of PNG cannot be undone in numpy. Without torch a run starts a second
earlier, but has other last digits than the shares of it in processes that have torch.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import statistics
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from event_file import OURS, THEIRS
from event_file import WRITE as WRITE_SCALARS
from folder import DECODE, EVALUATE, PEER
from processes import timed

N_SCALARS = 1_000_000
MAKE_PAIRS = """
import sys
from pathlib import Path
from folder import make_pairs
make_pairs(Path(sys.argv[1]), int(sys.argv[2]), 512)
"""

WRITE = """
import sys, torch
torch.save({"generator": {f"layer{k}.weight": torch.zeros(4) for k in range(10_000)}}, sys.argv[1])
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
        grows: whether what counts is by how many megabytes the peak of the command is above that of the other.
        needs: the package that the other command needs.
        prepare: writes what both read.
    """

    what: str
    command: Sequence[str]
    expected: int = 0
    beside: str
    other: Sequence[str]
    target: float
    printed: bool = False
    grows: bool = False
    needs: str = "ganloss_cli"
    prepare: Callable[[], object] = lambda: None

    def is_possible(self) -> bool:
        """Whether what it needs is installed."""
        return importlib.util.find_spec(self.needs) is not None

    def measured(self, repeats: int) -> float:
        """CPU time of the command over that of the other, or how much higher its peak is; the first pair warms up."""
        self.prepare()
        if self.grows:
            pairs = [timed(self.command).peak - timed(self.other).peak for _ in range(repeats)]
            return max(pairs)
        pairs = [self._seconds(self.command, self.expected) / self._seconds(self.other) for _ in range(repeats + 1)]
        return statistics.median(pairs[1:])

    def row(self, measured: float) -> str:
        """What it came to, in a line."""
        unit = "MB over" if self.grows else "x"
        verdict = "" if measured <= self.target else "   missed"
        return f"{self.what:<34} {measured:7.2f} {unit} {self.beside:<28} at most {self.target:.3g}{verdict}"

    def _seconds(self, command: Sequence[str], expected: int = 0) -> float:
        if not self.printed:
            return timed(command, expected=expected).cpu
        return float(subprocess.run(command, check=True, capture_output=True).stdout)


def cases(folder: Path, against: str | None) -> Iterator[Case]:
    """Every case, its files in a folder; `against` is the interpreter of the build before."""
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
    yield from _computations(against)
    yield from _folders(folder, against)
    yield from _logs(folder)


def _computations(against: str | None) -> Iterator[Case]:
    """Losses beside peers that compute the same, each by the CPU seconds that measured.py prints."""
    named = {"mrstft": ("auraloss", 4), "mel": ("dense_mel", 3)}
    for name, (peer, times) in named.items():
        needs = "auraloss" if peer == "auraloss" else "torch"
        ours, theirs = _measured(name), _measured(peer)
        yield Case(what=name, command=ours, beside=peer, other=theirs, target=1 / times, printed=True, needs=needs)
    beside = {"psnr": ("one_pass", 2), "mse": ("one_pass", 2), "l1": ("one_pass", 2), "r1": ("own_r1", 1.1),
              "gp": ("own_gp", 1.1)}  # fmt: skip
    for name, (peer, target) in beside.items():
        ours, theirs = _measured(name, "1"), _measured(peer, "1")
        yield Case(what=name, command=ours, beside=peer, other=theirs, target=target, printed=True)
    for name, target in {"ssim": 1 / 2.5, "ms_ssim": 1 / 2}.items() if against else ():
        ours, before = _measured(name, "1"), _measured(name, "1", python=str(against))
        yield Case(what=name, command=ours, beside="the build before", other=before, target=target, printed=True)


def _folders(folder: Path, against: str | None) -> Iterator[Case]:
    """SSIM and PSNR of folders of pairs, whole processes."""
    for count, of_before, of_peer in ((200, 1 / 2, 1 / 8), (1000, 1 / 2.5, 1 / 10)):
        root, prepare = str(folder / f"{count} pairs"), partial(_make_pairs, folder, count)
        what, command = f"folder of {count} pairs", [sys.executable, *EVALUATE, root]
        if against:
            before = [against, *EVALUATE, root]
            yield Case(
                what=what, command=command, beside="the build before", other=before, target=of_before, prepare=prepare,
            )  # fmt: skip
        peer = [*_python(PEER), root]
        yield Case(
            what=what, command=command, beside="DataLoader, torchmetrics", other=peer, target=of_peer,
            needs="torchmetrics", prepare=prepare,
        )  # fmt: skip
    decoding = [*_python(DECODE), root]
    yield Case(
        what=what, command=command, beside="decoding alone", other=decoding, target=1.6, prepare=prepare,
    )  # fmt: skip
    fewer = [sys.executable, *EVALUATE, str(folder / "20 pairs")]
    yield Case(
        what=f"peak of {what}", command=command, beside="that of 20", other=fewer, target=120, grows=True,
        prepare=partial(_make_pairs, folder, 20, count),
    )  # fmt: skip


def _make_pairs(folder: Path, *counts: int) -> None:
    for count in counts:
        if not (folder / f"{count} pairs").exists():
            # in a process of its own: another begins with the peak of the one that starts it
            timed([*_python(MAKE_PAIRS), str(folder / f"{count} pairs"), str(count)])


def _logs(folder: Path) -> Iterator[Case]:
    """Every scalar of a TensorBoard file, whole processes."""
    log = str(folder / "events.out.tfevents.0")
    ours, theirs = [*_python(OURS), log], [*_python(THEIRS), log]
    yield Case(
        what=f"event file, {N_SCALARS} scalars", command=ours, beside="EventAccumulator", other=theirs, target=1 / 5,
        needs="tensorboard", prepare=partial(timed, [*_python(WRITE_SCALARS), log, str(N_SCALARS)]),
    )  # fmt: skip


def _measured(*arguments: str, python: str = sys.executable) -> list[str]:
    return [python, str(Path(__file__).with_name("measured.py")), *arguments]


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


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--before", metavar="COMMIT", help="of the build before")
    arguments = parser.parse_args()
    missed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        against = build_of(arguments.before, folder) if arguments.before else None
        for case in cases(folder, against):
            if arguments.only not in case.what:
                continue
            if not case.is_possible():
                print(f"{case.what:<34} left out: {case.needs} is not installed", flush=True)
                continue
            measured = case.measured(arguments.repeats)
            missed += measured > case.target
            print(case.row(measured), flush=True)
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
