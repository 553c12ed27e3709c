"""The order of colours that a training's reader of files made is that of files; tensors are what the network saw."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from ganloss_cli.evaluators.batch import IMAGE_ROLES
from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

_COLOURS = 3


def in_our_order(group: Group, model: Model, request: Request) -> tuple[Group, tuple[Finding, ...]]:
    """A group whose tensors of colour images are turned from the order of a recognised network to ours, RGB.

    Arrays of whole numbers, whose range is known, are pictures as files hold them, and stay.

    Args:
        group: the samples.
        model: the networks.
        request: an order that the user names is that of the networks alone: then all data are RGB.

    Returns:
        the group, and what is worth saying of it.
    """
    turned = [network for network in model.networks.values() if network.channels == "BGR"]
    seen = [role for role in group.roles if group.kinds[role] != "audio" and role not in group.ranges]
    if not turned or request.channel_order is not None or not IMAGE_ROLES & set(seen) or not group.names:
        return group, ()
    first = group.read(0).values
    roles = [role for role in seen if role in IMAGE_ROLES and _is_colour(first[role])]
    if not roles:
        return group, ()

    def read(index: int) -> Reading:
        reading = group.read(index)
        values = {role: value.flip(0) if role in roles and isinstance(value, Tensor) else value
                  for role, value in reading.values.items()}  # fmt: skip
        return replace(reading, values=values)

    finding = Finding(
        check="tensors_in_order_of_network",
        severity="note",
        message=f"{', '.join(roles)}: the tensors are taken for what the network saw, blue first, as {turned[0].role}"
        " takes images",
        evidence={"roles": roles},
        hint="--channel-order BGR says that they are RGB",
    )
    return replace(group, read=read), (finding,)


def _is_colour(value: object) -> bool:
    return isinstance(value, Tensor) and value.dim() == _COLOURS and value.shape[0] == _COLOURS
