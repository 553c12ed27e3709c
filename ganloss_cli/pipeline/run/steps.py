"""The loop of every run: batches of all groups side by side, halved where memory runs out, in whole groups."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field

import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.data.batching import Chunk, chunks, first_samples
from ganloss_cli.pipeline.networks.calling import is_out_of_memory, out_of_memory
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.provenance import sample_shapes
from ganloss_cli.progress import Progress

# Reads a step and its samples. What it keeps of them, it keeps in the call that it returns: when memory runs out, that
# call is never made, and the step comes again in two halves.
Consumer = Callable[[Step, tuple[Chunk, ...]], Callable[[], None]]
Chunks = Callable[[Group, int | None, int, int], Iterator[Chunk]]


@dataclass(kw_only=True)
class Steps:
    """A run in progress.

    Args:
        forward: the networks and the data.
        consumers: what reads the steps.
        digests: role and sha256 of every sample that was read.
        checksums: group and place of a sample -> role -> sha256 of its bytes.
        shapes: role -> the shapes of its samples so far.
        largest_batch: the most samples that a step has had so far.
    """

    forward: Forward
    consumers: Sequence[Consumer]
    digests: list[tuple[str, bytes]] = field(default_factory=list)
    checksums: dict[tuple[int, int], dict[str, str]] = field(default_factory=dict)
    shapes: dict[str, set[tuple[int, ...]]] = field(default_factory=dict)
    largest_batch: int = 0

    def run(
        self,
        progress: Progress | None,
        doing: str,
        *,
        spaces: Collection[int] | None = None,
        batch_size: int | None = None,
        chunks: Chunks = chunks,
    ) -> None:
        """Send all samples through.

        Args:
            progress: is told how far the work is.
            doing: what the work is called meanwhile.
            spaces: the groups of samples that are read; all, where nothing is said.
            batch_size: None chooses one for each group.
            chunks: gives the samples of a group in batches.

        Raises:
            UsageError: networks compare samples in groups, and a remainder would be left.
            InputError: memory runs out with a single sample.
        """
        if progress:
            progress.start(max(len(group.names) for group in self.forward.groups), doing)
        try:
            for pieces in self._side_by_side(spaces, batch_size, chunks):
                self.take(pieces)
                self.digests.extend(digest for piece in pieces for digest in piece.digests)
                for space, piece in enumerate(pieces):
                    self.checksums |= {(space, k): piece.keys.checksums(k) for k in piece.indices}
                for role, shapes in sample_shapes(pieces).items():
                    self.shapes.setdefault(role, set()).update(shapes)
                if progress:
                    progress.advance(max(len(piece.indices) for piece in pieces))
        finally:
            if progress:
                progress.stop()

    def take(self, pieces: tuple[Chunk, ...]) -> None:
        """Run one step; where memory runs out, its two halves."""
        if (whole := self._consumed(pieces)) is not None:
            for keep in whole:
                keep()
            return
        if self.forward.device.type == "cuda":
            torch.cuda.empty_cache()
        for first in (True, False):
            self.take(tuple(piece.half(first=first, multiple=self._compared()) for piece in pieces))

    def _consumed(self, pieces: tuple[Chunk, ...]) -> list[Callable[[], None]] | None:
        """What the consumers want to keep of a step; None where memory ran out."""
        largest = max(len(piece.indices) for piece in pieces)
        self.largest_batch = max(self.largest_batch, largest)
        try:
            step = self.forward.step(pieces)
            return [consumer(step, pieces) for consumer in self.consumers]
        except InputError as error:
            raise self._about_another_kind(pieces, error) from error
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if largest <= self._compared():
                first = next(piece.names[0] for piece in pieces if piece.names)
                raise out_of_memory(first, error, together=largest) from error
            return None

    def _about_another_kind(self, pieces: tuple[Chunk, ...], error: InputError) -> InputError:
        """The error of a step, with the name of the picture that has other channels than all before it."""
        for piece in pieces:
            for role, shapes in sample_shapes([piece]).items():
                before = {shape[0] for shape in self.shapes.get(role, ()) if len(shape) == 3}
                (shape,) = shapes
                if len(shape) == 3 and before and shape[0] not in before:
                    wanted = " or ".join(map(str, sorted(before)))
                    kind = f"{piece.names[0]}: {role} has other channels, {shape[0]}, than those before it, {wanted}"
                    return InputError(
                        f"{kind}: {error.message}",
                        hint="save all of them as greyscale or all as RGB",
                    )
        return error

    def _side_by_side(
        self, spaces: Collection[int] | None, batch_size: int | None, chunks: Chunks
    ) -> Iterator[tuple[Chunk, ...]]:
        """Batches of every group; a group that has run out gives empty ones."""
        groups, workers = self.forward.groups, self.forward.request.workers
        wanted = range(len(groups)) if spaces is None else spaces
        self._need_whole_groups([groups[k] for k in wanted])
        streams = [
            chunks(group, batch_size, workers, self._compared()) if k in wanted else iter(())
            for k, group in enumerate(groups)
        ]
        last = list(first_samples(groups))
        with contextlib.ExitStack() as closing:
            for stream in streams:
                if hasattr(stream, "close"):
                    closing.callback(stream.close)
            while any(pieces := [next(stream, None) for stream in streams]):
                last = [piece or before for piece, before in zip(pieces, last, strict=True)]
                yield tuple(piece or before.empty() for piece, before in zip(pieces, last, strict=True))

    def _compared(self) -> int:
        """How many samples the networks compare with one another: batches are multiples of it."""
        networks = self.forward.model.networks.values()
        return max((callee.group or 1 for network in networks for callee in network.callees), default=1)

    def _need_whole_groups(self, groups: Sequence[Group]) -> None:
        multiple = self._compared()
        for group in groups:
            if len(group.names) % multiple and len(group.names) > multiple:
                whole = len(group.names) // multiple * multiple
                raise UsageError(
                    f"{group.paths[group.roles[0]]}: {len(group.names)} samples for a network that compares them in"
                    f" groups of {multiple}",
                    hint=f"--limit {whole} leaves no remainder",
                )
