"""One step of a run: what the networks make of some samples, each output computed once and only if asked for."""

from __future__ import annotations

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.batch import FEATURE_ROLES, IMAGE_ROLES, LOGIT_ROLES, Backbone, Features, LastLayer
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.evaluators.seen_pictures import SeenPictures
from ganloss_cli.evaluators.set_moments import SetMoments
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.architectures.backbones import INCEPTION
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.data.batching import Chunk, Value, first_samples, mapped
from ganloss_cli.pipeline.data.randomness import SampleRandom
from ganloss_cli.pipeline.data.separator import stft_of
from ganloss_cli.pipeline.data.sounds import Sounds
from ganloss_cli.pipeline.networks.backbones import Look, Seen, backbone_of, layers_of
from ganloss_cli.pipeline.networks.models import BuiltNetwork, Model
from ganloss_cli.pipeline.networks.outputs import DiscriminatorOutput
from ganloss_cli.pipeline.networks.ranges import UNIT, Ranged
from ganloss_cli.pipeline.networks.streaming import StreamedOutput
from ganloss_cli.pipeline.networks.tiling import tiled
from ganloss_cli.pipeline.run.roles import SET_NETWORKS, Domain, Graph, Origin, real_beside, side_of
from ganloss_cli.records.report import Weights
from ganloss_cli.records.request import Range, Request


@dataclass(kw_only=True)
class Forward:
    """The networks and data of a run with everything that decides how samples go through them.

    Args:
        model: the networks.
        groups: the samples.
        graph: where each role comes from.
        request: for the range of tensor files, quantisation and tiles.
        device: where the computing happens.
        dtype: in which it happens.
        want_features: whether anyone reads feature maps; they are dropped at once where nobody does.
    """

    model: Model
    groups: tuple[Group, ...]
    graph: Graph
    request: Request
    device: torch.device
    dtype: torch.dtype
    want_features: bool = True
    real_shape: dict[str, tuple[int, ...]] = field(default_factory=dict)  # of one sample of real, real_A, real_B
    drawn: dict[tuple[int, tuple[str, ...]], dict[int, str]] = field(default_factory=dict)  # see Step.random
    _empties: dict[object, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.stft = stft_of(self.model)

    @functools.cached_property
    def compared(self) -> int:
        """How many samples the networks compare with one another: batches are multiples of it."""
        networks = self.model.networks.values()
        return max((callee.group or 1 for network in networks for callee in network.callees), default=1)

    def empty(self, key: object, make: Callable[[Step], object]) -> Any:
        """What a network makes of no samples.

        Args:
            key: of what it makes.
            make: makes it of some, where nothing has been made yet.
        """
        if key not in self._empties:
            make(self.step(first_samples(self.groups, self.compared)))
        return self._empties[key]

    def step(self, chunks: tuple[Chunk, ...]) -> Step:
        """Some samples of every group, on the device, ready to be asked for roles."""
        values: dict[str, Ranged | list[Any]] = {}
        labels: dict[int, Tensor] = {}
        for space, (group, chunk) in enumerate(zip(self.groups, chunks, strict=True)):
            for role, value in chunk.values.items():
                values[role] = moved = self._on_device(role, value, group)
                if role == "label" and isinstance(moved, Ranged):
                    labels[space] = moved.tensor
        for role in ("real", "real_A", "real_B"):
            if isinstance(real := values.get(role), Ranged):
                self.real_shape[role] = tuple(real.tensor.shape[1:])
        waveforms = {role for group in self.groups for role in group.roles if group.kinds[role] == "audio"}
        sounds = Sounds(values=values, waveforms=waveforms, stft=self.stft)
        return Step(forward=self, values=values, labels=labels, sounds=sounds, chunks=chunks)

    def _on_device(self, role: str, value: Value, group: Group) -> Ranged | list[Any]:
        if not isinstance(value, Tensor):
            return mapped(value, lambda part: part.to(device=self.device, dtype=self.dtype))  # type: ignore[no-any-return]
        moved = value.to(device=self.device, dtype=self.dtype) if value.is_floating_point() else value.to(self.device)
        return Ranged(tensor=moved, range=self._range(role, moved, group))

    def _range(self, role: str, value: Tensor, group: Group) -> Range | None:
        if role not in IMAGE_ROLES or group.kinds[role] == "audio":
            return None
        if role in group.ranges:
            return group.ranges[role]
        if self.request.range is not None:
            return self.request.range
        if value.dim() != 4:
            return None
        if side_of(role) != "fake":
            require_unit(value, role, group.paths[role])
        return UNIT


def require_unit(value: Tensor, role: str, path: str) -> None:
    """Refuse images of unknown range that are visibly not on [0, 1].

    Args:
        value: images.
        role: what they are.
        path: where they are from.

    Raises:
        UsageError: a finite value lies outside [0, 1].
    """
    finite = value[torch.isfinite(value)]
    if finite.numel() and (finite.min() < 0 or finite.max() > 1):
        low, high = float(finite.min()), float(finite.max())
        raise UsageError(
            f"{path}: {role} holds values from {low:.4g} to {high:.4g}, and nothing tells the range of its images",
            hint="give --range LOW,HIGH, for example --range -1,1",
        )


@dataclass(kw_only=True)
class Step:
    """Some samples, and whatever the networks made of them so far."""

    forward: Forward
    values: Mapping[str, Ranged | list[Any]]
    labels: Mapping[int, Tensor]  # by the group of samples they are of
    sounds: Sounds
    chunks: tuple[Chunk, ...]  # by the group of samples, as their values were read
    _made: dict[object, Any] = field(default_factory=dict)
    _seen: Seen = field(default_factory=dict)
    _ranged: dict[tuple[int, Range | None], tuple[Ranged, Tensor]] = field(default_factory=dict)

    def get(self, role: str, domain: Domain | None, weights: Weights) -> Any:
        """A role seen from a domain: `Ranged` for data, lists of tensors for logits and features."""
        return self.produce(self.forward.graph.origin(role, domain), domain, weights)

    def produce(self, origin: Origin, domain: Domain | None, weights: Weights) -> Any:
        """What `origin` describes, computed once a step."""
        if origin.role == "residual" and origin.source is not None:
            return self.sounds.residual()
        if origin.network is None or origin.source is None:
            value = self.values[origin.role]
            of_set = self.forward.groups[origin.space].kinds[origin.role] == "moments"
            return SetMoments(value[0][0]) if of_set and isinstance(value, list) else value
        if origin.network in SET_NETWORKS:
            return self._looked_at(origin.source, origin.network, domain, weights)
        if origin.role in (*LOGIT_ROLES, *FEATURE_ROLES):
            output = self._discriminated(origin, domain, weights)
            return output.logits if origin.role in LOGIT_ROLES else output.features
        key = (origin.role, weights)
        return self._once(key, lambda: self._generated(origin, domain, weights))

    def critic(self, network: str, space: int) -> Callable[[Tensor], list[Tensor]]:
        """The discriminator as a loss calls it: images in its own range in, logits out, gradients on."""
        built = self.forward.model.get(network, "raw")

        def call(images: Tensor) -> list[Tensor]:
            return self.discriminate(built, images, self.labels.get(space)).logits

        return call

    def maker(self, network: str, weights: Weights, space: int) -> Callable[[Tensor], Tensor]:
        """The generator as a loss calls it: its own input in, its own range out, gradients on."""
        built = self.forward.model.get(network, weights)
        return lambda source: _make(built, source, self.labels.get(space))

    def backbone(self, selected: Selected) -> Backbone:
        """The backbone as a loss calls it: prepared images in, maps of its layers out; one pass for all losses."""
        built, layers = backbone_of(selected, self.forward.model), layers_of(selected, self.forward.model)
        if built is None:
            raise AssertionError(f"{selected.typed} has no backbone")
        return Look(built=built, layers=layers, seen=self._seen)

    def last_layer(self, origin: Origin, domain: Domain | None, weights: Weights) -> LastLayer:
        """The last layer of the generator that made `origin`, as a loss calls it."""
        if origin.network is None or origin.source is None:
            raise AssertionError(f"{origin.role} is not generated")
        built = self.forward.model.get(origin.network, weights)
        taken = self.network_input(origin.source, built, domain, weights).tensor
        label = self.labels.get(origin.source.space)
        seen = self._once(("last layer", origin.network, weights), lambda: [_seen_by_last_layer(built, taken, label)])
        return functools.partial(at_weights, cast(nn.Conv2d, built.module.last_layer), seen[0])

    def on_range(self, value: Ranged, wanted: Range | None) -> Tensor:
        """Samples on a range; one tensor for every loss that asks, so that losses share what they compute of it."""
        key = (id(value), wanted)
        if key not in self._ranged:
            self._ranged[key] = (value, value.to(wanted).tensor)
        return self._ranged[key][1]

    def network_input(self, source: Origin, built: BuiltNetwork, domain: Domain | None, weights: Weights) -> Ranged:
        """What a network takes of `source`: images in its range; magnitudes, where it makes masks for them."""
        if built.makes_masks and source.network is None:
            return self.sounds.magnitude(source.role)
        value: Ranged = self.produce(source, domain, weights)
        return value.to(built.range)

    def count(self, space: int) -> int:
        """How many samples of a group there are in this step."""
        return len(self.chunks[space].names)

    def random(self, space: int, roles: Collection[str], like: Tensor) -> SampleRandom:
        """Numbers drawn for the samples of a group, keyed by what was read of these roles; `drawn` notes the keys."""
        chunk = self.chunks[space]
        keys = chunk.keys.of(chunk.indices, roles)
        noted = self.forward.drawn.setdefault((space, tuple(sorted(roles))), {})
        noted.update(zip(chunk.indices, keys, strict=True))
        return SampleRandom(seed=self.forward.request.seed, keys=keys, like=like)

    @contextlib.contextmanager
    def anew(self) -> Iterator[Step]:
        """The same samples, of which nothing has been made yet; what is made of them is not made again."""
        again = replace(self, _made={})
        yield again
        self._made |= again._made

    def _once(self, key: object, make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
            self.forward._empties.setdefault(key, _emptied(self._made[key]))
        return self._made[key]

    def _generated(self, origin: Origin, domain: Domain | None, weights: Weights) -> Ranged:
        source, network = origin.source, origin.network
        if source is None or network is None:
            raise AssertionError(f"{origin.role} is not generated")
        built = self.forward.model.get(network, weights)
        taken = self.network_input(source, built, domain, weights)
        if taken.tensor.shape[0] == 0:
            key = (origin.role, weights)
            return self.forward.empty(key, lambda first: first.produce(origin, domain, weights))  # type: ignore[no-any-return]
        made = self._once(("made", network, source.role, weights), lambda: self._made_of(taken, built, source.space))
        if origin.role in built.beside:
            return Ranged(tensor=made[1 + built.beside.index(origin.role)], range=None)
        if built.makes_masks:
            masks = Ranged(tensor=made[0], range=None)
            return self.sounds.masked(made[0], source.role) if origin.role == "estimate" else masks
        shaped = self._shaped_like_real(made[0], origin)
        are_images = shaped.dim() == 4 or taken.range is not None
        images = Ranged(tensor=shaped, range=built.range if are_images else None)
        return _quantized(images) if self.forward.request.quantize and images.range is not None else images

    def _made_of(self, taken: Ranged, built: BuiltNetwork, space: int) -> list[Tensor]:
        """Everything that a generator returns, from one pass."""
        tile = self.forward.request.tile if taken.range is not None else None
        with torch.no_grad():
            if built.beside:
                more = self._more(taken.tensor, built, space)
                return built.callees[0].make_all(_ordered(taken.tensor, built), self.labels.get(space), more)
            return [tiled(lambda part: _make(built, part, self.labels.get(space)), taken.tensor, tile)]

    def _more(self, taken: Tensor, built: BuiltNetwork, space: int) -> dict[str, Tensor]:
        """What a network takes behind its input, by name: values of the samples, and numbers drawn for each."""
        if not isinstance(built.task, AudioTask) or not built.task.takes:
            return {}
        held = {name: value.tensor for name in built.task.takes if isinstance(value := self.values.get(name), Ranged)}
        ragged = self.forward.groups[space].ragged
        of_each = []
        for k in range(len(taken)):
            own = {
                name: value[k : k + 1] if name not in ragged else value[k : k + 1, ..., : int(held[ragged[name]][k])]
                for name, value in {"input": taken, **held}.items()
            }
            of_each.append(built.module.noise_shapes(own.pop("input"), text=own.get("text"), cut=own.get("cut")))  # type: ignore[operator]  # as every network that takes more has
        random = self.random(space, ("input",), taken)
        drawn = [name for name in built.task.takes if name not in held and name in of_each[0]]
        uniform: Collection[str] = built.module.uniform  # type: ignore[assignment]
        return held | {
            name: random.each(name, [shapes[name] for shapes in of_each], "uniform" if name in uniform else "normal")
            for name in drawn
        }

    def _shaped_like_real(self, made: Tensor, origin: Origin) -> Tensor:
        """A network of linear layers makes (N, 784); its images are shaped as the reals are."""
        shape = self.forward.real_shape.get(real_beside(origin.role)) or self.forward.real_shape.get("real")
        if shape is not None and made.dim() == 2 and len(shape) > 1 and made[0].numel() == math.prod(shape):
            return made.reshape(made.shape[0], *shape)
        return made

    def _looked_at(self, source: Origin, network: str, domain: Domain | None, weights: Weights) -> Features:
        """Features of samples through a backbone, for distances of sets."""
        key = ("features", network, source.role, weights if source.networks() else None)

        def look() -> Features:
            built = self.forward.model.backbones[network]
            samples = self.produce(source, domain, weights).to(built.range).tensor
            callee = built.callees[0]
            if network == INCEPTION:
                return SeenPictures(samples, callee)
            if len(samples) == 0:
                return self.forward.empty(key, lambda first: first._looked_at(source, network, domain, weights))  # type: ignore[no-any-return]
            with torch.no_grad():
                return [[callee.features(samples)]]

        return self._once(key, look)  # type: ignore[no-any-return]

    def _discriminated(
        self, origin: Origin, domain: Domain | None, weights: Weights
    ) -> DiscriminatorOutput | StreamedOutput:
        """What a discriminator, or some of its sub-discriminators, return for a source, computed once a step."""
        source, network = origin.source, origin.network
        if source is None or network is None:
            raise AssertionError(f"{origin.role} is not of a network")
        key = ("output", network, origin.sub, source.role, weights if source.networks() else None)

        def made_of(first: Step) -> int:
            return len(first._discriminated(origin, domain, weights).logits)  # it may be asked in turn

        def discriminate() -> DiscriminatorOutput | StreamedOutput:
            built = self.forward.model.get(network, "raw").only(origin.sub)
            images = self.produce(source, domain, weights).to(built.range)
            if images.tensor.shape[0] == 0:
                return self.forward.empty(key, made_of)  # type: ignore[no-any-return]
            with torch.no_grad():
                output = self.discriminate(built, images.tensor, self.labels.get(source.space))
            return output if self.forward.want_features else DiscriminatorOutput(logits=output.logits)

        return self._once(key, discriminate)  # type: ignore[no-any-return]

    def discriminate(
        self, built: BuiltNetwork, images: Tensor, label: Tensor | None
    ) -> DiscriminatorOutput | StreamedOutput:
        """What all parts of a discriminator return for images in its own range, in turn where they can be asked so."""
        if built.conditional:
            condition = self.values["input"]
            if not isinstance(condition, Ranged):
                raise AssertionError("the input is one tensor")
            # the order of pix2pix and pix2pixHD: the condition first
            images = torch.cat([_ordered(condition.to(built.range).tensor, built), _ordered(images, built)], dim=1)
        else:
            images = _ordered(images, built)
        if built.task is not None and all(callee.streams for callee in built.callees):
            return StreamedOutput(
                lambda: itertools.chain.from_iterable(callee.discriminate_in_turn(images) for callee in built.callees)
            )
        outputs = (callee.discriminate(images, label) for callee in built.callees)
        return functools.reduce(DiscriminatorOutput.joined, outputs)


def _make(built: BuiltNetwork, source: Tensor, label: Tensor | None) -> Tensor:
    """What a generator makes, its colours in our order."""
    return _ordered(built.callees[0].make(_ordered(source, built), label), built)


def _seen_by_last_layer(built: BuiltNetwork, source: Tensor, label: Tensor | None) -> Tensor:
    """What the last layer of a generator took."""
    seen: list[Tensor] = []
    handle = built.module.last_layer.register_forward_hook(lambda _layer, inputs, _output: seen.append(inputs[0]))  # type: ignore[union-attr]
    try:
        with torch.no_grad():
            _make(built, source, label)
    finally:
        handle.remove()
    return seen[0]


def at_weights(layer: nn.Conv2d, seen: Tensor, gradients: Tensor) -> Tensor:
    """Gradients at what a convolution gave as those at its weights, sample by sample.

    Args:
        layer: the convolution.
        seen: what it took; (N, C, H, W).
        gradients: at what it gave; (N, C', H', W').

    Returns:
        (N, C' C k k).
    """
    size = tuple(layer.weight.shape)
    rows = [
        conv2d_weight(one[None], size, slope[None], stride=layer.stride, padding=layer.padding).flatten()  # type: ignore[no-untyped-call]
        for one, slope in zip(seen, gradients, strict=True)
    ]
    return torch.stack(rows)


def _ordered(images: Tensor, built: BuiltNetwork) -> Tensor:
    """Colour images between our order, RGB, and the network's; anything else as it is."""
    return images.flip(1) if built.channels == "BGR" and images.dim() == 4 and images.shape[1] == 3 else images


def _quantized(images: Ranged) -> Ranged:
    unit = images.to(UNIT).tensor.clamp(0, 1)
    return Ranged(tensor=(unit * 255).round() / 255, range=UNIT)


def _emptied(value: Any) -> Any:
    """The same structure with no samples."""
    if isinstance(value, StreamedOutput):
        return value.empty
    if isinstance(value, SeenPictures):
        return None  # which sees no pictures as well as some
    if isinstance(value, Tensor):
        return value.new_empty((0, *value.shape[1:]))  # a slice would keep all of it in memory
    if isinstance(value, Ranged):
        return Ranged(tensor=_emptied(value.tensor), range=value.range)
    if isinstance(value, DiscriminatorOutput):
        return DiscriminatorOutput(logits=_emptied(value.logits), features=_emptied(value.features))
    return None if value is None else [_emptied(part) for part in value]
