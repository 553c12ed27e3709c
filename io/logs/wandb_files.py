"""The .wandb file of a run of Weights & Biases, which an offline run has alone, read without wandb. Torch-free.

Seven bytes (":W&B", 0xBEE1, a version), then blocks of 32 KiB as LevelDB's log has them (wandb/wandb
core/pkg/leveldb/record.go): chunks of checksum (4 bytes), length (2), type (1) and content, where a record is one chunk
or a first, some middle and a last one; a block's last bytes are zeros where no chunk fits. A record is a protocol
buffer (wandb/proto/wandb_internal.proto) of which the history's and the summary's items are read, a key and JSON each.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs.objects import add_object
from ganloss_cli.io.logs.protobuf import DELIMITED, VARINT, Field, fields
from ganloss_cli.io.logs.series import Log, Recorder, count
from ganloss_cli.io.logs.unread import unread
from ganloss_cli.io.reading import OpenFile

MAGIC = b":W&B"
_VERSIONED = b":W&B\xe1\xbe"
_PREAMBLE, _BLOCK, _CHUNK = 7, 1 << 15, 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_LARGEST_RECORD = 1 << 26  # bytes; wandb itself refuses much smaller ones
# Record.history and .summary; HistoryRecord.item and .step, HistoryStep.num; SummaryRecord.update
_HISTORY, _SUMMARY = 2, 3
_ITEM, _STEP, _NUM = 1, 2, 1
_KEY, _NESTED_KEY, _VALUE = 1, 2, 16  # of an item
_KEYS = b"\x0a\x12"  # the first byte of either key
_DEEPEST = 32  # keys in keys


def read_wandb(path: Path) -> Log:
    """The history of a run, and what its summary alone holds.

    A last record that is cut off, as a training that still runs leaves it, is left out and noted.

    Raises:
        InputError: it cannot be opened, is of another version, or holds a record larger than any step's.
    """
    recorder, damaged = Recorder(path), 0
    logged: set[str] = set()
    last: int | None = None
    summary: dict[str, Any] = {}
    with closing(OpenFile(path)) as file:
        if not file[:_PREAMBLE].startswith(_VERSIONED):
            raise InputError(f"{path}: a .wandb file of an unknown version", hint="read it with wandb sync")
        for row, record in enumerate(records := _Records(file)):
            try:
                for field in fields(record, 0, len(record)):
                    if field.wire == DELIMITED and field.number == _HISTORY:
                        entry = _history(record, field)
                        logged.update(entry)
                        last = count(entry["_step"])
                        damaged += not add_object(recorder, entry, row)
                    elif field.wire == DELIMITED and field.number == _SUMMARY:
                        _set_items(summary, record, field)
            except (ValueError, IndexError, RecursionError):
                damaged += 1
    add_object(recorder, {key: value for key, value in summary.items() if key not in logged}, -1, step=last)
    return recorder.log("wandb", run=path.stem, findings=unread(path, records.rest, records.damaged + damaged))


class _Records:
    """The records one by one; `rest` is how many bytes lie behind the last whole one, `damaged` how many are none."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.rest = self.damaged = 0

    def __iter__(self) -> Iterator[bytes]:
        started: bytearray | None = None
        for base in range(0, len(self.file), _BLOCK):
            block = self.file[base : base + _BLOCK]
            for kind, content in self._chunks(block, _PREAMBLE if base == 0 else 0):
                if kind == _FULL:
                    yield content
                elif kind == _FIRST:
                    started = bytearray(content)
                elif started is not None:
                    started += content
                    if len(started) > _LARGEST_RECORD:
                        raise InputError(f"{self.file.path}: a record of more than {_LARGEST_RECORD} bytes")
                    if kind == _LAST:
                        yield bytes(started)
                if kind in (_FULL, _LAST):
                    started = None
        self.rest += 0 if started is None else len(started)

    def _chunks(self, block: bytes, position: int) -> Iterator[tuple[int, bytes]]:
        """What a block holds: types with contents; what is damaged ends it, as LevelDB's readers do."""
        while position + _CHUNK <= len(block):
            checksum = int.from_bytes(block[position : position + 4], "little")
            length = int.from_bytes(block[position + 4 : position + 6], "little")
            kind, end = block[position + 6], position + _CHUNK + length
            if not (checksum or length or kind):
                return  # nothing but zeros follows
            if end > len(block) and len(block) < _BLOCK:
                self.rest = len(block) - position
                return
            content = block[position + _CHUNK : end]
            if not _FULL <= kind <= _LAST or zlib.crc32(content, zlib.crc32(bytes([kind]))) != checksum:
                self.damaged += 1
                return
            yield kind, content
            position = end
        if any(block[position:]):
            self.rest = len(block) - position


def _history(record: bytes, field: Field) -> dict[str, Any]:
    """One call of log(): its items, nested as they were, and its step."""
    entry: dict[str, Any] = {}
    step = 0
    _set_items(entry, record, field)
    for inner in fields(record, field.start, field.end):
        if inner.number == _STEP and inner.wire == DELIMITED:
            numbers = [one.value for one in fields(record, inner.start, inner.end) if one[:2] == (_NUM, VARINT)]
            step = numbers[-1] if numbers else 0
    if not isinstance(entry.get("_step"), int | float):
        entry["_step"] = step
    return dict(sorted(entry.items()))  # wandb has them in the order of a hash table


def _set_items(entry: dict[str, Any], record: bytes, field: Field) -> None:
    """Set what the items of a history or a summary say."""
    for item in fields(record, field.start, field.end):
        if item.number == _ITEM and item.wire == DELIMITED:
            keys, value = _plain(record, item) or _keys_and_value(record, item)
            if 0 < len(keys) <= _DEEPEST:
                _set(entry, [key.decode("utf-8", "replace") for key in keys], json.loads(value.decode()))


def _plain(record: bytes, item: Field) -> tuple[list[bytes], bytes] | None:
    """What `_keys_and_value` gives for one short key before its value, many times as fast; None for all others."""
    start = item.start + 2
    end = start + record[item.start + 1]
    short = end + 3 <= item.end and record[item.start] in _KEYS and record[end : end + 2] == b"\x82\x01"
    if not short or end + 3 + record[end + 2] != item.end:
        return None
    return [record[start:end]], record[end + 3 : item.end]


def _keys_and_value(record: bytes, item: Field) -> tuple[list[bytes], bytes]:
    keys, value = [], b""
    for part in fields(record, item.start, item.end):
        content = record[part.start : part.end]
        if part.number in (_KEY, _NESTED_KEY):
            keys.append(content)
        elif part.number == _VALUE:
            value = content
    return keys, value


def _set(entry: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = entry.get(key)
        if not isinstance(inner, dict):
            inner = entry[key] = {}
        entry = inner
    entry[keys[-1]] = value
