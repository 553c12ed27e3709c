"""Tensors that were cut out of larger ones: torch.save stores the whole of what they are cut out of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.records.finding import Finding

_TIMES, _LEAST = 4, 2**20  # times the tensors, and so many bytes more


def cut_out(path: Path, parts: Iterable[Part]) -> Iterator[Finding]:
    """A note where a file holds much more than its tensors show of it.

    Args:
        path: of the file.
        parts: its networks, whose tensors have not been read.
    """
    records = [record for part in parts for record in part.tensors.values() if isinstance(record, TensorRecord)]
    held = sum({record.storage.key: record.storage.n_bytes for record in records}.values())
    shown = sum({(r.storage.key, r.offset, r.shape): r.n_bytes for r in records}.values())
    if shown and held > _TIMES * shown and held - shown > _LEAST:
        yield Finding(
            check="tensors_of_larger_ones",
            severity="note",
            message=f"{path}: holds {held / shown:.0f} times what its tensors show: they were cut out of larger ones,"
            " which torch.save stores whole",
            evidence={"held": held, "shown": shown},
            hint="save tensor.clone() of each to make the file smaller",
        )
