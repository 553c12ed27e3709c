"""How long an MP3 file is: libsndfile estimates it where no Xing header says so, and reads no further."""

from __future__ import annotations

from collections.abc import Iterator

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version: 1, 2, 2.5
_KILOBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}  # of layer III (ISO 11172-3 and 13818-3); version 2.5 has those of 2
_TAGS = (b"Xing", b"Info", b"VBRI")


def with_stated_length(data: bytes) -> bytes:
    """The same file with a frame in front of it that says how many frames follow, where no frame of it does.

    Args:
        data: of an MP3 file.
    """
    start = _behind_id3(data)
    length = _frame_length(data[start : start + 4])
    if not length or any(tag in data[start : start + length] for tag in _TAGS):
        return data
    mono, version = data[start + 3] >> 6 == 3, data[start + 1] >> 3 & 3
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    count = sum(1 for _ in _frames(data, start))
    told = data[start : start + 4] + bytes(side) + b"Xing" + (1).to_bytes(4, "big") + count.to_bytes(4, "big")
    return told.ljust(length, b"\0") + data[start:] if len(told) <= length else data


def states_length(data: bytes) -> bool:
    """Whether the first frame of a file says how many there are."""
    start = _behind_id3(data)
    return any(tag in data[start : start + _frame_length(data[start : start + 4])] for tag in _TAGS)


def _behind_id3(data: bytes) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    return 10 + sum((byte & 0x7F) << 7 * (3 - k) for k, byte in enumerate(data[6:10]))


def _frames(data: bytes, position: int) -> Iterator[int]:
    while (length := _frame_length(data[position : position + 4])) and position + length <= len(data):
        yield position
        position += length


def _frame_length(header: bytes) -> int:
    """The bytes of a frame by its header; 0 where none begins."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # synchronisation, and layer III
        return 0
    version, bits, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bits in (0, 15) or rate == 3:
        return 0
    kilobits = _KILOBITS[3 if version == 3 else 2][bits]
    return (144 if version == 3 else 72) * kilobits * 1000 // _RATES[version][rate] + (header[2] >> 1 & 1)
