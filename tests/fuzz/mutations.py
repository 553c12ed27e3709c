"""Mutants of files: of their bytes, and of what they are built of, put together again so that readers come far."""

from __future__ import annotations

import gzip
import io
import json
import pickletools
import struct
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from pickle_mutations import INTEGERS, TEXTS, mutated_pickle

VALUES = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "F32",
    "a\x1b[31m",
    [],
    {},
    [[[]]],
    [0, 0],
)
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


def mutated_bytes(data: bytes, others: list[bytes], chance: Random) -> bytes:
    """The same bytes but for a few."""
    mutant = bytearray(data or b"\0")
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        place = chance.randrange(len(mutant) + 1)
        kind = chance.randrange(7)
        size = chance.choice((1, 2, 4, 8, 64, 1000))
        if kind == 0 and place < len(mutant):
            mutant[place] ^= 1 << chance.randrange(8)
        elif kind == 1:
            number = chance.choice(INTEGERS)
            order = chance.choice("<>")
            width = chance.choice("bhiq")
            bits = {"b": 8, "h": 16, "i": 32, "q": 64}[width]
            wrapped = (number + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
            packed = struct.pack(order + width, wrapped)
            mutant[place : place + len(packed)] = packed
        elif kind == 2:
            del mutant[place : place + size]
        elif kind == 3:
            mutant[place:place] = mutant[place : place + size] * chance.choice((1, 2, 50))
        elif kind == 4:
            mutant[place:place] = chance.randbytes(size)
        elif kind == 5:
            del mutant[place:]
        else:
            other = chance.choice(others)
            start = chance.randrange(len(other) + 1)
            mutant[place : place + size] = other[start : start + size]
        if not mutant:
            mutant = bytearray(b"\0")
    return bytes(mutant[:2_000_000])


def _inside(data: bytes, chance: Random) -> bytes:
    """Change something inside what the bytes are an envelope of, and close it again."""
    try:
        return _mutation_of(data)(data, chance)
    except (ValueError, LookupError, struct.error, zlib.error, OSError, zipfile.BadZipFile, EOFError, RuntimeError,
            NotImplementedError, RecursionError):  # fmt: skip
        return mutated_bytes(data, [data], chance)  # a hostile seed that even this does not open


def _mutation_of(data: bytes) -> Mutation:
    if data[:4] == b"PK\x03\x04":
        return _zip
    if data[:2] == b"\x1f\x8b":
        return _gzip
    if data[:6] == b"\x93NUMPY":
        return _npy
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _png
    if data[:4] in (b"RIFF", b"RIFX"):
        return _riff
    if data[257:262] == b"ustar":
        return _tar
    if data[8:9] == b"{" and len(data) > 10:
        return _safetensors
    if data[:1] in (b"{", b"["):
        return _json
    if data[:4] in (b"\x80\x02\x8a\x0a", b"\x80\x04\x95\x0d"):
        return _legacy
    if data[:1] == b"\x80" or (data[:1] in (b"(", b"c", b"}", b"]") and data.rstrip()[-1:] == b"."):
        return mutated_pickle
    if data[:200].isascii() and data[:200].decode().isprintable() is not None and b"\0" not in data[:200]:
        return _lines
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
    header = _json(data[8 : 8 + n_header], chance)
    length = chance.choice(INTEGERS) % 2**64 if chance.random() < 0.1 else len(header)
    return length.to_bytes(8, "little") + header + data[8 + n_header :]


def _json(data: bytes, chance: Random) -> bytes:
    document = json.loads(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        document = _other_value(document, chance)
    return json.dumps(document).encode()


def _other_value(value: Any, chance: Random) -> Any:
    """The same document but for one value or name of it."""
    if chance.random() < 0.1 or not isinstance(value, dict | list) or not value:
        return chance.choice((*VALUES, *INTEGERS))
    if isinstance(value, list):
        changed = list(value)
        place = chance.randrange(len(changed))
        if chance.random() < 0.2:
            changed[place:place] = changed * chance.choice((1, 3))
        else:
            changed[place] = _other_value(changed[place], chance)
        return changed
    entries = list(value.items())
    place = chance.randrange(len(entries))
    key, held = entries[place]
    kind = chance.randrange(8)
    if kind == 0:
        del entries[place]
    elif kind == 1:
        entries[place] = (chance.choice(TEXTS).decode("latin-1"), held)
    elif kind == 2:
        entries[place] = (key, chance.choice(entries)[1])
    else:
        entries[place] = (key, _other_value(held, chance))
    return dict(entries)


def _npy(data: bytes, chance: Random) -> bytes:
    n_header = int.from_bytes(data[8:10], "little")
    header = data[10 : 10 + n_header].decode("latin-1")
    for _ in range(chance.choice((1, 2))):
        old = chance.choice(("<f4", "<f8", "False", "(", ",)", "'shape'", "descr", "1", "2", "3"))
        new = chance.choice(
            ("|O", "<U9", "<c8", ">f4", "<f2", "True", "(-1,", "(1<<62,", "[", "99999999999", "M8[s]", "'")
        )
        header = header.replace(old, new, 1)
    return (
        b"\x93NUMPY"
        + bytes([chance.choice((1, 1, 1, 2, 3, 9)), 0])
        + struct.pack("<H", len(header))
        + (header.encode("latin-1") + data[10 + n_header :])
    )


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


def _tar(data: bytes, chance: Random) -> bytes:
    """A field of a header, its checksum made right again."""
    mutant = bytearray(data)
    starts = [k for k in range(0, len(data), 512) if data[k + 257 : k + 262] == b"ustar"]
    start = chance.choice(starts)
    if chance.random() < 0.4:
        body = start + 512
        mutant[body : body + 512] = mutated_bytes(bytes(mutant[body : body + 512]), [data], chance)[:512].ljust(
            512, b"\0"
        )
    else:
        at = chance.choice((0, 100, 124, 136, 156, 157, 345))
        new = chance.choice(
            (b"77777777777\0", b"\xff" * 12, b"-1\0", b"../../x\0", b"storages\0", b"1", b"2", b"L", b"x")
        )
        mutant[start + at : start + at + len(new)] = new
    mutant[start + 148 : start + 156] = b" " * 8
    mutant[start + 148 : start + 156] = b"%06o\0 " % sum(mutant[start : start + 512])
    return bytes(mutant)


def _png(data: bytes, chance: Random) -> bytes:
    """A chunk, its checksum made right again."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    place = chance.randrange(len(chunks))
    kind, body = chunks[place]
    change = chance.randrange(5)
    if change == 0:
        del chunks[place]
    elif change == 1:
        chunks.insert(place, chance.choice(chunks))
    elif change == 2:
        chunks.insert(1, (chance.choice((b"tRNS", b"eXIf", b"iCCP", b"acTL", b"gAMA", b"PLTE")), chance.randbytes(6)))
    else:
        chunks[place] = (kind, mutated_bytes(body, [data], chance)[: len(body) + 8])
    return data[:8] + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def _riff(data: bytes, chance: Random) -> bytes:
    """A number of the headers, which stand in the first bytes."""
    mutant = bytearray(data)
    for _ in range(chance.choice((1, 2, 3))):
        at, width = chance.randrange(4, min(64, len(data)), 2), chance.choice((2, 4))
        mutant[at : at + width] = (chance.choice(INTEGERS) % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(mutant)


def _lines(data: bytes, chance: Random) -> bytes:
    """A line, a field or a number of a text."""
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    kind = chance.randrange(6)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines.insert(place, chance.choice(lines))
    elif kind == 2:
        lines[place] = lines[place].replace(b",", chance.choice((b"", b",,", b"\t", b'"', b";")), 1)
    elif kind == 3:
        words = lines[place].split(b" ")
        words[chance.randrange(len(words))] = chance.choice(
            (*TEXTS, b"nan", b"-1e999", b"inf", b"%d" % chance.choice(INTEGERS))
        )
        lines[place] = b" ".join(words)
    elif kind == 4:
        fields = lines[place].split(b",")
        fields[chance.randrange(len(fields))] = chance.choice((*TEXTS, b"nan", b"1e999", b"/dev/zero", b"."))
        lines[place] = b",".join(fields)
    else:
        lines[place] = _json(lines[place], chance) if lines[place][:1] == b"{" else lines[place] + chance.randbytes(3)
    return b"\n".join(lines)
