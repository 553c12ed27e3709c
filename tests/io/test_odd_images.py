"""Pictures of unusual depth and format: read with all their values, or named for what they are."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, features

from ganloss_cli.errors import InputError
from ganloss_cli.io import images
from ganloss_cli.io.datasets import open_data
from ganloss_cli.io.images import decode_image, of_levels, settle_pillow
from ganloss_cli.records.request import Request

JPEG_XL = {"codestream": b"\xff\x0a\0\0", "container": b"\0\0\0\x0cJXL \r\n\x87\n"}


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def test_the_signed_bytes_of_a_tiff_keep_their_order() -> None:
    pixels = np.array([[-128, -1, 0, 127]], np.int8)

    assert (decode_image(tiff(pixels), "x") * 255).round().tolist() == [[[0, 127, 128, 255]]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tiff_whose_white_is_zero_is_no_negative(dtype: type) -> None:
    pixels = np.array([[0, 1, np.iinfo(dtype).max]], dtype)

    black_is_zero = decode_image(tiff(pixels, photometric="minisblack"), "x")
    white_is_zero = decode_image(tiff(~pixels, photometric="miniswhite"), "x")

    assert torch.equal(white_is_zero, black_is_zero)


def test_two_signed_pictures_five_apart_are_34_decibels_apart() -> None:
    pixels = np.random.default_rng(0).integers(-128, 123, (16, 16)).astype(np.int8)
    one, other = (decode_image(tiff(each), "x").double() for each in (pixels, pixels + np.int8(5)))

    assert float(-10 * (one - other).pow(2).mean().log10()) == pytest.approx(20 * np.log10(255 / 5), abs=1e-4)


@pytest.mark.parametrize(
    ("dtype", "shape", "what"),
    [
        (np.uint32, (4, 4), "TIFF of 32-bit whole numbers, 1 a pixel"),
        (np.int16, (4, 4), "TIFF of 16-bit signed whole numbers, 1 a pixel"),
        (np.float32, (4, 4), "TIFF of 32-bit floats, 1 a pixel"),
        (np.float32, (4, 4, 3), "TIFF of 32-bit floats, 3 a pixel"),
        (np.uint32, (4, 4, 3), "TIFF of 32-bit whole numbers, 3 a pixel"),
        (np.int8, (4, 4, 3), "TIFF of 8-bit signed whole numbers, 3 a pixel"),
        (np.float64, (4, 4), "TIFF of 64-bit floats, 1 a pixel"),
    ],
)
@pytest.mark.parametrize("bigtiff", [False, True])
def test_a_tiff_of_other_values_is_named_for_what_it_is(
    dtype: type, shape: tuple[int, ...], what: str, bigtiff: bool
) -> None:
    options = {"photometric": "rgb"} if len(shape) == 3 else {}

    with pytest.raises(InputError, match=rf"^x: {what}; expected 8 or 16 bits") as refused:
        decode_image(tiff(np.ones(shape, dtype), bigtiff=bigtiff, **options), "x")

    assert ".npy" in str(refused.value.hint)


def test_sixteen_bits_of_a_colour_tiff_are_all_kept() -> None:
    pixels = np.random.default_rng(0).integers(0, 65536, (5, 4, 3)).astype(np.uint16)

    values = decode_image(tiff(pixels, photometric="rgb"), "x")

    assert torch.equal(values, torch.from_numpy(pixels.astype(np.float32) / np.float32(65535)).permute(2, 0, 1))


needs_avif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")


def avif(quality: int = 100) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (200, 100, 50)).save(buffer, "AVIF", quality=quality, subsampling="4:4:4")
    return buffer.getvalue()


@needs_avif
def test_an_avif_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.avif").write_bytes(avif())

    value = of_levels(open_data(Request(data=tmp_path)).groups[0].read(0).values["real"])  # type: ignore[arg-type]

    assert (value[:, 4, 4] * 255 - torch.tensor([200.0, 100, 50])).abs().max() <= 2


@needs_avif
def test_an_avif_file_of_ten_bits_is_named_for_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    data = avif()
    bits = images._avif_bits(data.replace(b"pixi\0\0\0\0\x03\x08\x08\x08", b"pixi\0\0\0\0\x03\x0a\x0a\x0a"))
    assert (images._avif_bits(data), bits) == (8, 10)
    monkeypatch.setattr(images, "_avif_bits", lambda _: bits)  # libavif refuses a property that is not its picture's

    with pytest.raises(InputError, match="AVIF of 10 bits a channel, of which Pillow keeps 8"):
        decode_image(data, "x")


@pytest.mark.parametrize("form", JPEG_XL)
@pytest.mark.parametrize("in_folder", [True, False])
def test_jpeg_xl_is_named_for_what_it_is(tmp_path: Path, form: str, in_folder: bool) -> None:
    (tmp_path / "a.jxl").write_bytes(JPEG_XL[form].ljust(100, b"\0"))

    with pytest.raises(InputError, match=r"a\.jxl: JPEG XL; expected one of PNG"):
        open_data(Request(data=tmp_path if in_folder else tmp_path / "a.jxl"))


def test_the_limit_on_pixels_is_lifted_by_an_option_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("L", (30, 30)).save(tmp_path / "a.png")
    monkeypatch.setattr("ganloss_cli.io.images.MAX_PIXELS", 100)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)

    with pytest.raises(InputError, match="has more than 100 pixels") as refused:
        open_data(Request(data=tmp_path)).groups[0].read(0)
    lifted = open_data(Request(data=tmp_path, max_pixels=900)).groups[0].read(0)
    with pytest.raises(InputError, match="has more than 899 pixels"):
        open_data(Request(data=tmp_path, max_pixels=899)).groups[0].read(0)
    settle_pillow()

    assert "--max-pixels" in str(refused.value.hint)
    assert lifted.values["real"].shape == (1, 30, 30)  # type: ignore[union-attr]
