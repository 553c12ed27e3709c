"""The networks that losses look through: for their maps, or for features of whole sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Pooling
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.evaluators.losses.lpips import EXTRA, linear_layers
from ganloss_cli.io.architectures.backbones import (
    BACKBONES,
    FEATURES,
    INCEPTION,
    LPIPS,
    PUBLIC_FILES,
    holds_backbone,
    last_activations,
    rebuild_backbone,
    rebuild_lpips,
)
from ganloss_cli.io.checkpoints import Checkpoint, Network
from ganloss_cli.io.networks.backbones import BackboneFeatures
from ganloss_cli.pipeline.networks.calling import Callee
from ganloss_cli.pipeline.networks.inception import inception_of
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model
from ganloss_cli.pipeline.networks.opening import BACKBONE, Files, record_of
from ganloss_cli.pipeline.networks.ranges import UNIT
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Range, Request

SetOfWeights = Callable[[Checkpoint, Network, str], nn.Module]


Seen = dict[tuple[str, int, Pooling | None], tuple[Tensor, Mapping[str, Tensor]]]


@dataclass(frozen=True, kw_only=True)
class Look:
    """A backbone as a loss calls it: prepared images in, maps of its layers out; one pass for all losses of a step.

    Args:
        built: the network.
        layers: those whose maps are wanted.
        seen: what was looked at before in this step, with all maps; taken in.
    """

    built: BuiltNetwork
    layers: Sequence[str]
    seen: Seen

    @property
    def linear(self) -> Sequence[Tensor]:
        """What LPIPS weighs the channels of each map with."""
        return maps_of(self.built).linear

    def __call__(
        self, images: Tensor, channels: Sequence[int] | None = None, pooling: Pooling | None = None, /
    ) -> list[Tensor]:
        """The maps, as `Backbone` says; with a graph where the images have one."""
        maps_of(self.built).pooling = pooling
        maps = self.built.callees[0](images) if images.requires_grad else self._remembered(images, pooling)
        found = [maps[layer] for layer in self.layers]
        if channels is not None and [each.shape[1] for each in found] != list(channels):
            theirs, wanted = (", ".join(map(str, of)) for of in ([each.shape[1] for each in found], channels))
            raise InputError(f"the backbone gives maps of {theirs} channels, and {wanted} are weighed")
        return found

    def _remembered(self, images: Tensor, pooling: Pooling | None) -> Mapping[str, Tensor]:
        key = (self.built.architecture, id(images), pooling)
        if key not in self.seen:
            with torch.no_grad():
                # the images are kept with their maps, so that their address is never reused
                self.seen[key] = (images, self.built.callees[0](images))
        return self.seen[key][1]


class Backbones(Mapping[str, BuiltNetwork]):
    """By name, those of `--backbone`, and those that lie in torch's hub cache once a loss asks for them.

    Args:
        model: the networks that they are beside; takes in records and findings.
        files: opens each.
        device: where they will run.
        dtype: in which they will.
        user_network: builds what `features` names.
    """

    def __init__(
        self, model: Model, files: Files, device: torch.device, dtype: torch.dtype, user_network: SetOfWeights
    ) -> None:
        self._model, self._files, self._place = model, files, (device, dtype)
        self._user_network = user_network
        self._built: dict[str, BuiltNetwork] = {}
        for named in files.request.backbone:
            self._add(named.name, named.file)

    def __iter__(self) -> Iterator[str]:
        return iter(self._built)

    def __len__(self) -> int:
        return len(self._built)

    def __getitem__(self, name: str) -> BuiltNetwork:
        if name == LPIPS and name not in self._built:
            self._add_lpips()
        elif name not in self._built and (file := cached_file(name)) is not None:
            self._add(name, file)
        return self._built[name]

    def _add(self, name: str, file: Path) -> None:
        """Open and build a network.

        Raises:
            InputError: the file cannot be read, or holds another network.
            UnsafeCheckpointError: it would run code.
        """
        checkpoint = self._files.backbone(file)
        network = _only_network(checkpoint, name)
        where = f"{checkpoint.path}{f' ({network.part})' if network.part else ''}"
        if name == INCEPTION:
            module = inception_of(network, where)
        elif name == FEATURES:
            module = self._user_network(checkpoint, network, where)
        else:
            module = rebuild_backbone(name, network.state_dict, where=where)
        self._model.findings.extend(checkpoint.findings)
        self._keep(name, module, where, checkpoint, network)

    def _add_lpips(self) -> None:
        """The network of LPIPS that lies in a checkpoint, else VGG16 with the linear layers of the package.

        Raises:
            KeyError: there is neither.
        """
        for checkpoint in self._files.checkpoints:
            if checkpoint.lpips:
                network = Network(role=BACKBONE, part=LPIPS, weights="raw", state_dict=checkpoint.lpips)
                where = f"{checkpoint.path} ({LPIPS})"
                self._keep(LPIPS, rebuild_lpips(checkpoint.lpips, where=where), where, checkpoint, network)
                return
        built = self["vgg16"]
        if EXTRA.missing() or not isinstance(built.module, BackboneFeatures):
            raise KeyError(LPIPS)
        built.module.linear = linear_layers("vgg", "0.1")
        self._built[LPIPS] = built

    def _keep(self, name: str, module: nn.Module, where: str, checkpoint: Checkpoint, network: Network) -> None:
        device, dtype = self._place
        module.to(device=device, dtype=dtype).eval()
        for parameter in module.parameters():  # TorchScript modules have no requires_grad_ of their own
            parameter.requires_grad_(False)
        range_, origin = _range(name, self._files.request)
        self._built[name] = BuiltNetwork(
            role=BACKBONE,
            weights="raw",
            callees=[Callee(module=module, name=where)],
            record=len(self._model.records),
            range=range_,
            range_origin=origin,
            scores=None,
            task=None,
            architecture=name,
        )
        n_parameters = sum(parameter.numel() for parameter in module.parameters())
        self._model.records.append(record_of(checkpoint, network, BACKBONE, name, n_parameters, None))


def _range(name: str, request: Request) -> tuple[Range, str]:
    """What the pictures span that it takes; how Inception's are prepared, each loss says."""
    if name == FEATURES and FEATURES in request.network_range:
        return request.network_range[FEATURES], "option"
    return UNIT, "recipe"


def cached_file(name: str) -> Path | None:
    """Where libraries that download the weights of a network keep them, if they lie there."""
    public = PUBLIC_FILES.get(name)
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    return next((folder / each for each in (public.names if public else ()) if (folder / each).is_file()), None)


def _only_network(checkpoint: Checkpoint, name: str) -> Network:
    if name in (INCEPTION, FEATURES):
        found = list(checkpoint.networks)
        wanted = "networks"
    else:
        found = [network for network in checkpoint.networks if holds_backbone(network.state_dict)]
        wanted = "networks with features.0.weight"
    if len(found) == 1:
        return found[0]
    keys = ", ".join(list(checkpoint.networks[0].state_dict)[:3])
    what = f"{len(found)} {wanted}" if found else f"no features.0.weight; its tensors are {keys}"
    raise InputError(f"{checkpoint.path}: {what}", hint=f"save the state dict of {'one' if found else 'torchvision'}'s")


def backbone_of(selected: Selected, model: Model) -> BuiltNetwork | None:
    """The network whose maps this convention compares: the one that its source names, else the first one given."""
    wanted = selected.convention.backbone
    given = [name for name in model.backbones if name in BACKBONES]
    name = wanted or next(iter(given), None)
    return model.backbones.get(name) if name else None


def layers_of(selected: Selected, model: Model) -> tuple[str, ...]:
    """The layers that this convention compares: those that its source names, else the last ReLU of each block."""
    built = backbone_of(selected, model)
    return selected.convention.layers or (last_activations(built.architecture) if built else ())


def missing_layers(selected: Selected, model: Model) -> tuple[str, ...]:
    """Those of them that the backbone at hand does not have."""
    built = backbone_of(selected, model)
    if BACKBONE not in selected.loss.needs or built is None:
        return ()
    names = maps_of(built).names
    return tuple(layer for layer in layers_of(selected, model) if layer not in names)


def want_layers(model: Model, losses: Iterable[Selected]) -> list[Finding]:
    """Have each backbone give the maps of all layers that some loss compares, and say which those are."""
    readers = {selected.typed: selected for selected in losses if BACKBONE in selected.loss.needs}
    wanted: dict[int, tuple[BackboneFeatures, set[str]]] = {}
    findings = []
    for selected in readers.values():
        built = backbone_of(selected, model)
        if built is None:
            raise AssertionError(f"{selected.typed} has no backbone")
        maps, layers = maps_of(built), layers_of(selected, model)
        wanted.setdefault(id(maps), (maps, set()))[1].update(layers)
        findings.append(
            Finding(
                check="backbone_layers",
                severity="note",
                message=f"{selected.typed} compares {', '.join(layers)} of {built.architecture}",
                evidence={"loss": selected.typed, "backbone": built.architecture, "layers": list(layers)},
            )
        )
    for maps, layers_of_all in wanted.values():
        maps.layers = tuple(name for name in maps.names if name in layers_of_all)
    return findings


def maps_of(built: BuiltNetwork) -> BackboneFeatures:
    """The network itself, of one that losses look through for its maps."""
    module = built.module
    if not isinstance(module, BackboneFeatures):
        raise AssertionError(f"{type(module).__name__} is no backbone")
    return module
