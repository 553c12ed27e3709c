"""The loop of every run: batches of all groups side by side, halved where memory runs out, in whole groups."""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.data.batching import Chunk, automatic_batch_size, chunks, first_samples, whole_groups
from ganloss_cli.pipeline.networks.calling import is_out_of_memory, out_of_memory
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.grid import Grid, balanced
from ganloss_cli.pipeline.run.provenance import sample_shapes
from ganloss_cli.progress import Progress

# Reads a step and its samples. What it keeps of them, it keeps in the call that it returns: when memory runs out, that
# call is never made, and the step comes again in two halves.
Consumer = Callable[[Step, tuple[Chunk, ...]], Callable[[], None]]
Chunks = Callable[[Group, int | None, int, int, Sequence[range]], Iterator[Chunk]]
# Is told the number of a step that has gone through, and whether memory made halves of it.
Ended = Callable[[int, bool], object]


@dataclass(kw_only=True)
class Steps:
    """A run in progress.

    Args:
        forward: the networks and the data.
        consumers: what reads the steps.
        spaces: the groups of samples that are read; all, where nothing is said.
        batch_size: None chooses one for each group.
    """

    forward: Forward
    consumers: Sequence[Consumer]
    spaces: Collection[int] | None = None
    batch_size: int | None = None
    _channels: dict[str, set[int]] = field(default_factory=dict)  # role -> of its images so far

    def grid(self) -> Grid:
        """Which samples share a step.

        Raises:
            UsageError: networks compare samples in groups, and a remainder would be left.
        """
        groups, multiple = self.forward.groups, self.forward.compared
        wanted = range(len(groups)) if self.spaces is None else self.spaces
        self._need_whole_groups([groups[k] for k in wanted])
        firsts = (chunk.cut(slice(1)) for chunk in self._first)
        counts = [len(group.names) if k in wanted else 0 for k, group in enumerate(groups)]
        sizes = (
            whole_groups(self.batch_size or balanced(automatic_batch_size(first), count), multiple)
            for first, count in zip(firsts, counts, strict=True)
        )
        return Grid(counts=tuple(counts), sizes=tuple(sizes))

    def run(
        self,
        progress: Progress | None,
        doing: str,
        *,
        grid: Grid | None = None,
        only: Sequence[int] | None = None,
        chunks: Chunks = chunks,
        ended: Ended = lambda number, halved: None,
    ) -> None:
        """Send samples through.

        Args:
            progress: is told how far the work is.
            doing: what the work is called meanwhile.
            grid: which samples share a step, where that is known already.
            only: the steps that are run, in their order; all of them by default.
            chunks: gives the samples of a group in batches.
            ended: is told of every step.

        Raises:
            UsageError: networks compare samples in groups, and a remainder would be left.
            InputError: memory runs out with a single sample.
        """
        grid = grid or self.grid()
        numbers = range(len(grid)) if only is None else only
        if progress:
            progress.start(grid.samples(numbers), doing)
        try:
            for number, passes in self._side_by_side(grid, numbers, chunks):
                halved = False
                for pieces in passes:
                    halved |= self.take(pieces)
                    if progress:
                        progress.advance(max(len(piece.indices) for piece in pieces))
                ended(number, halved)
        finally:
            if progress:
                progress.stop()

    @functools.cached_property
    def _first(self) -> tuple[Chunk, ...]:
        return first_samples(self.forward.groups)

    def take(self, pieces: tuple[Chunk, ...]) -> bool:
        """Run one forward pass; where memory runs out, its two halves, and answer that it did."""
        if (whole := self._consumed(pieces)) is not None:
            for keep in whole:
                keep()
            self._saw_channels(pieces)
            return False
        if self.forward.device.type == "cuda":
            torch.cuda.empty_cache()
        for first in (True, False):
            self.take(tuple(piece.half(first=first, multiple=self.forward.compared) for piece in pieces))
        return True

    def _consumed(self, pieces: tuple[Chunk, ...]) -> list[Callable[[], None]] | None:
        """What the consumers want to keep of a forward pass; None where memory ran out."""
        try:
            step = self.forward.step(pieces)
            return [consumer(step, pieces) for consumer in self.consumers]
        except InputError as error:
            raise self._about_another_kind(pieces, error) from error
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            largest = max(len(piece.indices) for piece in pieces)
            if largest <= self.forward.compared:
                first = next(piece.names[0] for piece in pieces if piece.names)
                raise out_of_memory(first, error, together=largest) from error
            return None

    def _about_another_kind(self, pieces: tuple[Chunk, ...], error: InputError) -> InputError:
        """The error of a step, with the name of the picture that has other channels than all before it."""
        self._saw_channels(self._first)  # a share begins with others
        for piece in pieces:
            for role, n_channels in _channels(piece):
                before = self._channels.get(role, ())
                if before and n_channels not in before:
                    wanted = " or ".join(map(str, sorted(before)))
                    kind = f"{piece.names[0]}: {role} has other channels, {n_channels}, than those before it, {wanted}"
                    return InputError(
                        f"{kind}: {error.message}",
                        hint="save all of them as greyscale or all as RGB",
                    )
        return error

    def _saw_channels(self, pieces: tuple[Chunk, ...]) -> None:
        for piece in pieces:
            for role, n_channels in _channels(piece):
                self._channels.setdefault(role, set()).add(n_channels)

    def _side_by_side(
        self, grid: Grid, numbers: Sequence[int], chunks: Chunks
    ) -> Iterator[tuple[int, Iterator[tuple[Chunk, ...]]]]:
        """The steps, each with the batches of every group; a group that has run out gives empty ones."""
        groups, workers = self.forward.groups, self.forward.request.workers
        empties = [chunk.empty() for chunk in self._first]
        with contextlib.ExitStack() as closing:
            streams = []
            for k, group in enumerate(groups):
                blocks = [block for number in numbers if (block := grid.block(number, k))]
                stream = chunks(group, self.batch_size, workers, self.forward.compared, blocks)
                closing.callback(stream.close)  # type: ignore[attr-defined]  # a generator's
                streams.append(_Numbered(stream, grid.sizes[k]))
            for number in numbers:
                passes = itertools.zip_longest(*(stream.of(number) for stream in streams))
                yield (
                    number,
                    (tuple(piece or empty for piece, empty in zip(pieces, empties, strict=True)) for pieces in passes),
                )

    def _need_whole_groups(self, groups: Sequence[Group]) -> None:
        multiple = self.forward.compared
        for group in groups:
            if len(group.names) % multiple and len(group.names) > multiple:
                whole = len(group.names) // multiple * multiple
                raise UsageError(
                    f"{group.paths[group.roles[0]]}: {len(group.names)} samples for a network that compares them in"
                    f" groups of {multiple}",
                    hint=f"--limit {whole} leaves no remainder",
                )


def _channels(piece: Chunk) -> Iterator[tuple[str, int]]:
    """The roles of a batch that are images, or look like them, and their channels."""
    for role, shapes in sample_shapes([piece] if piece.indices else []).items():
        yield from ((role, shape[0]) for shape in shapes if len(shape) == 3)


class _Numbered:
    """Batches by the number of their step, which are asked for in their order; a number may have none.

    Args:
        batches: of one group; those to come are decoded meanwhile.
        size: of its blocks.
    """

    def __init__(self, batches: Iterator[Chunk], size: int) -> None:
        self._groups = itertools.groupby(batches, lambda batch: batch.indices[0] // size)
        self._next: tuple[int, Iterator[Chunk]] | None = None

    def of(self, number: int) -> Iterator[Chunk]:
        """Those of one step."""
        self._next = self._next or next(self._groups, None)
        if self._next is not None and self._next[0] == number:
            batches, self._next = self._next[1], None
            yield from batches
