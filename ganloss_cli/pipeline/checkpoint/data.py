"""The part of an audit that runs networks: sends some samples through, and keeps what checks look at."""

from __future__ import annotations

from dataclasses import replace

import torch

from ganloss_cli.io.datasets import DataSet, open_data
from ganloss_cli.pipeline.checkpoint.discriminators import DiscriminatorScores, drawn_of
from ganloss_cli.pipeline.checkpoint.generators import FakesSeen
from ganloss_cli.pipeline.checkpoint.precision import losses_in_dtypes
from ganloss_cli.pipeline.checkpoint.subjects import Subjects
from ganloss_cli.pipeline.checkpoint.what_if import Activations, WhatIfs
from ganloss_cli.pipeline.data.batching import first_samples
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.data.scale import loaded_at_scale
from ganloss_cli.pipeline.data.segments import uncut
from ganloss_cli.pipeline.data.trained_with import as_trained
from ganloss_cli.pipeline.networks.devices import choose_dtype
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.pipeline.networks.opening import Files
from ganloss_cli.pipeline.run.facts import prepare
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.provenance import inputs, sample_shapes
from ganloss_cli.pipeline.run.steps import Steps
from ganloss_cli.progress import Progress
from ganloss_cli.records.checkpoint import AuditRequest
from ganloss_cli.records.request import Request

# a side; the interval of an AUC is then no wider than 0.06, and --limit asks for more
SAMPLES = 1024
# what is looked at in several ways: other ranges, orders, modes, gradients
TRIED = 64


def gather(
    audit: AuditRequest, files: Files, device: torch.device, wanted: frozenset[str], progress: Progress | None = None
) -> Subjects:
    """Run the networks on some samples.

    Args:
        audit: which networks and data.
        files: the checkpoints, as they were opened.
        device: where to run.
        wanted: the kinds of subjects that some check asks for.
        progress: is told how far the work is.

    Raises:
        GanlossError: a network or the data cannot be read, or do not fit.
    """
    request = audit.request if audit.request.limit else replace(audit.request, limit=SAMPLES)
    dtype = choose_dtype(request.dtype, device)
    model, scaled = loaded_at_scale(request, lambda asked: load_model(asked, device, dtype, lambda _: files), _open)
    request, data = as_trained(request, _open(request), model, _open)
    prepared, findings = prepare(model, uncut(request, data, model, open_data), request, device, dtype)
    forward = replace(prepared, want_features=False)
    first = first_samples(forward.groups, TRIED)
    scores = DiscriminatorScores(forward) if "discriminator" in wanted else None
    fakes = FakesSeen(forward) if wanted & {"fakes", "pairs"} else None
    # fakes first: they watch the passes whose scores are read
    consumers = [consumer for consumer in (fakes, scores) if consumer is not None]
    Steps(forward=forward, consumers=consumers, batch_size=request.batch_size).run(progress, "auditing")
    found = Subjects(findings=(*scaled, *findings), inputs=inputs(forward.groups, sample_shapes(first), request))
    activations = Activations() if "run" in wanted else None
    what_ifs = WhatIfs(scores.observed, first) if scores else None
    tried = [consumer for consumer in (activations, what_ifs) if consumer is not None]
    Steps(forward=forward, consumers=tried).take(first)
    if activations is not None:
        found.of["run"] = activations.runs()
    if scores is not None and what_ifs is not None:
        unseen = _holdout_scores(audit, model, forward)
        seen, measured = scores.finished(what_ifs, unseen)
        found.of["discriminator"], found.separation = seen, tuple(drawn_of(one, request) for one in seen)
        found.measurements += measured
    if fakes is not None:
        found.of["fakes"], found.of["pairs"], measured = fakes.finished()
        found.measurements += measured
    if "losses" in wanted and request.losses:
        found.of["losses"] = losses_in_dtypes(request, Kept(opened=files))
    return found


def _open(request: Request) -> DataSet:
    """The data, of which a generator that takes latents needs none."""
    return open_data(request) if request.data is not None or request.roles else DataSet(groups=(), findings=())


def _holdout_scores(audit: AuditRequest, model: Model, forward: Forward) -> DiscriminatorScores | None:
    """Scores of the reals that the discriminator has not seen, by the same networks."""
    if audit.holdout is None:
        return None
    # as the training read its data, halves side by side too; --map and the options of roles name the seen data's files
    alone = replace(forward.request, data=audit.holdout, roles={}, rename={})
    alone, found = as_trained(alone, open_data(alone), model, open_data)
    data = uncut(alone, found, model, open_data)
    held_out, _ = prepare(model, data, alone, forward.device, forward.dtype)
    scores = DiscriminatorScores(replace(held_out, want_features=False), sides=("real",))
    consumers = [scores]
    Steps(forward=scores.forward, consumers=consumers, spaces=scores.spaces, batch_size=alone.batch_size).run(
        None, "auditing"
    )
    return scores
