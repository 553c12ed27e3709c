"""The scale of a super-resolution that its file does not tell, from the sizes of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor

from ganloss_cli.io.architectures.recipes import UndecidedError
from ganloss_cli.io.datasets import DataSet
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

_IMAGE = 3  # axes of one


def loaded_at_scale(
    request: Request, load: Callable[[Request], Model], open_: Callable[[Request], DataSet]
) -> tuple[Model, tuple[Finding, ...]]:
    """The networks; where one has several scales, at that of the first input and its real.

    Args:
        request: every choice.
        load: builds the networks of a request.
        open_: finds its data.

    Raises:
        InputError: a network cannot be built, and the data do not tell its scale.
    """
    try:
        return load(request), ()
    except UndecidedError as error:
        scale = _scale(open_(request)) if list(error.choices) == ["scale"] else None
        if scale not in error.choices.get("scale", ()):
            raise
    generator = {**request.arch_args.get("generator", {}), "scale": str(scale)}
    model = load(replace(request, arch_args={**request.arch_args, "generator": generator}))
    finding = Finding(
        check="scale_of_data",
        severity="note",
        message=f"the generator has several scales; real is {scale} times as large as input, so it is run at {scale}",
        evidence={"scale": scale},
    )
    return model, (finding,)


def _scale(data: DataSet) -> int | None:
    """How many times as large real is as input, but for a remainder that fills no pixel; None where nothing tells."""
    group = next((group for group in data.groups if {"input", "real"} <= set(group.roles) and group.names), None)
    if group is None:
        return None
    small, large = (group.read(0).values[role] for role in ("input", "real"))
    if not (isinstance(small, Tensor) and isinstance(large, Tensor) and small.dim() == large.dim() == _IMAGE):
        return None
    scales = {real // given for given, real in zip(small.shape[1:], large.shape[1:], strict=True)}
    return scales.pop() if len(scales) == 1 and min(scales) > 1 else None
