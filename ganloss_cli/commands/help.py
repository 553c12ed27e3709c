"""`--help`, which every command has: Typer's own would stand alone above our headings."""

from __future__ import annotations

from typing import Any

from ganloss_cli import streams
from ganloss_cli.commands.option_rows import flag


def show_help(context: Any) -> None:
    """Print the help of the command that Typer's `context` is of."""
    text = context.get_help()  # empty where rich has printed it
    streams.write_document(f"{text}\n" if text else "")


HELP = flag("--help", "-h", help="Show this and exit.", answer=show_help)
