"""Calling any network: what it is given, in which mode, and what an exception of its own becomes."""

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
from ganloss_cli.pipeline.networks.outputs import (
    DiscriminatorOutput,
    UnknownOutputError,
    describe,
    read_output,
    read_pair_output,
)
from ganloss_cli.pipeline.networks.refusals import Refused, hint_for


@dataclass(kw_only=True)
class Callee:
    """A module with everything that decides how it is called.

    Args:
        module: the network, in its mode, on its device.
        name: how messages call it.
        generates: whether it is a generator.
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
    generates: bool = False
    train: bool = False
    flatten: bool = False
    pair_call: bool = False
    takes_label: bool = False
    hooked: tuple[str, ...] = ()
    group: int | None = None
    calls: int = field(default=0, init=False)

    def __call__(self, *inputs: Tensor, **named: Tensor) -> Any:
        """What forward returns; an exception of the network becomes an error that names it and the input."""
        given = [value.flatten(1) if self.flatten and k == 0 else value for k, value in enumerate(inputs)]
        self.calls += 1
        try:
            return self._run(given, named)
        except (Exception, SystemExit) as error:  # a user's own network may raise anything
            raise self._refusal(error, [*given, *named.values()]) from error

    def _refusal(self, error: BaseException, given: Sequence[Tensor]) -> BaseException:
        """What an exception of the network becomes; running out of memory stays what it is."""
        if is_out_of_memory(error):
            return error
        shapes = ", ".join(str(tuple(value.shape)) for value in given)
        refused = Refused(generates=self.generates, module=self.module, given=given, message=str(error))
        return InputError(
            f"{self.name}: cannot take an input of shape {shapes}: {_first_line(error)}", hint=hint_for(refused)
        )

    def discriminate(self, images: Tensor, label: Tensor | None = None) -> DiscriminatorOutput:
        """Call it as a discriminator of one batch, group by group where its samples are compared."""
        self._need_labels(label)
        if self.group is None or len(images) <= self.group:
            return self._discriminate(images, label)
        cuts = [slice(first, first + self.group) for first in range(0, len(images), self.group)]
        parts = [self._discriminate(images[cut], None if label is None else label[cut]) for cut in cuts]
        return DiscriminatorOutput.of_samples(parts)

    def _discriminate(self, images: Tensor, label: Tensor | None) -> DiscriminatorOutput:
        extra = (images,) if self.pair_call else (label,) if self.takes_label and label is not None else ()
        with self._hooks() as taken:
            output = self(images, *extra)
        try:
            read = read_pair_output(output)[0] if self.pair_call else read_output(output)
        except UnknownOutputError as error:
            raise InputError(
                f"{self.name}: the discriminator returned {error}",
                hint="return a tensor, a list of tensors, (logits, features), or lists of feature maps",
            ) from error
        n = images.shape[0]
        for logits in read.logits:
            if logits.dim() == 0 or logits.shape[0] != n:
                raise InputError(
                    f"{self.name}: the discriminator returned a score of shape {tuple(logits.shape)} for {n} samples",
                    hint="return one score, or one map of scores, a sample",
                )
        return DiscriminatorOutput(logits=read.logits, features=[taken]) if self.hooked else read

    @property
    def streams(self) -> bool:
        """Whether its sub-discriminators can be asked one after the other."""
        special = self.train or self.hooked or self.pair_call or self.takes_label or self.group is not None
        return hasattr(self.module, "sub_discriminators") and not special

    def discriminate_in_turn(self, images: Tensor) -> Iterator[tuple[Tensor, list[Tensor]]]:
        """Logits and feature maps of one sub-discriminator after the other; nothing is kept between them."""
        self.calls += 1
        outputs = self.module.sub_discriminators(images)  # type: ignore[operator]
        while True:
            try:
                yield next(outputs)  # without a name of its own, which would hold the maps until the next are made
            except StopIteration:
                return
            except (Exception, SystemExit) as error:
                raise self._refusal(error, [images]) from error

    def features(self, samples: Tensor) -> Tensor:
        """Call it for features of samples: the one tensor that it returns, a row or a map a sample."""
        output = self(samples)
        if not isinstance(output, Tensor) or output.dim() < 2 or output.shape[0] != samples.shape[0]:
            raise InputError(
                f"{self.name}: returned {describe(output)} for {samples.shape[0]} samples",
                hint="return one tensor of features, (N, D) or (N, D, ...)",
            )
        return output

    def make(self, source: Tensor, label: Tensor | None = None) -> Tensor:
        """Call it as a generator: the first tensor it returns."""
        return self.make_all(source, label)[0]

    def make_all(
        self, source: Tensor, label: Tensor | None = None, more: Mapping[str, Tensor] | None = None
    ) -> list[Tensor]:
        """Call it as a generator: the first tensor it returns, and those behind it, where nothing else is there.

        Args:
            source: what it takes.
            label: of the samples, where it takes one.
            more: what a recognised network takes behind the source instead, by its names.
        """
        if not more:
            self._need_labels(label)
        output = self(source, label) if self.takes_label and label is not None else self(source, **(more or {}))
        if isinstance(output, Mapping):
            output = list(output.values())
        beside = list(output[1:]) if isinstance(output, Sequence) else []
        while isinstance(output, Sequence) and output:
            output = output[0]
        if not isinstance(output, Tensor) or output.dim() == 0 or output.shape[0] != source.shape[0]:
            raise InputError(f"{self.name}: the generator returned {describe(output)} for {source.shape[0]} samples")
        return [output, *beside] if all(isinstance(part, Tensor) for part in beside) else [output]

    def _need_labels(self, label: Tensor | None) -> None:
        if self.takes_label and label is None:
            made = "its latents" if self.generates else "some samples"
            raise InputError(
                f"{self.name}: this network takes labels, and {made} have none",
                hint="give one a sample with --label, or in the column 'label' of a manifest beside each",
            )

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

    def _run(self, given: list[Tensor], named: Mapping[str, Tensor]) -> Any:
        """In train mode batch norm and spectral norm move their buffers: every batch gets copies of the file's."""
        if not self.train:
            return self.module(*given, **named)
        # copies, rather than putting values back, because a gradient penalty needs the moved ones in its backward pass
        copies = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
        return torch.func.functional_call(self.module, copies, tuple(given), dict(named))


def _tensors(output: Any) -> list[Tensor]:
    if isinstance(output, Tensor):
        return [output]
    return [tensor for part in output for tensor in _tensors(part)] if isinstance(output, Sequence) else []


def matching_modules(module: nn.Module, patterns: Sequence[str]) -> tuple[str, ...]:
    """Names of the sub-modules that a pattern like "layer*" matches, in the order of the module."""
    names = [name for name, _ in module.named_modules() if name]
    return tuple(name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


def first_layer(module: nn.Module) -> nn.Module | None:
    """The first linear or convolution layer, by which its input is known."""
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


def out_of_memory(sample: str, error: BaseException, together: int = 1) -> InputError:
    """What to say when a single sample is too much, or as many as are compared with one another."""
    count = "a single sample" if together == 1 else f"{together} samples, which it compares"
    return InputError(
        f"{sample}: out of memory with {count} ({_first_line(error)})",
        hint="give --tile 512 to run the generator in tiles, or --resize",
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
