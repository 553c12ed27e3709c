"""The output formats, a row each. `--format`, the suffixes of `--output` and their messages are made of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ganloss_cli.reporters.document import Document, WithCases, WithRows, WithRules, WithSections

if TYPE_CHECKING:
    from ganloss_cli.reporters.screen import Screen


@dataclass(frozen=True, kw_only=True)
class Format:
    """One output format.

    Args:
        name: as `--format` takes it.
        suffix: of a file that has it; None for one that is only read from standard output.
        needs: what a document must be.
        render: the text of such a document; takes a screen as well where `drawn`.
        drawn: whether it is drawn for a screen.
        for_people: whether people look at it; what the others hold is told on standard error as well, where it matters.
    """

    name: str
    suffix: str | None
    needs: type
    render: Callable[..., str]
    drawn: bool = False
    for_people: bool = False


def _of(module: str) -> Callable[..., str]:
    """The `render` of a module of `formats`, which brings what it alone needs when it is called."""

    def render(*drawn: Any) -> str:
        text: str = importlib.import_module(f"ganloss_cli.reporters.formats.{module}").render(*drawn)
        return text

    return render


DEFAULT = "table"
# in the order in which they are named to users
_ROWS = (
    Format(name="json", suffix=".json", needs=Document, render=_of("json")),
    Format(name="csv", suffix=".csv", needs=WithRows, render=_of("csv")),
    Format(name="markdown", suffix=".md", needs=WithSections, render=_of("markdown"), for_people=True),
    Format(name="table", suffix=".txt", needs=Document, render=Document.drawn, drawn=True, for_people=True),
    Format(name="sarif", suffix=".sarif", needs=WithRules, render=_of("sarif")),
    Format(name="github", suffix=None, needs=WithCases, render=_of("github"), for_people=True),
    Format(name="junit", suffix=".xml", needs=WithCases, render=_of("junit")),
    Format(name="html", suffix=".html", needs=WithSections, render=_of("html"), for_people=True),
)
FORMATS = {row.name: row for row in _ROWS}


def offered(document: type[Any]) -> tuple[str, ...]:
    """The names of the formats that a kind of document can be rendered in, the default first."""
    names = [row.name for row in FORMATS.values() if issubclass(document, row.needs)]
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


def by_suffix(document: type[Any]) -> dict[str, str]:
    """The suffix of a file -> the format that it stands for, of a kind of document."""
    rows = (row for row in FORMATS.values() if issubclass(document, row.needs))
    return {row.suffix: row.name for row in rows if row.suffix is not None}


def render(document: Document, name: str, screen: Screen | None = None) -> str:
    """A document as text.

    Args:
        document: what a command has to say.
        name: one of the formats that it is offered in.
        screen: what a table is drawn for; by default plain text of any width.
    """
    row = FORMATS[name]
    return row.render(document, screen) if row.drawn else row.render(document)
