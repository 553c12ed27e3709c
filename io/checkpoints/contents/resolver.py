"""Which role each network has: by its name, the user's word, its place, its architecture, and what lies beside it.

Torch-free. The same rules serve a single file and all files of a folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.contents.averages import whole
from ganloss_cli.io.checkpoints.contents.naming import Naming, role_of, without_average
from ganloss_cli.io.checkpoints.contents.places import name_outside, stem_of
from ganloss_cli.io.checkpoints.contents.splitting import Part, joined
from ganloss_cli.records.finding import Finding

UNKNOWN_ROLE = "network"
_MOST_PARTS = 4  # that one network is looked for in


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a network.

    Args:
        role: product.md's word, or UNKNOWN_ROLE.
        averaged: whether its weights are an average.
        shapes: of its tensors, by name.
        where: the file, and its name in it.
        place: the file.
        sub: which part of a discriminator it is: "mpd", "msd" ...
        inferred: its role is a conclusion from what lies beside it.
        parts: where it lies, if in several.
    """

    role: str
    place: Path
    averaged: bool
    shapes: Mapping[str, tuple[int, ...]]
    where: str
    sub: str | None = None
    inferred: bool = False
    parts: tuple[str, ...] = ()

    @property
    def is_discriminator(self) -> bool:
        """Whether its role is a discriminator's."""
        return self.role.startswith("discriminator")


def roles_of(
    path: Path, parts: Sequence[Part], config: Mapping[str, Any], *, role: str | None, naming: Naming | None
) -> list[Known]:
    """What is known of each network of a file, in order.

    Args:
        path: the file, whose place speaks for a lone network, and for a raw one beside its average.
        parts: its networks.
        config: its settings.
        role: what the user gave the file as.
        naming: whose names G_A, D_A ... are.

    Raises:
        UsageError: A or B may mean two things and `naming` is not given.
    """
    roles = _roles(path, parts, config, role=role, naming=naming)
    return concluded([known_of(path, part, found) for part, found in zip(parts, roles, strict=True)])


def without_rivals(parts: Sequence[Part], known: Sequence[Known]) -> list[tuple[Part, Known]]:
    """The networks of a file, without those that have a role of which the user says that it lies elsewhere in it.

    Args:
        parts: of a file.
        known: what is known of each.
    """
    said = {part.role for part in parts if part.role}
    pairs = zip(parts, known, strict=True)
    return [(part, one) for part, one in pairs if part.role or one.role not in said]


def known_of(path: Path, part: Part, role: str) -> Known:
    """What is known of a network.

    Args:
        path: its file.
        part: the network.
        role: what it is by a name, or by its architecture.
    """
    name = part.name or name_outside(path)
    return Known(
        role=role,
        place=path,
        averaged=part.averaged,
        shapes=_shapes(part),
        where=f"{path} ({part.called})" if part.called else str(path),
        sub=name.sub if name else None,
    )


def concluded(networks: Sequence[Known], *, several_files: bool = False) -> list[Known]:
    """The same networks, with roles that follow from those of the others.

    The one network beside discriminators alone is the generator, and in another file than a generator, the
    discriminator; an average has the role of what it averages.

    Args:
        networks: of one training state.
        several_files: they are of several files.
    """
    found = _with_averages(networks)
    raws = [k for k, network in enumerate(found) if not network.averaged]
    unknown = [k for k in raws if found[k].role == UNKNOWN_ROLE]
    others = [found[k] for k in raws if k not in unknown]
    kinds = {network.is_discriminator for network in others}
    if len(unknown) == 1 and (kinds == {True} or (kinds == {False} and several_files)):
        role = "generator" if kinds == {True} else "discriminator"
        found[unknown[0]] = replace(found[unknown[0]], role=role, inferred=True)
    return _with_averages(found)


def settled(held: Sequence[tuple[Part, Known]], *, several_files: bool) -> list[tuple[Part, Known] | None]:
    """Networks of one training state with the roles that follow from the others; None for what belongs to another.

    An average without names of its own gets those of a raw network in another file. Parts that fit one architecture
    together, as an encoder and a decoder may, are one network in the place of the first.

    Args:
        held: each, and what is known of it.
        several_files: they are of several files.
    """
    found = _with_parts_joined(held)
    held = [pair for pair in found if pair is not None]
    raws = [part for part, _ in held if not part.averaged]
    parts = [whole(part, raws) if part.averaged and known.role == UNKNOWN_ROLE else part for part, known in held]
    known = [replace(one, shapes=_shapes(part)) for part, (_, one) in zip(parts, held, strict=True)]
    pairs = iter(zip(parts, concluded(known, several_files=several_files), strict=True))
    return [None if pair is None else next(pairs) for pair in found]


def _with_parts_joined(held: Sequence[tuple[Part, Known]]) -> list[tuple[Part, Known] | None]:
    found: list[tuple[Part, Known] | None] = list(held)
    for averaged in (False, True):
        unknown = [k for k, (part, one) in enumerate(held) if one.role == UNKNOWN_ROLE and part.averaged is averaged]
        fitting = parts_that_fit([(held[k][1].place, held[k][0]) for k in unknown])
        if fitting is None:
            continue
        places, part = fitting
        first, *others = (unknown[place] for place in places)
        whole_ = replace(part, averaged=averaged)
        parts = tuple(held[k][1].where for k in (first, *others))
        found[first] = (whole_, replace(held[first][1], role=role_by_architecture(whole_, {}), parts=parts))
        for k in others:
            found[k] = None
    return found


def parts_that_fit(parts: Sequence[tuple[Path, Part]]) -> tuple[tuple[int, ...], Part] | None:
    """Which networks of unknown architecture are one of a known architecture together, and that one.

    Args:
        parts: each with the file that it lies in.
    """
    if len(parts) > _MOST_PARTS:
        return None
    for count in range(len(parts), 1, -1):
        for places in combinations(range(len(parts)), count):
            heads = _heads([parts[k] for k in places])
            tensors = joined({head: parts[k][1].tensors for head, k in zip(heads, places, strict=True)})
            if len(set(heads)) == count and tensors is not None:
                return places, Part(path=parts[places[0]][1].path, tensors=tensors)
    return None


def _heads(parts: Sequence[tuple[Path, Part]]) -> list[str]:
    """What each is called: its key, its file, or where these are alike its folder."""
    heads = [without_average(part.path[-1] if part.path else stem_of(path)) for path, part in parts]
    if len(set(heads)) == len(heads):
        return heads
    return [without_average(path.absolute().parent.name) for path, _ in parts]


def conclusions(networks: Iterable[Known]) -> Iterator[Finding]:
    """What was concluded of networks that no name told: what they are, and what belongs to one.

    Args:
        networks: as they were settled.
    """
    for network in networks:
        if network.parts:
            yield Finding(
                check="joined_parts",
                severity="note",
                message=f"{' and '.join(network.parts)}: parts of one {network.role}, by the architecture they fit",
                evidence={"parts": list(network.parts)},
            )
        if network.inferred and not network.averaged:
            yield _concluded_role(network)


def _concluded_role(network: Known) -> Finding:
    """Why a network has the role that no name and no architecture gave it."""
    others = "a generator" if network.is_discriminator else "made of discriminators"
    return Finding(
        check="concluded_role",
        severity="note",
        message=f"{network.where}: taken for the {network.role}, because all else is {others}",
        hint="name another role with --network ROLE=FILE.py:Class",
    )


def _with_averages(networks: Sequence[Known]) -> list[Known]:
    raws = [network for network in networks if not network.averaged]
    makers = [network for network in raws if network.role != UNKNOWN_ROLE and not network.is_discriminator]
    found = []
    for network in networks:
        if network.averaged and network.role == UNKNOWN_ROLE:
            twins = [raw for raw in raws if raw.shapes == network.shapes] or (makers if len(makers) == 1 else [])
            if twins and twins[0].role != UNKNOWN_ROLE:
                network = replace(network, role=twins[0].role, inferred=True)
        found.append(network)
    return found


def _roles(
    path: Path, parts: Sequence[Part], config: Mapping[str, Any], *, role: str | None, naming: Naming | None
) -> Iterator[str]:
    names = [part.name for part in parts]
    literal = any(name.domain in ("AB", "BA") for name in names if name)
    averaging = [part.averaged for part in parts]
    alone = not any(names) and not any(part.role for part in parts) and len(averaging) == len(set(averaging))
    for part, name in zip(parts, names, strict=True):
        if part.role:
            yield part.role
        elif name:
            yield role_of(name, naming=naming, literal=literal, where=str(path), called=part.called)
        else:
            told = (_told_inside(config) if role is None else None) or _told_outside(path, role, naming)
            told = told if alone else None
            yield told or role_by_architecture(part, config)


def role_by_architecture(part: Part, config: Mapping[str, Any]) -> str:
    """The role of the architecture that a network is recognised as; UNKNOWN_ROLE where it is not."""
    try:
        match = recognise(_shapes(part), config)
    except InputError:  # several recipes fit: who rebuilds the network asks which, and --network may make that needless
        return UNKNOWN_ROLE
    return match.role if match else UNKNOWN_ROLE


def _told_inside(config: Mapping[str, Any]) -> str | None:
    """The role in the header of a file that `ganloss convert` wrote; None where it has none."""
    told = config.get("metadata")
    role = told.get("role") if isinstance(told, Mapping) and told.get("converter") == "ganloss" else None
    return role if isinstance(role, str) and role != UNKNOWN_ROLE else None


def _shapes(part: Part) -> dict[str, tuple[int, ...]]:
    return {key: tuple(tensor.shape) for key, tensor in part.tensors.items()}


def _told_outside(path: Path, role: str | None, naming: Naming | None) -> str | None:
    """The user's word, made more particular by a place of the same kind; else the place's."""
    name = name_outside(path)
    if name is None or (role is not None and not role.startswith(name.kind)):
        return role
    return role_of(name, naming=naming, literal=False, where=str(path), called=path.stem)
