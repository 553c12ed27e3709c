"""The values of samples as text of few letters: a column of 32-bit floats a loss, compressed. Standard library only."""

from __future__ import annotations

import base64
import json
import lzma
import math
import sys
from array import array
from collections.abc import Sequence
from typing import Any

from ganloss_cli.records.report import SampleValues

_MOST = 1 << 28  # bytes that a text may unpack to
_WIDTH = 4  # bytes of a value
_PRESET = 3  # of names that count up it makes a thirtieth of what zlib does, in half the time of the default


def packed(samples: Sequence[SampleValues]) -> str:
    """Names and values, NaN for those that are None; checksums are left out, since nothing compresses them.

    Args:
        samples: in their order; one that lacks a loss of the others has no value for it.
    """
    labels = list(dict.fromkeys(label for sample in samples for label in sample.values))
    head = json.dumps({"names": [sample.name for sample in samples], "losses": labels}).encode()
    columns = array("f", (_single(sample.values.get(label)) for label in labels for sample in samples))
    if sys.byteorder == "big":
        columns.byteswap()
    values = columns.tobytes()
    planes = b"".join(values[k::_WIDTH] for k in range(_WIDTH))  # alike bytes side by side take a tenth less
    return base64.b64encode(lzma.compress(head + b"\n" + planes, preset=_PRESET)).decode("ascii")


def unpacked(text: str) -> list[dict[str, Any]]:
    """The samples as a report's JSON has them: {"name": ..., LOSS: VALUE, ...}.

    Raises:
        ValueError: it is no such text.
    """
    inflating = lzma.LZMADecompressor(memlimit=_MOST)
    try:
        content = inflating.decompress(base64.b64decode(text, validate=True), _MOST)
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from error
    head, _, values = content.partition(b"\n")
    told = json.loads(head)
    names, labels = ([str(one) for one in told[key]] for key in ("names", "losses"))
    if not inflating.eof or len(values) != _WIDTH * len(names) * len(labels):
        raise ValueError(f"{len(values)} bytes are no {len(labels)} columns of {len(names)} values")
    planes = [values[k * n : (k + 1) * n] for n in (len(names) * len(labels),) for k in range(_WIDTH)]
    columns = array("f", bytes(byte for together in zip(*planes, strict=True) for byte in together))
    if sys.byteorder == "big":
        columns.byteswap()
    return [
        {"name": name, **{label: _known(columns[len(names) * j + k]) for j, label in enumerate(labels)}}
        for k, name in enumerate(names)
    ]


def _single(value: float | None) -> float:
    """NaN for what a float of 32 bits cannot hold."""
    return value if value is not None and abs(value) < 3.4e38 else math.nan


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
