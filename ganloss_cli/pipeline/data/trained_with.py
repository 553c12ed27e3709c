"""How a training read its pictures, where the options that it left beside its checkpoint say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ganloss_cli.io.samples import DataSet
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request


def as_trained(
    request: Request, data: DataSet, model: Model, reopen: Callable[[Request], DataSet]
) -> tuple[Request, DataSet]:
    """The request and the data with the halves and the direction that the training had.

    Pictures twice as wide as high are A beside B where the training's `dataset_mode` is aligned; its `direction` says
    which is the generator's input. What the user says wins.

    Args:
        request: every choice.
        data: as they were found without these settings.
        model: what the checkpoints say of their training.
        reopen: finds the data anew.
    """
    direction = request.direction or model.training.get("direction")
    if direction not in ("AtoB", "BtoA"):
        direction = None
    if request.aligned is None and model.training.get("dataset_mode") == "aligned" and _are_halves(data):
        request = replace(request, aligned="AB", direction=direction or "AtoB")
        return request, _saying(reopen(request), "dataset_mode is aligned: A and B side by side", request.direction)
    two_domains = any("real_A" in group.roles for group in data.groups) and "generator" in model.roles()
    if two_domains and request.direction is None and direction is not None:
        return replace(request, direction=direction), _saying(data, f"direction is {direction}", direction)
    return request, data


def _are_halves(data: DataSet) -> bool:
    if len(data.groups) != 1 or data.groups[0].roles != ("real",) or data.groups[0].kinds["real"] != "image":
        return False
    group = data.groups[0]
    if not group.names:
        return False
    *_, height, width = group.read(0).values["real"].shape  # type: ignore[union-attr]
    return bool(width == 2 * height)


def _saying(data: DataSet, what: str, direction: str | None) -> DataSet:
    finding = Finding(
        check="read_as_trained",
        severity="note",
        message=f"the options beside the checkpoint say that {what}; read so, {direction}",
        hint="say otherwise with --aligned and --direction",
    )
    return replace(data, findings=(*data.findings, finding))
