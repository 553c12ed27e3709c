"""`--dry-run`: the data, the networks and the losses of a plan, of which nothing is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.pipeline.run.arguments import context_for
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.provenance import settings_as_json


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
            for (role, weights), network in (
                *forward.model.networks.items(),
                *(((network.role, network.weights), network) for network in forward.model.backbones.values()),
            )
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
