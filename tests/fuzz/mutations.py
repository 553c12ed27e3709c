"""Mutants of files: of their bytes, and of what they are built of, put together again so that readers come far."""

from __future__ import annotations

import gzip
import io
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random

from byte_mutations import mutated_bytes, mutated_json
from media_mutations import mutated_npy, mutated_png, mutated_riff, mutated_tar, mutated_text
from pickle_mutations import INTEGERS, mutated_pickle

LEGACY_PICKLES = 5
_DIRECTORY = b"PK\x01\x02", 46  # signature and length of an entry of a zip's directory
_LOCAL = b"PK\x03\x04", 30
_END = b"PK\x05\x06", 22
Mutation = Callable[[bytes, Random], bytes]


def mutated(data: bytes, others: list[bytes], chance: Random) -> bytes:
    """One mutant.

    Args:
        data: the file.
        others: files to take pieces from.
        chance: decides everything.
    """
    if chance.random() < 0.25:
        return mutated_bytes(data, others, chance)
    changed = _inside(data, chance)
    return mutated_bytes(changed, others, chance) if chance.random() < 0.1 else changed


def _inside(data: bytes, chance: Random) -> bytes:
    """Change something inside what the bytes are an envelope of, and close it again."""
    try:
        return _mutation_of(data)(data, chance)
    except (ValueError, LookupError, struct.error, zlib.error, OSError, zipfile.BadZipFile, EOFError, RuntimeError,
            NotImplementedError, RecursionError):  # fmt: skip
        return mutated_bytes(data, [data], chance)  # a broken seed that even this does not open


def _mutation_of(data: bytes) -> Mutation:
    if data[:4] == b"PK\x03\x04":
        return _zip
    if data[:2] == b"\x1f\x8b":
        return _gzip
    if data[:6] == b"\x93NUMPY":
        return mutated_npy
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return mutated_png
    if data[:4] in (b"RIFF", b"RIFX"):
        return mutated_riff
    if data[257:262] == b"ustar":
        return mutated_tar
    if data[8:9] == b"{" and len(data) > 10:
        return _safetensors
    if data[:1] in (b"{", b"["):
        return mutated_json
    if data[:4] in (b"\x80\x02\x8a\x0a", b"\x80\x04\x95\x0d"):
        return _legacy
    if data[:1] == b"\x80" or (data[:1] in (b"(", b"c", b"}", b"]") and data.rstrip()[-1:] == b"."):
        return mutated_pickle
    if data[:200].isascii() and b"\0" not in data[:200]:
        return mutated_text
    return lambda data, chance: mutated_bytes(data, [data], chance)


def _zip(data: bytes, chance: Random) -> bytes:
    if chance.random() < 0.3:
        return _fields(data, chance)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(info.filename, archive.read(info)) for info in archive.infolist()[:200]]
    place = _likely(entries, chance)
    name, content = entries[place]
    kind = chance.randrange(10)
    if kind == 0:
        del entries[place]
    elif kind == 1:
        entries.append((name, chance.choice(entries)[1]))
    elif kind == 2:
        entries[place] = (chance.choice(("x/data.pkl", "x/constants.pkl", "x/code/a.py", "../a", "a.npy", "")), content)
    elif kind == 3:
        entries.append((f"{name.partition('/')[0]}/{chance.choice(('b.pkl', 'data/99', 'archive_format'))}", content))
    else:
        entries[place] = (name, _inside(content, chance))
    compression = zipfile.ZIP_DEFLATED if chance.random() < 0.1 else zipfile.ZIP_STORED
    return zipped(entries, compression)


def _likely(entries: list[tuple[str, bytes]], chance: Random) -> int:
    """The place of an entry, those that tell of others before those that are only numbers."""
    telling = [k for k, (name, _) in enumerate(entries) if name.endswith((".pkl", ".json", ".npy"))]
    return chance.choice(telling) if telling and chance.random() < 0.8 else chance.randrange(len(entries))


def zipped(entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive; the same name may be there twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def _fields(data: bytes, chance: Random) -> bytes:
    """A number in a header of the archive."""
    mutant = bytearray(data)
    for _ in range(chance.choice((1, 1, 2))):
        signature, size = chance.choice((_DIRECTORY, _DIRECTORY, _LOCAL, _END))
        places = [k for k in range(len(data)) if data.startswith(signature, k)]
        if places:
            at = chance.choice(places) + chance.randrange(4, size, 2)
            width = chance.choice((2, 4))
            mutant[at : at + width] = (chance.choice(INTEGERS) % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(mutant)


def _safetensors(data: bytes, chance: Random) -> bytes:
    n_header = int.from_bytes(data[:8], "little")
    header = mutated_json(data[8 : 8 + n_header], chance)
    length = chance.choice(INTEGERS) % 2**64 if chance.random() < 0.1 else len(header)
    return length.to_bytes(8, "little") + header + data[8 + n_header :]


def _legacy(data: bytes, chance: Random) -> bytes:
    stream, ends = io.BytesIO(data), [0]
    for _ in range(LEGACY_PICKLES):
        for _ in pickletools.genops(stream):
            pass
        ends.append(stream.tell())
    parts = [data[start:end] for start, end in zip(ends, [*ends[1:], None], strict=True)]
    place = chance.choice((0, 1, 2, 3, 3, 3, 3, 4, 4, 5))
    if place == LEGACY_PICKLES:
        parts[place] = mutated_bytes(parts[place], [data], chance)
    else:
        parts[place] = mutated_pickle(parts[place], chance)
    return b"".join(parts)


def _gzip(data: bytes, chance: Random) -> bytes:
    return gzip.compress(_inside(gzip.decompress(data), chance), 1, mtime=0)
