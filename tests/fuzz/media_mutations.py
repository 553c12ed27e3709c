"""Mutants of arrays, pictures, sound, tar archives and text: their headers, with checksums made right again."""

from __future__ import annotations

import struct
import zlib
from random import Random

from byte_mutations import mutated_bytes, mutated_json
from pickle_mutations import INTEGERS, TEXTS


def mutated_npy(data: bytes, chance: Random) -> bytes:
    n_header = int.from_bytes(data[8:10], "little")
    header = data[10 : 10 + n_header].decode("latin-1")
    for _ in range(chance.choice((1, 2))):
        old = chance.choice(("<f4", "<f8", "False", "(", ",)", "'shape'", "descr", "1", "2", "3"))
        new = chance.choice(
            ("|O", "<U9", "<c8", ">f4", "<f2", "True", "(-1,", "(1<<20,", "[", "99999999999", "M8[s]", "'")
        )
        header = header.replace(old, new, 1)
    return (
        b"\x93NUMPY"
        + bytes([chance.choice((1, 1, 1, 2, 3, 9)), 0])
        + struct.pack("<H", len(header))
        + (header.encode("latin-1") + data[10 + n_header :])
    )


def mutated_tar(data: bytes, chance: Random) -> bytes:
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


def mutated_png(data: bytes, chance: Random) -> bytes:
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


def mutated_riff(data: bytes, chance: Random) -> bytes:
    """A number of the headers, which stand in the first bytes."""
    mutant = bytearray(data)
    for _ in range(chance.choice((1, 2, 3))):
        at, width = chance.randrange(4, min(64, len(data)), 2), chance.choice((2, 4))
        mutant[at : at + width] = (chance.choice(INTEGERS) % 2 ** (8 * width)).to_bytes(width, "little")
    return bytes(mutant)


def mutated_text(data: bytes, chance: Random) -> bytes:
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
        fields[chance.randrange(len(fields))] = chance.choice((*TEXTS, b"nan", b"1e999", b"/dev/null", b"."))
        lines[place] = b",".join(fields)
    else:
        lines[place] = (
            mutated_json(lines[place], chance) if lines[place][:1] == b"{" else lines[place] + chance.randbytes(3)
        )
    return b"\n".join(lines)
