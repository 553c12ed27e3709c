"""Shards as WebDataset writes them: members of one key are one sample. Torch-free.

A key is the name up to the first dot of its last part, the rest says what the member is:
webdataset/webdataset@v1.0.2 webdataset/tariterators.py, base_plus_ext.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from ganloss_cli.errors import InputError
from ganloss_cli.io.folders import meant_as_data
from ganloss_cli.io.labels import read_json, whole_label
from ganloss_cli.io.trees import File, Members

KEYED = re.compile(r"(?P<key>(?:.*/)?[^./]+)\.(?P<field>[^/]+)", re.DOTALL)
MOST_LABEL = 4096  # bytes of a member that holds a label


def samples_of(files: Mapping[str, File], called: str, roles: Collection[str]) -> Members:
    """The members of shards as a tree: those that are one role of their samples in a folder of their own.

    Args:
        files: of all shards, by name.
        called: what messages call them.
        roles: words for roles, in lower case: "lr.png" is of the role that "lr" means.

    Raises:
        InputError: a sample holds two pictures or recordings, and nothing says which is what; a label is none.
    """
    samples: dict[str, dict[str, File]] = {}
    others: dict[str, File] = {}
    for relative, file in files.items():
        match = KEYED.fullmatch(relative)
        if match and (meant_as_data(relative) or relative.endswith((".npy", ".cls", ".json"))):
            samples.setdefault(match["key"], {})[match["field"]] = file
        else:
            others[relative] = file
    data = {key: {field: own[field] for field in own if not _is_label(field)} for key, own in samples.items()}
    by_role = not {_word(field) for own in data.values() for field in own}.isdisjoint(roles)
    if not by_role:
        _refuse_several(data, called)
    placed = {_name(key, field, by_role=by_role): file for key, own in data.items() for field, file in own.items()}
    labels = {str(file): label for key, own in samples.items() if data[key]
              for label in _labels(own) for file in data[key].values()}  # fmt: skip
    return Members(called, called, {**others, **placed}, labels=labels or None)


def _is_label(field: str) -> bool:
    return field in ("cls", "json")


def _word(field: str) -> str:
    return field.partition(".")[0].lower()


def _name(key: str, field: str, *, by_role: bool) -> str:
    name = f"{key}.{field.rpartition('.')[2]}"
    return f"{_word(field)}/{name}" if by_role else name


def _refuse_several(data: Mapping[str, Mapping[str, File]], called: str) -> None:
    for key, own in data.items():
        if len(own) > 1:
            first, second, *_ = sorted(own)
            raise InputError(
                f"{called}: sample '{key}' holds both '{first}' and '{second}', for a name ends at its first dot",
                hint=f"say what they are: --map {_word(first)}=real, or put files with dots in their names into a zip",
            )


def _labels(own: Mapping[str, File]) -> list[int]:
    """The label of one sample, if it has one: a member that is one, or a field of its JSON."""
    if (file := own.get("cls")) is not None:
        if file.size() > MOST_LABEL:
            raise InputError(f"{file}: a label of {file.size()} bytes; at most {MOST_LABEL} are read")
        return [whole_label(file.read().decode("utf-8", "replace"), file)]
    document = read_json(own["json"]) if "json" in own else None
    label = document.get("label") if isinstance(document, dict) else None
    return [] if label is None or isinstance(label, (list, str, dict)) else [whole_label(label, own["json"])]
