"""Samples of files: one file a sample, read once, hashed and decoded."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.errors import GanlossError, InputError, UsageError
from ganloss_cli.io.audio import Recording, decode_audio, decode_window, stated_length, stated_rate
from ganloss_cli.io.changes import Changes
from ganloss_cli.io.folders import DataFile
from ganloss_cli.io.formats import hint_for_unread, sniff, supported, unread
from ganloss_cli.io.images import decode_levels
from ganloss_cli.io.reading import OpenFile, enough_memory
from ganloss_cli.io.roles import IMAGE_ROLES
from ganloss_cli.io.samples import Kind, Labels, Reading, Source
from ganloss_cli.io.stored import npy_header
from ganloss_cli.io.tensors import meaning
from ganloss_cli.io.trees import File, LooseFile
from ganloss_cli.records.request import Request


def file_source(
    roles: tuple[str, ...],
    path: str,
    files: Sequence[DataFile],
    request: Request,
    *,
    alone: bool = False,
    changes: Changes | None = None,
    labels: Labels | None = None,
) -> Source:
    """Samples that are files: images, audio, or an array each.

    Args:
        roles: one, or the two domains that each image holds side by side.
        path: what the user named.
        files: one a sample, of one kind.
        request: for `alpha`, `channels`, `sample_rate` and `aligned`.
        alone: the one file was named itself.
        changes: takes in which images had an alpha channel.
        labels: that lie beside the files.

    Returns:
        the source; nothing but the header of the first audio file is read yet.

    Raises:
        InputError: the first audio file has no readable header.
        UsageError: two roles, and no images.
    """
    held = files[0].format.kind
    kind: Kind = held if held == "image" or held == "audio" else "tensor"
    if len(roles) == 2 and kind != "image":
        raise UsageError(f"{path}: --aligned wants images; this is {files[0].format.name}")
    rate = (request.sample_rate or _rate(files[0].file)) if kind == "audio" else None
    decode = _decoder(kind, roles[0], files[0].file, rate, request, changes)

    def read(index: int) -> Reading:
        file = files[index].file
        with enough_memory(file):
            data = bytes(file.read())
            digest = hashlib.sha256(data).digest()
            value = decode(data, str(file))
        values = _halves(value, roles, str(file), request) if len(roles) == 2 else {roles[0]: value}
        return Reading(values=values, digests=dict.fromkeys(roles, digest))

    def hashed(index: int) -> dict[str, bytes]:
        file = files[index].file
        with enough_memory(file):
            return dict.fromkeys(roles, hashlib.sha256(file.read()).digest())

    def read_window(index: int, start: int, n_samples: int) -> Reading:
        file = files[index].file
        with _opened(file) as data:
            recording = decode_window(data, str(file), start, n_samples, channels=request.channels)
        _check_rate(recording, str(file), rate, files[0].file)
        digest = hashlib.sha256(recording.values.numpy().tobytes()).digest()
        return Reading(values={roles[0]: recording.values}, digests={roles[0]: digest})

    in_parts = kind == "audio" and request.sample_rate is None and all(file.file.lies_open for file in files)
    return Source(
        roles=roles,
        path=path,
        kind=kind,
        length=(lambda index: _length(files[index].file)) if in_parts else None,
        read_window=read_window if in_parts else None,
        names=tuple(file.name for file in files),
        files=tuple(str(file.file) for file in files),
        named_by="itself" if alone else "files",
        sample_rate=rate,
        range=(0.0, 1.0) if kind == "image" else None,
        read=read,
        hashed=hashed,
        on_disk=lambda index: files[index].file.on_disk,
        labels=labels,
    )


def single_file(path: Path) -> DataFile:
    """One file that was named itself.

    Args:
        path: of an image, audio, or .npy file.

    Raises:
        InputError: it is none of these.
    """
    known = sniff(path)
    if known is None:
        what = "empty" if path.stat().st_size == 0 else unread(path) or "in no known format"
        expected = f"expected one of {supported()}, or a folder or manifest"
        raise InputError(f"{path}: {what}; {expected}", hint=hint_for_unread(what, path))
    return DataFile(file=LooseFile(path), name=path.stem, format=known)


@contextmanager
def _opened(file: File) -> Iterator[OpenFile]:
    """A file that lies open, in place; whatever is read of it within this block is of one and the same file."""
    with enough_memory(file), closing(file.open()) as held:
        try:
            yield held
        except GanlossError:
            held.require_unchanged()
            raise
        held.require_unchanged()


def _rate(file: File) -> int:
    if not file.lies_open:
        return stated_rate(bytes(file.read()), str(file))
    with _opened(file) as data:
        return stated_rate(data, str(file))


def _length(file: File) -> int | None:
    with _opened(file) as data:
        return stated_length(data, str(file))


def _decoder(
    kind: Kind, role: str, first: File, rate: int | None, request: Request, changes: Changes | None
) -> Callable[[bytes, str], Tensor]:
    if kind == "image":
        had_alpha = changes.alpha if changes is not None else None
        return lambda data, where: decode_levels(data, where, request.alpha, had_alpha)
    if kind == "tensor":
        return partial(_decode_array, role=role)

    def decode(data: bytes, where: str) -> Tensor:
        recording = decode_audio(data, where, channels=request.channels, sample_rate=request.sample_rate)
        _check_rate(recording, where, rate, first)
        return recording.values

    return decode


def _check_rate(recording: Recording, where: str, rate: int | None, first: File) -> None:
    if recording.sample_rate != rate:
        raise InputError(
            f"{where}: has a sample rate of {recording.sample_rate} Hz, but '{first.name}' has {rate} Hz",
            hint=f"resample all of them with --sample-rate {rate}",
        )


def _decode_array(data: bytes, where: str, role: str) -> Tensor:
    """A .npy file that is one sample: a mel spectrogram, a latent."""
    try:
        npy_header(io.BytesIO(data), where)
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(f"{where}: truncated or damaged npy file ({error})") from error
    if role in IMAGE_ROLES and array.dtype.kind != "f":
        raise InputError(
            f"{where}: {role} holds {array.dtype}; expected floats",
            hint="save images as PNG, or all of them in one array (N, C, H, W)",
        )
    return meaning(torch.from_numpy(array.astype(array.dtype.newbyteorder("="))), role)


def _halves(image: Tensor, roles: tuple[str, ...], where: str, request: Request) -> dict[str, Tensor]:
    if image.shape[2] % 2:
        raise InputError(f"{where}: a width of {image.shape[2]} has no two equal halves for --aligned")
    left, right = image.chunk(2, dim=2)
    first, second = (left, right) if request.aligned == "AB" else (right, left)
    return {roles[0]: first.contiguous(), roles[1]: second.contiguous()}
