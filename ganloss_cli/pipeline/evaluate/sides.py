"""What a loss sees of one sample: its real and its fake, whichever of their outputs it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from ganloss_cli.pipeline.networks.ranges import Ranged
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Run
from ganloss_cli.pipeline.run.roles import OTHER_NAMES, Domain, Origin
from ganloss_cli.records.report import Weights

Seen = Literal["image", "audio"]
SIDES = ("real", "fake")


def sides_of(run: Run, forward: Forward) -> Mapping[str, Origin]:
    """Where the real and the fake come from that belong to a sample of a loss, as far as there is anything to see."""
    read = {side: origin for side in SIDES if (origin := _read(run, side)) is not None}
    spaces = {origin.space for origin in read.values()}
    if len(spaces) != 1:  # of unpaired ones no sample has both
        return {}
    beside = {side: forward.graph.find(side, run.domain) for side in SIDES if side not in read}
    found = {**read, **{side: origin for side, origin in beside.items() if origin and origin.space in spaces}}
    weights = run.forward_weights()
    return {side: found[side] for side in SIDES if side in found and kind_of(found[side], forward, run.domain, weights)}


def sides_in(forward: Forward, domain: str | None) -> Mapping[str, Origin]:
    """What the data themselves hold of a sample, whatever reads it."""
    domain = next((known for known in get_args(Domain) if known == domain), None)
    found = [(side, forward.graph.find(side, domain)) for side in SIDES]
    seen = {side: origin for side, origin in found if origin and kind_of(origin, forward, domain, "raw")}
    first = next((origin.space for origin in seen.values()), None)
    return {side: origin for side, origin in seen.items() if origin.space == first}


def kind_of(origin: Origin, forward: Forward, domain: Domain | None, weights: Weights) -> Seen | None:
    """Whether samples are to be looked at, or listened to; None for neither."""
    if origin.network is None:
        kind = forward.groups[origin.space].kinds.get(origin.role)
        return kind if kind in ("image", "audio") else None
    made = forward.empty((origin.role, weights), lambda first: first.produce(origin, domain, weights))
    if not isinstance(made, Ranged):
        return None
    if made.tensor.dim() == 4 and made.range is not None:
        return "image"
    return "audio" if made.tensor.dim() == 3 and rate_of(forward) is not None else None


def rate_of(forward: Forward) -> int | None:
    """Of the recordings, in Hz, where all have the same."""
    rates = {rate for group in forward.groups for rate in group.sample_rates.values()}
    return rates.pop() if len(rates) == 1 else None


def _read(run: Run, side: str) -> Origin | None:
    for role in (side, OTHER_NAMES[side]):
        if role in run.origins:
            return run.origins[role]
    outputs = (run.origins.get(f"{side}_{output}") for output in ("logits", "features"))
    return next((origin.source for origin in outputs if origin and origin.source), None)
