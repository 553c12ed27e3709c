"""Averages of networks under names, or in orders, that are not those of the network: made whole again.

Torch-free: anything with a shape counts as a tensor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ganloss_cli.io.checkpoints.contents.content_rules import is_buffer
from ganloss_cli.io.checkpoints.contents.splitting import Part

_CURRENT = re.compile(r"(?<![a-z])current(?![a-z])")


def with_averages(parts: Sequence[Part], left_over: list[str], *, counted: bool) -> list[Part]:
    """The same networks, with their averages under the names of what they average.

    What an average leaves out, buffers or frozen parameters, is the raw network's. A second copy of a raw network that
    lies inside an average is left over.

    Args:
        parts: of one file.
        left_over: receives the names of copies.
        counted: the file counts averages beside the state dicts, so that of two sets with the same names the one that
            is not called current is the average.
    """
    if counted:
        parts = [
            replace(part, averaged=not _CURRENT.search(part.called)) if _twin(part, parts) else part for part in parts
        ]
    copies = [part for part in parts if _is_copy(part, parts)]
    left_over += [part.called for part in copies]
    raws = [part for part in parts if not part.averaged and part not in copies]
    return [whole(part, raws) if part.averaged else part for part in parts if part not in copies]


def _twin(part: Part, parts: Sequence[Part]) -> Part | None:
    """Another network of the file with the same names and shapes, in another set."""
    return next((other for other in parts if other is not part and _same(part, other)), None)


def _same(one: Part, other: Part) -> bool:
    return (
        one.tensors.keys() == other.tensors.keys()
        and one.path[1:] == other.path[1:]
        and all(one.tensors[key].shape == other.tensors[key].shape for key in one.tensors)
    )


def _is_copy(part: Part, parts: Sequence[Part]) -> bool:
    """Whether it is the raw network that an average carries with it, and the file has that network anyway."""
    within = not part.averaged and any(other.averaged and other.path[:-1] == part.path[:-1] for other in parts)
    elsewhere = (other for other in parts if not other.averaged and other.path[:-1] != part.path[:-1])
    return within and len(part.path) > 1 and any(_fits(part.tensors, other.tensors) for other in elsewhere)


def _fits(tensors: Mapping[str, Any], raw: Mapping[str, Any]) -> bool:
    return tensors.keys() == raw.keys() and all(tensors[key].shape == raw[key].shape for key in raw)


def whole(average: Part, raws: Sequence[Part]) -> Part:
    """An average under the names of the network that it is of; itself where it is of none.

    Args:
        average: the average.
        raws: networks that it may be of.
    """
    best: dict[str, Any] = {}
    for raw in raws:
        if average.tensors.keys() == raw.tensors.keys():
            return average
        for renamed in _readings(average.tensors, raw.tensors):
            fits = all(tuple(value.shape) == tuple(raw.tensors[key].shape) for key, value in renamed.items())
            if fits and len(renamed) > len(best):
                best, filled = renamed, {**raw.tensors, **renamed}
    return replace(average, tensors=filled) if best else average


def _readings(tensors: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The tensors of an average under the names of a raw network, as far as they are its."""
    yield dict(tensors) if tensors.keys() <= raw.keys() else {}  # with other names it is of another network
    if all("." not in key for key in tensors):
        for first in (0, 1):  # with the module that holds the network, and without it
            dotless = {"".join(key.split(".")[first:]): key for key in raw}
            yield {dotless[key]: value for key, value in tensors.items() if key in dotless}
    # a list, in the order of the parameters; safetensors keeps names in alphabetical order, which is no order of theirs
    if all(key.isdecimal() for key in tensors) and list(raw) != sorted(raw):
        trained = [key for key in raw if not is_buffer(key)]
        yield dict(zip(trained, tensors.values(), strict=False)) if len(trained) == len(tensors) else {}
