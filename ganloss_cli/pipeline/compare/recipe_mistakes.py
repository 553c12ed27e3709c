"""A recipe's numbers on given networks and data, as they should be and computed wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ganloss_cli.io.datasets import DataSet
from ganloss_cli.pipeline.data.regroup import renamed, reversed_role
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request
from ganloss_cli.pipeline.evaluate.planned import Change
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.request import Request

_OFF = 0.01
_SIDES = ("generator", "discriminator")
_PARTNERS = {"generator_AB": "generator_BA", "discriminator_A": "discriminator_B"}
_OTHER_RANGE = {(-1.0, 1.0): (0.0, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A way to compute it wrong.

    Args:
        name: what a person would say was done.
        change: what it does to the networks and the data.
        request: what it asks for instead; None for the same.
    """

    name: str
    change: Change | None = None
    request: Request | None = None


def recipe_values(request: Request, mistake: Mistake | None = None) -> dict[str, float | None]:
    """The recipe's terms and totals by the names of its log; None where one cannot be had.

    Args:
        request: names the recipe, the checkpoints and the data.
        mistake: what to do wrong.

    Raises:
        GanlossError: the networks or the data cannot be read, or do not fit.
    """
    wrong = mistake or Mistake(name="")
    report = evaluate_request(wrong.request or request, change=wrong.change)
    return {result.typed: result.value for result in report.results}


def recipe_mistakes(request: Request) -> Iterator[Mistake]:
    """What applies to these networks and data: other weights, exchanged networks, samples out of order, another mode.

    Args:
        request: of the right computation.

    Raises:
        GanlossError: the networks or the data cannot be read.
    """
    model, data = _looked_at(request)
    for side in _SIDES:
        if any(role.startswith(side) for role in model.roles()):
            yield Mistake(name=f"weights of every {side} off by 1 %", change=_altered(side, request.seed, _off))
            shuffled = _altered(side, 0, _shuffled)
            yield Mistake(name=f"weights of every {side} shuffled within each tensor", change=shuffled)
    for one, other in _PARTNERS.items():
        if {one, other} <= model.roles():
            yield Mistake(name=f"{one} and {other} exchanged", change=_exchanged(one, other))
            yield Mistake(name=f"{other} with the weights of {one}", change=_merged(one, other))
    if any(built.range in _OTHER_RANGE for built in model.networks.values()):
        yield Mistake(name="images fed on [0, 1] instead of [-1, 1]", change=_on_another_range)
    for group in data.groups:
        for role in group.roles[1:]:
            name = f"samples of {role} in reverse order, those of {group.roles[0]} not"
            yield Mistake(name=name, change=_reversed(role))
    if {"real_A", "real_B"} <= {role for group in data.groups for role in group.roles}:
        yield Mistake(name="A and B exchanged", change=_domains_exchanged)
    if request.mode == "eval":
        yield Mistake(name="networks in train mode", request=replace(request, mode="train"))


def _looked_at(request: Request) -> tuple[Model, DataSet]:
    """The networks and the data of a request; nothing is evaluated."""
    seen: list[tuple[Model, DataSet]] = []

    def look(model: Model, data: DataSet) -> DataSet:
        seen.append((model, data))
        return data

    evaluate_request(replace(request, dry_run=True), change=look)
    return seen[0]


def _altered(side: str, seed: int, alter: Callable[[Tensor, torch.Generator], None]) -> Change:
    """Every parameter of one side altered in place, with one stream of random numbers for all."""

    def change(model: Model, data: DataSet) -> DataSet:
        generator = torch.Generator().manual_seed(seed)
        for (role, _), built in model.networks.items():
            for callee in built.callees if role.startswith(side) else ():
                for parameter in callee.module.parameters():
                    alter(parameter, generator)
        return data

    return change


def _off(parameter: Tensor, generator: torch.Generator) -> None:
    """Times 1 + 0.01 z, z standard normal."""
    parameter.mul_(1 + _OFF * torch.randn(parameter.shape, generator=generator).to(parameter))


def _shuffled(parameter: Tensor, generator: torch.Generator) -> None:
    """It keeps its values and loses their places: what training has learnt is gone, the statistics are not."""
    order = torch.randperm(parameter.numel(), generator=generator).to(parameter.device)
    parameter.copy_(parameter.flatten()[order].view_as(parameter))


def _exchanged(one: str, other: str) -> Change:
    def change(model: Model, data: DataSet) -> DataSet:
        first, second = model.get(one, "raw"), model.get(other, "raw")
        first.callees, second.callees = second.callees, first.callees
        return data

    return change


def _merged(one: str, other: str) -> Change:
    """The bug of a conversion that fills one dictionary for all networks: the last one wins."""

    def change(model: Model, data: DataSet) -> DataSet:
        model.get(other, "raw").callees = model.get(one, "raw").callees
        return data

    return change


def _on_another_range(model: Model, data: DataSet) -> DataSet:
    for built in model.networks.values():
        built.range = _OTHER_RANGE.get(built.range, built.range)
    return data


def _reversed(role: str) -> Change:
    def change(_model: Model, data: DataSet) -> DataSet:
        groups = (reversed_role(group, role) if role in group.roles else group for group in data.groups)
        return replace(data, groups=tuple(groups))

    return change


def _domains_exchanged(_model: Model, data: DataSet) -> DataSet:
    exchanged = {"real_A": "real_B", "real_B": "real_A"}
    return replace(data, groups=tuple(renamed(group, exchanged) for group in data.groups))
