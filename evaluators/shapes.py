"""Refusing what would broadcast."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from ganloss_cli.errors import InputError


def check_shapes(**tensors: Tensor) -> None:
    """Refuse tensors of different shapes.

    Broadcasting (N,) against (N, 1) gives (N, N) and a plausible mean: the most common silent error of loss code.

    Args:
        tensors: by the names of the roles, which the message repeats.

    Raises:
        InputError: two shapes differ; the message holds both.
    """
    (first, reference), *others = tensors.items()
    for name, tensor in others:
        if tensor.shape != reference.shape:
            raise InputError(
                f"{first} has shape {tuple(reference.shape)} but {name} has {tuple(tensor.shape)}",
                hint=_hint((first, name), reference, tensor),
            )


def check_one_shape(what: str, one: Tensor, other: Tensor) -> None:
    """Refuse samples of different shapes in what a set keeps of each, as recordings of different lengths have them.

    Args:
        what: they are.
        one: some samples, (N, ...).
        other: some more, (M, ...).

    Raises:
        InputError: the shapes differ beyond the first axis.
    """
    shapes = tuple(one.shape[1:]), tuple(other.shape[1:])
    if shapes[0] != shapes[1]:
        raise InputError(
            f"{what}: samples have the shapes {shapes[0]} and {shapes[1]}, which it compares across the set",
            hint="give --segment SECONDS or --resize SIZE, or name the --losses without it",
        )


def _hint(names: tuple[str, str], one: Tensor, other: Tensor) -> str:
    """What makes them equal, by what they look like: images (N, C, H, W), or waveforms (N, C, T)."""
    if one.dim() == other.dim() == 4:
        if {one.shape[1], other.shape[1]} == {1, 3}:
            return "nothing is broadcast: one side is greyscale, the other RGB; save both as one of them"
        return f"nothing is broadcast; {_hint_for_images(names, one, other)}"
    if one.dim() == other.dim() == 3 and {one.shape[1], other.shape[1]} == {1, 2}:
        return "nothing is broadcast: one side is mono, the other stereo; for files see --channels mono"
    if one.dim() == other.dim() == 3 and one.shape[:2] == other.shape[:2]:
        return "nothing is broadcast; cut both to one length, for files of audio with --segment SECONDS"
    return "nothing is broadcast; save both in one shape"


def _hint_for_images(names: tuple[str, str], one: Tensor, other: Tensor) -> str:
    sizes = sorted((tuple(tensor.shape[2:]), name) for tensor, name in zip((one, other), names, strict=True))
    (small, small_name), (large, large_name) = sizes
    for scale in _SCALES:
        if all(a // scale == b for a, b in zip(large, small, strict=True)):
            return f"{large_name} is {scale} times as large: is {small_name} the input of a super-resolution?"
    for modulus in _MODULI:
        if large != small and all(a - a % modulus == b - b % modulus > 0 for a, b in zip(large, small, strict=True)):
            return f"--modcrop {modulus} crops both to {'x'.join(str(b - b % modulus) for b in reversed(small))} pixels"
    return "for files see --resize and --modcrop"


# What super-resolution crops to a multiple of: its scale. Where 2 would make two sizes equal, 4 does as well.
_MODULI = (4, 3, 8)
_SCALES = (2, 3, 4, 8)


def check_lengths(**lists: Sequence[object]) -> None:
    """Refuse lists of different lengths, which `zip` would cut in silence.

    Args:
        lists: by the names of the roles, which the message repeats.

    Raises:
        InputError: two lengths differ, or one is empty.
    """
    (first, reference), *others = lists.items()
    for name, other in [(first, reference), *others]:
        if len(other) == 0:
            raise InputError(f"{name} is an empty list")
        if len(other) != len(reference):
            raise InputError(f"{first} has {len(reference)} entries but {name} has {len(other)}")


def per_sample(values: Tensor) -> Tensor:
    """Mean over everything but the first axis; (N, ...) to (N,)."""
    return values.flatten(1).mean(1) if values.dim() > 1 else values
