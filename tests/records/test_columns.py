"""Columns give back what was packed, as floats of 32 bits, and refuse what is damaged."""

import base64
import lzma
import struct

import pytest

from ganloss_cli.records.columns import packed, unpacked
from ganloss_cli.records.report import SampleValues

SAMPLES = (
    SampleValues(name="a", values={"ssim": 0.1, "psnr": None}, sha256={"real": "0" * 64}),
    SampleValues(name='"><b\n', values={"psnr": 1e39, "ssim": -0.0}),
    SampleValues(name="שלום", values={"psnr": 24.5}),
)


def test_values_come_back_as_floats_of_32_bits_and_none_as_none() -> None:
    (tenth,) = struct.unpack("f", struct.pack("f", 0.1))

    assert unpacked(packed(SAMPLES)) == [
        {"name": "a", "ssim": tenth, "psnr": None},
        {"name": '"><b\n', "ssim": 0.0, "psnr": None},  # beyond the largest of 32 bits
        {"name": "שלום", "ssim": None, "psnr": 24.5},
    ]


def test_no_samples_are_no_rows() -> None:
    assert unpacked(packed(())) == []


def test_the_text_needs_no_escape_within_an_attribute() -> None:
    assert not {*"\"'<>&"} & {*packed(SAMPLES)}


def test_equal_values_take_little_room() -> None:
    samples = [SampleValues(name=f"{k:05d}", values={"ssim": 0.5}) for k in range(50_000)]

    assert len(packed(samples)) < 200_000


@pytest.mark.parametrize(
    "content",
    [
        b"no stream",
        lzma.compress(b'{"names": ["a"], "losses": ["l1"]}\n12'),
        lzma.compress(b'{"names": ["a"], "losses": ["l1"]}\n1234')[:-30],
        lzma.compress(b'{"names": ["a"], "losses": ["l1"]}\n1234 '),
        lzma.compress(b"[1]"),
        lzma.compress(b'{"names": 1, "losses": []}\n'),
    ],
)
def test_what_is_damaged_is_refused(content: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        unpacked(base64.b64encode(content).decode("ascii"))
