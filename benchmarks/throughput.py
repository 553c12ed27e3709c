"""Losses, folders and logs beside peers that do the same, each with its target.

What holds a folder up is the decoding, which nothing that uses Pillow can be under: 4.3 ms of CPU for a noisy PNG of
512 x 512 pixels, and both cores are busy with it. What did not pay, and is not done:

- half of the time of a PNG is the system's zlib, which Pillow's wheels for Linux use in place of zlib-ng; python-isal
  inflates twice as fast, but Pillow does not take what is inflated already, and the filters cannot be undone in numpy.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cases import Case
from event_file import OURS, THEIRS
from event_file import WRITE as WRITE_SCALARS
from folder import DECODE, EVALUATE, PEER
from processes import timed
from starts import python

N_SCALARS = 5_000_000
MAKE_PAIRS = """
import sys
from pathlib import Path
from folder import make_pairs
make_pairs(Path(sys.argv[1]), int(sys.argv[2]), 512)
"""


def cases(folder: Path, against: str | None) -> Iterator[Case]:
    """Every case, its files in a folder; `against` is the interpreter of the build before."""
    yield from _computations(against)
    yield from _folders(folder, against)
    yield from _logs(folder)


def _computations(against: str | None) -> Iterator[Case]:
    """Losses beside peers that compute the same, each by the CPU seconds that measured.py prints."""
    # of every core, threads that wait for each other take time as well: on one, the arithmetic alone is held against
    for name, peer, target in (("mrstft", "auraloss", 1 / 4), ("mel", "dense_mel", 1 / 3)):
        for cores, threads in (("", ()), (", one core", ("1",))):
            ours, theirs = _measured(name, *threads), _measured(peer, *threads)
            needs = "auraloss" if peer == "auraloss" else "torch"
            yield Case(
                what=name + cores, command=ours, beside=peer, other=theirs, target=target, printed=True, needs=needs,
            )  # fmt: skip
    beside = {"psnr": ("one_pass", 2), "mse": ("one_pass", 2), "l1": ("one_pass", 2), "r1": ("own_r1", 1.1),
              "gp": ("own_gp", 1.1)}  # fmt: skip
    for name, (peer, target) in beside.items():
        ours, theirs = _measured(name, "1"), _measured(peer, "1")
        yield Case(what=name, command=ours, beside=peer, other=theirs, target=target, printed=True)
    for name, target in {"ssim": 1 / 2.5, "ms_ssim": 1 / 2}.items() if against else ():
        ours, before = _measured(name, "1"), _measured(name, "1", interpreter=str(against))
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
        peer = [*python(PEER), root]
        yield Case(
            what=what, command=command, beside="DataLoader, torchmetrics", other=peer, target=of_peer,
            needs="torchmetrics", prepare=prepare,
        )  # fmt: skip
    decoding = [*python(DECODE), root]
    yield Case(
        what=what, command=command, beside="decoding alone", other=decoding, target=1.6, prepare=prepare,
    )  # fmt: skip
    fewer = [sys.executable, *EVALUATE, str(folder / "20 pairs")]
    yield Case(
        what=f"peak of {what}", command=command, beside="that of 20", other=fewer, target=120, of="growth",
        prepare=partial(_make_pairs, folder, 20, count),
    )  # fmt: skip


def _make_pairs(folder: Path, *counts: int) -> None:
    for count in counts:
        if not (folder / f"{count} pairs").exists():
            # in a process of its own: another begins with the peak of the one that starts it
            timed([*python(MAKE_PAIRS), str(folder / f"{count} pairs"), str(count)])


def _logs(folder: Path) -> Iterator[Case]:
    """Every scalar of a TensorBoard file, whole processes."""
    log, smaller = (str(folder / f"events.out.tfevents.{count}") for count in (N_SCALARS, N_SCALARS // 10))
    ours, prepare = [*python(OURS), log], partial(_write_scalars, {log: N_SCALARS, smaller: N_SCALARS // 10})
    yield Case(
        what=f"event file, {N_SCALARS} scalars", command=ours, beside="EventAccumulator",
        other=[*python(THEIRS), log], target=1 / 5, needs="tensorboard", prepare=prepare,
    )  # fmt: skip
    yield Case(
        what="its memory", command=ours, beside="that of a tenth", other=[*python(OURS), smaller], target=60,
        of="growth", prepare=prepare,
    )  # fmt: skip


def _write_scalars(counts: dict[str, int]) -> None:
    for log, count in counts.items():
        if not Path(log).exists():
            timed([*python(WRITE_SCALARS), log, str(count)])


def _measured(*arguments: str, interpreter: str = sys.executable) -> list[str]:
    return [interpreter, str(Path(__file__).with_name("measured.py")), *arguments]
