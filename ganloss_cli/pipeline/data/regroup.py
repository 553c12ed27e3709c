"""Groups of samples with their roles joined, renamed, doubled, or out of order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TypeVar

from ganloss_cli.io.datasets import Group, Reading

V = TypeVar("V")


def joined(group: Group, other: Group, roles: tuple[str, ...]) -> Group:
    """A group with some roles of another one, sample by sample."""

    def read(index: int) -> Reading:
        reading, more = group.read(index), other.read(index)
        added = {role: more.values[role] for role in roles}
        return Reading(values={**reading.values, **added}, digests={**reading.digests, **more.digests})

    return replace(
        group,
        roles=(*group.roles, *roles),
        paths={**group.paths, **{role: other.paths[role] for role in roles}},
        kinds={**group.kinds, **{role: other.kinds[role] for role in roles}},
        read=read,
        hashed=lambda index: {**group.digests(index), **other.digests(index)},
        on_disk=lambda index: (*group.on_disk(index), *other.on_disk(index)),
        called=lambda index: (*group.called(index), *other.called(index)),
    )


def with_tensors(group: Group, added: Mapping[str, str], read: Callable[[int], Reading]) -> Group:
    """A group with roles that are made of what it holds.

    Args:
        group: the samples.
        added: role -> where it is from, in words.
        read: reads a sample with the new roles.
    """
    return replace(
        group,
        roles=(*group.roles, *added),
        paths={**group.paths, **added},
        kinds={**group.kinds, **dict.fromkeys(added, "tensor")},
        read=read,
    )


def without(group: Group, roles: Collection[str]) -> Group:
    """A group without some of its roles."""
    left = {role for role in group.roles if role in roles}
    if not left:
        return group

    def kept(mapping: Mapping[str, V]) -> dict[str, V]:
        return {role: value for role, value in mapping.items() if role not in left}

    def read(index: int) -> Reading:
        reading = group.read(index)
        return Reading(values=kept(reading.values), digests=kept(reading.digests))

    return replace(
        group,
        roles=tuple(role for role in group.roles if role not in left),
        paths=kept(group.paths),
        kinds=kept(group.kinds),
        read=read,
        hashed=lambda index: kept(group.digests(index)),
    )


def renamed(group: Group, names: Mapping[str, str]) -> Group:
    """A group with some roles called otherwise."""

    def read(index: int) -> Reading:
        reading = group.read(index)
        return Reading(values=_keys(reading.values, names), digests=_keys(reading.digests, names))

    return replace(
        group,
        roles=tuple(names.get(role, role) for role in group.roles),
        paths=_keys(group.paths, names),
        kinds=_keys(group.kinds, names),
        sample_rates=_keys(group.sample_rates, names),
        ranges=_keys(group.ranges, names),
        read=read,
        hashed=lambda index: _keys(group.digests(index), names),
    )


def doubled(group: Group) -> Group:
    """The same samples as real and as input."""

    def read(index: int) -> Reading:
        reading = group.read(index)
        return Reading(values={**reading.values, "input": reading.values["real"]}, digests=reading.digests)

    def too(mapping: Mapping[str, V]) -> dict[str, V]:
        return {**mapping, **({"input": mapping["real"]} if "real" in mapping else {})}

    return replace(
        group,
        roles=(*group.roles, "input"),
        paths=too(group.paths),
        kinds=too(group.kinds),
        sample_rates=too(group.sample_rates),
        ranges=too(group.ranges),
        read=read,
    )


def reversed_role(group: Group, role: str) -> Group:
    """A group in which the samples of one role come in reverse order, and those of the others do not."""
    last = len(group.names) - 1

    def read(index: int) -> Reading:
        own, opposite = group.read(index), group.read(last - index)
        return replace(own, values={**own.values, role: opposite.values[role]})

    return replace(group, read=read)


def _keys(mapping: Mapping[str, V], names: Mapping[str, str]) -> dict[str, V]:
    return {names.get(key, key): value for key, value in mapping.items()}
