"""What tells two networks apart without reading them: the checksums that their files keep.

Torch-free.
"""

from __future__ import annotations

import zlib
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

    def fingerprint(self, part: Part) -> Fingerprint | None:
        """Names, shapes, places and checksums of a network's tensors."""
        rows = []
        for name, record in sorted(part.tensors.items()):
            crc = self._of(record)
            if crc is None:
                return None
            rows.append((name, record.dtype, record.shape, record.stride, record.offset, crc))
        return tuple(rows)

    def _of(self, record: TensorRecord) -> int | None:
        key = record.storage.key or str(record.storage.span)
        if key not in self.known and self.with_hash and not record.chunks:
            span = record.storage.span or self.storages[record.storage.key]
            with opened(span.file or self.path) as data:
                self.known[key] = _crc(self.path, data, span)
        return self.known.get(key)


def _crc(path: Path, data: OpenFile, span: Span) -> int:
    if span.content is not None:
        return zlib.crc32(span.content)
    if span.utf8:
        try:
            return zlib.crc32(data[span.offset : span.offset + span.n_bytes].decode("utf-8").encode("latin-1"))
        except UnicodeError as error:
            raise InputError(f"{path}: an array written as text that is none: {error}") from error
    return checksum(data, span.offset, span.n_bytes)
