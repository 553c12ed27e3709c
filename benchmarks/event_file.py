"""A TensorBoard file of scalars alone: `audit log`'s reader beside tensorboard's own EventAccumulator.

    python benchmarks/event_file.py --scalars 5000000

Both are whole processes that read every scalar, run in turn. Needs tensorboard: pip install tensorboard.
"""

from __future__ import annotations

import argparse
import itertools
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
from processes import timed

TAGS = ("loss/generator", "loss/discriminator", "loss/reconstruction", "learning_rate", "loss/feature_matching")
OURS = """
import sys
from pathlib import Path
from ganloss_cli.io.logs.event_files import read_event_file
print(sum(len(series.values) for series in read_event_file(Path(sys.argv[1])).series.values()))
"""
THEIRS = """
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
log = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
log.Reload()
print(sum(len(log.Scalars(tag)) for tag in log.Tags()["scalars"]))
"""
WRITE = """
import sys
from pathlib import Path
from event_file import write_scalars
write_scalars(Path(sys.argv[1]), int(sys.argv[2]))
"""


def write_scalars(path: Path, count: int) -> None:
    """An event file as torch's SummaryWriter has it, one scalar an event, its tags in turn.

    Args:
        path: of the file.
        count: of its scalars.
    """
    random = np.random.default_rng(0)
    n_steps = -(-count // len(TAGS))
    times = 1.7e9 + np.cumsum(random.random(n_steps))
    values = random.random((n_steps, len(TAGS)), dtype=np.float32)
    with path.open("wb") as file:
        file.write(_record(b"\x09" + struct.pack("<d", 1.7e9) + b"\x1a\x0dbrain.Event:2"))
        for first, last in _spans_of_one_length(n_steps):
            events = [_events(tag, np.arange(first, last), times[first:last], values[first:last, k])
                      for k, tag in enumerate(TAGS)]  # fmt: skip
            records = np.concatenate([_records(each) for each in events], axis=1)
            file.write(records.tobytes())


def _spans_of_one_length(n_steps: int) -> list[tuple[int, int]]:
    """Steps whose varints take as many bytes."""
    edges = [0, *(limit for limit in (1 << 7, 1 << 14, 1 << 21) if limit < n_steps), n_steps]
    return list(itertools.pairwise(edges))


def _events(tag: str, steps: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """One message a step: its time, its step, and a summary of one simple value; (steps, bytes)."""
    width = 1 + sum(int(steps[-1]) >= 1 << shift for shift in (7, 14, 21))
    n = len(tag)
    parts = [_same(b"\x09", steps), times.astype("<f8").view(np.uint8).reshape(-1, 8), _same(b"\x10", steps)]
    for k in range(width):
        parts.append(((steps >> 7 * k & 127) | (128 if k < width - 1 else 0)).astype(np.uint8)[:, None])
    parts.append(_same(bytes([0x2A, n + 9, 0x0A, n + 7, 0x0A, n]) + tag.encode() + b"\x15", steps))
    parts.append(values.astype("<f4").view(np.uint8).reshape(-1, 4))
    return np.concatenate(parts, axis=1)


def _same(content: bytes, steps: np.ndarray) -> np.ndarray:
    return np.broadcast_to(np.frombuffer(content, np.uint8), (len(steps), len(content)))


def _records(contents: np.ndarray) -> np.ndarray:
    """Records of contents of one length; (records, bytes)."""
    length = np.frombuffer(struct.pack("<Q", contents.shape[1]), np.uint8)[None]
    head = np.broadcast_to(np.concatenate([length, _checksums(length)], axis=1), (len(contents), 12))
    return np.concatenate([head, contents, _checksums(contents)], axis=1)


def _record(content: bytes) -> bytes:
    return _records(np.frombuffer(content, np.uint8)[None]).tobytes()


def _checksums(contents: np.ndarray) -> np.ndarray:
    """Masked CRC-32C of every row, in four bytes each."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, (table >> 1) ^ np.uint32(0x82F63B78), table >> 1).astype(np.uint32)
    crc = np.full(len(contents), 0xFFFFFFFF, np.uint32)
    for column in contents.T:
        crc = table[(crc ^ column) & 0xFF] ^ (crc >> np.uint32(8))
    crc = ~crc
    masked = ((crc >> np.uint32(15)) | (crc << np.uint32(17))) + np.uint32(0xA282EAD8)
    return masked.astype("<u4").view(np.uint8).reshape(-1, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scalars", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.out.tfevents.0"
        # a process begins with the peak of the one that starts it
        timed([sys.executable, "-c", WRITE, str(path), str(arguments.scalars)])
        print(f"{arguments.scalars} scalars, {path.stat().st_size / 1e6:.0f} MB")
        for _ in range(arguments.repeats):
            ours, theirs = (timed([sys.executable, "-c", code, str(path)]) for code in (OURS, THEIRS))
            print(
                f"ganloss {ours.cpu:7.2f} s CPU {ours.peak:6.0f} MB   tensorboard {theirs.cpu:7.2f} s CPU"
                f" {theirs.peak:6.0f} MB   {theirs.cpu / ours.cpu:.1f} x",
                flush=True,
            )


if __name__ == "__main__":
    main()
