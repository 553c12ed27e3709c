import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from ganloss_cli.errors import InputError
from ganloss_cli.io import images
from ganloss_cli.io.images import decode_image, decode_levels, of_levels, settle_pillow

CHANNELS_OF = {0: 1, 2: 3, 4: 2, 6: 4}  # PNG colour type -> channels


@pytest.fixture(autouse=True)
def _settled() -> None:
    settle_pillow()


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(pixels: np.ndarray, colour_type: int, *extra: bytes) -> bytes:
    """A 16-bit PNG whose rows go through all five filters, written after the specification (section 9)."""
    height, width = pixels.shape[:2]
    n_bytes = 2 * CHANNELS_OF[colour_type]
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8).astype(int)
    above, filtered = np.zeros(rows.shape[1], int), []
    for number, row in enumerate(rows):
        left = np.concatenate([np.zeros(n_bytes, int), row[:-n_bytes]])
        corner = np.concatenate([np.zeros(n_bytes, int), above[:-n_bytes]])
        guess = left + above - corner
        to_left, to_above, to_corner = abs(guess - left), abs(guess - above), abs(guess - corner)
        paeth = np.where(
            (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
        )
        predicted = (0 * row, left, above, (left + above) // 2, paeth)[number % 5]
        filtered.append(bytes([number % 5]) + ((row - predicted) % 256).astype(np.uint8).tobytes())
        above = row
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    data = chunk(b"IHDR", header) + b"".join(extra) + chunk(b"IDAT", zlib.compress(b"".join(filtered)))
    return b"\x89PNG\r\n\x1a\n" + data + chunk(b"IEND", b"")


def random_pixels(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)


def expected(pixels: np.ndarray) -> torch.Tensor:
    values = pixels.astype(np.float64) / np.iinfo(pixels.dtype).max
    values = values[:, :, None] if values.ndim == 2 else values
    return torch.from_numpy(values.transpose(2, 0, 1)).float()


def test_the_memory_of_one_image_serves_the_next() -> None:
    data = encoded(Image.new("RGB", (64, 64)), "PNG")
    decode_image(data, "first")
    Image.core.reset_stats()

    decode_image(data, "second")

    assert Image.core.get_stats()["reused_blocks"] > 0


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)), st.sampled_from(["PNG", "BMP", "TIFF"])
)
def test_grey_images_come_back_as_one_channel(pixels: np.ndarray, file_format: str):
    image = decode_image(encoded(Image.fromarray(pixels), file_format), "x")

    assert torch.equal(image, expected(pixels))


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))),
    st.sampled_from(["PNG", "BMP", "TIFF", "PPM", "WEBP"]),
)
def test_colour_images_come_back_bit_by_bit(pixels: np.ndarray, file_format: str):
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}

    image = decode_image(encoded(Image.fromarray(pixels), file_format, **options), "x")

    assert torch.equal(image, expected(pixels))
    assert image.is_contiguous()


@given(hnp.arrays(np.uint16, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3))))
def test_sixteen_bit_colour_png_keeps_all_its_bits(pixels: np.ndarray):
    assert torch.equal(decode_image(png16(pixels, 2), "x"), expected(pixels))


@given(hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=12)))
def test_sixteen_bit_grey_png_keeps_all_its_bits(pixels: np.ndarray):
    assert torch.equal(decode_image(png16(pixels, 0), "x"), expected(pixels))


@pytest.mark.parametrize("colour_type", [4, 6])
def test_sixteen_bit_png_with_alpha_keeps_all_its_bits(colour_type: int):
    pixels = random_pixels(9, 7, CHANNELS_OF[colour_type], dtype=np.uint16)

    image = decode_image(png16(pixels, colour_type), "x", "drop")

    assert torch.equal(image, expected(pixels[:, :, :-1]))


@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bit_tiff_keeps_all_its_bits(byte_order: str, compression: str | None, channels: int):
    tifffile = pytest.importorskip("tifffile")
    pixels = random_pixels(20, 17, channels, dtype=np.uint16).squeeze()
    buffer = io.BytesIO()
    photometric = "rgb" if channels == 3 else "minisblack"
    tifffile.imwrite(buffer, pixels, byteorder=byte_order, compression=compression, photometric=photometric)

    image = decode_image(buffer.getvalue(), "x")

    assert torch.equal(image, expected(pixels))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_pnm_of_twelve_bits_is_divided_by_its_own_largest_value(plain: bool, channels: int):
    pixels = random_pixels(5, 4, channels, dtype=np.uint16) % 4096
    number = {(True, 1): b"P2", (True, 3): b"P3", (False, 1): b"P5", (False, 3): b"P6"}[plain, channels]
    body = " ".join(map(str, pixels.ravel())).encode() if plain else pixels.astype(">u2").tobytes()

    image = decode_image(number + b"\n# from a camera\n4 5\n4095\n" + body, "x")

    assert torch.equal(image, torch.from_numpy(pixels.transpose(2, 0, 1) / 4095).float())


def test_one_bit_images_are_black_and_white():
    pixels = np.array([[True, False], [False, True]])

    image = decode_image(encoded(Image.fromarray(pixels), "PNG"), "x")

    assert image.tolist() == [[[1, 0], [0, 1]]]


def test_palettes_become_colours():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 51, 255])
    image.putpixel((1, 0), 1)

    decoded = decode_image(encoded(image, "PNG"), "x")

    assert torch.equal(decoded[:, 0, :], torch.tensor([[1, 0], [0, 51 / 255], [0, 1]]))


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("RGB", 3), ("CMYK", 3)])
def test_a_jpeg_is_what_pillow_makes_of_it(mode: str, channels: int):
    smooth = Image.linear_gradient("L").resize((40, 24)).convert(mode)
    data = encoded(smooth, "JPEG", quality=95)
    wanted = np.asarray(Image.open(io.BytesIO(data)).convert("L" if channels == 1 else "RGB"))

    image = decode_image(data, "x")

    assert torch.equal(image, expected(wanted))
    assert image.shape == (channels, 24, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_exif_orientation_is_applied_as_pillow_applies_it(orientation: int, file_format: str):
    from PIL import ImageOps

    pixels = random_pixels(5, 3, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(Image.fromarray(pixels), file_format, exif=exif)
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))

    image = decode_image(data, "x")

    assert torch.equal(image, expected(wanted))
    assert image.shape[1:] == ((5, 3) if orientation < 5 else (3, 5))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_refused_unless_asked_for(mode: str):
    data = encoded(Image.new(mode, (2, 2)), "PNG")

    with pytest.raises(InputError, match=r"folder/a\.png: has an alpha channel") as refused:
        decode_image(data, "folder/a.png")

    assert "--alpha white" in str(refused.value.hint)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_opaque_alpha_channel_says_nothing(mode: str):
    image = Image.frombytes(mode, (16, 16), bytes(range(256)) * len(mode))

    without, opaque = (
        encoded(each, "PNG") for each in (image, image.convert(mode.replace("RGB", "RGBA").replace("L", "LA")))
    )

    assert decode_image(opaque, "x").equal(decode_image(without, "x"))


def test_an_alpha_channel_that_hides_a_single_pixel_is_refused():
    image = Image.new("RGBA", (9, 9), (1, 2, 3, 255))
    image.putpixel((4, 4), (1, 2, 3, 254))

    with pytest.raises(InputError, match="alpha"):
        decode_image(encoded(image, "PNG"), "x")


@pytest.mark.parametrize(
    ("mode", "pixel"), [("RGBA", (51, 102, 0, 153)), ("LA", (51, 153)), ("RGBA", (51, 102, 0, 255))]
)
def test_alpha_is_kept_as_the_last_channel(mode: str, pixel: tuple[int, ...]):
    image = decode_image(encoded(Image.new(mode, (2, 3), pixel), "PNG"), "x", "keep")

    assert image.shape == (len(mode), 3, 2)
    assert image[:, 0, 0].tolist() == pytest.approx([value / 255 for value in pixel], abs=6e-8)


@pytest.mark.parametrize(("alpha", "wanted"), [("drop", 0.2), ("white", 0.2 * 0.6 + 0.4), ("black", 0.2 * 0.6)])
def test_alpha_is_composited_in_float(alpha: str, wanted: float):
    data = encoded(Image.new("RGBA", (1, 1), (51, 51, 51, 153)), "PNG")  # 0.2 at opacity 0.6

    image = decode_image(data, "x", alpha)  # type: ignore[arg-type]

    assert image.shape == (3, 1, 1)
    assert image.flatten().tolist() == pytest.approx([wanted] * 3, abs=6e-8)


def test_grey_with_alpha_stays_grey():
    assert decode_image(encoded(Image.new("LA", (1, 1), (255, 0)), "PNG"), "x", "black").tolist() == [[[0.0]]]


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_transparent_colour_counts_as_alpha(mode: str):
    data = encoded(Image.new(mode, (2, 2)), "PNG", transparency=(0, 0, 0) if mode == "RGB" else 0)

    with pytest.raises(InputError, match="alpha"):
        decode_image(data, "x")

    assert decode_image(data, "x", "white").unique().tolist() == [1.0]


@pytest.mark.parametrize(("colour_type", "colour"), [(0, (7,)), (2, (7, 8, 9))])
def test_a_transparent_sixteen_bit_colour_counts_as_alpha(colour_type: int, colour: tuple[int, ...]):
    pixels = np.full((1, 2, len(colour)), 65535, np.uint16)
    pixels[0, 0] = colour
    data = png16(pixels, colour_type, chunk(b"tRNS", struct.pack(f">{len(colour)}H", *colour)))

    image = decode_image(data, "x", "black")

    assert image[:, 0].tolist() == [[0.0, 1.0]] * len(colour)


@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "WEBP", "PNG"])
def test_more_than_one_frame_is_refused(file_format: str):
    frames = [Image.fromarray(random_pixels(8, 8, 3)), Image.new("RGB", (8, 8), "red")]
    data = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])

    with pytest.raises(InputError, match="holds 2 frames; expected one"):
        decode_image(data, "x")


@pytest.mark.parametrize("mode", ["I", "F"])
def test_values_of_32_bits_are_refused(mode: str):
    with pytest.raises(InputError, match="expected 8 or 16 bits"):
        decode_image(encoded(Image.new(mode, (2, 2)), "TIFF"), "x")


@pytest.mark.parametrize("height", [15, 11])
def test_more_pixels_than_pillow_allows_are_an_error_whatever_becomes_of_warnings(
    height: int, monkeypatch: pytest.MonkeyPatch
):
    data = encoded(Image.new("RGB", (10, height)), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 70 if height == 15 else 100)  # Pillow itself warns up to twice that

    with warnings.catch_warnings(action="ignore"), pytest.raises(InputError, match="decompression bombs"):
        decode_image(data, "x")


@pytest.mark.parametrize(
    ("file_format", "mode", "limit", "most"),
    [("PNG", "RGB", "MOST_INFLATED", 3), ("PNG", "L", "MOST_INFLATED", 0.1),
     ("GIF", "L", "MOST_PIXELS_A_GIF_BYTE", 3)],
)  # fmt: skip
def test_a_file_with_fewer_bytes_than_its_pixels_take_at_least_is_refused(
    file_format: str, mode: str, limit: str, most: float, monkeypatch: pytest.MonkeyPatch
):
    image = encoded(Image.new(mode, (110, 90)), file_format)
    before = decode_image(image, "x")

    monkeypatch.setattr(images, limit, most)

    assert before.shape[1:] == (90, 110)
    with pytest.raises(InputError, match="bytes cannot hold 110 x 90 pixels"):
        decode_image(image, "x")


@pytest.mark.parametrize(
    ("file_format", "mode"), [("GIF", "L"), *(("PNG", mode) for mode in ("1", "L", "P", "LA", "RGB", "RGBA"))]
)
def test_the_flattest_image_is_not_taken_for_a_truncated_one(file_format: str, mode: str):
    image = encoded(Image.new(mode, (4000, 2000)), file_format, optimize=True)

    assert decode_image(image, "x", alpha="drop").max() == 0


WHOLE = {
    name: encoded(Image.fromarray(random_pixels(40, 40, 3)), name, **options)
    for name, options in {
        "PNG": {}, "JPEG": {}, "BMP": {}, "TIFF": {}, "GIF": {}, "PPM": {}, "WEBP": {"lossless": True},
    }.items()
}  # fmt: skip
WHOLE["PNG16"] = png16(random_pixels(20, 20, 3, dtype=np.uint16), 2)
WHOLE["TIFF-deflate"] = encoded(Image.fromarray(random_pixels(40, 40, 3)), "TIFF", compression="tiff_deflate")


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9])
def test_a_truncated_image_is_refused_by_name(name: str, share: float):
    data = WHOLE[name]

    with pytest.raises(InputError, match=r"^some/file: "):
        decode_image(data[: int(len(data) * share)], "some/file")


@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_damaged_image_is_read_or_refused_but_never_crashes(name: str, choices: st.DataObject):
    data = bytearray(WHOLE[name])
    for _ in range(choices.draw(st.integers(1, 8))):
        data[choices.draw(st.integers(0, min(len(data) - 1, 400)))] = choices.draw(st.integers(0, 255))

    try:
        image = decode_image(bytes(data), "x", "drop")
    except InputError:
        return

    assert image.dtype == torch.float32
    assert 0 <= image.min() <= image.max() <= 1


def test_what_is_no_image_is_refused_with_the_formats_there_are():
    with pytest.raises(InputError, match="expected PNG, JPEG, WebP, BMP, TIFF, GIF, PPM"):
        decode_image(b"%!PS-Adobe-3.0 EPSF-3.0\n", "x")


@pytest.mark.parametrize("transparency", [{}, {"transparency": 1}])
def test_a_palette_that_stands_behind_the_pixels_is_refused(transparency: dict[str, int]) -> None:
    buffer = io.BytesIO()
    colours = np.random.default_rng(0).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    Image.fromarray(colours).quantize(4).save(buffer, "PNG", **transparency)
    png = buffer.getvalue()
    start = png.index(b"IDAT") - 4
    pixels = png[start : start + 12 + int.from_bytes(png[start : start + 4], "big")]

    with pytest.raises(InputError, match=r"a\.png: damaged image: its palette does not stand before its pixels"):
        decode_image(png[:33] + pixels + png[33:], "a.png", "drop")


def test_pixels_of_8_bits_are_held_as_they_are_stored_and_deeper_ones_as_values() -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)

    levels = decode_levels(encoded(Image.fromarray(pixels), "PNG"), "x")
    deeper = decode_levels(png16(pixels[:, :, None].astype(np.uint16), 0), "x")

    assert np.array_equal(levels[0].numpy(), pixels)
    assert torch.equal(of_levels(levels)[0], torch.from_numpy(pixels / np.float32(255)))
    assert deeper.dtype == torch.float32
    assert of_levels(deeper) is deeper
