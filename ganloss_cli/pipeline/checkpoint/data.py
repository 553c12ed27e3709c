"""The part of an audit that runs networks: opens the data, sends some samples through, keeps what checks look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from ganloss_cli.errors import NothingEvaluatedError
from ganloss_cli.evaluators.checks.observed import (
    AuditedFakes,
    AuditedJudge,
    AuditedPairs,
    AuditedRun,
    LossInDtypes,
)
from ganloss_cli.io.datasets import DataSet, Group, open_data
from ganloss_cli.pipeline.checkpoint.discriminators import JudgesSeen
from ganloss_cli.pipeline.checkpoint.generators import FakesSeen
from ganloss_cli.pipeline.checkpoint.precision import losses_in_dtypes
from ganloss_cli.pipeline.checkpoint.what_if import largest_activations
from ganloss_cli.pipeline.data.batching import Chunk, chunks
from ganloss_cli.pipeline.data.inputs import arrange
from ganloss_cli.pipeline.networks.devices import choose_dtype
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.pipeline.run.facts import first_samples, probe
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.provenance import inputs, sample_shapes
from ganloss_cli.pipeline.run.roles import Graph
from ganloss_cli.progress import Progress
from ganloss_cli.records.checkpoint import AuditRequest, Measurement
from ganloss_cli.records.report import Finding, Input
from ganloss_cli.records.request import Request

# a side; the interval of an AUC is then no wider than 0.06, and --limit asks for more
SAMPLES = 1024
# what is looked at in several ways: other ranges, orders, modes, gradients
PROBED = 64


@dataclass(kw_only=True)
class Subjects:
    """What checks of data look at."""

    runs: list[AuditedRun] = field(default_factory=list)
    judges: list[AuditedJudge] = field(default_factory=list)
    fakes: list[AuditedFakes] = field(default_factory=list)
    pairs: list[AuditedPairs] = field(default_factory=list)
    losses: list[LossInDtypes] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    inputs: tuple[Input, ...] = ()

    def of(self, kind: str) -> Sequence[Any]:
        """The subjects of one kind."""
        kinds: dict[str, Sequence[Any]] = {
            "run": self.runs, "judge": self.judges, "fakes": self.fakes, "pairs": self.pairs, "losses": self.losses,
        }  # fmt: skip
        return kinds[kind]


def gather(
    audit: AuditRequest, device: torch.device, wanted: frozenset[str], progress: Progress | None = None
) -> Subjects:
    """Run the networks on some samples.

    Args:
        audit: which networks and data.
        device: where to run.
        wanted: the kinds of subjects that some check asks for.
        progress: is told how far the work is.

    Raises:
        GanlossError: a network or the data cannot be read, or do not fit.
    """
    request = audit.request if audit.request.limit else replace(audit.request, limit=SAMPLES)
    found = Subjects()
    forward, groups, mixing = _prepared(request, device, _opened(request), found.findings)
    probed = first_samples(groups, PROBED)
    found.inputs = inputs(groups, sample_shapes(probed), request)
    step = forward.step(groups, probed)
    judges = JudgesSeen(forward, groups, mixing) if wanted & {"judge"} else None
    fakes = FakesSeen(forward, groups) if wanted & {"fakes", "pairs"} else None
    for pieces in _steps(groups, request, forward, progress):
        seen = forward.step(groups, pieces)
        for watcher in (judges, fakes):
            if watcher is not None:
                watcher.see(seen)
    if "run" in wanted:
        found.runs = largest_activations(step)
    if judges is not None:
        held_out = _holdout(audit, request, device)
        found.judges, measured = judges.finished(step, held_out)
        found.measurements += measured
    if fakes is not None:
        found.fakes, found.pairs, measured = fakes.finished()
        found.measurements += measured
    if "losses" in wanted and request.losses:
        found.losses = losses_in_dtypes(request)
    return found


def _opened(request: Request) -> DataSet:
    return open_data(request) if request.data is not None or request.roles else DataSet(groups=(), findings=())


def _prepared(
    request: Request, device: torch.device, data: DataSet, findings: list[Finding]
) -> tuple[Forward, tuple[Group, ...], dict[str, str]]:
    dtype = choose_dtype(request.dtype, device)
    model = load_model(request, device, dtype)
    arranged = arrange(data, model, request)
    if not any(group.names for group in arranged.groups):
        raise NothingEvaluatedError("no samples")
    graph = Graph(arranged.spaces(), model.roles(), frozenset())
    forward = Forward(model=model, graph=graph, request=request, device=device, dtype=dtype, want_features=False)
    learnt, mixing = probe(forward, arranged.groups)
    findings += [*arranged.findings, *learnt]
    return forward, arranged.groups, mixing


def _holdout(audit: AuditRequest, request: Request, device: torch.device) -> tuple[Forward, tuple[Group, ...]] | None:
    """The networks once more, with the reals that the discriminator has not seen."""
    if audit.holdout is None:
        return None
    alone = replace(request, data=None, roles={"real": str(audit.holdout)}, rename=())
    forward, groups, _ = _prepared(alone, device, open_data(alone), [])
    return forward, groups


def _steps(
    groups: tuple[Group, ...], request: Request, forward: Forward, progress: Progress | None
) -> Iterator[tuple[Chunk, ...]]:
    """Batches of every group side by side; a group that has run out gives empty ones."""
    networks = forward.model.networks.values()
    multiple = max((callee.group or 1 for network in networks for callee in network.callees), default=1)
    streams = [chunks(group, request.batch_size, request.workers, multiple) for group in groups]
    last = list(first_samples(groups))
    if progress:
        progress.start(max(len(group.names) for group in groups), "auditing")
    try:
        while True:
            pieces = [next(stream, None) for stream in streams]
            if all(piece is None for piece in pieces):
                return
            last = [piece or before for piece, before in zip(pieces, last, strict=True)]
            yield tuple(piece or before.empty() for piece, before in zip(pieces, last, strict=True))
            if progress:
                progress.advance(max(len(piece.indices) for piece in pieces if piece is not None))
    finally:
        if progress:
            progress.stop()
