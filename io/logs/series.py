"""What every reader of training logs gives: series of scalars by tag. Torch-free."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.logs.names import is_loss_like
from ganloss_cli.io.logs.numbers import HalfUnits, Numbers, Places
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding

MAX_TAGS = 10_000
MAX_VALUES = 10_000_000  # up to 100 bytes each
_MOST_SHOWN = 8  # names left out
_MOST_DIGITS = 18
_LARGEST_EXPONENT = 308
_WRITTEN = re.compile(r"[-+]?\d*(?:\.(\d*))?(?:[eE]([-+]?\d+))?")
_LARGEST = sys.float_info.max


@dataclass(frozen=True, kw_only=True)
class Series:
    """One tag's values in the order of the log.

    Args:
        tag: as the log has it.
        values: the numbers, NaN and infinities included.
        rows: which line, row or record each stands in; numbers of one row belong together.
        steps: the iteration of each, as logged; None where the log has none.
        epochs: its epoch; None likewise.
        sessions: which run of the training wrote it, from 0.
        roundings: half a unit of each number's last place.
        errors: the standard error of each, where it is a mean whose spread was logged.
    """

    tag: str
    values: Sequence[float]
    rows: Sequence[int]
    steps: Sequence[int | None]
    epochs: Sequence[int | None]
    sessions: Sequence[int]
    roundings: Sequence[float]
    errors: Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class Log:
    """What one file holds.

    Args:
        path: the file.
        format: what it is.
        series: by tag.
        sessions: how many runs of the training wrote into it.
        per_epoch: whether it holds one value an epoch, by its format alone.
        findings: records that could not be read, and names that are no series.
        run: its name, where a file holds several trainings.
    """

    path: Path
    format: str
    series: Mapping[str, Series]
    sessions: int = 1
    per_epoch: bool = False
    findings: tuple[Finding, ...] = ()
    run: str = ""


@dataclass(kw_only=True, slots=True)
class _Column:
    values: Numbers = field(default_factory=partial(Numbers, "d"))
    rows: Places = field(default_factory=Places)
    sessions: Places = field(default_factory=partial(Places, 0))
    steps: Places = field(default_factory=Places)
    epochs: Places = field(default_factory=Places)
    errors: Places = field(default_factory=Places)
    texts: Places = field(default_factory=Places)


class Recorder:
    """Takes the stream of numbers that every reader gives, and sorts it by tag.

    Args:
        path: of the file.

    Raises:
        InputError: there are more tags or numbers in it than any training has.
    """

    def __init__(self, path: Path = Path("log")) -> None:
        self.path = path
        self._columns: dict[str, _Column] = {}
        self._left_out: dict[str, None] = {}
        self._n_values = 0

    def add(
        self,
        tag: str,
        value: float,
        *,
        row: int,
        step: int | None = None,
        epoch: int | None = None,
        session: int = 0,
        text: str | None = None,
        error: float | None = None,
    ) -> None:
        """Take in one number.

        Args:
            tag: whose it is.
            value: the number.
            row: what it stands in.
            step: its iteration.
            epoch: its epoch.
            session: which run wrote it.
            text: as it is written; None for a float32.
            error: its standard error, where that was logged.
        """
        column = self._columns.get(tag)
        if column is None:
            column = self._columns[tag] = _Column()
            if len(self._columns) > MAX_TAGS:
                raise InputError(f"{self.path}: more than {MAX_TAGS} tags", hint="give the log of the losses alone")
        self._n_values += 1
        if self._n_values > MAX_VALUES:
            raise InputError(f"{self.path}: more than {MAX_VALUES} numbers", hint="give the log of the losses alone")
        # MLflow keeps an infinity as the largest finite number, which no loss has
        values, place = column.values, len(column.values)
        values.append(math.copysign(math.inf, value) if abs(value) == _LARGEST else value)
        column.rows.put(place, row)
        if session:
            column.sessions.put(place, session)
        if step is not None:
            column.steps.put(place, step)
        if epoch is not None:
            column.epochs.put(place, epoch)
        if text is not None:
            column.texts.put(place, text)
        if error is not None:
            column.errors.put(place, error)

    def steps(self, tag: str) -> Sequence[int | None]:
        """The steps of one tag so far."""
        column = self._columns.get(tag)
        return column.steps.filled(len(column.values)) if column else ()

    def leave_out(self, tag: str) -> None:
        """Note a name that only looks like one of a series, and forget what was taken in of it.

        Args:
            tag: the name.
        """
        self._columns.pop(tag, None)
        if len(self._left_out) < MAX_TAGS:
            self._left_out[tag] = None

    def log(
        self,
        format_: str,
        *,
        sessions: int = 1,
        per_epoch: bool = False,
        findings: Iterable[Finding] = (),
        run: str = "",
    ) -> Log:
        """Everything taken in; a number that stands alone, with no count beside it and by no loss's name, is none.

        Args:
            format_: what the file is.
            sessions: how many runs of the training wrote into it.
            per_epoch: whether it holds one value an epoch, by its format alone.
            findings: what else is to be said of it.
            run: the name of the training, where the file holds several.
        """
        for tag, column in [*self._columns.items()]:
            if (
                len(column.values) == 1
                and column.steps.filled(1)[0] is column.epochs.filled(1)[0] is None
                and not is_loss_like(tag, alone=True)
            ):
                self.leave_out(tag)
        return Log(
            path=self.path, format=format_, series=self.series(), sessions=sessions, per_epoch=per_epoch,
            findings=(*findings, *self._notes()), run=run,
        )  # fmt: skip

    def _notes(self) -> Iterator[Finding]:
        names = [name for name in self._left_out if name not in self._columns]
        if names:
            yield Finding(
                check="left_out_names",
                severity="note",
                message=f"{self.path}: left out {listed(names, _MOST_SHOWN)}: a number, but no series",
                evidence={"path": str(self.path), "names": names},
            )

    def series(self) -> dict[str, Series]:
        """Everything taken in, in the order in which the tags came."""
        return {
            tag: Series(
                tag=tag,
                values=column.values,
                rows=column.rows,
                steps=column.steps.filled(len(column.values)),
                epochs=column.epochs.filled(len(column.values)),
                sessions=column.sessions.filled(len(column.values)),
                roundings=_roundings(column),
                errors=column.errors.filled(len(column.values)),
            )
            for tag, column in self._columns.items()
        }


def number(text: str) -> float | None:
    """The number that a text is, or None; "nan" and "inf" are numbers, "infinity war" is none."""
    try:
        return float(text)
    except ValueError:
        return None


def count(written: str | float) -> int | None:
    """A step or an epoch, or None for what nobody counts to: nan, infinity, more digits than 18."""
    if isinstance(written, str):
        return int(written) if len(written) <= _MOST_DIGITS else None
    return int(written) if math.isfinite(written) and abs(written) < 10**_MOST_DIGITS else None


def _roundings(column: _Column) -> Sequence[float]:
    """Half a unit of the last place; as many places as the longest number of the series is written with."""
    if not column.texts:
        return HalfUnits(column.values)
    texts = column.texts.filled(len(column.values))
    places = max((len(match[1] or "") for match in map(_written, texts) if match), default=0)
    float32 = HalfUnits(column.values)
    return Numbers("d", (_rounding(text, places, half) for text, half in zip(texts, float32, strict=True)))


def _rounding(text: str | None, places: int, of_float32: float) -> float:
    if text is None:
        return of_float32
    match = _written(text)
    if match is None:
        return 0.0
    return 0.5 * 10.0 ** min(int((match[2] or "0")[:_MOST_DIGITS]) - places, _LARGEST_EXPONENT)


def _written(text: str | None) -> re.Match[str] | None:
    return None if text is None else _WRITTEN.fullmatch(text.strip())
