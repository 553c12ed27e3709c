"""What is cut and scaled once a sample's roles are known together: audio to one window, images to one size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.changes import Changes, Size
from ganloss_cli.io.images import of_levels
from ganloss_cli.io.samples import Kind
from ganloss_cli.io.units import check_scales
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

Values = dict[str, Any]


class Fitting:
    """`--segment`, `--resize` and `--modcrop`, applied to each sample.

    Args:
        request: for the three options.
        changes: takes in what `--modcrop` cut.
    """

    def __init__(self, request: Request, changes: Changes | None = None) -> None:
        self.changes = changes or Changes()
        self.segment = request.segment
        self.modcrop = request.modcrop
        self.range = request.range
        self.square = request.resize if isinstance(request.resize, int) else None
        self.exact = request.resize if isinstance(request.resize, tuple) else None

    def findings(self) -> tuple[Finding, ...]:
        """What a reader of the numbers has to know about the sizes."""
        if self.square is not None:
            how = f"the short side to {self.square} pixels, then a centre crop"
        elif self.exact is not None:
            how = f"to {self.exact[0]}x{self.exact[1]} pixels"
        else:
            return ()
        finding = Finding(
            check="resized",
            severity="note",
            message=f"images were resized, {how}, with Pillow's bicubic filter (antialiased, in float, clipped)",
            evidence={"filter": "bicubic", "antialias": True, "size": self.square or self.exact},
        )
        return (finding,)

    def apply(
        self,
        values: Mapping[str, Any],
        kinds: Mapping[str, Kind],
        rates: Mapping[str, int],
        ranges: Mapping[str, tuple[float, float]],
        where: Mapping[str, str],
    ) -> Values:
        """One sample, fitted.

        Args:
            values: role -> value.
            kinds: role -> what it is.
            rates: audio role -> Hz.
            ranges: role -> range, where known.
            where: role -> file, for messages.

        Returns:
            role -> value.

        Raises:
            InputError: audio of different lengths, or shorter than the segment; an image smaller than the crop.
        """
        check_scales(values, where)
        fitted = dict(values)
        audio = [role for role in values if kinds[role] == "audio"]
        if audio:
            self._fit_audio(fitted, audio, rates[audio[0]], where)
        images = [role for role in values if kinds[role] == "image" and values[role].dim() == 3]
        if self.modcrop is not None:
            for role in _cropped(fitted, images):
                whole = fitted[role]
                fitted[role] = _modcrop(whole, self.modcrop, where[role])
                self.changes.sizes[(role, where[role])] = (_size(whole), _size(fitted[role]))
        for role in images:
            self.changes.channels[role, where[role]] = fitted[role].shape[0]
            if self.range is not None and role not in ranges:
                self.changes.extents[(role, where[role])] = float(fitted[role].min()), float(fitted[role].max())
            if self.exact is not None:
                fitted[role] = _bicubic(fitted[role], *self.exact, ranges.get(role))
            elif self.square is not None:
                fitted[role] = _squared(fitted[role], self.square, ranges.get(role))
        return fitted

    def window(self, shortest: int, rate: int) -> tuple[int, int] | None:
        """Where `--segment` cuts recordings: start and length, in samples; None where it does not.

        Args:
            shortest: samples of the shortest of them.
            rate: theirs, in Hz.
        """
        if self.segment is None or not 0 < round(self.segment * rate) <= shortest:
            return None
        segment = segment_of(self.segment, shortest, rate, "")
        return segment.start, segment.stop - segment.start

    def _fit_audio(self, values: Values, roles: list[str], rate: int, where: Mapping[str, str]) -> None:
        lengths = {role: values[role].shape[-1] for role in roles}
        shortest = min(lengths, key=lambda role: lengths[role])
        if self.segment is None:
            longest = max(lengths, key=lambda role: lengths[role])
            if lengths[shortest] != lengths[longest]:
                raise InputError(
                    f"{where[longest]}: {longest} has {lengths[longest]} samples, but {shortest} in {where[shortest]} "
                    f"has {lengths[shortest]}",
                    hint="cut both to the same length, or compare the middle with --segment SECONDS",
                )
            return
        segment = segment_of(self.segment, lengths[shortest], rate, where[shortest])
        for role in roles:
            values[role] = values[role][..., segment].contiguous()


def segment_of(seconds: float, n_samples: int, rate: int, where: str) -> slice:
    """The middle of a recording that `--segment` keeps.

    Args:
        seconds: how much.
        n_samples: of the recording.
        rate: in Hz.
        where: which recording, for the message.

    Raises:
        InputError: the recording is shorter.
    """
    n = round(seconds * rate)
    if not 0 < n <= n_samples:
        raise InputError(
            f"{where}: has {n_samples} samples at {rate} Hz, --segment {seconds:g} is {n}",
            hint=f"give --segment {n_samples / rate:.3g} or less",
        )
    # one window for all roles, counted from the beginning: the middles of unequal lengths would be shifted
    return slice((n_samples - n) // 2, (n_samples - n) // 2 + n)


def _cropped(values: Values, images: list[str]) -> list[str]:
    """The roles that --modcrop cuts: a smaller input of super-resolution stays whole."""
    others = {values[role].shape[-2:] for role in images if role != "input"}
    return [role for role in images if role != "input" or not others or values[role].shape[-2:] in others]


def _modcrop(image: Tensor, modulus: int, where: str) -> Tensor:
    height, width = (size - size % modulus for size in image.shape[-2:])
    if not (height and width):
        raise InputError(
            f"{where}: an image of {image.shape[2]}x{image.shape[1]} pixels, --modcrop {modulus} leaves none"
        )
    return image[:, :height, :width].contiguous()


def _size(image: Tensor) -> Size:
    return image.shape[-2], image.shape[-1]


def _squared(image: Tensor, side: int, bounds: tuple[float, float] | None) -> Tensor:
    scale = side / min(image.shape[-2:])
    height, width = (max(side, round(size * scale)) for size in image.shape[-2:])
    resized = _bicubic(image, width, height, bounds)
    top, left = (height - side) // 2, (width - side) // 2
    return resized[:, top : top + side, left : left + side].contiguous()


def _bicubic(image: Tensor, width: int, height: int, bounds: tuple[float, float] | None) -> Tensor:
    """Pillow's bicubic in float, channel by channel; it overshoots at edges, so known bounds clip it."""
    if tuple(image.shape[-2:]) == (height, width):
        return image
    planes = [
        Image.fromarray(plane.float().numpy()).resize((width, height), Image.Resampling.BICUBIC)
        for plane in of_levels(image)
    ]
    resized = torch.from_numpy(np.stack([np.asarray(plane) for plane in planes]))
    return resized.clamp_(*bounds) if bounds else resized
