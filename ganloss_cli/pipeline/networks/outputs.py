"""What a discriminator says, whichever of the common calling conventions it follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class DiscriminatorOutput:
    """What a discriminator says of some samples: one entry a sub-discriminator."""

    logits: list[Tensor]
    features: list[list[Tensor]] | None = None

    def joined(self, other: DiscriminatorOutput) -> DiscriminatorOutput:
        """The outputs of two discriminators on the same samples."""
        both = self.features is not None and other.features is not None
        features = [*(self.features or []), *(other.features or [])] if both else None
        return DiscriminatorOutput(logits=[*self.logits, *other.logits], features=features)

    @staticmethod
    def of_samples(parts: Sequence[DiscriminatorOutput]) -> DiscriminatorOutput:
        """One output for the samples of several."""
        logits = [torch.cat(each) for each in zip(*(part.logits for part in parts), strict=True)]
        if any(part.features is None for part in parts):
            return DiscriminatorOutput(logits=logits)
        stacked = zip(*(part.features or () for part in parts), strict=True)
        features = [[torch.cat(each) for each in zip(*maps, strict=True)] for maps in stacked]
        return DiscriminatorOutput(logits=logits, features=features)

    def features_have_logits(self) -> bool:
        """Whether the last map of every sub-discriminator is its logit map, perhaps of another shape."""
        if self.features is None or len(self.features) != len(self.logits):
            return False
        return all(ends_with_logits(maps, logits) for maps, logits in zip(self.features, self.logits, strict=True))


def ends_with_logits(maps: Sequence[Tensor], logits: Tensor) -> bool:
    """Whether the last of a sub-discriminator's maps holds its logits."""
    return maps[-1].numel() == logits.numel() and torch.equal(maps[-1].flatten(), logits.flatten())


class UnknownOutputError(Exception):
    """A network returned something that is none of the known calling conventions."""


def read_output(output: Any) -> DiscriminatorOutput:
    """What a discriminator's output means.

    Known: a tensor; a list of tensors (one a scale); lists of lists of tensors (maps, the logit map last: pix2pixHD,
    MelGAN); (logits, features); a mapping with "logits" and perhaps "features".

    Args:
        output: what forward returned.

    Raises:
        UnknownOutputError: anything else; the message describes it.
    """
    if isinstance(output, Tensor):
        return DiscriminatorOutput(logits=[output])
    if isinstance(output, Mapping):
        if "logits" not in output:
            raise UnknownOutputError(f"a mapping with {', '.join(map(str, output))}, without 'logits'")
        features = output.get("features")
        return read_output(output["logits"] if features is None else (output["logits"], features))
    if not isinstance(output, Sequence) or isinstance(output, str) or not output:
        raise UnknownOutputError(describe(output))
    if all(isinstance(part, Tensor) for part in output):
        return DiscriminatorOutput(logits=list(output))
    if len(output) == 2 and not _is_map_list(output[0]):
        return _logits_and_features(output[0], output[1])
    if all(_is_map_list(part) for part in output):
        if len(output) == 2 and _looks_like_logits(output[0], output[1]):
            return _logits_and_features(output[0], output[1])
        return DiscriminatorOutput(logits=[part[-1] for part in output], features=[list(part) for part in output])
    if len(output) == 2:
        return _logits_and_features(output[0], output[1])
    raise UnknownOutputError(describe(output))


def read_pair_output(output: Any) -> tuple[DiscriminatorOutput, DiscriminatorOutput]:
    """What HiFi-GAN's call D(real, fake) returns: (real logits, fake logits, real features, fake features).

    Raises:
        UnknownOutputError: it returned something else.
    """
    if not isinstance(output, Sequence) or len(output) not in (2, 4):
        raise UnknownOutputError(f"{describe(output)}; D(real, fake) returns real and fake logits, then their features")
    if len(output) == 2:
        return read_output(output[0]), read_output(output[1])
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


def _logits_and_features(logits: Any, features: Any) -> DiscriminatorOutput:
    read = [logits] if isinstance(logits, Tensor) else list(logits) if _is_map_list(logits) else None
    if read is None:
        raise UnknownOutputError(f"({describe(logits)}, {describe(features)}): the first is neither tensor nor list")
    if features is None:
        return DiscriminatorOutput(logits=read)
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
    return DiscriminatorOutput(logits=read, features=maps)
