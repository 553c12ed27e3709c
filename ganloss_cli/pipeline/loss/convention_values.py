"""What the catalogue's conventions give on test inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Convention, Loss, total
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.evaluators.test_inputs.kinds import Form, Probe
from ganloss_cli.evaluators.test_inputs.scenes import Scene, scene


def convention_values(
    loss: Loss, probe: Probe, form: Form, inputs: frozenset[str], *, reflected: bool = False
) -> tuple[dict[str, float], Mapping[str, float]]:
    """What every convention gives on a probe; what one refuses is missing.

    Args:
        loss: of the catalogue.
        probe: the inputs.
        form: as the function gets them: scores may be probabilities.
        inputs: what the function gets; of alternatives the conventions get the same.
        reflected: mix with 1 - u where u was drawn.

    Returns:
        convention -> value, and what sums run over.
    """
    published: dict[str, float] = {}
    counts: Mapping[str, float] = {}
    with shared_computations(), torch.no_grad():
        made = scene(loss, probe, form, reflected=reflected)
        for row in loss.conventions:
            if row.alias_of is not None:
                continue
            if "random" in loss.needs:  # each convention draws from the start
                made = scene(loss, probe, form, reflected=reflected)
            counts = made.counts
            try:
                published[row.name] = _value(loss, row, made, inputs)
            except (GanlossError, RuntimeError, IndexError, ValueError):
                continue  # a lone vector where a loss of pictures looks for axes
    return published, counts


def _value(loss: Loss, row: Convention, made: Scene, inputs: frozenset[str]) -> float:
    settings = {**loss.settings, **made.settings, **row.settings}
    if rate := row.settings.get("configured_rate"):
        settings["sample_rate"] = rate
    elif "sample_rate" in settings:
        settings["sample_rate"] = loss.settings.get("configured_rate") or settings["sample_rate"]
    return total(loss(_as_given(loss, made.batch, inputs), settings))


def _as_given(loss: Loss, batch: Batch, inputs: frozenset[str]) -> Batch:
    """The batch without optional fields that the function does not get either."""
    if not loss.optional:
        return batch
    if loss.family == "cycle":
        networks = {"generator_AB", "generator_BA"} & inputs
        domains = {name[-1] for name in inputs if name.startswith(("rec_", "idt_"))}
        dropped = [name for name in loss.optional if not networks and domains and name[-1] not in domains]
    else:
        dropped = [name for name in loss.optional if name not in inputs]
    return replace(batch, **dict.fromkeys(dropped))
