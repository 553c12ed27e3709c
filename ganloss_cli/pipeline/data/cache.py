"""What one run after the other reads: files opened once, and batches of data kept as long as they are small."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from ganloss_cli.io.datasets import DataSet, Group, Reading
from ganloss_cli.io.journal import Journal
from ganloss_cli.pipeline.data.batching import Chunk, chunks, leaves, mapped
from ganloss_cli.pipeline.networks.opening import Files, open_files
from ganloss_cli.records.request import Request

MOST_BYTES = 2**28  # of all samples together; what is more is read again


@dataclass(kw_only=True)
class Kept:
    """What several runs on the same files share. They may differ in how networks are run and in how many samples.

    Args:
        most_bytes: how much of the data is kept.
        opened: the checkpoints, where they have been opened already.
        data_sets: the data, by the choices that a run may make for itself.
    """

    most_bytes: int = MOST_BYTES
    opened: Files | None = None
    data_sets: dict[Hashable, DataSet] = field(default_factory=dict)
    _journal: Journal | None = None
    _batches: dict[Hashable, list[Chunk]] = field(default_factory=dict)
    _bytes: int = 0

    def files(self, request: Request) -> Files:
        """The checkpoints of a request, opened once."""
        self.opened = self.opened or open_files(request)
        return self.opened

    def journal(self, request: Request) -> Journal:
        """The journals of a request, with what other processes wrote meanwhile."""
        if self._journal is None:
            self._journal = Journal(request.journal)
        else:
            self._journal.read_on()
        return self._journal

    def data(self, request: Request, open_: Callable[[Request], DataSet]) -> DataSet:
        """The data of a request, opened once for each limit and each choice that a run may make for itself.

        Args:
            request: of the run.
            open_: opens them.
        """
        key = (request.limit, request.segment, request.aligned, request.direction)
        if key not in self.data_sets:
            self.data_sets[key] = open_(request)
        return self.data_sets[key]

    def chunks(
        self,
        group: Group,
        batch_size: int | None,
        workers: int,
        multiple: int = 1,
        blocks: Sequence[range] | None = None,
    ) -> Iterator[Chunk]:
        """The samples of a group in batches, as `batching.chunks` gives them."""
        cut = None if blocks is None else tuple(blocks)
        key = (group.roles, group.names, tuple(group.paths.items()), batch_size, multiple, cut)
        if key in self._batches:
            # copies: a network may work on its input in place
            yield from (_copied(chunk) for chunk in self._batches[key])
            return
        batches: list[Chunk] = []
        own, fits = 0, True
        for chunk in chunks(group, batch_size, workers, multiple, blocks):
            if fits:
                n_bytes = sum(tensor.nbytes for value in chunk.values.values() for tensor in leaves(value))
                self._bytes, own = self._bytes + n_bytes, own + n_bytes
                fits = self._bytes <= self.most_bytes
                if fits:
                    batches.append(_copied(chunk))
                else:  # groups are read side by side: what the others hold stays theirs
                    batches.clear()
                    self._bytes -= own
            yield chunk
        if fits:
            self._batches[key] = batches


@dataclass(kw_only=True)
class Decoded(Kept):
    """What runs of different checkpoints share: samples as they were decoded, whatever each network makes of them.

    Args:
        kept: how many samples are held.
        again: how many no longer fitted, and are decoded for every checkpoint.
    """

    most_bytes: int = 2**30
    kept: int = 0
    again: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def files(self, request: Request) -> Files:
        """The checkpoints of a request: others in every run."""
        return open_files(request)

    def data(self, request: Request, open_: Callable[[Request], DataSet]) -> DataSet:
        """The data of a request, opened once, whose samples are decoded once."""

        def opened(asked: Request) -> DataSet:
            data = open_(asked)
            return replace(data, groups=tuple(replace(group, read=self._once(group.read)) for group in data.groups))

        return super().data(request, opened)

    def chunks(
        self,
        group: Group,
        batch_size: int | None,
        workers: int,
        multiple: int = 1,
        blocks: Sequence[range] | None = None,
    ) -> Iterator[Chunk]:
        """The samples of a group in batches: they differ with what a network makes of the data."""
        return chunks(group, batch_size, workers, multiple, blocks)

    def _once(self, read: Callable[[int], Reading]) -> Callable[[int], Reading]:
        held: dict[int, Reading] = {}
        passed: set[int] = set()

        def reading(index: int) -> Reading:
            found = held.get(index)
            if found is None:
                found = read(index)
                n_bytes = sum(tensor.nbytes for value in found.values.values() for tensor in leaves(value))
                with self._lock:
                    if index not in held and self._bytes + n_bytes <= self.most_bytes:
                        self._bytes += n_bytes
                        self.kept += 1
                        held[index] = found
                    elif index not in held and index not in passed:
                        passed.add(index)
                        self.again += 1
            # tensors of its own: a network may work on its input in place
            return replace(found, values={role: mapped(value, Tensor.clone) for role, value in found.values.items()})

        return reading


def _copied(chunk: Chunk) -> Chunk:
    return replace(chunk, values={role: mapped(value, Tensor.clone) for role, value in chunk.values.items()})
