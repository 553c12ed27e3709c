"""Paths as they are typed: one place, a pattern of many, and what was probably meant by one that is not there.

Torch-free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import reason

MOST_PATHS = 100_000
_BRACES = re.compile(r"\{([^{}]*)\}")
_RANGE = re.compile(r"(\d{1,9})\.\.(\d{1,9})")
_SPECIAL = re.compile(r"[*?\[{]")


def matching(typed: Path, where: str) -> tuple[Path, ...]:
    """The paths that a pattern stands for: `*`, `?` and `[...]` as in a shell, `{a,b}` and ranges `{0000..0003}`.

    Args:
        typed: a path, or a pattern that the shell has left alone; what exists is a path, whatever its name.
        where: it was typed, for messages.

    Returns:
        sorted; the path itself where it is no pattern.

    Raises:
        InputError: there is no such file, or none that matches; a range of too many.
    """
    if _exists(typed, where):
        return (typed,)
    if not is_pattern(typed):
        raise missing(typed, where)
    import glob

    found: dict[Path, None] = {}
    for pattern in _unbraced(str(typed), typed):
        # a pathlib pattern cannot begin at the root
        paths = sorted(glob.glob(pattern, recursive=True)) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207
        if not paths:
            raise InputError(f"{pattern}: matches no file (named by {where})")
        for path in map(Path, paths):
            if not _exists(path, where):
                raise missing(path, where)
            found[path] = None
    return tuple(found)


def fixed_part(typed: Path) -> Path:
    """The folder that a pattern begins with, below which names are relative."""
    return Path(*_before_special(typed))


def missing(path: Path, where: str) -> InputError:
    """The error for a path that is not there, with the one that was probably meant."""
    what = "is a broken link" if path.is_symlink() else "does not exist"
    return InputError(f"{path}: {what} (named by {where})", hint=hint_for_missing(path))


def is_pattern(typed: Path) -> bool:
    """Whether a path that is not there may stand for others."""
    return _SPECIAL.search(str(typed)) is not None


def hint_for_missing(path: Path) -> str | None:
    """What was probably meant by a path that is not there: the first part that is missing exchanged for one like it."""
    near = _near(path)
    return f"did you mean {near}?" if near else None


def _before_special(typed: Path) -> Iterator[str]:
    for part in typed.parts[:-1]:
        if _SPECIAL.search(part):
            return
        yield part


def _exists(path: Path, where: str) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise InputError(f"{path}: cannot be reached ({reason(error)}) (named by {where})") from error


def _near(path: Path) -> str | None:
    import difflib  # only where something is wrong

    here = Path(path.anchor)
    for k, part in enumerate(path.parts[1:] if path.anchor else path.parts):
        if (here / part).exists():
            here /= part
            continue
        try:
            names = [entry.name for entry in here.iterdir()]
        except OSError:
            return None
        lower = {name.lower(): name for name in names}
        close = difflib.get_close_matches(part.lower(), lower, n=1, cutoff=0.7)
        rest = path.parts[k + (2 if path.anchor else 1) :]
        meant = here.joinpath(lower[close[0]], *rest) if close else None
        return str(meant) if meant is not None and meant.exists() else None
    return None


def _unbraced(pattern: str, typed: Path) -> list[str]:
    """Every text that a pattern of braces stands for, in order."""
    texts, done = [pattern], False
    while not done:
        wider = [one for text in texts for one in _first_brace(text, typed)]
        if len(wider) > MOST_PATHS:
            raise InputError(f"{typed}: stands for more than {MOST_PATHS} files")
        texts, done = wider, wider == texts
    return texts


def _first_brace(text: str, typed: Path) -> Iterator[str]:
    match = _BRACES.search(text)
    if match is None:
        yield text
        return
    limits = _RANGE.fullmatch(match[1])
    if limits:
        first, last = int(limits[1]), int(limits[2])
        if abs(last - first) >= MOST_PATHS:
            raise InputError(f"{typed}: stands for more than {MOST_PATHS} files")
        step = 1 if last >= first else -1
        words = [f"{number:0{len(limits[1])}d}" for number in range(first, last + step, step)]
    else:
        words = match[1].split(",")
    yield from (text[: match.start()] + word + text[match.end() :] for word in words)
