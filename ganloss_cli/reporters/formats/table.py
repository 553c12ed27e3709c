"""A document as people see it on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.reporters.document import Document

if TYPE_CHECKING:
    from ganloss_cli.reporters.screen import Screen


def render(document: Document, screen: Screen | None = None) -> str:
    """What the document draws.

    Args:
        document: any.
        screen: what it is drawn for; by default plain text as wide as it needs to be.
    """
    from ganloss_cli.reporters.screen import Screen  # rich, which only a table needs

    return document.drawn(screen or Screen())
