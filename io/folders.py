"""Folders: the data in them, by first bytes. Torch-free."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.formats import Format, reason, sniff, supported, unread
from ganloss_cli.io.samples import quoted

# A file with such a suffix was meant as data: not being able to read it is an error, not a reason to skip it.
DATA_SUFFIXES = frozenset({
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pnm",
    ".pbm", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".exr", ".dng",
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".wma", ".aif", ".aiff", ".aifc",
})  # fmt: skip
NEVER_DATA = frozenset({"thumbs.db", "desktop.ini", "__macosx", "__pycache__"})
SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,11}$")  # "frame.0001" has none


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A file that holds one sample.

    Args:
        path: of the file.
        name: what it is called among the samples: its relative path without suffix, with slashes.
        format: by its first bytes.
    """

    path: Path
    name: str
    format: Format


def scan(folder: Path) -> tuple[DataFile, ...]:
    """The images or audio in a folder and below, by their first bytes; .npy files only where there is nothing else.

    Args:
        folder: to look in. Links are followed; hidden files and what is no data are passed over.

    Returns:
        the files, sorted by name.

    Raises:
        InputError: a file that should be data cannot be read, images and audio are mixed, or a folder is unreadable.
        NothingEvaluatedError: there are no data; the message says what was seen.
    """
    found: list[DataFile] = []
    others: list[str] = []
    for entry, name in _walk(folder, "", ()):
        known = _known_format(entry)
        if known is None:
            others.append(name)
        else:
            found.append(DataFile(path=Path(entry.path), name=SUFFIX.sub("", name), format=known))
    files = [file for file in found if file.format.kind in ("image", "audio")]
    files = files or [file for file in found if file.format.name == "npy"]
    if not files:
        _refuse_empty(folder, found, others)
    kinds = {file.format.kind: file for file in files}
    if len(kinds) > 1:
        examples = " and ".join(f"'{file.path.name}' ({kind})" for kind, file in sorted(kinds.items()))
        raise InputError(f"{folder}: holds both {examples}; expected one kind", hint="give each role its own folder")
    return tuple(sorted(files, key=lambda file: file.name))


def stem_files(files: Sequence[DataFile], folder: Path, stem: str) -> tuple[DataFile, ...]:
    """The files called `stem`, each named by the folder it lies in.

    Args:
        files: of `scan`.
        folder: that was scanned; a stem that lies in it directly is named after it.
        stem: "vocals", whatever the case.
    """
    chosen = [file for file in files if last_part(file.name).lower() == stem.lower()]
    return tuple(
        DataFile(path=file.path, name=file.name.rpartition("/")[0] or folder.resolve().name, format=file.format)
        for file in chosen
    )


def entries_of(folder: Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, sorted by name; hidden entries and the droppings of file managers are left out.

    Args:
        folder: to look in.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"{folder}: {reason(error)}") from error
    return [entry for entry in entries if not entry.name.startswith(".") and entry.name.lower() not in NEVER_DATA]


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder, or a link to one.

    Raises:
        InputError: the link goes where one may not look.
    """
    try:
        return entry.is_dir()
    except OSError as error:
        raise InputError(f"{entry.path}: {reason(error)}") from error


def last_part(name: str) -> str:
    """The file's own part of a relative name."""
    return name.rpartition("/")[2]


def _walk(folder: Path, prefix: str, above: tuple[tuple[int, int], ...]) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Every file below and its relative path; a link back to a folder that holds it is not followed."""
    entries = entries_of(folder)
    status = folder.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in above:
        return
    for entry in entries:
        if is_folder(entry):
            yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", (*above, identity))
        else:
            yield entry, f"{prefix}{entry.name}"


def _known_format(entry: os.DirEntry[str]) -> Format | None:
    meant_as_data = os.path.splitext(entry.name)[1].lower() in DATA_SUFFIXES  # noqa: PTH122 (ten times as fast)
    if not entry.is_file():  # a broken link, a pipe, a socket
        if meant_as_data:
            raise InputError(f"{entry.path}: {'a broken link' if entry.is_symlink() else 'not a file'}")
        return None
    known = sniff(Path(entry.path))
    if known is None and meant_as_data:
        named = unread(Path(entry.path))
        what = "empty" if entry.stat().st_size == 0 else named or "in no known format, or damaged"
        raise InputError(f"{entry.path}: {what}; expected one of {supported('image', 'audio')}")
    return known


def _refuse_empty(folder: Path, found: Sequence[DataFile], others: Sequence[str]) -> None:
    if found:
        raise InputError(
            f"{folder}: holds no images or audio, but {quoted(file.path.name for file in found)}",
            hint="name one file: --data FILE, or --real FILE:NAME",
        )
    seen = f"of its {len(others)} files, {quoted(others)}, none is" if others else "it is empty; expected"
    raise NothingEvaluatedError(f"{folder}: no data: {seen} one of {supported('image', 'audio')}")
