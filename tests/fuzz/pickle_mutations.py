"""Mutants of pickles: the same operations in another order, with other arguments, or with a stranger's among them."""

from __future__ import annotations

import pickletools
import struct
from random import Random

NAMES = (
    "foreign mark", "foreign Foreign", "module name", "collections ChainMap", "collections UserList", "string Template",
    "statistics NormalDist", "torch.nn.modules.linear Linear", "torch ones", "numpy mean", "numpy ones",
    "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3", "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_qtensor", "torch._utils _rebuild_sparse_tensor", "torch._tensor _rebuild_from_type_v2",
    "torch FloatStorage", "torch HalfStorage", "torch.storage UntypedStorage", "torch float32", "torch qint8",
    "torch Tensor", "torch Size", "torch device", "torch.serialization _get_layout", "torch.nn.parameter Parameter",
    "collections OrderedDict", "collections defaultdict", "collections Counter", "collections deque",
    "argparse Namespace", "pathlib PosixPath", "builtins set", "builtins bytearray", "builtins dict", "builtins list",
    "builtins complex", "builtins int", "builtins str", "builtins object", "copyreg _reconstructor", "_codecs encode",
    "numpy._core.multiarray _reconstruct", "numpy._core.multiarray scalar", "numpy.core.multiarray scalar",
    "numpy._core.numeric _frombuffer", "numpy dtype", "numpy ndarray", "datetime datetime", "uuid UUID",
    "omegaconf.dictconfig DictConfig", "types SimpleNamespace", "utils.AttrDict AttrDict", "a.b EasyDict",
)  # fmt: skip
INTEGERS = (0, 1, 2, 3, 7, 255, 256, 65_535, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**62, 2**63 - 1, -1, -2, -(2**31))
TEXTS = (
    b"", b"a.weight", b"weight", b"_parameters", b"_modules", b"_buffers", b"generator", b"state_dict", b"cpu",
    b"cuda:0", b"storage", b"module", b"0", b"1", b"<f4", b"|O", b"M8", b"param_groups", b"__setstate__",
    b"\x1b[31m", b"a\nb", b"../../etc", b"\xf0\x9f\x98\x80", b"%s{0}", b"x" * 300, b"y" * 5000,
    b"latin1", b"zlib", b"step", b"config", b"epoch",
)  # fmt: skip
SIMPLE = b"(0123.NKabdehlopqrstu)}]\x85\x86\x87\x88\x89\x81\x8f\x90\x91\x92\x93\x94QROP"


def mutated_pickle(data: bytes, chance: Random) -> bytes:
    """Another pickle, of the first one in the data; whatever stands behind it stays."""
    pieces, rest = _pieces(data)
    if len(pieces) < 2:
        return data
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        chance.choice(_CHANGES)(pieces, chance)
    return b"".join(pieces) + rest


def _pieces(data: bytes) -> tuple[list[bytes], bytes]:
    """The operations, each with its argument, and what cannot be read as such."""
    starts = []
    try:
        for _, _, position in pickletools.genops(data):
            starts.append(position)
    except Exception:  # noqa: BLE001  broken seeds break it in every way
        pass
    ends = [*starts[1:], None]
    pieces = [data[start:end] for start, end in zip(starts, ends, strict=True)]
    if pieces and pieces[-1][:1] == b".":
        return [*pieces[:-1], b"."], pieces[-1][1:]
    return pieces, b""


def integer(value: int, chance: Random) -> bytes:
    """An integer, spelled in one of the ways there are."""
    spellings = [b"I%d\n" % value, b"L%dL\n" % value]
    if 0 <= value < 256:
        spellings.append(b"K" + bytes([value]))
    if -(2**31) <= value < 2**31:
        spellings.append(b"J" + struct.pack("<i", value))
    if -(2**63) <= value < 2**63:
        spellings.append(b"\x8a\x08" + struct.pack("<q", value))
    return chance.choice(spellings)


def text(value: bytes, chance: Random) -> bytes:
    """A string or bytes, spelled in one of the ways there are."""
    length = struct.pack("<I", len(value))
    spellings = [b"X" + length, b"T" + length, b"B" + length, b"\x8d" + length + bytes(4), b"\x96" + length + bytes(4)]
    if len(value) < 256:
        spellings += [code + bytes([len(value)]) for code in (b"\x8c", b"U", b"C")]
    return chance.choice(spellings) + value


def name(chance: Random) -> bytes:
    """A global."""
    module, attribute = chance.choice(NAMES).encode().split()
    if chance.random() < 0.5:
        return b"c" + module + b"\n" + attribute + b"\n"
    return text(module, chance) + text(attribute, chance) + b"\x93"


def _delete(pieces: list[bytes], chance: Random) -> None:
    start = chance.randrange(len(pieces))
    del pieces[start : start + chance.choice((1, 1, 2, 5))]
    if not pieces:
        pieces.append(b".")


def _repeat(pieces: list[bytes], chance: Random) -> None:
    start = chance.randrange(len(pieces))
    block = pieces[start : start + chance.choice((1, 2, 5, 20))]
    pieces[start:start] = block * chance.choice((1, 1, 2, 100))
    del pieces[200_000:]


def _move(pieces: list[bytes], chance: Random) -> None:
    start = chance.randrange(len(pieces))
    block = pieces[start : start + chance.choice((1, 3, 10))]
    place = chance.randrange(len(pieces))
    pieces[place:place] = block


def _swap(pieces: list[bytes], chance: Random) -> None:
    one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]


def _insert(pieces: list[bytes], chance: Random) -> None:
    code = bytes([chance.choice(SIMPLE)])
    piece = code + (bytes([chance.randrange(256)]) if code in b"Khq" else b"")
    pieces.insert(chance.randrange(len(pieces)), piece)


def _insert_call(pieces: list[bytes], chance: Random) -> None:
    arguments = chance.choice(
        (b")", b"(" + text(b"called", chance) + b"t", integer(chance.choice(INTEGERS), chance) + b"\x85", b"}\x85")
    )
    call = chance.choice((b"R", b"\x81", b"b", b"R0", b"}\x92", b"Rb"))
    pieces.insert(chance.randrange(len(pieces)), name(chance) + arguments + call)


def _new_argument(pieces: list[bytes], chance: Random) -> None:
    places = [k for k, piece in enumerate(pieces) if piece[:1] in b"KMJIL\x8aXUTBC\x8c\x8d\x8ecG"]
    if not places:
        return
    place = chance.choice(places)
    code = pieces[place][:1]
    if code in b"KMJILG\x8a":
        pieces[place] = integer(chance.choice(INTEGERS), chance)
    elif code == b"c":
        pieces[place] = name(chance)
    else:
        pieces[place] = text(chance.choice(TEXTS), chance)


def _exchange(pieces: list[bytes], chance: Random) -> None:
    """One operation takes the place of another of the same pickle."""
    pieces[chance.randrange(len(pieces))] = chance.choice(pieces)


def _odd_bytes(pieces: list[bytes], chance: Random) -> None:
    place = chance.randrange(len(pieces))
    piece = bytearray(pieces[place])
    if piece:
        piece[chance.randrange(len(piece))] = chance.randrange(256)
    pieces[place] = bytes(piece)


_CHANGES = (
    _delete, _repeat, _move, _swap, _insert, _insert, _insert_call, _insert_call, _new_argument, _new_argument,
    _new_argument, _exchange, _odd_bytes,
)  # fmt: skip
