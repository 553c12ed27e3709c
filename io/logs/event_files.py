"""TensorBoard's event files: the scalars in them, read without TensorBoard and without checksums. Torch-free.

A file is a row of records: length (8 bytes, little endian), checksum of the length (4), an Event, checksum of it (4).
Of the protocol buffers Event, Summary, Summary.Value and TensorProto (tensorflow/core/util/event.proto,
framework/summary.proto, framework/tensor.proto) only the fields that scalars need are looked at; images, histograms
and graphs are passed over without being read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import reason
from ganloss_cli.io.logs.occurrences import Occurrences, Rows
from ganloss_cli.io.logs.protobuf import DELIMITED, FIXED32, VARINT, Field, fields, signed, varint
from ganloss_cli.io.logs.series import Log, Recorder
from ganloss_cli.io.logs.unread import unread
from ganloss_cli.io.reading import OpenFile

_HEADER, _FOOTER = 12, 4
_WINDOW = 1 << 20  # bytes that are read at once
_LARGEST_RECORD = 1 << 26  # bytes; what takes more is a picture, a sound or a graph
_VERSION = b"brain.Event:"
# DataType -> struct's code of one value in tensor_content; half precision and bfloat16 are two bytes
_CODES = {
    1: "<f", 2: "<d", 3: "<i", 4: "<B", 5: "<h", 6: "<b", 9: "<q", 10: "<?", 17: "<H", 19: "<e", 22: "<I", 23: "<Q",
}  # fmt: skip
_FLOAT, _BFLOAT16, _HALF = 1, 14, 19
_SIGNED_TYPES = (3, 5, 6, 9)
_INTEGER_FIELDS = (7, 10, 11, 16, 17)  # int_val, int64_val, bool_val, uint32_val, uint64_val
# an event as torch's SummaryWriter has it: time, step, and a summary of one tag and its simple_value
_TIME, _VALUE = 9, 4  # bytes of the fields before the step, and of the value that ends it
_OF_TAG = re.compile(rb"\x2a([\0-\x7f])\x0a([\0-\x7f])\x0a([\0-\x7f])(.{1,116})\x15", re.DOTALL)
_length, _float = struct.Struct("<Q").unpack_from, struct.Struct("<f").unpack_from

Scalars = tuple[int, list[tuple[str, float, bool]]]


def is_event_file(path: Path) -> bool:
    """Whether a file begins as TensorBoard's do.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        with path.open("rb") as file:
            return _VERSION in file.read(_HEADER + 64)[_HEADER:]
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error


def read_event_file(path: Path) -> Log:
    """Every scalar of an event file, as `simple_value` or as a tensor without axes.

    What add_scalars writes is a folder a curve, "loss_d" and "loss_g", with the tag "loss" in both: these are "loss/d"
    and "loss/g". A last record that is cut off, as a training that still runs leaves it, is left out and noted.

    Raises:
        InputError: it cannot be opened.
    """
    recorder, rows, plain = Recorder(path), Rows(), _Plain()
    curves: dict[str, tuple[str, Occurrences]] = {}
    damaged, folder = 0, path.parent.name
    with closing(OpenFile(path)) as file:
        for content in (records := _Records(file)):
            try:
                step, scalars = plain.event(content) or _event(content)
            except (ValueError, IndexError, struct.error):
                damaged += 1
                continue
            for name, value, exact in scalars:
                if name not in curves:
                    tag = _of_curve(name, folder)
                    curves[name] = tag, Occurrences(partial(recorder.steps, tag))
                tag, occurrences = curves[name]
                occurrence = occurrences.count(step)
                row = rows.number(step, occurrence)
                recorder.add(tag, value, row=row, step=step, session=occurrence, text=repr(value) if exact else None)
    return recorder.log("TensorBoard events", sessions=rows.sessions, findings=unread(path, records.rest, damaged))


def _of_curve(tag: str, folder: str) -> str:
    """A tag with the name of its curve, where its folder is one of add_scalars' (torch/utils/tensorboard/writer.py)."""
    curve = folder.removeprefix(f"{tag.replace('/', '_')}_")
    return tag if curve in (folder, "") else f"{tag}/{curve}"


class _Records:
    """The records one by one; `rest` is how many bytes are left behind the last whole one."""

    def __init__(self, file: OpenFile) -> None:
        self.file = file
        self.rest = 0

    def __iter__(self) -> Iterator[bytes]:
        base, window, offset, size = 0, b"", 0, len(self.file)
        while offset + _HEADER <= size:
            if offset + _HEADER > base + len(window):
                base, window = offset, self.file[offset : offset + _WINDOW]
            (length,) = _length(window, offset - base)
            start, end = offset + _HEADER, offset + _HEADER + length
            if end + _FOOTER > size:
                break
            if length > _LARGEST_RECORD:
                offset = end + _FOOTER
                continue
            if end > base + len(window):
                base, window = start, self.file[start : max(end, start + _WINDOW)]
            yield window[start - base : end - base]
            offset = end + _FOOTER
        self.rest = size - offset


class _Plain:
    """Reads plain events, many times as fast as `_event`: what lies between step and value is looked at once a tag."""

    def __init__(self) -> None:
        self._tags: dict[bytes, str] = {}
        self._before, self._step = b"", 0  # the step of the last event, as it is written

    def event(self, content: bytes) -> Scalars | None:
        """What `_event` gives for a plain event; None for all others."""
        if len(content) <= _TIME + _VALUE or content[0] != 0x09:
            return None
        start = _TIME
        if content[start] == 0x10:
            if not (self._before and content.startswith(self._before, start)):
                number, start = varint(content, start + 1, len(content))
                self._before, self._step = content[_TIME:start], signed(number)
            step, start = self._step, _TIME + len(self._before)
        else:
            step = 0
        of_tag = content[start:-_VALUE]
        tag = self._tags.get(of_tag)
        if tag is None:
            match = _OF_TAG.fullmatch(of_tag)
            if match is None or not match[1][0] - 9 == match[2][0] - 7 == match[3][0] == len(match[4]):
                return None
            tag = self._tags[of_tag] = match[4].decode("utf-8", "replace")
        return step, [(tag, _float(content, len(content) - _VALUE)[0], False)]


def _event(data: bytes) -> Scalars:
    """The step of an Event and its scalars: tag, value, and whether it was stored with more than float32."""
    step = 0
    scalars: list[tuple[str, float, bool]] = []
    for field in fields(data, 0, len(data)):
        if field.number == 2 and field.wire == VARINT:
            step = signed(field.value)
        elif field.number == 5 and field.wire == DELIMITED:
            for value in fields(data, field.start, field.end):
                if value.number == 1 and value.wire == DELIMITED:
                    scalars.extend(_scalar(data, value.start, value.end))
    return step, scalars


def _scalar(data: bytes, start: int, end: int) -> Iterator[tuple[str, float, bool]]:
    """The scalar of a Summary.Value, if it is one."""
    tag, found = "", None
    for field in fields(data, start, end):
        if field.number == 1 and field.wire == DELIMITED:
            tag = data[field.start : field.end].decode("utf-8", "replace")
        elif field.number == 2 and field.wire == FIXED32:
            found = struct.unpack_from("<f", data, field.start)[0], False
        elif field.number == 8 and field.wire == DELIMITED:
            found = _tensor(data, field.start, field.end)
    if found is not None:
        yield tag, *found


def _tensor(data: bytes, start: int, end: int) -> tuple[float, bool] | None:
    """The value of a TensorProto without axes; None for text, and for tensors with axes."""
    dtype, value, content = 0, None, None
    for field in fields(data, start, end):
        if field.number == 1:
            dtype = field.value
        elif field.number == 2 and any(part.number == 2 for part in fields(data, field.start, field.end)):
            return None
        elif field.number == 4:
            content = data[field.start : field.end]
        elif field.number in (5, 6, 13, *_INTEGER_FIELDS):
            value = field
    if dtype not in _CODES and dtype != _BFLOAT16:
        return None
    if content:
        return _unpacked(dtype, content), dtype != _FLOAT
    # a value of zero may be left out of the message
    return (_listed(data, dtype, value) if value else 0.0), dtype != _FLOAT


def _listed(data: bytes, dtype: int, field: Field) -> float:
    """The only entry of a repeated field, packed or not."""
    if field.number in (5, 6):
        return float(struct.unpack_from("<f" if field.number == 5 else "<d", data, field.start)[0])
    number = field.value if field.wire == VARINT else varint(data, field.start, field.end)[0]
    if field.number == 13:
        return _unpacked(dtype, struct.pack("<H", number & 0xFFFF))
    return float(signed(number) if dtype in _SIGNED_TYPES else number)


def _unpacked(dtype: int, content: bytes) -> float:
    if dtype == _BFLOAT16:
        return float(struct.unpack("<f", b"\0\0" + content)[0])
    return float(struct.unpack(_CODES[dtype], content)[0])
