"""Tensors as what a page shows: thumbnails, maps and spectrograms in colour, and parts of recordings."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import soundfile
import torch
from PIL import Image
from torch import Tensor

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.maps import Map
from ganloss_cli.pipeline.networks.ranges import UNIT, Ranged
from ganloss_cli.records.report import SampleSound, SampleView

COLOURS = Extra(name="report", packages=("matplotlib",))  # draws all that is no thumbnail

_SIDE, _LEAST = 192, 96  # pixels of the longer side of a thumbnail
_SPECTRUM = 400, 128  # of a spectrogram
_STRIP = 24  # its height
_QUALITY = {"JPEG": 85, "WEBP": 75}
_PART = 5.0  # seconds of a recording that can be listened to
_SPAN_OF_LOGARITHMS = 0.005  # the share of a spectrogram's values, at its bottom, that share one colour

_Floats = np.ndarray[Any, np.dtype[np.float32]]


def unit(value: Ranged) -> Tensor:
    """One image of shape (C, H, W) on [0, 1]; of its channels those that a screen has."""
    image = value.to(UNIT).tensor[0].float().cpu()
    if image.dim() != 3:
        raise UsageError(f"a sample of shape {tuple(image.shape)} is no picture")
    image = image[:3] if image.shape[0] in (3, 4) else image[:1]
    return torch.nan_to_num(image, nan=0.0, posinf=1.0, neginf=0.0).clamp(0, 1)


def thumbnail(image: Tensor) -> bytes:
    """A JPEG whose longer side is at most 192 pixels, and at least 96: small images are enlarged by whole pixels.

    Args:
        image: (C, H, W) on [0, 1].
    """
    return _file(_fitting(_picture(image)), "JPEG")


def difference(apart: Map) -> SampleView:
    """The absolute difference of two images, averaged over channels; white where it is largest."""
    values = _plane(apart)
    largest = float(values.max())
    image = thumbnail(torch.from_numpy(values / largest if largest > 0 else values)[None])
    return SampleView(called="difference", image=image, mean=float(values.mean()), high=largest)


def of_map(one: Map) -> SampleView:
    """A map of an image in colour, bright where the loss comes from."""
    values = _plane(one)
    shown = np.asarray(_fitting(Image.fromarray(values)))
    bright = _between(shown, float(shown.min()), float(shown.max()))
    image = _file(_coloured(1 - bright if one.higher_is_better else bright), "WEBP")
    low, high = (float(values.min()), None) if one.higher_is_better else (None, float(values.max()))
    return SampleView(called=one.name, image=image, mean=float(values.mean()), low=low, high=high)


def of_spectra(spectra: Map) -> tuple[SampleView, ...]:
    """The spectrograms of both sides in the same colours, low frequencies at the bottom, and their difference."""
    if spectra.sides is None:
        raise AssertionError(f"{spectra.name} are no spectra")
    sides = [_upright(side) for side in spectra.sides]
    both = np.concatenate([side.ravel() for side in sides])
    low, high = float(np.quantile(both, _SPAN_OF_LOGARITHMS)), float(both.max())
    apart = _upright(spectra.values)
    views = [
        SampleView(called=f"{called}, {spectra.name}", image=_spectrogram(values, low, high), wide=True,
                   mean=float(values.mean()), low=float(values.min()), high=float(values.max()))
        for called, values in zip(("real", "fake"), sides, strict=True)
    ]  # fmt: skip
    largest = float(apart.max())
    image = _spectrogram(apart, 0.0, largest)
    called = f"difference, {spectra.name}"
    return (*views, SampleView(called=called, image=image, mean=float(apart.mean()), high=largest, wide=True))


def of_scores(called: str, scores: Tensor, seen: Tensor | None) -> SampleView | None:
    """What one sub-discriminator returned for the parts of a sample: over its image, or as a strip along its sound.

    Args:
        called: whose scores they are.
        scores: of one sample; None is returned for a single one.
        seen: the image, (C, H, W) on [0, 1]; None for a sound.
    """
    values = torch.nan_to_num(scores.detach().float().cpu()).squeeze()
    if values.numel() < 2:
        return None
    image = seen is not None and values.dim() == 2
    array: _Floats = (values if image else values.reshape(1, -1)).numpy()
    low, high = float(array.min()), float(array.max())
    drawn = _coloured(_between(array, low, high))
    if seen is not None and image:
        under = _fitting(_picture(seen)).convert("L").convert("RGB")
        drawn = Image.blend(under, drawn.resize(under.size, Image.Resampling.NEAREST), 0.6)
    else:
        drawn = drawn.resize((_SPECTRUM[0], _STRIP), Image.Resampling.BOX)
    mean = float(array.mean())
    return SampleView(called=called, image=_file(drawn, "WEBP"), mean=mean, low=low, high=high, wide=not image)


def most_apart(spectra: Map | None) -> float:
    """Where in a recording the two sides differ most over a part that can be listened to, as a share of its length."""
    if spectra is None:
        return 0.5
    of_frames = spectra.values[0].float().mean((0, 2)).cpu()
    return float((of_frames.argmax() + 0.5) / len(of_frames))


def sounds(sides: Sequence[tuple[str, Tensor]], rate: int, around: float) -> tuple[SampleSound, ...]:
    """The same seconds of every side.

    Args:
        sides: waveforms of (C, T) by what they are.
        rate: Hz.
        around: where the middle of the part lies, as a share of the length.
    """
    return tuple(_sound(side, waves, rate, around) for side, waves in sides)


def _sound(side: str, waves: Tensor, rate: int, around: float) -> SampleSound:
    n_samples, n_part = waves.shape[-1], int(_PART * rate)
    start = max(0, min(int(around * n_samples) - n_part // 2, n_samples - n_part))
    part = torch.nan_to_num(waves[:, start : start + n_part].float().cpu()).clamp(-1, 1)
    part = part if part.shape[0] <= 2 else part.mean(0, keepdim=True)
    written = io.BytesIO()
    soundfile.write(written, part.T.numpy(), rate, format="OGG", subtype="VORBIS")
    end, length = (start + part.shape[-1]) / rate, n_samples / rate
    return SampleSound(side=side, ogg=written.getvalue(), start=start / rate, end=end, length=length)


def _plane(one: Map) -> _Floats:
    """The mean over channels of a single sample; (rows, columns)."""
    values: _Floats = torch.nan_to_num(one.values[0].float().cpu()).mean(0).numpy()
    return values


def _upright(spectra: Tensor) -> _Floats:
    """(bands, frames) of a single sample, the highest band on top."""
    values: _Floats = torch.nan_to_num(spectra[0].float().cpu()).mean(0).T.flip(0).numpy()
    return values


def _between(values: _Floats, low: float, high: float) -> _Floats:
    """On [0, 1]; 0 where all are the same."""
    span = high - low
    scaled: _Floats = np.clip((values - low) / (span if span > 0 else 1), 0, 1)
    return scaled


def _spectrogram(values: _Floats, low: float, high: float) -> bytes:
    shown = Image.fromarray(_between(values, low, high)).resize(_SPECTRUM, Image.Resampling.BOX)
    return _file(_coloured(np.asarray(shown)), "WEBP")


def _coloured(values: _Floats) -> Image.Image:
    import matplotlib as mpl  # an extra, and heavy

    colours = mpl.colormaps["inferno"](values, bytes=True)
    return Image.fromarray(np.ascontiguousarray(colours[..., :3]))


def _picture(image: Tensor) -> Image.Image:
    levels = (image * 255).round().to(torch.uint8)
    return Image.fromarray((levels[0] if levels.shape[0] == 1 else levels.permute(1, 2, 0)).contiguous().numpy())


def _fitting(shown: Image.Image) -> Image.Image:
    longer = max(shown.size)
    if longer > _SIDE:
        shown.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    elif longer < _LEAST:
        factor = -(-_LEAST // longer)
        shown = shown.resize((shown.width * factor, shown.height * factor), Image.Resampling.NEAREST)
    return shown


def _file(shown: Image.Image, form: str) -> bytes:
    written = io.BytesIO()
    shown.save(written, form, quality=_QUALITY[form])
    return written.getvalue()
