"""From series to the records of the report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ganloss_cli.evaluators.catalogue import Convention
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.run.arguments import context_for, images_range
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.provenance import settings_as_json
from ganloss_cli.pipeline.run.series import Outcome, Series
from ganloss_cli.records.evidence import LOSS
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding, Result, SampleValues

MOST_NAMES = 10


def results(
    plan: Plan, series: Sequence[Series], forward: Forward, largest_batch: int
) -> tuple[tuple[Result, ...], tuple[Finding, ...]]:
    """The result of every run, and findings about them."""
    computed, findings = [], []
    for run, values in zip(plan.runs, series, strict=True):
        if run.selected.typed in plan.not_applicable or not values.n_updates:
            continue
        outcome = values.outcome(_is_paired(run))
        names = _names(outcome, forward.groups)
        computed.append(_result(run, outcome, values.sub_discriminators, names, forward, largest_batch))
        if outcome.remark:
            message = f"{run.label}: {outcome.remark}"
            findings.append(Finding(check="real_against_real", severity="note", message=message))
        if outcome.non_finite:
            findings.append(_non_finite(run, outcome, names))
        findings += _known(run, outcome)
    return tuple(computed), tuple(findings)


def _result(
    run: Run,
    outcome: Outcome,
    sub_discriminators: int | None,
    names: tuple[str, ...],
    forward: Forward,
    largest_batch: int,
) -> Result:
    loss, request = run.loss, forward.request
    settings = run.selected.settings(context_for(run, forward))
    because = _batch_dependence(run, settings, forward, largest_batch)
    network = forward.model.get(run.network, run.forward_weights()) if run.network else None
    logged = _logged_otherwise(run, forward)
    return Result(
        loss=loss.name,
        convention=run.selected.convention.name,
        value=outcome.value,
        reason=outcome.reason,
        count=outcome.count,
        standard_error=outcome.standard_error,
        minimum=outcome.minimum,
        median=outcome.median,
        maximum=outcome.maximum,
        non_finite=outcome.non_finite,
        non_finite_samples=names,
        higher_is_better=run.selected.higher_is_better,
        equilibrium=loss.equilibrium_at(sub_discriminators or 1, settings),
        unit=loss.unit,
        settings=settings_as_json(settings),
        batch_dependent=because is not None,
        batch_dependent_because=because,
        over=request.over,
        sub_discriminators=sub_discriminators,
        terms=outcome.terms,
        checkpoint=network.record if network else None,
        network=run.network,
        domain=run.domain,
        weights=run.weights or (network.weights if network else None),
        mode=request.mode if network else None,
        range=images_range(run, forward) if _reads_images(run, forward.groups) else None,
        reference=loss.reference,
        mistake=run.selected.convention.mistake,
        logs=f"{loss.name}:{logged.name}" if logged else None,
        logs_mistake=logged.mistake if logged else None,
        library=loss.extra.versions() if loss.extra else None,
        typed=run.selected.typed,
    )


def _logged_otherwise(run: Run, forward: Forward) -> Convention | None:
    """The convention that the training of a recognised architecture logs, where the default is another one."""
    loss, row = run.loss, run.selected.convention
    for name in sorted(run.networks):
        task = forward.model.get(name, run.forward_weights()).task
        logged = task.logs.get(loss.name) if task else None
        theirs = next((each for each in loss.conventions if each.name == logged), row)
        if row is loss.default and row.name not in (theirs.name, theirs.alias_of):
            return theirs
    return None


def _batch_dependence(run: Run, settings: Mapping[str, Any], forward: Forward, largest_batch: int) -> str | None:
    request = forward.request
    if (because := run.loss.depends_on_batch(settings)) is not None:
        return because
    if request.mode == "train" and run.networks:
        return f"train mode: statistics of batches of up to {largest_batch}, and dropout"
    if request.over == "batch":
        return f"evaluated in batches of up to {largest_batch} (--over batch)"
    return next(filter(None, map(forward.model.mixes, sorted(run.networks))), None)


def _reads_images(run: Run, groups: tuple[Group, ...]) -> bool:
    kinds = {role: group.kinds[role] for group in groups for role in group.roles}
    return any(kinds.get(origin.role) == "image" for origin in run.origins.values()) or run.loss.images == "image_only"


def _is_paired(run: Run) -> bool:
    return len({origin.space for origin in run.origins.values()}) == 1


def _names(outcome: Outcome, groups: tuple[Group, ...]) -> tuple[str, ...]:
    return tuple(groups[space].names[place] for space, place in outcome.non_finite_places)


def _known(run: Run, outcome: Outcome) -> Iterator[Finding]:
    """Values of samples that have a meaning of their own, as a zero of a product has."""
    row, values = run.selected.convention, outcome.per_sample[1] if outcome.per_sample else np.empty(0)
    as_published = run.loss.default.name in (row.name, row.alias_of)
    for known, meaning in run.loss.known_values.items():
        n = int((values == known).sum())
        # other conventions scale or shift it, but zero
        if n and math.isfinite(known) and (as_published or (known == 0 and not row.inverted)):
            yield Finding(
                check="value_with_a_meaning",
                severity="note",
                message=f"{run.label}: {n} of {len(values)} samples {'is' if n == 1 else 'are'} exactly {known:g}:"
                f" {meaning}",
                evidence={LOSS: run.selected.typed, "value": known, "samples": n},
            )


def _non_finite(run: Run, outcome: Outcome, names: tuple[str, ...]) -> Finding:
    values = outcome.per_sample[1] if outcome.per_sample else np.empty(0)
    infinite = outcome.reason == "infinite" and bool(np.isposinf(values).any())
    are = "sample is" if outcome.count == 1 else "samples are"
    return Finding(
        check="non_finite_loss",
        severity="error",
        message=f"{run.label}: {outcome.non_finite} of {outcome.count} {are} not finite"
        + (f": {listed(names, MOST_NAMES)}" if names else ""),
        evidence={LOSS: run.selected.typed, "reason": outcome.reason, "samples": list(names)},
        hint=run.loss.known_values.get(math.inf if infinite else math.nan),
    )


def sample_values(plan: Plan, series: Sequence[Series], groups: tuple[Group, ...]) -> tuple[SampleValues, ...]:
    """Each sample's value of each loss, None where a loss has none for a single sample."""
    labels = [run.label for run in plan.runs if run.selected.typed not in plan.not_applicable]
    rows: dict[int, dict[str, Any]] = {}
    for run, values in zip(plan.runs, series, strict=True):
        if run.selected.typed in plan.not_applicable or not values.n_updates:
            continue
        per_sample = values.outcome(_is_paired(run)).per_sample
        if per_sample is not None:
            rows.setdefault(per_sample[0], {})[run.label] = per_sample[1]
    spaces = sorted(rows) or [0]
    return tuple(
        SampleValues(name=name, values={label: _finite(rows.get(space, {}).get(label), place) for label in labels})
        for space in spaces
        for place, name in enumerate(groups[space].names)
    )


def _finite(values: Any, place: int) -> float | None:
    if values is None or place >= len(values) or not np.isfinite(values[place]):
        return None
    return float(values[place])


def describe_plan(plan: Plan, forward: Forward) -> dict[str, Any]:
    """What a dry run shows."""
    return {
        "data": [
            {
                "roles": list(group.roles),
                "paths": dict(group.paths),
                "kinds": sorted(set(group.kinds.values())),
                "samples": len(group.names),
                "paired": len(group.roles) > 1,
                "first": list(group.names[:5]),
            }
            for group in forward.groups
        ],
        "networks": [
            {
                "role": role,
                "weights": weights,
                "architecture": network.architecture,
                "range": list(network.range),
                "range_from": network.range_origin,
                "channels": network.channels,
                "scores": network.scores,
                "features": network.features,
                "conditional": network.conditional,
                "parts": len(network.callees),
                "file": forward.model.records[network.record].path,
                "name_in_file": forward.model.records[network.record].name_in_file,
            }
            for (role, weights), network in forward.model.networks.items()
        ],
        "losses": [
            {
                "loss": run.selected.typed,
                "convention": run.selected.convention.name,
                "domain": run.domain,
                "weights": run.weights,
                "network": run.network,
                "settings": settings_as_json(run.selected.settings(context_for(run, forward))),
                "changed": _changed(run, run.selected.settings(context_for(run, forward))),
                "reads": {name: _route(origin) for name, origin in run.origins.items()},
            }
            for run in plan.runs
        ],
    }


def _changed(run: Run, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from those of the loss's function."""
    return settings_as_json({name: value for name, value in settings.items() if value != run.loss.settings[name]})


def _route(origin: Any) -> str:
    """How a role is come by, such as discriminator(generator(input))."""
    return f"{origin.network}({_route(origin.source)})" if origin.network else origin.role
