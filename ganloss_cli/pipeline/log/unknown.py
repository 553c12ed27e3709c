"""Tags of a log that are no loss of the catalogue, and what they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ganloss_cli.evaluators.known_tags import nearest_known
from ganloss_cli.pipeline.log.held import LoggedSeries
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding

_MOST = 12  # tags that a message names


def unknown_tags(tagged: Sequence[LoggedSeries], *, held: bool) -> Iterator[Finding]:
    """A note on the tags that nothing is held against.

    Args:
        tagged: the tags of the log.
        held: whether the others are held against a checkpoint; without one they are told where none is known and
            some are nearly.
    """
    unknown = [entry.series.tag for entry in tagged if entry.meaning is None]
    if not unknown or not (held or (len(unknown) == len(tagged) and any(map(nearest_known, unknown)))):
        return
    yield Finding(
        check="unknown_tags",
        severity="note",
        message=f"not known as losses: {listed(unknown, _MOST)}",
        evidence={"tags": unknown},
        hint=map_hint(unknown),
    )


def map_hint(unknown: Sequence[str]) -> str:
    """How to say what tags are, with what the first of them are likely to be.

    Args:
        unknown: the tags.
    """
    near = {tag: found.losses[0] for tag in unknown if (found := nearest_known(tag)) is not None and found.losses}
    if not near:
        return "say what one is with --map TAG=LOSS"
    return f"did you mean {' '.join(f'--map {tag}={loss}' for tag, loss in [*near.items()][:3])}?"
