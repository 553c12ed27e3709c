"""Image files to float tensors: every bit of the file, no colour conversion beyond what the format itself means."""

from __future__ import annotations

import contextlib
import io
import re
import struct
import sys
import warnings
import zlib
from typing import Literal

import numpy as np
import PIL.TiffImagePlugin  # registers the format; the other ones are known from the start
import PIL.WebPImagePlugin
import torch
from PIL import Image, ImageFile, UnidentifiedImageError
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import supported

with contextlib.suppress(ImportError):  # before Pillow 11.2
    import PIL.AvifImagePlugin

Alpha = Literal["drop", "white", "black", "keep"]

# Only what formats.py knows: Pillow's others include EPS, which runs Ghostscript.
PILLOW_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF", "PPM", *(("AVIF",) if "AVIF" in Image.OPEN else ()))
MAX_PIXELS = Image.MAX_IMAGE_PIXELS
# Pillow's readers raise what the damage happens to hit, among it a failed assertion
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, OverflowError, AssertionError, AttributeError,
    RuntimeError, struct.error, zlib.error,
)  # fmt: skip
_GAP = rb"\s(?:\s|#[^\n]*+\n)*+"  # nothing in it can be read in two ways: a header takes one pass
PNM_HEADER = re.compile(rb"P([2356])%(gap)s(\d++)%(gap)s(\d++)%(gap)s(\d++)\s" % {b"gap": _GAP})
ORIENTATION = 0x0112  # EXIF
MOST_INFLATED = 1032  # bytes out of one: two bits stand for 258 at most
MOST_PIXELS_A_GIF_BYTE = 4096  # a code of nine bits and more stands for fewer
BITS_PER_SAMPLE, PHOTOMETRIC, SAMPLES_PER_PIXEL, SAMPLE_FORMAT = 258, 262, 277, 339  # TIFF
_BLOCKS = 4  # of at most 16 MB
_TIFF_KINDS = {
    1: "whole numbers",
    2: "signed whole numbers",
    3: "floats",
    5: "complex whole numbers",
    6: "complex floats",
}


def settle_pillow(max_pixels: int | None = None) -> None:
    """Silence what Pillow says of odd metadata, and of large images, which are refused; set their limit.

    It keeps the memory of some images for the next: pages that come anew from the system are a sixth of all decoding.

    All of this is the process's own: `warnings.catch_warnings` around each image would not be safe in threads.

    Args:
        max_pixels: that an image may have; by default Pillow's limit.
    """
    Image.MAX_IMAGE_PIXELS = max_pixels or MAX_PIXELS
    Image.core.set_blocks_max(_BLOCKS)  # type: ignore[attr-defined]  # PIL.Image holds it under no public name
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def decode_image(
    data: bytes, where: str, alpha: Alpha | None = None, had_alpha: dict[str, bool] | None = None
) -> Tensor:
    """The values of what `decode_levels` reads; (C, H, W) float32 in [0, 1]."""
    return of_levels(decode_levels(data, where, alpha, had_alpha))


def of_levels(pixels: Tensor) -> Tensor:
    """Pixels as values: those of 8 bits over 255, others as they are.

    Args:
        pixels: uint8, or float32 in [0, 1].

    Returns:
        float32 in [0, 1].
    """
    return pixels.to(torch.float32).div_(255) if pixels.dtype == torch.uint8 else pixels


def decode_levels(
    data: bytes, where: str, alpha: Alpha | None = None, had_alpha: dict[str, bool] | None = None
) -> Tensor:
    """An image file's pixels, of 8 bits as they are stored: a quarter of what their values take.

        value = integer / (2^bits - 1), of signed integers (integer + 2^(bits - 1)) / (2^bits - 1)

    Grey, 1-bit and 16-bit grey images have one channel; palettes, CMYK and YCbCr become RGB; EXIF orientation is
    applied; an alpha channel is composited in float over white or black, dropped, or kept as the last channel. One that
    is opaque everywhere says nothing, and is dropped unless it is to be kept.

    Args:
        data: the whole file.
        where: what messages call it.
        alpha: what to do with an alpha channel or a transparent colour; None refuses one that changes the picture.
        had_alpha: takes in under `where` whether there was one.

    Returns:
        (C, H, W), C being 1 or 3, and one more where alpha is kept: uint8, which 255 makes values, or float32 in
        [0, 1] where there are more bits or an alpha channel.

    Raises:
        InputError: truncated, damaged, animated, of an unsupported depth, larger than Pillow's limit on pixels, or
            with an alpha channel and no `alpha`.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=PILLOW_FORMATS)
        _check(image, data, where)
        pixels, deepest = _pixels(image, data, where)
        pixels = _oriented(pixels, image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(where) from error
    except UnidentifiedImageError as error:
        if layout := _tiff_layout(data):
            raise _too_deep(where, layout) from error
        raise InputError(f"{where}: not a readable image; expected {supported('image')}") from error
    except BROKEN as error:
        raise InputError(f"{where}: truncated or damaged image ({str(error) or type(error).__name__})") from error
    if had_alpha is not None:
        had_alpha[where] = pixels.shape[2] in (2, 4)
    if pixels.shape[2] in (2, 4) and alpha != "keep":
        return _without_alpha(pixels, deepest, where, alpha)
    planes = pixels.transpose(2, 0, 1).copy()
    if planes.dtype != np.uint8:
        planes = np.divide(planes, np.float32(deepest), dtype=np.float32)
    return torch.from_numpy(planes)


def _too_large(where: str) -> InputError:
    return InputError(
        f"{where}: has more than {Image.MAX_IMAGE_PIXELS} pixels, the limit against decompression bombs",
        hint="cut it into smaller images, or raise the limit with --max-pixels N",
    )


def _check(image: ImageFile.ImageFile, data: bytes, where: str) -> None:
    # Pillow only warns up to twice its limit
    if Image.MAX_IMAGE_PIXELS is not None and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        raise _too_large(where)
    if len(data) < _fewest_bytes(image):
        size = f"{image.width} x {image.height}"
        raise InputError(f"{where}: truncated image: {len(data)} bytes cannot hold {size} pixels")
    # a phone's JPEG of format MPO carries previews behind its one picture
    frames = getattr(image, "n_frames", 1) if image.format != "MPO" else 1
    if frames > 1:
        raise InputError(f"{where}: holds {frames} frames; expected one", hint="save each frame as an image of its own")
    if image.format == "PNG" and image.mode == "P" and image.palette is None:
        # Pillow takes colours that stand behind the pixels for none, and would make them all black
        raise InputError(f"{where}: damaged image: its palette does not stand before its pixels")
    if image.mode in ("I", "F") and image.format != "PPM":
        raise _too_deep(where, _tiff_layout(data) or f"{image.format} with signed values, floats or 32 bits")
    if image.format == "AVIF" and (bits := _avif_bits(data)) > 8:
        raise _too_deep(where, f"AVIF of {bits} bits a channel, of which Pillow keeps 8")


def _too_deep(where: str, what: str) -> InputError:
    return InputError(
        f"{where}: {what}; expected 8 or 16 bits",
        hint="save the values as .npy, and say what they hold with --range",
    )


def _tiff_layout(data: bytes) -> str | None:
    """What the values of a TIFF file are by its first directory, in words; None of what has no such directory."""
    try:
        directory = PIL.TiffImagePlugin.ImageFileDirectory_v2(data[: 16 if b"+" in data[2:4] else 8])
        file = io.BytesIO(data)
        file.seek(directory.next)
        directory.load(file)
        bits, kinds, bands = (directory.get(tag) for tag in (BITS_PER_SAMPLE, SAMPLE_FORMAT, SAMPLES_PER_PIXEL))
    except BROKEN:
        return None
    kind = _TIFF_KINDS.get(kinds[0] if kinds else 1, "other values")
    return f"TIFF of {max(bits)}-bit {kind}, {bands or 1} a pixel" if bits else None


def _avif_bits(data: bytes) -> int:
    """The bits of a channel by the property pixi (ISO 23008-12, section 6.5.6): version, flags, how many, each."""
    at = data.find(b"pixi")
    return max(data[at + 9 : at + 9 + data[at + 8]], default=8) if 0 < at < len(data) - 9 else 8


def _fewest_bytes(image: ImageFile.ImageFile) -> float:
    """What the pixels take if they compress as well as the format can; Pillow makes black what a PNG does not hold."""
    if image.format == "PNG":  # channels of a byte; a lone one may have a bit
        channels = len(image.getbands())
        bits = 8 * channels if channels > 1 else 1
        return image.height * ((image.width * bits + 7) // 8) / MOST_INFLATED
    return image.width * image.height / MOST_PIXELS_A_GIF_BYTE if image.format == "GIF" else 0


def _pixels(image: ImageFile.ImageFile, data: bytes, where: str) -> tuple[np.ndarray, int]:
    """(H, W, C) integers, and the largest there can be; C of 2 or 4 ends with alpha."""
    if image.format == "PPM" and (deep := _deep_pnm(image, data)) is not None:
        return deep
    if image.mode.startswith("I;16"):
        values = _stacked(image).astype(np.uint16)
        # Pillow turns a picture whose white is zero where it has 8 bits, and leaves one of 16 bits a negative
        white_is_zero = image.format == "TIFF" and image.tag_v2.get(PHOTOMETRIC) == 0  # type: ignore[attr-defined]
        return _with_transparent_colour(~values if white_is_zero else values, image), 65535
    if _bits(image) == 16:
        return _with_transparent_colour(_sixteen_bits(image, data, where), image), 65535
    if "transparency" in image.info or image.mode in ("PA", "RGBa", "La"):
        return _stacked(image.convert("LA" if image.mode in ("L", "La", "1") else "RGBA")), 255
    if image.mode in ("L", "LA", "RGB", "RGBA"):
        # of a signed byte, which Pillow takes for an unsigned one, the lowest value is black
        signed = image.format == "TIFF" and image.tag_v2.get(SAMPLE_FORMAT, (1,))[0] == 2  # type: ignore[attr-defined]
        return _stacked(image) ^ 0x80 if signed else _stacked(image), 255
    return _stacked(image.convert("L" if image.mode == "1" else "RGB")), 255


def _stacked(image: Image.Image) -> np.ndarray:
    if image.mode == "RGB":  # row by row of each colour, which become planes in half the time
        rows = np.frombuffer(image.tobytes("raw", "RGB;L"), np.uint8).reshape(image.height, 3, image.width)
        return rows.transpose(0, 2, 1)
    pixels = np.asarray(image)  # nobody writes to it
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _bits(image: ImageFile.ImageFile) -> int:
    if image.format == "PNG":
        return 16 if image.tile and ";16" in _raw_mode(image) else 8
    if image.format == "TIFF":
        return int(max(image.tag_v2.get(BITS_PER_SAMPLE, (8,))))  # type: ignore[attr-defined]
    return 8


def _sixteen_bits(image: ImageFile.ImageFile, data: bytes, where: str) -> np.ndarray:
    """16-bit colour, of which Pillow keeps only the high bytes: read those, then the low ones as if byte-swapped."""
    layout = _raw_mode(image)
    if layout == "LA;16B":  # four bytes a pixel are as well an 8-bit RGBA pixel
        _set_raw_mode(image, "RGBA")
        split: np.ndarray = _stacked(image).astype(np.uint16)
        joined: np.ndarray = split[:, :, 0::2] << 8 | split[:, :, 1::2]
        return joined
    if layout not in ("RGB;16B", "RGB;16L", "RGB;16N", "RGBA;16B", "RGBA;16L", "RGBA;16N"):
        raise InputError(
            f"{where}: 16-bit {image.format} of layout {layout}; expected grey, RGB or RGBA",
            hint="convert it to a 16-bit PNG",
        )
    native = "B" if sys.byteorder == "big" else "L"
    swapped = {"B": "L", "L": "B"}[native if layout[-1] == "N" else layout[-1]]
    high: np.ndarray = _stacked(image).astype(np.uint16)
    again = Image.open(io.BytesIO(data), formats=(str(image.format),))
    _set_raw_mode(again, layout[:-1] + swapped)
    both: np.ndarray = high << 8 | _stacked(again)
    return both


def _raw_mode(image: ImageFile.ImageFile) -> str:
    arguments = image.tile[0].args
    return arguments[0] if isinstance(arguments, tuple) else str(arguments)


def _set_raw_mode(image: ImageFile.ImageFile, raw_mode: str) -> None:
    image.tile = [
        tile._replace(args=(raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode)
        for tile in image.tile
    ]


def _deep_pnm(image: ImageFile.ImageFile, data: bytes) -> tuple[np.ndarray, int] | None:
    """PGM and PPM of more than 8 bits, which Pillow scales or reduces; None for all others."""
    header = PNM_HEADER.match(data)
    if header is None or int(header[4]) < 256:
        return None
    shape = (image.height, image.width, 1 if header[1] in b"25" else 3)
    count = shape[0] * shape[1] * shape[2]
    if header[1] in b"23":
        values = np.array(data[header.end() :].split(None, count), np.uint16)
    else:
        values = np.frombuffer(data, ">u2", count=count, offset=header.end())
    return values.reshape(shape).astype(np.uint16), int(header[4])


def _with_transparent_colour(pixels: np.ndarray, image: ImageFile.ImageFile) -> np.ndarray:
    """PNG may declare one 16-bit colour transparent; it becomes an alpha channel."""
    colour = image.info.get("transparency")
    if colour is None or pixels.shape[2] in (2, 4):
        return pixels
    opaque = (pixels != np.asarray(colour)).any(axis=2, keepdims=True)
    return np.concatenate([pixels, opaque.astype(np.uint16) * 65535], axis=2)


def _oriented(pixels: np.ndarray, image: ImageFile.ImageFile) -> np.ndarray:
    """EXIF's eight orientations; Pillow applies a TIFF file's own while it loads."""
    orientation = image.getexif().get(ORIENTATION, 1) if image.format != "TIFF" else 1
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


def _without_alpha(pixels: np.ndarray, deepest: int, where: str, alpha: Alpha | None) -> Tensor:
    if alpha is None:
        if (pixels[:, :, -1] < deepest).any():
            raise InputError(
                f"{where}: has an alpha channel, so its colours depend on the background",
                hint="say what to do with it: --alpha drop, --alpha white or --alpha black; keep for a network of four"
                " channels",
            )
        alpha = "drop"
    values = torch.from_numpy(pixels.astype(np.float64)).permute(2, 0, 1).div_(deepest)
    colours, opacity = values[:-1], values[-1:]
    if alpha != "drop":
        background = 1.0 if alpha == "white" else 0.0
        colours = colours * opacity + background * (1 - opacity)
    return colours.to(torch.float32, memory_format=torch.contiguous_format)
