"""Labels for conditional networks: those of the data, else drawn for what is generated."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import torch

from ganloss_cli.io.datasets import Group, Reading
from ganloss_cli.io.samples import LISTED, Labels
from ganloss_cli.pipeline.data.randomness import draw, place_of
from ganloss_cli.pipeline.data.regroup import with_tensors
from ganloss_cli.pipeline.networks.models import Model
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding


def number_of_classes(model: Model) -> int | None:
    """How many classes the recognised networks know; None where none of them takes labels."""
    tasks = (network.task for network in model.networks.values())
    return max((task.n_classes for task in tasks if task is not None and task.n_classes), default=None)


def with_labels_beside(groups: tuple[Group, ...], model: Model) -> tuple[tuple[Group, ...], tuple[Finding, ...]]:
    """The groups with the labels that lie beside their samples, where a network takes labels and none are given.

    Args:
        groups: the data.
        model: the networks.

    Returns:
        the groups, and where the labels are from.
    """
    networks = model.networks.values()
    takes = any(callee.takes_label for network in networks for callee in network.callees)
    vectors = tuple(_vectors(group.labels) for group in groups if group.labels and group.labels.attributes)
    if vectors:
        return groups, vectors
    beside = [group for group in groups if group.labels is not None]
    if not beside or any("label" in group.roles for group in groups):
        return groups, ()
    if not takes:
        return groups, tuple(_unused(group.labels) for group in beside if group.labels and not group.labels.classes)
    told = tuple(group if group.labels is None else _with_own_labels(group, group.labels) for group in groups)
    return told, tuple(_used(group.labels) for group in beside if group.labels)


def _with_own_labels(group: Group, labels: Labels) -> Group:
    def own(index: int) -> dict[str, bytes]:
        return {"label": hashlib.sha256(str(labels.values[index]).encode()).digest()}

    def read(index: int) -> Reading:
        reading = group.read(index)
        values = {**reading.values, "label": torch.tensor(labels.values[index])}
        return Reading(values=values, digests={**reading.digests, **own(index)})

    told = with_tensors(group, {"label": labels.found}, read)
    return replace(told, hashed=lambda index: {**group.digests(index), **own(index)})


def _used(labels: Labels) -> Finding:
    if not labels.classes:
        message = f"labels are those of {labels.found}"
        return Finding(check="labels_beside_data", severity="note", message=message)
    numbered = listed((f"{number} '{name}'" for number, name in enumerate(labels.classes)), LISTED)
    return Finding(
        check="labels_from_folders",
        severity="note",
        message=f"{labels.found}: labels are the numbers of the class folders in alphabetical order: {numbered}",
        evidence={"classes": list(labels.classes)},
        hint="give others with --label, one a sample",
    )


def _vectors(labels: Labels) -> Finding:
    message = f"{labels.found}: its labels are vectors of {labels.attributes} numbers, and no class; they are not used"
    hint = "give classes with --label, one a sample, where a network takes them"
    return Finding(check="labels_not_used", severity="note", message=message, hint=hint)


def _unused(labels: Labels) -> Finding:
    message = f"{labels.found}: holds labels, and there is no network that takes them"
    return Finding(check="labels_not_used", severity="note", message=message)


def labelled(groups: tuple[Group, ...], model: Model, seed: int) -> tuple[tuple[Group, ...], tuple[Finding, ...]]:
    """The groups with the labels that nobody needs to give.

    A network of one class is told that class. Latents without labels get labels drawn uniformly from all classes, one
    for every seed and sample.

    Args:
        groups: with the labels of the data, where it has any.
        model: the networks.
        seed: of the run.

    Returns:
        the groups, and what is worth reporting.
    """
    n_classes = number_of_classes(model)
    if n_classes is None:
        return groups, ()
    drawn = [group for group in groups if "label" not in group.roles and (n_classes == 1 or "latents" in group.roles)]
    told = tuple(_with_labels(group, n_classes, seed) if group in drawn else group for group in groups)
    if n_classes == 1 or not drawn:
        return told, ()
    finding = Finding(
        check="labels_drawn",
        severity="note",
        message=f"the labels of the fakes are drawn uniformly from {n_classes} classes",
        evidence={"n_classes": n_classes},
        hint="give labels with --label, one a sample",
    )
    return told, (finding,)


def _with_labels(group: Group, n_classes: int, seed: int) -> Group:
    def read(index: int) -> Reading:
        reading = group.read(index)
        place = draw(seed, place_of(index), "label", (), "uniform")
        label = torch.tensor(int(float(place) * n_classes))  # in double precision the product stays below n_classes
        return Reading(values={**reading.values, "label": label}, digests=reading.digests)

    where = "the only class" if n_classes == 1 else f"uniform over {n_classes} classes, seed {seed}"
    return with_tensors(group, {"label": where}, read)
