"""Whether recordings and what a training has made of them belong together, by their headers alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.audio import Heading, heading
from ganloss_cli.io.reading import OpenFile
from ganloss_cli.io.samples import quoted
from ganloss_cli.io.stored import npy_header
from ganloss_cli.records.listing import grouped
from ganloss_cli.records.request import Request

# RVC's and Applio's frames of pitch, of 160 samples at 16 kHz; their features are half as many
_FRAMES_A_SECOND = {"phones": 50, "coarse_pitch": 100, "pitch": 100}
_MOST_APART = 0.1  # seconds; the trackers and the speech model end a few frames before or behind the recording


@dataclass(frozen=True)
class _Odd:
    """One file, and in what it is unlike the others."""

    file: str
    what: str


def refuse_unlike(where: Path, columns: Mapping[str, Sequence[str | int]], request: Request) -> None:
    """Refuse recordings of several rates or numbers of channels, and features or pitch of other lengths.

    Args:
        where: the list or folder, for the message.
        columns: role -> files.
        request: says whether recordings are resampled or their channels averaged.

    Raises:
        InputError: everything that does not fit, in one message.
    """
    files = [str(file) for file in columns.get("real", ())]
    if not files or not all(Path(file).suffix.lower() in (".wav", ".flac") for file in files):
        return
    headings = {file: _heading(Path(file)) for file in dict.fromkeys(files)}
    odd = [*_odd(headings, request)]
    for role, rate in _FRAMES_A_SECOND.items():
        pairs = zip(files, map(str, columns.get(role, ())), strict=False)
        odd += [found for file, array in dict.fromkeys(pairs) for found in _apart(headings[file], array, rate)]
    if not odd:
        return
    told = "; ".join(f"{what}: {quoted(names)}" for what, names in grouped((o.what, o.file) for o in odd).items())
    raise InputError(
        f"{where}: {len(odd)} files do not fit the others: {told}",
        hint="resample with --sample-rate HZ, average channels with --channels mono, or make the features anew",
    )


def _odd(headings: Mapping[str, Heading], request: Request) -> Iterator[_Odd]:
    """Recordings that differ from what most of them are."""
    rates = {file: each.sample_rate for file, each in headings.items()}
    channels = {file: each.channels for file, each in headings.items()}
    for values, unit, settled in (
        (rates, "Hz", request.sample_rate is not None),
        (channels, "channels", request.channels == "mono"),
    ):
        common = max(values.values(), key=list(values.values()).count)
        if not settled:
            yield from (_Odd(f, f"{value} {unit}, not {common}") for f, value in values.items() if value != common)


def _apart(recording: Heading, array: str, rate: int) -> Iterator[_Odd]:
    try:
        with closing(OpenFile(Path(array))) as opened:
            shape, _, _ = npy_header(opened.stream(), array)
    except ValueError as error:
        raise InputError(f"{array}: truncated or damaged npy file ({error})") from error
    if recording.n_samples is not None and len(shape) in (1, 2):
        lasts = recording.n_samples / recording.sample_rate
        if abs(shape[0] / rate - lasts) > _MOST_APART:
            yield _Odd(array, f"of {shape[0] / rate:.2f} s beside a recording of {lasts:.2f} s")


def _heading(path: Path) -> Heading:
    with closing(OpenFile(path)) as opened:
        return heading(opened, str(path))
