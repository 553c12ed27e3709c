"""Calling any network: what it is fed, and what it means by what it returns."""

from __future__ import annotations

import contextlib
import fnmatch
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a discriminator says of some samples: one entry a sub-discriminator."""

    logits: list[Tensor]
    features: list[list[Tensor]] | None = None

    def joined(self, other: Judgement) -> Judgement:
        """Two discriminators that judge together."""
        both = self.features is not None and other.features is not None
        features = [*(self.features or []), *(other.features or [])] if both else None
        return Judgement(logits=[*self.logits, *other.logits], features=features)

    @staticmethod
    def of_samples(parts: Sequence[Judgement]) -> Judgement:
        """One judgement of the samples of several."""
        logits = [torch.cat(each) for each in zip(*(part.logits for part in parts), strict=True)]
        if any(part.features is None for part in parts):
            return Judgement(logits=logits)
        stacked = zip(*(part.features or () for part in parts), strict=True)
        features = [[torch.cat(each) for each in zip(*maps, strict=True)] for maps in stacked]
        return Judgement(logits=logits, features=features)

    def features_have_logits(self) -> bool:
        """Whether the last map of every sub-discriminator is its logit map, perhaps of another shape."""
        if self.features is None or len(self.features) != len(self.logits):
            return False
        return all(
            maps[-1].numel() == logits.numel() and torch.equal(maps[-1].flatten(), logits.flatten())
            for maps, logits in zip(self.features, self.logits, strict=True)
        )


class UnknownOutputError(Exception):
    """A network returned something that is none of the known calling conventions."""


def read_judgement(output: Any) -> Judgement:
    """What a discriminator's output means.

    Known: a tensor; a list of tensors (one a scale); lists of lists of tensors (maps, the logit map last: pix2pixHD,
    MelGAN); (logits, features); a mapping with "logits" and perhaps "features".

    Args:
        output: what forward returned.

    Raises:
        UnknownOutputError: anything else; the message describes it.
    """
    if isinstance(output, Tensor):
        return Judgement(logits=[output])
    if isinstance(output, Mapping):
        if "logits" not in output:
            raise UnknownOutputError(f"a mapping with {', '.join(map(str, output))}, without 'logits'")
        features = output.get("features")
        return read_judgement(output["logits"] if features is None else (output["logits"], features))
    if not isinstance(output, Sequence) or isinstance(output, str) or not output:
        raise UnknownOutputError(describe(output))
    if all(isinstance(part, Tensor) for part in output):
        return Judgement(logits=list(output))
    if len(output) == 2 and not _is_map_list(output[0]):
        return _logits_and_features(output[0], output[1])
    if all(_is_map_list(part) for part in output):
        if len(output) == 2 and _looks_like_logits(output[0], output[1]):
            return _logits_and_features(output[0], output[1])
        return Judgement(logits=[part[-1] for part in output], features=[list(part) for part in output])
    if len(output) == 2:
        return _logits_and_features(output[0], output[1])
    raise UnknownOutputError(describe(output))


def read_pair_judgement(output: Any) -> tuple[Judgement, Judgement]:
    """What HiFi-GAN's call D(real, fake) returns: (real logits, fake logits, real features, fake features).

    Raises:
        UnknownOutputError: it returned something else.
    """
    if not isinstance(output, Sequence) or len(output) not in (2, 4):
        raise UnknownOutputError(f"{describe(output)}; D(real, fake) returns real and fake logits, then their features")
    if len(output) == 2:
        return read_judgement(output[0]), read_judgement(output[1])
    real_logits, fake_logits, real_features, fake_features = output
    return _logits_and_features(real_logits, real_features), _logits_and_features(fake_logits, fake_features)


def describe(output: Any) -> str:
    """The structure of an output, for a message: "tuple(Tensor (2, 1), list of 3)"."""
    if isinstance(output, Tensor):
        return f"Tensor {tuple(output.shape)}"
    if isinstance(output, Sequence) and not isinstance(output, str):
        parts = ", ".join(describe(part) for part in output[:4])
        return f"{type(output).__name__}({parts}{', ...' if len(output) > 4 else ''})"
    return type(output).__name__


def _is_map_list(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(isinstance(part, Tensor) for part in value)


def _looks_like_logits(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    """Two lists of tensors: logits and features, or the maps of two scales? Logits have one channel."""
    one_channel = all(part.dim() <= 2 or part.shape[1] == 1 for part in first)
    many_channels = any(part.dim() > 2 and part.shape[1] > 1 for part in second)
    return one_channel and many_channels and len(first) in (1, len(second))


def _logits_and_features(logits: Any, features: Any) -> Judgement:
    read = [logits] if isinstance(logits, Tensor) else list(logits) if _is_map_list(logits) else None
    if read is None:
        raise UnknownOutputError(f"({describe(logits)}, {describe(features)}): the first is neither tensor nor list")
    if features is None:
        return Judgement(logits=read)
    if isinstance(features, Tensor):
        features = [features]
    if _is_map_list(features):
        maps = [list(features)] if len(read) == 1 else [[part] for part in features]
    elif isinstance(features, Sequence) and all(_is_map_list(part) for part in features):
        maps = [list(part) for part in features]
    else:
        raise UnknownOutputError(f"features are {describe(features)}")
    if len(maps) != len(read):
        raise UnknownOutputError(f"{len(read)} sub-discriminators but features of {len(maps)}")
    return Judgement(logits=read, features=maps)


@dataclass(kw_only=True)
class Callee:
    """A module with everything that decides how it is called.

    Args:
        module: the network, in its mode, on its device.
        name: how messages call it.
        train: whether it runs in train mode, its buffers put back after each call.
        flatten: whether its first layer is linear and wants (N, values).
        pair_call: whether its forward takes (real, fake), as HiFi-GAN's discriminators do.
        takes_label: whether its forward takes a second argument that is a label.
        hooked: names of sub-modules whose outputs are the features.
        group: how many samples a layer of it compares with one another, such as StyleGAN2's minibatch deviation; it is
            then called with that many at a time, so that the batch size does not matter.
    """

    module: nn.Module
    name: str
    train: bool = False
    flatten: bool = False
    pair_call: bool = False
    takes_label: bool = False
    hooked: tuple[str, ...] = ()
    group: int | None = None
    calls: int = field(default=0, init=False)

    def __call__(self, *inputs: Tensor) -> Any:
        """What forward returns; an exception of the network becomes an error that names it and the input."""
        fed = [value.flatten(1) if self.flatten and k == 0 else value for k, value in enumerate(inputs)]
        self.calls += 1
        with self._buffers_kept():
            try:
                return self.module(*fed)
            except (Exception, SystemExit) as error:
                if is_out_of_memory(error):
                    raise
                shapes = ", ".join(str(tuple(value.shape)) for value in fed)
                raise InputError(
                    f"{self.name}: cannot take an input of shape {shapes}: {_first_line(error)}",
                    hint="check the data, --network-range, --resize or the network's arguments",
                ) from error

    def judge(self, images: Tensor, label: Tensor | None = None) -> Judgement:
        """Call it as a discriminator of one batch, group by group where its samples are compared."""
        if self.group is None or len(images) <= self.group:
            return self._judge(images, label)
        labels = label.split(self.group) if label is not None else [None] * len(images)
        parts = [self._judge(part, own) for part, own in zip(images.split(self.group), labels, strict=False)]
        return Judgement.of_samples(parts)

    def _judge(self, images: Tensor, label: Tensor | None) -> Judgement:
        extra = (images,) if self.pair_call else (label,) if self.takes_label and label is not None else ()
        with self._hooks() as taken:
            output = self(images, *extra)
        try:
            judged = read_pair_judgement(output)[0] if self.pair_call else read_judgement(output)
        except UnknownOutputError as error:
            raise InputError(
                f"{self.name}: the discriminator returned {error}",
                hint="return a tensor, a list of tensors, (logits, features), or lists of feature maps",
            ) from error
        n = images.shape[0]
        for logits in judged.logits:
            if logits.dim() == 0 or logits.shape[0] != n:
                raise InputError(
                    f"{self.name}: the discriminator returned a score of shape {tuple(logits.shape)} for {n} samples",
                    hint="return one score, or one map of scores, a sample",
                )
        return Judgement(logits=judged.logits, features=[taken]) if self.hooked else judged

    def make(self, source: Tensor, label: Tensor | None = None) -> Tensor:
        """Call it as a generator: the first tensor it returns."""
        output = self(source, label) if self.takes_label and label is not None else self(source)
        if isinstance(output, Mapping):
            output = next(iter(output.values()), None)
        while isinstance(output, Sequence) and output:
            output = output[0]
        if not isinstance(output, Tensor) or output.dim() == 0 or output.shape[0] != source.shape[0]:
            raise InputError(f"{self.name}: the generator returned {describe(output)} for {source.shape[0]} samples")
        return output

    @contextlib.contextmanager
    def _hooks(self) -> Iterator[list[Tensor]]:
        taken: list[Tensor] = []

        def take(_module: nn.Module, _inputs: Any, output: Any) -> None:
            # an in-place activation behind it would overwrite what the hook was handed
            taken.extend(part.clone() for part in _tensors(output))

        modules = dict(self.module.named_modules())
        handles = [modules[name].register_forward_hook(take) for name in self.hooked]
        try:
            yield taken
        finally:
            for handle in handles:
                handle.remove()

    @contextlib.contextmanager
    def _buffers_kept(self) -> Iterator[None]:
        """In train mode batch norm and spectral norm move their buffers; every batch starts from the file's."""
        if not self.train:
            yield
            return
        kept = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
        try:
            yield
        finally:
            with torch.no_grad():
                for name, buffer in self.module.named_buffers():
                    buffer.copy_(kept[name])


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    return [tensor for part in output for tensor in _tensors(part)] if isinstance(output, Sequence) else []


def matching_modules(module: nn.Module, patterns: Sequence[str]) -> tuple[str, ...]:
    """Names of the sub-modules that a pattern like "layer*" matches, in the order of the module."""
    names = [name for name, _ in module.named_modules() if name]
    return tuple(name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


def first_layer(module: nn.Module) -> nn.Module | None:
    """The first linear or convolution layer, by which a network's food is told."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    return next((layer for layer in module.modules() if isinstance(layer, kinds)), None)


def last_activation_is_sigmoid(module: nn.Module) -> bool:
    """Whether the last of the module's leaves is a sigmoid layer, so that it returns probabilities."""
    leaves = [layer for layer in module.modules() if not list(layer.children())]
    return bool(leaves) and isinstance(leaves[-1], nn.Sigmoid)


def second_parameter(module: nn.Module) -> str | None:
    """The name of forward's second required parameter, or None."""
    try:
        parameters = list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):
        return None
    required = [p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
    return required[1].name if len(required) == 2 else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on any device."""
    if isinstance(error, MemoryError):
        return True
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error).lower() for word in words)


def out_of_memory(sample: str, error: BaseException) -> InputError:
    """What to say when a single sample is too much."""
    return InputError(
        f"{sample}: out of memory with a single sample ({_first_line(error)})",
        hint="give --tile 512 to run the generator in tiles, or --resize",
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
