"""A page's own numbers for programs that are handed nothing else: the document's JSON, and values of its samples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.records.columns import packed
from ganloss_cli.records.report import SampleValues
from ganloss_cli.reporters.figures import count

_ROOM, _JSON_ROOM = 700_000, 500_000  # characters, of both and of the JSON


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What stands at the end of a page.

    Args:
        json: the document without its samples, and without what there is no room for; safe within a script element.
        left_out: the fields that it lacks.
        columns: the values of the samples, see `columns`; empty where there is no room for them.
        about_values: what became of these, in words.
    """

    json: str
    left_out: Sequence[str]
    columns: str
    about_values: str


def embedded(data: Mapping[str, Any], samples: Sequence[SampleValues]) -> Embedded:
    """The numbers of a document.

    Args:
        data: its JSON.
        samples: of it, with their values.
    """
    texts = {
        key: _safe(json.dumps(value, separators=(",", ":"), allow_nan=False))
        for key, value in data.items()
        if key != "samples"
    }
    left_out = ["samples"] if "samples" in data else []
    for key in sorted(texts, key=lambda key: (key == "results", -len(texts[key]))):  # which comparing needs
        if sum(map(len, texts.values())) <= _JSON_ROOM:
            break
        left_out.append(key)
        del texts[key]
    document = "{" + ",".join(f"{json.dumps(key)}:{text}" for key, text in texts.items()) + "}"
    known = [sample for sample in samples if any(value is not None for value in sample.values.values())]
    columns = packed(known) if known else ""
    fits = len(columns) + len(document) <= _ROOM
    held = "; {} as numbers of 32 bits" if fits else "; {} had no room"
    return Embedded(
        json=document,
        left_out=left_out,
        columns=columns if fits else "",
        about_values=held.format(f"the values of {count(len(known), 'sample')}") if known else "",
    )


def _safe(text: str) -> str:
    """Within a script element nothing is unescaped but its own end."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
