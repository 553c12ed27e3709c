"""`--help`, which every command has: Typer's own would stand alone above our headings."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ganloss_cli import streams
from ganloss_cli.commands.option_rows import flag

_NEVER_DRAWN = {"rich.markdown": "Markdown", "rich.traceback": "Traceback"}


def show_help(context: Any) -> None:
    """Print the help of the command that Typer's `context` is of."""
    with _only_what_is_drawn():
        text = context.get_help()  # empty where rich has printed it
    streams.write_document(f"{text}\n" if text else "")


@contextmanager
def _only_what_is_drawn() -> Iterator[None]:
    """Within this block, an import of what Typer's help never draws brings an empty class.

    Typer imports a Markdown parser, and a highlighter for the code in tracebacks, to draw neither for us: half of what
    it imports for a help. Whoever asks later gets the real ones.
    """
    empty = {name: types.ModuleType(name) for name in _NEVER_DRAWN if name not in sys.modules}
    for name, module in empty.items():
        setattr(module, _NEVER_DRAWN[name], type(_NEVER_DRAWN[name], (), {}))
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


HELP = flag("--help", "-h", help="Show this and exit.", answer=show_help)
