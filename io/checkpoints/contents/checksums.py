"""What tells two networks apart without reading them: the checksums that their files keep.

Torch-free.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.formats.archives import checksum
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.formats.sniff import opened
from ganloss_cli.io.checkpoints.pickle.tensor_places import Span, TensorRecord
from ganloss_cli.io.reading import OpenFile

Fingerprint = tuple[tuple[Any, ...], ...]


class Checksums:
    """The CRC-32 of every storage of a file.

    Args:
        path: the file.
        outline: of it.
        with_hash: read the storages whose checksum the file does not keep.
    """

    def __init__(self, path: Path, outline: Outline, *, with_hash: bool) -> None:
        self.path = path
        self.known = dict(outline.checksums)
        self.storages = outline.storages
        self.with_hash = with_hash

    def fingerprint(self, part: Part) -> Callable[[], Fingerprint | None]:
        """Makes names, shapes, places and checksums of a network's tensors; None where one has no checksum.

        What has to be read for it is read now.
        """
        if self.with_hash:
            for record in part.tensors.values():
                self._compute(record)
        return functools.partial(self._fingerprint, part)

    def _fingerprint(self, part: Part) -> Fingerprint | None:
        rows = []
        for name, record in sorted(part.tensors.items()):
            crc = self.known.get(_key(record))
            if crc is None:
                return None
            rows.append((name, record.dtype, record.shape, record.stride, record.offset, crc))
        return tuple(rows)

    def _compute(self, record: TensorRecord) -> None:
        """Compute what the file does not keep."""
        key = _key(record)
        if key not in self.known and not record.chunks:
            span = record.storage.span or self.storages[record.storage.key]
            with opened(span.file or self.path) as data:
                self.known[key] = _crc(self.path, data, span)


def _key(record: TensorRecord) -> str:
    return record.storage.key or str(record.storage.span)


def _crc(path: Path, data: OpenFile, span: Span) -> int:
    if span.content is not None:
        return zlib.crc32(span.content)
    if span.utf8:
        try:
            return zlib.crc32(data[span.offset : span.offset + span.n_bytes].decode("utf-8").encode("latin-1"))
        except UnicodeError as error:
            raise InputError(f"{path}: an array written as text that is none: {error}") from error
    return checksum(data, span.offset, span.n_bytes)
