"""What a discriminator says, one sub-discriminator after the other, so that its feature maps need not all be held."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import overload

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Features
from ganloss_cli.pipeline.networks.outputs import DiscriminatorOutput, ends_with_logits

Pass = Callable[[], Iterator[tuple[Tensor, list[Tensor]]]]


class StreamedOutput(Sequence[list[Tensor]]):
    """An output that is made as it is read, and itself the sequence of its feature maps, [sub-discriminator][map].

    The logits are kept. Of the maps only those of one sub-discriminator are in hand, the one that was read last;
    reading an earlier one again starts another pass.

    Args:
        start: begins a pass over the samples: logits and maps of one sub-discriminator after the other.
    """

    def __init__(self, start: Pass) -> None:
        self._empty_logits: list[Tensor] = []
        self._empty_maps: list[list[Tensor]] = []
        # the same structure with no samples, as far as it is known
        self.empty = DiscriminatorOutput(logits=self._empty_logits, features=self._empty_maps)
        self._start = start
        self._with_gradients = torch.is_grad_enabled()
        self._pass: Iterator[tuple[Tensor, list[Tensor]]] | None = None
        self._logits: list[Tensor] = []
        self._maps: list[Tensor] | None = None
        self._next = 0
        self._complete = False

    @property
    def logits(self) -> list[Tensor]:
        """One entry a sub-discriminator; maps are let go."""
        while not self._complete:
            self._advance()
        self.release()
        return self._logits

    @property
    def features(self) -> Sequence[list[Tensor]]:
        """The feature maps, read one sub-discriminator at a time."""
        return self

    def __len__(self) -> int:
        """How many sub-discriminators there are; takes a pass where none has been made."""
        return len(self.logits)

    @overload
    def __getitem__(self, place: int) -> list[Tensor]: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[list[Tensor]]: ...

    def __getitem__(self, place: int | slice) -> list[Tensor] | Sequence[list[Tensor]]:
        """The maps of one sub-discriminator."""
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        place = place if place >= 0 else len(self) + place
        if self._complete and not 0 <= place < len(self._logits):
            raise IndexError(place)
        if place < self._next - 1 or (place == self._next - 1 and self._maps is None):
            self._pass, self._next = None, 0
        while self._next <= place:
            self._advance()
            if self._complete and place >= len(self._logits):
                raise IndexError(place)
        if self._maps is None:
            raise AssertionError("no maps in hand")
        return self._maps

    def release(self) -> None:
        """Let go of the maps in hand."""
        self._maps = None

    def features_have_logits(self) -> bool:
        """Whether the last map of every sub-discriminator is its logit map, perhaps of another shape."""
        # the logits of a sub-discriminator are known once its maps are in hand
        answer = all(ends_with_logits(maps, self._logits[k]) for k, maps in enumerate(self))
        self.release()
        return answer

    def _advance(self) -> None:
        """The next sub-discriminator, or the end; the maps of the one before are let go first."""
        self.release()
        if self._pass is None:
            self._pass = self._start()
        with contextlib.nullcontext() if self._with_gradients else torch.no_grad():
            output = next(self._pass, None)
        if output is None:
            self._complete, self._pass = True, None
            return
        logits, self._maps = output
        if self._next == len(self._logits):
            self._logits.append(logits)
            self._empty_logits.append(logits.new_empty((0, *logits.shape[1:])))
            self._empty_maps.append([maps.new_empty((0, *maps.shape[1:])) for maps in self._maps])
        self._next += 1


def release(features: Features) -> None:
    """Let go of the maps that a streamed output has in hand; anything else is left as it is."""
    if isinstance(features, StreamedOutput):
        features.release()
