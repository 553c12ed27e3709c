"""Networks and data brought together: inputs, what a call tells of each network, and the roles that come of it."""

from __future__ import annotations

from dataclasses import replace

import torch

from ganloss_cli.errors import NothingEvaluatedError
from ganloss_cli.io.datasets import DataSet
from ganloss_cli.pipeline.data.inputs import prepare_inputs
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.run.facts import network_facts
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.roles import Graph
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request


def prepare(
    model: Model, data: DataSet, request: Request, device: torch.device, dtype: torch.dtype
) -> tuple[Forward, tuple[Finding, ...]]:
    """Give the networks their inputs, and learn of each whether it wants them flat, is conditional, returns features.

    Args:
        model: the networks as they were loaded; it stays as it is, and may be prepared for other data.
        data: as they were found.
        request: every choice.
        device: where the computing happens.
        dtype: in which it happens.

    Returns:
        what sends the data through the networks, of which all is known, and what is worth reporting.

    Raises:
        UsageError: the data lack something that a network takes.
        InputError: a network cannot take the data.
        NothingEvaluatedError: there are no samples.
    """
    inputs = prepare_inputs(data, model, request)
    if not any(group.names for group in inputs.groups):
        raise NothingEvaluatedError("no samples")
    graph = Graph(inputs.spaces(), model.roles(), ())
    loaded = Forward(model=model, groups=inputs.groups, graph=graph, request=request, device=device, dtype=dtype)
    known, findings = network_facts(loaded)
    return replace(loaded, model=known, graph=_graph(known, loaded)), (*inputs.findings, *findings)


def _graph(known: Model, loaded: Forward) -> Graph:
    """Where each role comes from, now that it is known what the networks give."""
    networks = [(role, built) for (role, _), built in known.networks.items()]
    kinds = {group.kinds[role] for group in loaded.groups for role in group.roles if role in ("mixture", "target")}
    return replace(
        loaded.graph,
        gives_features={role for role, built in networks if built.features},
        gives={role: {*built.beside, *(("mask",) if built.makes_masks else ())} for role, built in networks},
        has_magnitudes=loaded.stft is not None or kinds == {"tensor"},
    )
