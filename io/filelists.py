"""Lists of recordings as trainings of speech leave them, without a header, and the folders that RVC and others make.

    LJ001-0001|text                      HiFi-GAN, Tacotron; a name is that of a file in the folder or its `wavs`
    DUMMY1/LJ001-0001.wav|text           VITS
    DUMMY2/p225/p225_001.wav|88|text     VITS with speakers
    x.wav<tab>n i3 h ao3<tab>...         GPT-SoVITS's 2-name2text.txt, the recordings in 5-wav32k
    0_gt_wavs/0_1.wav|3_feature768/0_1.npy|2a_f0/0_1.wav.npy|2b-f0nsf/0_1.wav.npy|0     RVC, Applio

Torch-free.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.folders import DATA_SUFFIXES
from ganloss_cli.io.samples import noted, quoted
from ganloss_cli.records.report import Finding

DELIMITER = "|"
LIST = "filelist.txt"
# of RVC and of Applio: recordings, features, pitch in 255 steps and in Hz
_TREES = (
    ("0_gt_wavs", ("3_feature768", "3_feature256"), "2a_f0", "2b-f0nsf"),
    ("sliced_audios", ("extracted",), "f0", "f0_voiced"),
)
_PHONES, _OF_PHONES = "2-name2text.txt", "5-wav32k"  # of GPT-SoVITS: phones by name, recordings
_ARRAYS = {0: (), 1: ("phones",), 3: ("phones", "coarse_pitch", "pitch")}
_BESIDE = ("", "wavs", "wav")  # where a list of names without suffix has its recordings
_MUTE = re.compile(r"mute\d*$")  # silence that RVC and Applio add to every list, from a folder beside the training's
_MOST_LACKING = 1000  # files that are not there, after which no more are looked for
_WHOLE = re.compile(r"\d{1,18}$")


@dataclass(frozen=True, kw_only=True)
class Filelist:
    """Rows by role: files that are there, numbers of speakers, texts."""

    names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    findings: tuple[Finding, ...] = ()


def is_filelist(first_line: str) -> bool:
    """Whether a line without a header's names is one of such a list: several parts, or the path of a recording."""
    return DELIMITER in first_line or Path(first_line.strip()).suffix.lower() in DATA_SUFFIXES


def read_filelist(path: Path, text: str) -> Filelist:
    """The rows of a list.

    Args:
        path: of the list; what it names lies below its folder or one of those above, also where the list was written
            elsewhere and only the last parts of a path are the same.
        text: of the list.

    Raises:
        InputError: rows of several lengths, or files that are not there, all of them in one message.
        NothingEvaluatedError: no rows.
    """
    lines = {number: line.split(DELIMITER) for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    if not lines:
        raise NothingEvaluatedError(f"{path}: a list without rows")
    width = len(next(iter(lines.values())))
    odd = [str(number) for number, cells in lines.items() if len(cells) != width or not all(map(str.strip, cells))]
    if odd:
        told = f"not so or without a value: line {', '.join(odd[:10])}"
        raise InputError(f"{path}: a list of {width} parts a line; {told}")
    rows = [[cell.strip() for cell in cells] for cells in lines.values()]
    return _found(path, rows, _roles(path, rows))


def read_training_folder(folder: Path) -> Filelist | None:
    """What an experiment of RVC, Applio or GPT-SoVITS trains on: its list, or what its folders have in common.

    Args:
        folder: logs/NAME.

    Returns:
        None for any other folder.

    Raises:
        InputError: as `read_filelist`.
        NothingEvaluatedError: its folders have no file in common.
    """
    if (folder / _PHONES).is_file() and (folder / _OF_PHONES).is_dir():
        return _with_phones(folder)
    tree = next((names for names in _TREES if (folder / names[0]).is_dir()), None)
    if tree is None:
        return None
    listed = folder / LIST
    if listed.is_file():
        return read_filelist(listed, _text(listed))
    recordings, features, *pitches = tree
    kept = [folder / name for name in (next((f for f in features if (folder / f).is_dir()), features[0]), *pitches)]
    kept = [place for place in kept if place.is_dir()]
    if len(kept) not in _ARRAYS:
        kept = kept[:1] if kept[0].name in features else []
    stems = [{file.name.partition(".")[0]: file for file in place.iterdir() if file.is_file()}
             for place in (folder / recordings, *kept)]  # fmt: skip
    names = sorted(set.intersection(*map(set, stems)))
    if not names:
        raise NothingEvaluatedError(f"{folder}: {quoted([recordings, *(p.name for p in kept)])} have no file in common")
    roles = ("real", *_ARRAYS[len(kept)])
    columns = {role: tuple(str(own[name]) for name in names) for role, own in zip(roles, stems, strict=True)}
    return Filelist(names=tuple(names), columns=columns)


def _text(path: Path) -> str:
    from ganloss_cli.io.reading import read_text

    return bytes(read_text(path, "a list of recordings")).decode("utf-8-sig", "replace")


def _with_phones(folder: Path) -> Filelist:
    """The rows of four parts whose recordings are there, as its loader takes them, sorted by name."""
    lines = (line.split("\t") for line in _text(folder / _PHONES).splitlines())
    phones = {cells[0]: cells[1] for cells in lines if len(cells) == 4 and cells[1].strip()}
    names = sorted(name for name in phones if (folder / _OF_PHONES / name).is_file())
    if not names:
        raise NothingEvaluatedError(f"{folder}: no recording of {_PHONES} lies in {_OF_PHONES}")
    real = tuple(str(folder / _OF_PHONES / name) for name in names)
    return Filelist(names=_names(real), columns={"real": real, "text": tuple(phones[name] for name in names)})


def _roles(path: Path, rows: Sequence[Sequence[str]]) -> list[str | None]:
    """What each part of the rows is, by what all of them hold."""
    kinds = [
        "array" if all(cell.lower().endswith(".npy") for cell in cells)
        else "number" if all(map(_WHOLE.match, cells)) else "words"
        for cells in list(zip(*rows, strict=True))[1:]
    ]  # fmt: skip
    arrays = _ARRAYS.get(kinds.count("array"))
    if arrays is None:
        raise InputError(f"{path}: {kinds.count('array')} .npy files a line; expected features, or features and pitch")
    named = iter(arrays)
    roles: list[str | None] = ["real", *(next(named) if kind == "array" else None for kind in kinds)]
    if "number" in kinds:
        roles[1 + kinds.index("number")] = "label"
    if "words" in kinds:
        roles[len(kinds) - kinds[::-1].index("words")] = "text"
    return roles


def _found(path: Path, rows: Sequence[Sequence[str]], roles: Sequence[str | None]) -> Filelist:
    bases = tuple(path.absolute().parents)  # whoever reads the rows looks for relative paths below the list itself
    lookups = {k: _Lookup(bases=bases, audio=role == "real")
               for k, role in enumerate(roles) if role not in (None, "label", "text")}  # fmt: skip
    kept, lacking, mute = [], [], 0
    for row in rows:
        files = {k: lookup.find(row[k]) for k, lookup in lookups.items()}
        absent = [row[k] for k, file in files.items() if file is None]
        if absent and _MUTE.match(_parts(row[0])[-1].partition(".")[0]):
            mute += 1
        elif absent:
            lacking += absent
            if len(lacking) >= _MOST_LACKING:
                break
        else:
            kept.append([str(files.get(k, cell)) for k, cell in enumerate(row)])
    if lacking:
        raise InputError(
            f"{path}: of its {len(rows)} rows, these name files that are not there: {quoted(lacking)}",
            hint=f"they are looked for below {path.parent} and the folders above it: link or copy them there",
        )
    if not kept:
        raise NothingEvaluatedError(f"{path}: a list of nothing but silence that is not there")
    columns = {role: tuple(row[k] for row in kept) for k, role in enumerate(roles) if role is not None}
    return Filelist(names=_names(columns["real"]), columns=columns, findings=tuple(_left_out(path, mute)))


def _left_out(path: Path, mute: int) -> Iterator[Finding]:
    if mute:
        message = f"{mute} rows of silence (mute) are left out, whose files are not there"
        yield noted("silence_left_out", path, message, {"rows": mute}, "copy logs/mute of the training beside it")


def _names(files: Sequence[str]) -> tuple[str, ...]:
    """The files' names without suffix, numbered where they repeat."""
    seen: Counter[str] = Counter()
    names = []
    for file in files:
        stem = Path(file).stem
        seen[stem] += 1
        names.append(stem if seen[stem] == 1 else f"{stem} ({seen[stem]})")
    return tuple(names)


def _parts(cell: str) -> tuple[str, ...]:
    """The parts of a path as any system writes it."""
    return tuple(part for part in re.split(r"[\\/]+", cell) if part not in ("", "."))


@dataclass
class _Lookup:
    """Where the files of one column are, by what was right for the one before."""

    bases: tuple[Path, ...]
    audio: bool
    _last: tuple[Path, str, str, int] | None = field(default=None)

    def find(self, cell: str) -> Path | None:
        """The file, or None where it is nowhere."""
        given = Path(cell)
        if given.is_absolute() and given.is_file():
            return given
        parts = _parts(cell)
        for base, below, suffix, left_out in self._places(parts):
            try:
                path = base.joinpath(below, *parts[left_out:-1], parts[-1] + suffix)
                there = path.is_file()
            except (OSError, ValueError):  # a name that no file can have
                continue
            if there:
                self._last = (base, below, suffix, left_out)
                return path
        return None

    def _places(self, parts: Sequence[str]) -> Iterator[tuple[Path, str, str, int]]:
        if not parts:
            return
        if self._last is not None and self._last[3] < len(parts):
            yield self._last
        bare = self.audio and Path(parts[-1]).suffix.lower() not in DATA_SUFFIXES
        ways = tuple(product(_BESIDE, (".wav", ".flac"))) if bare else (("", ""),)
        for left_out in range(max(1, len(parts) - 1)):  # a file's own name alone may be that of another
            for base, (below, suffix) in product(self.bases, ways):
                yield base, below, suffix, left_out
