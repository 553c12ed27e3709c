"""Which samples belong together: by name, never by order. Torch-free."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ganloss_cli.errors import InputError
from ganloss_cli.io.roles import LATENT_ROLES, SEPARATION_ROLES
from ganloss_cli.io.samples import Source, quoted
from ganloss_cli.records.listing import grouped
from ganloss_cli.records.report import Finding

# Words that say which of a pair a file is. They are left out of a name only where that makes the pairing one-to-one.
MARKER = re.compile(
    r"""[_\-. ](?: real_?[ab] | fake_?[ab] | rec_?[ab] | idt_?[ab] | lr | hr | sr | lq | hq | gt | x[1-9]\d?
                 | real | fake | input | target | output | out | generated | gen | noisy | clean | enhanced
                 | wav | flac )
        (?= [_\-. ] | $ )
      | (?<= [0-9a-z] ) (?: x[2-8] )+ (?= [_\-. ] | $ )""",
    re.IGNORECASE | re.VERBOSE,
)
FAMILIES = (
    LATENT_ROLES,
    SEPARATION_ROLES,
    ("real", "label", "pitch", "phones", "coarse_pitch", "text"),
    ("real_A", "fake_B", "rec_A", "idt_A"),
    ("real_B", "fake_A", "rec_B", "idt_B"),
)


@dataclass(frozen=True, kw_only=True)
class Match:
    """Sources whose samples belong together.

    Args:
        sources: one or more.
        names: one a sample, sorted.
        indices: for each source, the position in it of each sample.
    """

    sources: tuple[Source, ...]
    names: tuple[str, ...]
    indices: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """The matches, and what was left out of names to find them."""

    matches: tuple[Match, ...]
    findings: tuple[Finding, ...]


def pair(sources: Sequence[Source], *, pair_by: re.Pattern[str] | None = None, unpaired: bool = False) -> Pairing:
    """Put together what belongs together.

    Files pair by their names; if two sources share any, they are paired, and then every file needs a partner. Arrays
    have no names: those with equal counts pair by position. Lone files, one a role, are a pair whatever their names.

    Args:
        sources: of different roles.
        pair_by: its first group, or the whole match, is the name that pairs.
        unpaired: real, fake and input never pair, whatever their names.

    Returns:
        every source in exactly one match.

    Raises:
        InputError: two samples of a role have the same name, a sample has no partner, or `pair_by` does not match.
    """
    families = grouped((_family(source.roles[0]) if unpaired else "", source) for source in sources)
    matches: list[Match] = []
    findings: list[Finding] = []
    for family in families.values():
        for members in _components(family, pair_by):
            match, finding = _matched(members, pair_by)
            matches.append(match)
            findings.extend(finding)
    return Pairing(matches=tuple(matches), findings=tuple(findings))


def _family(role: str) -> str:
    """Roles that stay together even where nothing else pairs: a sample and what networks said or made of it."""
    for family in FAMILIES:
        if role in family:
            return family[0]
    return role.removesuffix("_logits").removesuffix("_features")


def _components(sources: Sequence[Source], pattern: re.Pattern[str] | None) -> list[list[Source]]:
    """Sources that share a name, directly or through others; arrays by their counts."""
    components: list[list[Source]] = []
    for source in sources:
        joined = [one for one in components if any(_related(source, member, pattern) for member in one)]
        components = [one for one in components if not any(one is other for other in joined)]
        components.append([member for one in joined for member in one] + [source])
    return components


def _related(first: Source, second: Source, pattern: re.Pattern[str] | None) -> bool:
    if "positions" in (first.named_by, second.named_by):
        return first.named_by == second.named_by and len(first.names) == len(second.names)
    if first.named_by == second.named_by == "itself":
        return True
    if not set(_keys(first, pattern)).isdisjoint(_keys(second, pattern)):
        return True
    if pattern is not None:
        return False
    stripped = [_stripped(source.names) for source in (first, second)]
    return all(len(set(names)) == len(names) for names in stripped) and not set(stripped[0]).isdisjoint(stripped[1])


def _matched(members: Sequence[Source], pattern: re.Pattern[str] | None) -> tuple[Match, list[Finding]]:
    if all(source.named_by != "files" for source in members) and len(members) > 1:
        return _by_position(members)
    keys = [_keys(source, pattern if len(members) > 1 else None) for source in members]
    for source, own in zip(members, keys, strict=True):
        _refuse_doubles(source, own)
    if len({frozenset(own) for own in keys}) == 1:
        return _by_key(members, keys), []
    stripped = [_stripped(source.names) for source in members]
    one_to_one = len({tuple(sorted(own)) for own in stripped}) == 1 and len(set(stripped[0])) == len(stripped[0])
    if pattern is None and one_to_one:
        return _by_key(members, stripped), [_said(members, stripped)]
    closest = keys if pattern else max(keys, stripped, key=lambda each: len(set.intersection(*map(set, each))))
    raise _partnerless(members, closest)


def _by_position(members: Sequence[Source]) -> tuple[Match, list[Finding]]:
    count = len(members[0].names)
    match = Match(sources=tuple(members), names=members[0].names, indices=(tuple(range(count)),) * len(members))
    places = sorted({source.path for source in members})
    if len(places) == 1 or members[0].named_by == "itself":
        return match, []
    finding = Finding(
        check="paired_by_position",
        severity="note",
        message=f"the {count} samples of {quoted(places)} have no names and were paired in their order",
        evidence={"paths": places},
        hint="give --unpaired if they do not belong together",
    )
    return match, [finding]


def _by_key(members: Sequence[Source], keys: Sequence[Sequence[str]]) -> Match:
    names = tuple(sorted(keys[0]))
    positions = [{key: position for position, key in enumerate(own)} for own in keys]
    return Match(
        sources=tuple(members),
        names=names,
        indices=tuple(tuple(where[name] for name in names) for where in positions),
    )


def _keys(source: Source, pattern: re.Pattern[str] | None) -> tuple[str, ...]:
    if pattern is None:
        return source.names
    matches = [pattern.search(name) for name in source.names]
    unmatched = [name for name, match in zip(source.names, matches, strict=True) if match is None]
    if unmatched:
        raise InputError(
            f"{source.path}: --pair-by '{pattern.pattern}' does not match {quoted(unmatched)}",
            hint="it is searched in relative paths without suffix",
        )
    return tuple((match[1] or "") if pattern.groups else match[0] for match in matches if match)


def _stripped(names: Iterable[str]) -> tuple[str, ...]:
    """Names without the words that say which of a pair a file is, in the file's own name only."""
    split = [name.rpartition("/") for name in names]
    return tuple(f"{folder}{slash}{MARKER.sub('', last) or last}" for folder, slash, last in split)


def _refuse_doubles(source: Source, keys: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for position, key in enumerate(keys):
        if key in seen:
            raise InputError(
                f"{source.path}: '{source.files[seen[key]]}' and '{source.files[position]}' are both '{key}'",
                hint="keep one of them, or tell them apart with --pair-by REGEX",
            )
        seen[key] = position


def _said(members: Sequence[Source], stripped: Sequence[Sequence[str]]) -> Finding:
    markers = {
        source.roles[0]: sorted({mark for name in source.names for mark in MARKER.findall(name.rpartition("/")[2])})
        for source in members
    }
    left_out = [mark for own in markers.values() for mark in own]
    example = " and ".join(
        f"'{source.names[own.index(min(own))]}'" for source, own in zip(members, stripped, strict=True)
    )
    return Finding(
        check="names_stripped",
        severity="note",
        message=f"files were paired without {quoted(dict.fromkeys(left_out))} in their names: {example}",
        evidence={"left_out": markers, "pairs": len(stripped[0])},
        hint="give --pair-by REGEX to pair in another way, or --unpaired",
    )


def _partnerless(members: Sequence[Source], keys: Sequence[Sequence[str]]) -> InputError:
    everywhere = set.intersection(*map(set, keys))
    alone: Mapping[str, list[str]] = {
        f"{source.roles[0]} ({source.path})": [
            source.files[position] for position, key in enumerate(own) if key not in everywhere
        ]
        for source, own in zip(members, keys, strict=True)
    }
    parts = [f"{len(names)} of {where}: {quoted(names)}" for where, names in alone.items() if names]
    return InputError(
        f"{members[0].path}: files without a partner in every role; {'; '.join(parts)}",
        hint="add or remove files, pair in another way with --pair-by REGEX, or give --unpaired",
    )
