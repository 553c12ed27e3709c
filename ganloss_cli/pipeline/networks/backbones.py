"""The classification network whose feature maps perceptual losses compare."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.io.architectures.backbones import holds_backbone, last_activations, rebuild_backbone
from ganloss_cli.io.checkpoints import Checkpoint, Network
from ganloss_cli.io.networks.backbones import BackboneFeatures
from ganloss_cli.pipeline.networks.calling import Callee
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model
from ganloss_cli.pipeline.networks.opening import BACKBONE, Files, record_of
from ganloss_cli.pipeline.networks.ranges import UNIT
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request


def load_backbone(model: Model, files: Files, request: Request, device: torch.device, dtype: torch.dtype) -> None:
    """Put the network of `--backbone`, whose file is opened like any checkpoint, beside the others.

    Raises:
        InputError: the file cannot be read, or holds another network.
        UnsafeCheckpointError: it would run code.
    """
    checkpoint = files.backbone
    if request.backbone is None or checkpoint is None:
        return
    name = request.backbone.name
    network = _only_backbone(checkpoint, name)
    where = f"{checkpoint.path}{f' ({network.part})' if network.part else ''}"
    module = rebuild_backbone(name, network.state_dict, where=where).to(device=device, dtype=dtype)
    module.requires_grad_(False)
    model.findings.extend(checkpoint.findings)
    model.networks[BACKBONE, "raw"] = BuiltNetwork(
        role=BACKBONE,
        weights="raw",
        callees=[Callee(module=module, name=where)],
        record=len(model.records),
        range=UNIT,
        range_origin="recipe",
        scores=None,
        task=None,
        architecture=name,
    )
    n_parameters = sum(parameter.numel() for parameter in module.parameters())
    model.records.append(record_of(checkpoint, network, BACKBONE, name, n_parameters, None))


def _only_backbone(checkpoint: Checkpoint, name: str) -> Network:
    found = [network for network in checkpoint.networks if holds_backbone(network.state_dict)]
    if len(found) == 1:
        return found[0]
    keys = ", ".join(list(checkpoint.networks[0].state_dict)[:3])
    what = f"{len(found)} networks with features.0.weight" if found else f"no features.0.weight; its tensors are {keys}"
    raise InputError(f"{checkpoint.path}: {what}", hint=f"save the state dict of torchvision's {name}")


def layers_of(selected: Selected, model: Model) -> tuple[str, ...]:
    """The layers that this convention compares: those that its source names, else the last ReLU of each block."""
    return selected.convention.layers or last_activations(model.get(BACKBONE, "raw").architecture)


def missing_layers(selected: Selected, model: Model) -> tuple[str, ...]:
    """Those of them that the backbone at hand does not have, or that it has of another network."""
    if BACKBONE not in selected.loss.needs or BACKBONE not in model.roles():
        return ()
    architecture = model.get(BACKBONE, "raw").architecture
    if selected.convention.backbone not in (None, architecture):
        return layers_of(selected, model)
    names = _network(model).names
    return tuple(layer for layer in layers_of(selected, model) if layer not in names)


def want_layers(model: Model, losses: Iterable[Selected]) -> list[Finding]:
    """Have the backbone give the maps of all layers that some loss compares, and say which those are."""
    readers = [selected for selected in losses if BACKBONE in selected.loss.needs]
    if not readers:
        return []
    network = _network(model)
    wanted = {layer for selected in readers for layer in layers_of(selected, model)}
    network.layers = tuple(name for name in network.names if name in wanted)
    architecture = model.get(BACKBONE, "raw").architecture
    return [
        Finding(
            check="backbone_layers",
            severity="note",
            message=f"{selected.typed} compares {', '.join(layers_of(selected, model))} of {architecture}",
            evidence={"loss": selected.typed, "backbone": architecture, "layers": list(layers_of(selected, model))},
        )
        for selected in {selected.typed: selected for selected in readers}.values()
    ]


def _network(model: Model) -> BackboneFeatures:
    module = model.get(BACKBONE, "raw").module
    if not isinstance(module, BackboneFeatures):
        raise AssertionError(f"{type(module).__name__} is no backbone")
    return module
