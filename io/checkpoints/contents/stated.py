"""Networks of which the user says where they lie: a dotted path into what a checkpoint holds.

Torch-free, and nothing of a checkpoint is run: mappings, lists and names of tensors are all that a path goes through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.io.checkpoints.contents.content_rules import is_buffer
from ganloss_cli.io.checkpoints.contents.naming import is_averaged
from ganloss_cli.io.checkpoints.contents.networks import Contents, is_tensor
from ganloss_cli.io.checkpoints.contents.splitting import Part, networks_in, unwrapped, without_counters
from ganloss_cli.io.checkpoints.pickle.objects import tensor_record
from ganloss_cli.records.listing import listed
from ganloss_cli.records.request import StatedPlace

_DEPTH = 8
_SHOWN = 12


def with_stated(contents: Contents, root: Any, stated: Iterable[StatedPlace]) -> Contents:
    """The networks of a file, those first of which it is said where they lie.

    What was found where they lie is left out. A place that is not there is kept in `astray`, with what lies there.

    Args:
        contents: what was found.
        root: the file's object.
        stated: the places in this file.
    """
    said, astray = [], {}
    for state in stated:
        try:
            said.append(_part(state, root))
        except UsageError as error:
            astray[state.text] = error
    taken = {id(tensor) for part in said for tensor in part.tensors.values()}
    left_over = [*contents.left_over]
    found = [rest for part in contents.parts for rest in _rest(part, taken, left_over)]
    return replace(contents, parts=(*said, *found), left_over=tuple(left_over), astray=astray)


def of_file(stated: Sequence[StatedPlace], path: Path) -> tuple[StatedPlace, ...]:
    """The places that may be in a file: of this one, and of none in particular.

    Args:
        stated: all of them.
        path: the file.
    """
    return tuple(state for state in stated if state.ckpt is None or _is(state.ckpt, path))


def check_found(stated: Sequence[StatedPlace], files: Sequence[tuple[Path, Mapping[str, UsageError]]]) -> None:
    """Refuse a place that no file has, and one that several have.

    Args:
        stated: the places.
        files: each that was opened, and the places that it does not have.

    Raises:
        UsageError: there is one.
    """
    for state in stated:
        tried = [(path, astray) for path, astray in files if of_file([state], path)]
        if not tried:
            listed = ", ".join(path.name for path, _ in files[:_SHOWN])
            raise UsageError(f"--state {state.text}: {state.ckpt} is not among the checkpoints: {listed}")
        holding = [path for path, astray in tried if state.text not in astray]
        if not holding:
            path, astray = tried[0]
            error = astray[state.text]
            raise UsageError(f"{path}: --state {state.text}: {error.message}", hint=error.hint)
        if len(holding) > 1:
            raise UsageError(
                f"--state {state.text}: lies in {' and in '.join(path.name for path in holding[:4])}",
                hint=f"say which, as in --state {state.role}={holding[0].name}:{state.place}",
            )


def _is(ckpt: Path, path: Path) -> bool:
    return path.name == str(ckpt) or path.absolute() == ckpt.absolute() or path.is_relative_to(ckpt)


def _rest(part: Part, taken: set[int], left_over: list[str]) -> list[Part]:
    """What a network has beside the tensors of others; an average has what it does not average from the raw network."""
    rest = {name: tensor for name, tensor in part.tensors.items() if id(tensor) not in taken}
    if len(rest) == len(part.tensors) or (part.averaged and not all(map(is_buffer, rest))):
        return [part]
    return [] if all(map(is_buffer, rest)) else networks_in(replace(part, tensors=rest), left_over)


def _part(state: StatedPlace, root: Any) -> Part:
    value = _at(root, state.place, "")
    tensors, counts = without_counters(dict(_tensors(value, "", _DEPTH)))
    if not tensors:
        raise UsageError(f"no tensors at {state.place}; {_what_lies(value, state.place)}", hint=_HINT)
    averaged = "n_averaged" in counts or is_averaged(state.place)
    return Part(path=tuple(state.place.split(".")), tensors=unwrapped(tensors), averaged=averaged, role=state.role)


_HINT = "name one of them, or one below it: ganloss inspect PATH shows the networks that are found without it"


def _at(value: Any, place: str, before: str) -> Any:
    """What lies at a place: below a key, a position of a list, or the beginning of tensors' names."""
    entries = _entries(value)
    if place in entries:
        return entries[place]
    keys = sorted((key for key in entries if place.startswith(f"{key}.")), key=len, reverse=True)
    for key in keys:
        return _at(entries[key], place[len(key) + 1 :], f"{before}.{key}".lstrip("."))
    begun = {key[len(place) + 1 :]: inner for key, inner in entries.items() if key.startswith(f"{place}.")}
    if not begun:
        raise UsageError(f"no {place!r}; {_what_lies(value, before)}", hint=_HINT)
    return begun


def _entries(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {str(key): inner for key, inner in dict.items(value) if isinstance(key, str | int)}
    return dict(zip(map(str, range(len(value))), value, strict=True)) if isinstance(value, list | tuple) else {}


def _tensors(value: Any, prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for key, inner in _entries(value).items():
        tensor = tensor_record(inner) or inner
        if is_tensor(tensor):
            yield prefix + key, tensor
        elif depth:
            yield from _tensors(inner, f"{prefix}{key}.", depth - 1)


def _what_lies(value: Any, place: str) -> str:
    """The keys of a mapping, names of tensors up to their first dot."""
    keys = dict.fromkeys(_short(key, inner) for key, inner in _entries(value).items())
    lying = listed(keys, _SHOWN) if keys else f"a {type(value).__name__}"
    return f"{f'at {place} lies' if place else 'there is'} {lying}"


def _short(key: str, inner: Any) -> str:
    return key.partition(".")[0] if is_tensor(tensor_record(inner) or inner) else key
