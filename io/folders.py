"""The data in folders and archives, by first bytes. Torch-free."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.formats import Format, hint_for_unread, supported
from ganloss_cli.io.samples import quoted
from ganloss_cli.io.trees import File, Tree

# A file with such a suffix was meant as data: not being able to read it is an error, not a reason to skip it.
DATA_SUFFIXES = frozenset({
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif", ".ppm", ".pgm", ".pnm",
    ".pbm", ".heic", ".heif", ".avif", ".jp2", ".jxl", ".exr", ".dng",
    ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".wma", ".aif", ".aiff", ".aifc",
})  # fmt: skip
_LOOKED_AT = 1000  # of the files of a folder without data
SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,11}$")  # "frame.0001" has none


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """A file that holds one sample.

    Args:
        file: wherever it lies.
        name: what it is called among the samples: its relative path without suffix, with slashes.
        format: by its first bytes.
    """

    file: File
    name: str
    format: Format


def scan(tree: Tree) -> tuple[DataFile, ...]:
    """The images or audio in a tree and below, by their first bytes; .npy files only where there is nothing else.

    Args:
        tree: to look in. Links are followed; hidden files and what is no data are passed over.

    Returns:
        the files, sorted by name.

    Raises:
        InputError: a file that should be data cannot be read, images and audio are mixed, or a folder is unreadable.
        NothingEvaluatedError: there are no data; the message says what was seen.
    """
    found: list[DataFile] = []
    others: list[File] = []
    names: list[str] = []
    for file, name in files_below(tree):
        known = _known_format(file)
        if known is None:
            others.append(file)
            names.append(name)
        else:
            found.append(DataFile(file=file, name=SUFFIX.sub("", name), format=known))
    files = [file for file in found if file.format.kind in ("image", "audio")]
    files = files or [file for file in found if file.format.name == "npy"]
    if not files:
        _refuse_empty(tree, found, others, names)
    kinds = {file.format.kind: file for file in files}
    if len(kinds) > 1:
        examples = " and ".join(f"'{file.file.name}' ({kind})" for kind, file in sorted(kinds.items()))
        raise InputError(f"{tree}: holds both {examples}; expected one kind", hint="give each role its own folder")
    return tuple(sorted(files, key=lambda file: file.name))


def stem_files(files: Sequence[DataFile], tree: Tree, stem: str) -> tuple[DataFile, ...]:
    """The files called `stem`, each named by the folder it lies in.

    Args:
        files: of `scan`.
        tree: that was scanned; a stem that lies in it directly is named after it.
        stem: "vocals", whatever the case.
    """
    chosen = [file for file in files if last_part(file.name).lower() == stem.lower()]
    return tuple(replace(file, name=file.name.rpartition("/")[0] or tree.name) for file in chosen)


def files_below(tree: Tree, prefix: str = "", above: tuple[object, ...] = ()) -> Iterator[tuple[File, str]]:
    """Every file below and its relative path; a link back to a folder that holds it is not followed.

    Args:
        tree: to look in.
        prefix: of the paths.
        above: the trees that it lies in.
    """
    identity = tree.identity
    if identity in above:
        return
    for entry in tree.entries():
        if entry.tree is not None:
            yield from files_below(entry.tree, f"{prefix}{entry.name}/", (*above, identity))
        elif entry.file is not None:
            yield entry.file, f"{prefix}{entry.name}"


def meant_as_data(name: str) -> bool:
    """Whether the suffix of a file says that it is one of data."""
    return os.path.splitext(name)[1].lower() in DATA_SUFFIXES  # noqa: PTH122 (ten times as fast)


def last_part(name: str) -> str:
    """The file's own part of a relative name."""
    return name.rpartition("/")[2]


def _known_format(file: File) -> Format | None:
    if odd := file.oddity():
        if meant_as_data(file.name):
            raise InputError(f"{file}: {odd}")
        return None
    known = file.sniff()
    if known is None and meant_as_data(file.name):
        what = "empty" if file.size() == 0 else file.unread() or "in no known format, or damaged"
        raise InputError(f"{file}: {what}; expected one of {supported('image', 'audio')}")
    return known


def _refuse_empty(tree: Tree, found: Sequence[DataFile], others: Sequence[File], names: Sequence[str]) -> None:
    if found:
        archives = all(file.format.kind == "archive" for file in found)
        suffix = os.path.splitext(found[0].file.name)[1]  # noqa: PTH122
        raise InputError(
            f"{tree}: holds no images or audio, but {quoted(file.file.name for file in found)}",
            hint=f"name them: --data '{tree}/*{suffix}'"
            if archives
            else "name one file: --data FILE, or --real FILE:NAME",
        )
    seen = f"of its {len(names)} files, {quoted(names)}, none is" if names else "it is empty; expected"
    hints = (hint_for_unread(file.unread(), file) for file in others[:_LOOKED_AT] if not file.oddity())
    hint = next((hint for hint in hints if hint), None)
    raise NothingEvaluatedError(f"{tree}: no data: {seen} one of {supported('image', 'audio')}", hint=hint)
