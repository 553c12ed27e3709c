"""The outline of formats whose header tells everything: safetensors, .npz and torch.export programs.

Torch-free and numpy-free.
"""

from __future__ import annotations

import ast
import json
import math
import pickle
import re
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.formats.outline import Outline
from ganloss_cli.io.checkpoints.formats.sniff import DAMAGED, MAX_HEADER, ZIP_ERRORS, opened, zip_directory
from ganloss_cli.io.checkpoints.pickle.tensor_places import (
    ITEM_SIZES,
    Span,
    StorageRecord,
    TensorRecord,
    array_of,
    contiguous,
    tensor_of,
)

SAFETENSORS_DTYPES = {
    "BF16": "bfloat16", "BOOL": "bool", "C64": "complex64", "F16": "float16", "F32": "float32", "F64": "float64",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
    "F8_E4M3FNUZ": "float8_e4m3fnuz", "F8_E5M2FNUZ": "float8_e5m2fnuz",
    "F8_E8M0": "float8_e8m0fnu", "I16": "int16", "I32": "int32", "I64": "int64", "I8": "int8",
    "U16": "uint16", "U32": "uint32", "U64": "uint64", "U8": "uint8",
}  # fmt: skip
# torch._export.serde.schema.ScalarType
_EXPORT_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8_e4m3fn",
    30: "float8_e5m2",
}  # fmt: skip
# what a header that is no such header raises when it is taken for one
_SENSELESS = (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError, pickle.UnpicklingError)
METADATA = "metadata"  # under which the texts of a header stand
_NUMBER = re.compile(r"\d{1,18}|-?\d{1,18}\.\d{1,18}(?:e[+-]?\d{1,3})?", re.ASCII)
_NPY_MAGIC = b"\x93NUMPY"
_MOST_NPY_HEADER = 10_000  # numpy's own limit
# an .npz may be compressed, but weights are no zeros
_MOST_REPEATS = 16
_SLACK = 1 << 20


def outline_of_safetensors(path: Path) -> Outline:
    """The outline of a .safetensors file: tensors by name, its metadata, numbers of it as such.

    Raises:
        InputError: its header is damaged, or declares what the file does not hold.
    """
    with opened(path) as data:
        behind = 8 + int.from_bytes(data[:8], "little")
        try:
            # decoded here: of bytes json guesses the encoding, and imports what the file makes it guess
            header = json.loads(data[8:behind].decode())
            metadata = header.pop("__metadata__", None) or {}
            _check_dtypes(path, header)
            tensors = {name: _in_safetensors(entry, behind, len(data)) for name, entry in header.items()}
            _check_gapless(
                [record.storage.span for record in tensors.values() if record.storage.span], behind, len(data)
            )
            root = {**_beside(metadata, tensors), **tensors}
        except _SENSELESS as error:
            raise InputError(f"{path}: not readable as safetensors: {_reason(error)}", hint=DAMAGED) from error
    return Outline(root=root)


def _beside(metadata: Mapping[str, str], tensors: Mapping[str, TensorRecord]) -> dict[str, Any]:
    """What a header says beside its tensors: counters and other numbers, names of tied tensors, and texts."""
    told: dict[str, Any] = {}
    texts = {}
    for key, text in metadata.items():
        if text in tensors and key not in tensors:  # huggingface_hub: this name is tied to that one
            told[key] = tensors[text]
        elif _NUMBER.fullmatch(text):
            told[key] = float(text) if "." in text else int(text)
        else:
            texts[key] = text
    return {**told, METADATA: texts} if texts else told


def _check_gapless(spans: Iterable[Span], first: int, end: int) -> None:
    """The tensors lie one behind the other, as the format has it, and fill the file."""
    for span in sorted(spans, key=lambda span: (span.offset, span.n_bytes)):
        if span.offset != first:
            raise ValueError("tensors that overlap or leave gaps")
        first += span.n_bytes
    if first != end:
        raise ValueError(f"{end - first} bytes behind its tensors")


def _check_dtypes(path: Path, header: Mapping[str, Any]) -> None:
    """Name types that are written with two or more numbers a byte, and those that are younger than this reader."""
    unknown = sorted({str(entry["dtype"])[:20] for entry in header.values()} - SAFETENSORS_DTYPES.keys())
    if unknown:
        raise InputError(
            f"{path}: tensors of {', '.join(unknown[:5])}, which are not read; expected one of"
            f" {', '.join(SAFETENSORS_DTYPES)}",
            hint="save them as F16 or BF16: {name: tensor.to(torch.bfloat16) ...}",
        )


def _in_safetensors(entry: Mapping[str, Any], behind: int, n_bytes: int) -> TensorRecord:
    dtype = SAFETENSORS_DTYPES[entry["dtype"]]
    first, last = entry["data_offsets"]
    shape = tuple(entry["shape"])
    if any(type(n) is not int or not 0 <= n < 2**63 for n in (first, last, *shape)):
        raise ValueError("an impossible shape or offset")
    count = math.prod(shape)
    if last - first != count * ITEM_SIZES[dtype] or behind + last > n_bytes:
        raise ValueError("a tensor whose bytes are not there")
    span = Span(offset=behind + first, n_bytes=last - first)
    storage = StorageRecord(key=str(first), dtype=dtype, count=count, span=span)
    return TensorRecord(storage=storage, dtype=dtype, offset=0, shape=shape, stride=contiguous(shape))


def outline_of_npz(path: Path) -> Outline:
    """The outline of an .npz file: arrays by name.

    Raises:
        InputError: it is damaged, holds objects, or would unpack to far more than it is.
    """
    with opened(path) as data, zip_directory(path, data) as archive:
        infos = archive.infolist()
        declared = sum(info.file_size for info in infos)
        if declared > _MOST_REPEATS * len(data) + _SLACK:
            raise InputError(f"{path}: would unpack {declared} bytes from a file of {len(data)}")
        root, checksums = {}, {}
        for info in infos:
            try:
                record = _in_npz(archive, info)
            except (*ZIP_ERRORS, *_SENSELESS, SyntaxError, OSError) as error:
                raise InputError(f"{path}: entry '{info.filename}' is no array: {_reason(error)}") from error
            root[info.filename.removesuffix(".npy")] = record
            checksums[record.storage.key] = info.CRC
    return Outline(root=root, checksums=checksums)


def _in_npz(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> TensorRecord:
    with archive.open(info) as stream:
        start = stream.read(8)
        if start[:6] != _NPY_MAGIC:
            raise ValueError("not an .npy file")
        n_count = 2 if start[6] == 1 else 4
        n_header = int.from_bytes(stream.read(n_count), "little")
        if n_header > _MOST_NPY_HEADER:
            raise ValueError(f"a header of {n_header} bytes")
        header = ast.literal_eval(stream.read(n_header).decode("latin-1"))
    first = 8 + n_count + n_header
    span = Span(entry=info.filename, offset=first, n_bytes=info.file_size - first)
    record = array_of(header["shape"], header["descr"], span, fortran=header["fortran_order"] is True)
    storage = StorageRecord(key=info.filename, dtype=record.dtype, count=record.count, span=span)
    return TensorRecord(storage=storage, dtype=record.dtype, offset=0, shape=record.shape, stride=record.stride)


def outline_of_program(path: Path) -> Outline:
    """The outline of a torch.export program: its weights by name, as its own index lists them.

    Raises:
        InputError: it is damaged, or of a version without such an index.
    """
    with opened(path) as data, zip_directory(path, data) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        name = next((name for name in entries if name.endswith("weights/model_weights_config.json")), None)
        if name is None:
            raise InputError(f"{path}: an exported program without an index of its weights")
        if entries[name].file_size > MAX_HEADER:
            raise InputError(f"{path}: an index of {entries[name].file_size} bytes; at most {MAX_HEADER} are read")
        folder = name.removesuffix("model_weights_config.json")
        try:
            config = json.loads(archive.read(name).decode())["config"]
            root = {key: _in_program(entry, folder, entries) for key, entry in config.items()}
        except (*ZIP_ERRORS, *_SENSELESS) as error:
            raise InputError(f"{path}: its index of weights is not readable: {_reason(error)}", hint=DAMAGED) from error
    checksums = {record.storage.key: entries[record.storage.key].CRC for record in root.values()}
    return Outline(root=root, checksums=checksums)


def _in_program(entry: Mapping[str, Any], folder: str, entries: Mapping[str, zipfile.ZipInfo]) -> TensorRecord:
    meta, name = entry["tensor_meta"], folder + entry["path_name"]
    dtype = _EXPORT_DTYPES[meta["dtype"]]
    span = Span(entry=name, n_bytes=entries[name].file_size)
    count = span.n_bytes // ITEM_SIZES[dtype]
    storage = StorageRecord(key=name, dtype=dtype, count=count, span=span)
    shape, stride = (tuple(size["as_int"] for size in meta[key]) for key in ("sizes", "strides"))
    return tensor_of(storage, dtype, meta["storage_offset"]["as_int"], shape, stride)


def _reason(error: BaseException) -> str:
    text = str(error).partition("\n")[0][:200].encode("unicode_escape").decode()
    return text or type(error).__name__
