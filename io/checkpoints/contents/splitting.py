"""The networks of one state dict: several where its keys begin with roles, or with the marks of an average.

Torch-free: anything with a shape counts as a tensor.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ganloss_cli.io.checkpoints.contents.content_rules import is_recognised, kind_of_state
from ganloss_cli.io.checkpoints.contents.naming import Name, any_averaged, any_role, is_averaged, read_name

Tensors = Mapping[str, Any]

_WRAPPERS = ("module.", "_orig_mod.")  # DataParallel, torch.compile
_OF_LIGHTNING = (("state_dict",), ("current_model_state",))
_OWN_NAMES = re.compile(r"model\.(?!model\.)[A-Za-z_]")  # what Lightning trains is mostly called model
# a network that is saved in two: what stands before a generator belongs to it
_PART_OF = {"S": "G", "SE": "GE"}
# counters among the tensors of an average: torch's AveragedModel, ema-pytorch, LitEma
_COUNTERS = {"n_averaged": ("n_averaged",), "initted": ("initted", "step"), "num_updates": ("num_updates", "decay")}
_UPDATES = "steps"  # MMEngine's, which is one beside wrapped names alone


@dataclass(frozen=True, kw_only=True)
class Part:
    """One network of a file: how it is called there, by nested keys, its tensors, and its role where the user says."""

    path: tuple[str, ...]
    tensors: Tensors
    averaged: bool = False
    role: str | None = None

    @property
    def called(self) -> str:
        """The file's own name for it; empty where the file is nothing but the network."""
        return ".".join(self.path)

    @property
    def name(self) -> Name | None:
        """What its name says, from the innermost key outwards."""
        return next((name for key in reversed(self.path) if (name := read_name(key))), None)


def networks_in(part: Part, left_over: list[str]) -> list[Part]:
    """The networks of one state dict.

    Args:
        part: the state dict.
        left_over: receives the names of what is no network of the training.
    """
    tensors, counts = without_counters(part.tensors)
    return _split(part.path, tensors, part.averaged or "n_averaged" in counts, left_over)


def without_counters(tensors: Tensors) -> tuple[dict[str, Any], set[str]]:
    """Tensors without the counters of an average, which are no parameters, and the names of those."""
    counts = {name for mark, names in _COUNTERS.items() if _is_one(tensors.get(mark)) for name in names}
    if all(key.startswith(_WRAPPERS) or key == _UPDATES for key in tensors):
        counts.add(_UPDATES)
    return {key: value for key, value in tensors.items() if key not in counts}, counts & tensors.keys()


def _is_one(value: Any) -> bool:
    return value is not None and all(size == 1 for size in value.shape)


def _split(path: tuple[str, ...], tensors: Tensors, averaged: bool, left_over: list[str]) -> list[Part]:
    tensors = unwrapped(tensors)
    if path[-1:] in _OF_LIGHTNING and tensors and all(map(_OWN_NAMES.match, tensors)):
        tensors = {key.removeprefix("model."): value for key, value in tensors.items()}
    groups = _joined(_grouped(tensors))
    roles = any_role(tensors)
    names = {head: read_name(head, whole=True) if roles else None for head in groups}
    if all(names.values()) or len({name.kind for name in names.values() if name}) > 1:
        left_over += [".".join((*path, head)) for head, name in names.items() if not name]
        named = {head: name for head, name in names.items() if name}
        return [
            piece
            for head, name in named.items()
            for piece in _inner(Part(path=(*path, head), tensors=groups[head], averaged=averaged or name.averaged))
        ]
    discriminators, holders = _discriminators(groups, names) if roles else ({}, set())
    rest = {head: inner for head, inner in groups.items() if head not in holders and (head,) not in discriminators}
    averages = {head: inner for head, inner in rest.items() if _is_average(head, rest)} if any_averaged(rest) else {}
    if discriminators or averages:
        left_over += [".".join((*path, head, *loose)) for head in holders for loose in _loose(groups[head])]
        pieces = [Part(path=path + key, tensors=unwrapped(inner)) for key, inner in discriminators.items()]
        for head, inner in averages.items():
            inside, _ = without_counters(inner)
            pieces += _split((*path, head), inside, True, left_over)
        makers = {head: inner for head, inner in rest.items() if head not in averages}
        beheaded = [piece.tensors.keys() for piece in pieces if piece.averaged]
        return _maker(path, makers, averaged and not averages, left_over, beheaded) + pieces
    if roles and len(groups) == 1:
        [(head, inner)] = groups.items()
        if {name.kind for key in _grouped(inner) if (name := read_name(key, whole=True))} == {
            "generator",
            "discriminator",
        }:
            return _split((*path, head), inner, averaged, left_over)
    return [_reading(Part(path=path, tensors=tensors, averaged=averaged))]


def _inner(part: Part) -> list[Part]:
    """A named network, which may itself be an average beside what it averages."""
    tensors, counts = without_counters(unwrapped(part.tensors))
    groups = _grouped(tensors)
    if len(groups) > 1 and all((name := read_name(head, whole=True)) and name.sub for head in groups):
        return [Part(path=(*part.path, head), tensors=unwrapped(inner)) for head, inner in groups.items()]
    averages = [head for head in groups if _is_average(head, groups)]
    if not averages:
        return [_reading(Part(path=part.path, tensors=tensors, averaged=part.averaged or "n_averaged" in counts))]
    return [
        Part(path=(*part.path, head), tensors=unwrapped(inner), averaged=head in averages)
        for head, inner in groups.items()
    ]


def _discriminators(
    groups: Mapping[str, Tensors], names: Mapping[str, Name | None]
) -> tuple[dict[tuple[str, ...], Tensors], set[str]]:
    """Discriminators by their keys, and the heads that hold one beside other things, as a loss does."""
    discriminators: dict[tuple[str, ...], Tensors] = {}
    holders = set()
    for head, inner in groups.items():
        name = names[head]
        if name and name.kind == "discriminator" and any("." in key for key in inner):
            discriminators[(head,)] = inner
        elif name is None:
            within = {sub: named for sub in _grouped(inner) if len(sub) > 2 and (named := read_name(sub, whole=True))}
            if {named.kind for named in within.values()} == {"discriminator"}:
                discriminators |= {(head, sub): _grouped(inner)[sub] for sub in within}
                holders.add(head)
    return discriminators, holders


def _loose(held: Tensors) -> list[tuple[str, ...]]:
    """What lies beside a discriminator in what holds it."""
    kept = {sub for sub in _grouped(held) if (name := read_name(sub, whole=True)) and name.kind == "discriminator"}
    return [(sub,) for sub in sorted({key.partition(".")[0] for key in held}) if sub not in kept]


def _is_average(head: str, groups: Mapping[str, Tensors]) -> bool:
    """Whether a group of tensors is the average of the others: by its head, and by names that are theirs."""
    if not is_averaged(head):
        return False
    mine, _ = without_counters(groups[head])
    others = {other: inner for other, inner in groups.items() if other != head}
    cores = [mine, *(inner for inside, inner in _grouped(mine).items() if is_averaged(inside))]
    if not others or any(core.keys() == unwrapped(inner).keys() for core in cores for inner in others.values()):
        return True
    whole = {f"{other}{key}".replace(".", "") for other, inner in others.items() for key in inner}
    inside = {key.replace(".", "") for inner in others.values() for key in inner}
    return all("." not in key for key in mine) and any(mine.keys() & names for names in (whole, inside))


def _maker(
    path: tuple[str, ...],
    groups: Mapping[str, Tensors],
    averaged: bool,
    left_over: list[str],
    beheaded: Collection[Collection[str]],
) -> list[Part]:
    """What is left beside discriminators and averages: one network, in as many parts as it may have."""
    kinds = {head: kind_of_state(inner) for head, inner in groups.items() if any("." in key for key in inner)}
    aside = [head for head, kind in kinds.items() if kind != "network"] if "network" in kinds.values() else []
    left_over += [".".join((*path, head)) for head in aside]
    kept = {head: inner for head, inner in groups.items() if head not in aside}
    if not kept:
        return []
    if len(kept) == 1 and (inner := unwrapped(kept[head := next(iter(kept))])).keys() in beheaded:
        return [Part(path=(*path, head), tensors=inner, averaged=averaged)]  # its average has lost its head too
    tensors = {_key(head, key): value for head, inner in kept.items() for key, value in inner.items()}
    return [_reading(Part(path=path, tensors=tensors, averaged=averaged))]


def joined(parts: Mapping[str, Tensors]) -> dict[str, Any] | None:
    """Parts with disjoint names that fit one architecture, as one network; None where they do not.

    Args:
        parts: each by its name, which may belong before the names of its tensors.
    """
    whole = {_key(head, key): value for head, inner in parts.items() for key, value in inner.items()}
    together = _without_heads(parts)
    return together or (whole if len(whole) == len(_names(parts)) and is_recognised(whole) else None)


def _names(parts: Mapping[str, Tensors]) -> set[str]:
    return {key for inner in parts.values() for key in inner}


def _without_heads(parts: Mapping[str, Tensors]) -> dict[str, Any] | None:
    together = {key: value for inner in parts.values() for key, value in inner.items()}
    return together if len(together) == sum(map(len, parts.values())) and is_recognised(together) else None


def _reading(part: Part) -> Part:
    """A network under the names that its architecture gives to its tensors: parts that fit one architecture are one."""
    if is_recognised(part.tensors):
        return part
    groups = _grouped(part.tensors)
    if len(groups) == 1 and "." not in (head := next(iter(groups))):
        inner = unwrapped(groups[head])
        return Part(path=(*part.path, head), tensors=inner, averaged=part.averaged) if is_recognised(inner) else part
    together = _without_heads(groups)
    return part if together is None else Part(path=part.path, tensors=together, averaged=part.averaged)


def _joined(groups: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Networks that are saved in two under known letters, each as one, under the letters of the raw network."""
    joined = dict(groups)
    for head, owner in _PART_OF.items():
        if head in groups and owner in groups:
            both = {_PART_OF["S"]: groups[owner], "S": groups[head]}
            joined[owner] = {f"{letter}.{key}": value for letter, inner in both.items() for key, value in inner.items()}
            del joined[head]
    return joined


def unwrapped(tensors: Tensors) -> dict[str, Any]:
    """The same tensors without the prefixes of wrapping modules, where every key has them.

    Args:
        tensors: by name.
    """
    tensors = dict(tensors)
    while prefix := next(
        (wrap for wrap in _WRAPPERS if tensors and all(key.startswith(wrap) for key in tensors)), None
    ):
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return tensors


def _grouped(tensors: Tensors) -> dict[str, dict[str, Any]]:
    """Tensors by the first component of their keys; a key without a dot is a group of its own, which has no role."""
    groups: dict[str, dict[str, Any]] = {}
    for key, value in tensors.items():
        head, dot, rest = key.partition(".")
        groups.setdefault(head if dot else f"{key}.", {})[rest or key] = value
    return groups


def _key(head: str, key: str) -> str:
    return key if head.endswith(".") else f"{head}.{key}"
