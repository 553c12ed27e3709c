"""A document as Markdown: sections without headings, so that it can be pasted into any page."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ganloss_cli.reporters.document import Grid, Paragraph, Points, Section, WithSections
from ganloss_cli.reporters.figures import printable

_MARKS = re.compile(r"([\\`*\[\]<|]|(?<!\w)_|_(?!\w))")  # an underscore within a word is no mark


def render(document: WithSections) -> str:
    """Its sections with a blank line between them; those without a line are left out."""
    sections = (list(_lines(section)) for section in document.sections())
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _lines(section: Section) -> Iterator[str]:
    if isinstance(section, Paragraph):
        title = f"**{escaped(section.title)}**" if section.title else ""
        yield f"{title}{escaped(section.text)}"
    elif isinstance(section, Points):
        yield from (f"- {escaped(line)}" for line in section.lines)
        if section.command:
            yield f"- command: `{printable(shlex.join(section.command)).replace('`', chr(39))}`"
    elif isinstance(section, Grid):
        yield from _table(section)


def _table(grid: Grid) -> Iterator[str]:
    aligned = set(grid.right)
    rule = ["---:" if k in aligned else "---" for k in range(len(grid.heads))]
    lines = [[escaped(head) for head in grid.heads], rule, *([escaped(cell) for cell in row] for row in grid.rows)]
    yield from (f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """Foreign text on one line, without Markdown's own marks."""
    return _MARKS.sub(r"\\\1", printable(text))
