"""Reports of earlier runs for people: the table of each, of several below the file that it was read from."""

from __future__ import annotations

from collections.abc import Sequence

from ganloss_cli.reporters.report.document import ReadReport
from ganloss_cli.reporters.screen import Screen, text


def render(reports: Sequence[ReadReport], screen: Screen) -> str:
    """The text of all of them."""
    tables = [str(one.document.drawn(screen)) for one in reports]
    if len(tables) == 1:
        return tables[0]
    titles = [screen.draw([text(one.path, "bold")]) for one in reports]
    return "\n".join(f"{title}\n{table}" for title, table in zip(titles, tables, strict=True))
