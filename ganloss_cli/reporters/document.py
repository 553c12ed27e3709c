"""What a command hands to its reader: a document, in the parts that output formats render."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from ganloss_cli.records.report import Finding, SamplePicture, SampleValues
    from ganloss_cli.records.severity import Severity
    from ganloss_cli.reporters.screen import Screen


Entry = Mapping[str, Any]  # one of a list: its fields by name


@dataclass(frozen=True)
class Document(ABC):
    """What every document has: data for programs, and a table for people.

    A command's document is one class. Each of the classes below adds a part, and with it the formats that render it:
    which formats a command offers follows from the parts of its document.

    Args:
        record: what the command found.
    """

    record: Any
    command: ClassVar[str]
    table: ClassVar[str]  # MODULE:FUNCTION that draws the record for a screen; rich is imported with it, not before
    on_request: ClassVar[Sequence[str]] = ()  # fields that are left out where they are None

    def data(self) -> Mapping[str, Any]:
        """Its fields by name, all digits kept; records within stand for their own fields."""
        return fields_of(self.record, self.on_request)

    def samples(self) -> Sequence[SampleValues]:
        """The values of single samples, where it is of any."""
        return ()

    def drawn(self, screen: Screen | None = None) -> str:
        """The text that stands on a screen; by default plain and as wide as it needs to be."""
        from ganloss_cli.reporters.screen import Screen  # rich, which only a table needs

        module, function = self.table.split(":")
        text: str = getattr(importlib.import_module(module), function)(self.record, screen or Screen())
        return text


class Listing(Document):
    """What there is to choose from."""

    record: Sequence[Entry]

    @property
    @abstractmethod
    def entries(self) -> str:
        """What they are called in JSON."""

    def data(self) -> Mapping[str, Any]:
        """All of them."""
        return {self.entries: self.record}


class WithRows(Document):
    """A document with one table that holds what matters in it."""

    @abstractmethod
    def rows(self) -> Rows:
        """The table, all digits kept."""


class WithSections(Document):
    """A document that can be told in text."""

    @abstractmethod
    def sections(self) -> Iterator[Section]:
        """What is to be said, in order; nothing in it is escaped yet."""


class WithCases(Document):
    """A document of what passes and fails."""

    @abstractmethod
    def cases(self) -> Iterator[Case]:
        """What passed, failed or was skipped."""

    def findings(self) -> Sequence[Finding]:
        """What was found beside it."""
        found: Sequence[Finding] = self.record.findings
        return found

    def values(self) -> Mapping[str, float | None]:
        """Numbers that belong to the cases, by name."""
        return {}

    def notices(self) -> Mapping[str, str]:
        """Further texts for whoever looks at a run, by title."""
        return {}


class WithRules(WithCases):
    """A document whose findings point into source code; its record has `rules`, what each check found means."""

    @abstractmethod
    def properties(self) -> Mapping[str, Any]:
        """What was looked at, and what came of it."""


class FullDocument(WithSections, WithRows, WithCases):
    """A document with all that does not ask for source code."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A table of values."""

    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]

    @classmethod
    def of(cls, columns: Sequence[str], records: Iterable[object]) -> Rows:
        """A row a record, a column a field of that name."""
        return cls(columns=columns, rows=([getattr(record, name) for name in columns] for record in records))


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A title in bold type, and what follows it on the same line."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Points:
    """A list, a line each; at its end a command line, if there is one. A page has room for a heading above it."""

    lines: Sequence[str]
    command: Sequence[str] = ()
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table of words and figures as people read them.

    Args:
        heads: of the columns.
        rows: one cell a column.
        right: the columns that are aligned to the right, as figures are.
        heading: of it, where there is room for one.
    """

    heads: Sequence[str]
    rows: Iterable[Sequence[str]]
    right: Iterable[int] = ()
    heading: str = ""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Where a value stands between the least and the largest, beside where it should.

    Args:
        value: it.
        low: the least.
        high: the largest.
        aim: where it should be.
        within: both ends of the picture, where several share them.
        logarithmic: whether it shows magnitudes.
    """

    value: float
    low: float | None = None
    high: float | None = None
    aim: float | None = None
    within: tuple[float, float] | None = None
    logarithmic: bool = False


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """How the values of samples lie.

    Args:
        title: of what they are the values.
        values: by name; two are drawn over each other.
        value: what they come to; None where that is not one number.
        aim: where it should be; None where any value is as good, or none is best.
    """

    title: str
    values: Mapping[str, Sequence[float]]
    value: float | None = None
    aim: float | None = None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Values one after the other.

    Args:
        title: what they are.
        counted_in: what `places` count.
        places: where each stands, ascending within a session; None for rows without a count.
        values: NaN and infinities included.
        sessions: a number of each; where it changes, the line breaks.
        point: where a value of another origin stands, and that value.
        interval: of it; None where it has none.
        errors: standard errors of the values, None where one has none; empty where none has.
        levels: what the values are held to, by name; of several only those that lie among them are drawn.
        logarithmic: whether it shows magnitudes.
        best: the place of the best of them in `values`.
        shaded: of those that cannot be told from it.
        told: what else is to be said.
    """

    title: str
    counted_in: str
    places: Sequence[int | None]
    values: Sequence[float]
    sessions: Sequence[int]
    point: tuple[int, float] | None = None
    interval: tuple[float, float] | None = None
    errors: Sequence[float | None] = ()
    levels: Mapping[str, float] = field(default_factory=dict)
    logarithmic: bool = False
    best: int | None = None
    shaded: Sequence[int] = ()
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """How values that were counted lie.

    Args:
        title: of what they are the values.
        edges: of the bins, ascending, at least two.
        counts: of each bin, by name; they are drawn over each other as shares.
        value: what they come to; None where that is not one number.
        aim: where it should be; None where any value is as good, or none is best.
    """

    title: str
    edges: Sequence[float]
    counts: Mapping[str, Sequence[int]]
    value: float | None = None
    aim: float | None = None


@dataclass(frozen=True, kw_only=True)
class Plane:
    """One share beside another, both on [0, 1], with the line on which they are equal.

    Args:
        title: what is to be seen.
        across: what runs to the right.
        up: what runs upwards.
        series: points by name; those of one name are joined.
        values: what each series comes to, by its name.
        sizes: how many samples each point stands for; these are not joined.
        rest: where both are when neither network can gain.
        told: it in words.
    """

    title: str
    across: str
    up: str
    series: Mapping[str, Sequence[tuple[float, float]]]
    values: Mapping[str, float]
    sizes: Sequence[int] = ()
    rest: float | None = None
    told: str


@dataclass(frozen=True, kw_only=True)
class Strip:
    """One number among others.

    Args:
        title: what it is.
        number: it.
        tolerance: how far off the others may be to count as the same.
        others: by name.
        every: of all others, also those without a name; those that are far off are only counted.
    """

    title: str
    number: float
    tolerance: float
    others: Mapping[str, float]
    every: Sequence[float] = ()


Chart = Distribution | Histogram | Plane | Curve | Strip


@dataclass(frozen=True, kw_only=True)
class Charts:
    """Drawings beside each other, for formats that have any.

    Args:
        charts: those that matter most first: of very many the others are left out.
        heading: of them.
    """

    charts: Sequence[Chart]
    heading: str


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Pictures and sounds of samples, for formats that have room for them; they are drawn as they are iterated over.

    Args:
        pictures: those that matter most first: of very many the others are left out.
        heading: of them.
        about: how to read them, or what they lack.
    """

    pictures: Collection[SamplePicture]
    heading: str
    about: str = ""


Section = Paragraph | Points | Grid | Charts | Pictures


@dataclass(frozen=True, kw_only=True)
class Case:
    """One thing that a run held against a bound.

    Args:
        kind: what sort of thing it is.
        name: which one.
        failure: why it failed; None where it did not.
        severity: of the failure.
        skipped: why nothing can be said of it; None where it was looked at.
        told: what else is to be said of it.
    """

    kind: Literal["check", "gate", "loss", "sum", "number", "key", "checkpoint"]
    name: str
    failure: str | None = None
    severity: Severity = "error"
    skipped: str | None = None
    told: str = ""

    @classmethod
    def held(cls, kind: Literal["gate", "sum", "number"], name: str, told: str, *, passed: bool) -> Case:
        """A case of which the same is to be said whether it passed or failed."""
        return cls(kind=kind, name=name, failure=None if passed else told, told=told if passed else "")


def fields_of(record: Any, on_request: Sequence[str] = ()) -> dict[str, Any]:
    """The fields of a record by name, the version of the schema first where it has one.

    Args:
        record: a dataclass.
        on_request: fields that are left out where they are None: those that have to be asked for.
    """
    known = {own.name: getattr(record, own.name) for own in fields(record) if "drawn" not in own.metadata}
    version = {"schema_version": known["schema_version"]} if "schema_version" in known else {}
    return {**version, **{k: v for k, v in known.items() if v is not None or k not in on_request}}
