"""Samples of a group, decoded in threads beside the computing, batched with equal shapes, or padded if it says so."""

from __future__ import annotations

import contextlib
import itertools
import math
import weakref
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.parallel import on_one_core, pool_of_single_cores
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.data.randomness import SampleKeys, padded

# Four million values: enough to keep two cores busy, small enough that memory stays flat.
VALUES_PER_BATCH = 2**22
MAX_BATCH = 256
# Folders of mixed sizes: batches of this many different shapes may be filling at once.
MAX_OPEN_SHAPES = 4

Value = Tensor | list[Any]


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some samples of one group, stacked.

    Args:
        indices: their places in the group.
        names: of them.
        values: role -> all of their values.
        digests: of each sample, role -> sha256 of the bytes that were read for it.
        keys: of all samples of the group.
    """

    indices: tuple[int, ...]
    names: tuple[str, ...]
    values: dict[str, Value]
    digests: tuple[Mapping[str, bytes], ...]
    keys: SampleKeys

    def half(self, first: bool, multiple: int = 1) -> Chunk:
        """The first or the second half, for when memory runs out; the first one is a multiple of so many samples."""
        middle = max(1, len(self.indices) // 2 // multiple) * multiple
        cut = slice(None, middle) if first else slice(middle, None)
        return self.cut(cut)

    def empty(self) -> Chunk:
        """No samples, but the same structure: for a group that has run out before another."""
        return self.cut(slice(0, 0))

    def without_values(self) -> Chunk:
        """Which samples it holds, and nothing of them."""
        return replace(self, values={})

    def cut(self, part: slice) -> Chunk:
        """Some of its samples."""
        values = {role: mapped(value, lambda t: t[part]) for role, value in self.values.items()}
        return replace(
            self,
            indices=self.indices[part],
            names=self.names[part],
            values=values,
            digests=self.digests[part],
        )


def chunks(
    group: Group,
    batch_size: int | None,
    workers: int,
    multiple: int = 1,
    blocks: Sequence[range] | None = None,
) -> Iterator[Chunk]:
    """The samples of a group in batches.

    Args:
        group: what to read.
        batch_size: None chooses it from the size of a sample.
        workers: threads that decode; 0 decodes here.
        multiple: of which the size of a batch is one, for networks that compare samples in groups.
        blocks: the samples that are read, block by block, and no batch holds samples of two blocks; all of them in
            one block by default.
    """
    wanted = [range(len(group.names))] if blocks is None else blocks
    readings = _readings(group, [index for block in wanted for index in block], workers, batch_size or 8)
    keys, memory = SampleKeys(group), _Memory()

    def stacked(batch: list[tuple[int, Reading]]) -> Chunk:
        indices, together = zip(*batch, strict=True)
        return stack_readings(group, indices, together, keys, memory.lend)

    with contextlib.closing(readings):
        for block in wanted:
            of_block = itertools.islice(readings, len(block))
            yield from map(stacked, _batches(of_block, batch_size, multiple, keys, group.ragged))


def whole_groups(batch_size: int, multiple: int) -> int:
    """The size of batches that hold whole groups of samples which a network compares."""
    return max(multiple, batch_size // multiple * multiple)


def _batches(
    readings: Iterable[tuple[int, Reading]],
    batch_size: int | None,
    multiple: int,
    keys: SampleKeys,
    ragged: Collection[str],
) -> Iterator[list[tuple[int, Reading]]]:
    open_batches: dict[object, list[tuple[int, Reading]]] = {}
    for index, reading in readings:
        keys.saw(index, reading.digests)
        size = whole_groups(batch_size or automatic_batch_size(reading), multiple)
        shapes = tuple((role, None if role in ragged else _shapes(v)) for role, v in reading.values.items())
        batch = open_batches.setdefault(shapes, [])
        batch.append((index, reading))
        if len(batch) >= size:
            yield open_batches.pop(shapes)
        elif len(open_batches) > MAX_OPEN_SHAPES:
            yield open_batches.pop(next(iter(open_batches)))
    yield from open_batches.values()


def first_samples(groups: tuple[Group, ...], count: int = 2) -> tuple[Chunk, ...]:
    """The first samples of every group, or one where they differ in shape."""
    return tuple(_first(group, count) for group in groups)


def automatic_batch_size(sample: Reading | Chunk) -> int:
    """How many samples like this one, or the one that a chunk holds, make a batch."""
    values = sum(tensor.numel() for value in sample.values.values() for tensor in leaves(value))
    return max(1, min(MAX_BATCH, 2 * VALUES_PER_BATCH // max(1, values)))


def _first(group: Group, count: int) -> Chunk:
    readings = [group.read(index) for index in range(min(count, len(group.names)))]
    keys = SampleKeys(group)
    for index, reading in enumerate(readings):
        keys.saw(index, reading.digests)
    try:
        return stack_readings(group, tuple(range(len(readings))), readings, keys)
    except InputError:
        return stack_readings(group, (0,), readings[:1], keys)


def _readings(
    group: Group, indices: Sequence[int], workers: int, ahead: int
) -> Generator[tuple[int, Reading], None, None]:
    if workers == 0 or not indices:
        for index in indices:
            yield index, group.read(index)
        return
    pool = pool_of_single_cores(workers, "ganloss-decode")
    waiting: deque[tuple[int, Future[Reading]]] = deque()
    try:
        for index in indices:
            waiting.append((index, pool.submit(group.read, index)))
            if len(waiting) > max(ahead, workers):
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class _Memory:
    """Memory of batches, lent again as soon as nobody holds a tensor in it.

    A batch of images takes what the C library gives back to the system or, worse, cannot use again for the next one: it
    grew by up to a batch for every batch, and its pages came anew from the system.
    """

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []

    def lend(self, *shape: int) -> Tensor:
        """An uninitialised float32 tensor of this shape."""
        size = math.prod(shape)
        held = self._free.pop() if self._free else None
        if held is None or held.size < size:
            held = np.empty(size, np.float32)
        lent = held[:size]  # which the tensor's memory keeps alive, and nothing else
        weakref.finalize(lent, self._free.append, held).atexit = False
        return torch.from_numpy(lent).view(shape)


def stack_readings(
    group: Group,
    indices: tuple[int, ...],
    readings: Sequence[Reading],
    keys: SampleKeys,
    empty: Callable[..., Tensor] = torch.empty,
) -> Chunk:
    """Samples of equal shapes as one chunk.

    Args:
        group: that they are of.
        indices: their places in it.
        readings: what was read of them.
        keys: of all samples of the group.
        empty: makes the memory of images of a shape.

    Raises:
        InputError: their shapes differ.
    """
    try:
        values: dict[str, Value] = {}
        for role in readings[0].values:
            held = [reading.values[role] for reading in readings]
            with on_one_core():  # the others decode
                if group.kinds.get(role) == "image":
                    values[role] = _stack_images(held, empty)
                else:
                    values[role] = _stack(held, ragged=role in group.ragged)
    except (RuntimeError, IndexError) as error:
        raise InputError(f"samples {group.names[indices[0]]} ...: cannot be batched: {error}") from error
    return Chunk(
        indices=indices,
        names=tuple(group.names[i] for i in indices),
        values=values,
        digests=tuple(each.digests for each in readings),
        keys=keys,
    )


def _stack(values: list[Any], *, ragged: bool = False) -> Value:
    first = values[0]
    if isinstance(first, Tensor):
        return torch.stack(padded(values) if ragged else values)
    return [_stack([value[k] for value in values]) for k in range(len(first))]


def _stack_images(images: list[Any], empty: Callable[..., Tensor]) -> Tensor:
    """The values of images; of those of 8 bits they are made in place."""
    (shape, *others) = dict.fromkeys(image.shape for image in images)
    if others:
        raise RuntimeError(f"images of shapes {tuple(shape)} and {tuple(others[0])}")
    stacked = empty(len(images), *shape)
    for value, image in zip(stacked, images, strict=True):
        value.copy_(image)
        if image.dtype == torch.uint8:
            value.div_(255)
    return stacked


def mapped(value: Any, function: Callable[[Tensor], Tensor]) -> Any:
    """A tensor, or lists of them to any depth, each changed."""
    return function(value) if isinstance(value, Tensor) else [mapped(part, function) for part in value]


def leaves(value: Value) -> Iterator[Tensor]:
    """The tensors of a value."""
    if isinstance(value, Tensor):
        yield value
    else:
        for part in value:
            yield from leaves(part)


def _shapes(value: Value) -> object:
    return tuple(value.shape) if isinstance(value, Tensor) else tuple(_shapes(part) for part in value)
