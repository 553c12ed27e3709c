"""Under which conditions a number may have been computed, other than those of the run that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ganloss_cli.pipeline.networks.ranges import RANGES
from ganloss_cli.records.report import Input, Mode
from ganloss_cli.records.request import Request

# The usual batch of DCGAN, WGAN-GP and DiscoGAN, where no --batch-size tells another one.
BATCH = 64


@dataclass(frozen=True, kw_only=True)
class RunCondition:
    """One thing done differently.

    Args:
        words: what it is, for the report: {"mode": "train"}.
        request: the run with it.
        same: whether nothing can come of it, so that the plain run's numbers are its own.
    """

    words: Mapping[str, str]
    request: Request
    same: bool = False


def conditions(request: Request, plan: Mapping[str, Any], inputs: Iterable[Input]) -> Iterator[RunCondition]:
    """Everything that might have been different, one thing at a time.

    Args:
        request: the run as it was asked for.
        plan: what its dry run says of networks and data.
        inputs: what the plain run read.
    """
    networks = plan["networks"]
    if not networks:
        return
    other: Mode = "train" if request.mode == "eval" else "eval"
    yield RunCondition(words={"mode": other}, request=replace(request, mode=other))
    if _take_images(plan):
        yield from _ranges(request, networks)
        yield from _orders(request, networks, inputs)
    size = request.batch_size or BATCH
    if any(entry["samples"] > size for entry in plan["data"]):
        words = {"samples": f"the first batch of {size}"}
        yield RunCondition(words=words, request=replace(request, limit=size, batch_size=size))


def _ranges(request: Request, networks: Iterable[Mapping[str, Any]]) -> Iterator[RunCondition]:
    """Other ranges of the images that networks expect, unless the user said which."""
    if request.network_range:
        return
    assumed = {tuple(network["range"]) for network in networks}
    for low, high in RANGES:
        if {(low, high)} != assumed:
            words = {"network range": f"[{low:g}, {high:g}]"}
            yield RunCondition(words=words, request=replace(request, network_range={None: (low, high)}))


def _orders(request: Request, networks: Iterable[Mapping[str, Any]], inputs: Iterable[Input]) -> Iterator[RunCondition]:
    if request.channel_order is None:
        of_files = any(network["channels"] == "BGR" for network in networks) and any(entry.range for entry in inputs)
        order: Literal["RGB", "BGR"] = "RGB" if of_files else "BGR"  # tensors are in the network's order already
        changed = replace(request, channel_order=order)
        yield RunCondition(words={"channel order": order}, request=changed, same=_without_colour(inputs))


def _without_colour(inputs: Iterable[Input]) -> bool:
    """Whether no sample has three channels to exchange: the reals are known, and the fakes are shaped like them."""
    shapes = {entry.role: entry.shape for entry in inputs}
    reals = {"real", "real_A", "real_B"} & shapes.keys()
    return bool(reals) and all(shape is not None and shape[0] != 3 for shape in shapes.values() if shape != ())


def _take_images(plan: Mapping[str, Any]) -> bool:
    return any(kind in ("image", "tensor") for entry in plan["data"] for kind in entry["kinds"])
