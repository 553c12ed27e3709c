"""What a command writes: the files of `--output`, opened before the work begins, and one document on stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ganloss_cli import streams
from ganloss_cli.commands.option_values import output_format
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.registry import FORMATS, render

if TYPE_CHECKING:
    from ganloss_cli.io.writing import OutputFile

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The files that wait for their text, each with its format."""

    files: Sequence[tuple[OutputFile, str]]

    def write(self, document: Document, format_: str) -> None:
        """Write every file whole, and the document to standard output in `format_`."""
        try:
            for file, written in self.files:
                file.commit(render(document, written).encode("utf-8", "backslashreplace"))
        finally:  # a disk that is full by now must not cost what was found
            show(document, format_)


def show(document: Document, format_: str) -> None:
    """Write a document to standard output."""
    screen = None
    if FORMATS[format_].drawn:
        from ganloss_cli.reporters.screen import this_screen  # rich, which only what is drawn needs

        screen = this_screen()
    streams.write_document(render(document, format_, screen))


def listed_as(kind: Callable[..., R], entry: object, **others: Any) -> R:
    """A record of what is listed, for reporters, which know neither losses nor checks.

    Args:
        kind: the record's class.
        entry: has most of its fields as attributes of the same names.
        others: the other fields.
    """
    names = signature(kind).parameters
    return kind(**{name: others[name] if name in others else getattr(entry, name) for name in names})


@contextmanager
def opened(kind: type[Document], paths: Sequence[Path] | None) -> Iterator[Outputs]:
    """Open every output; those not written by the end of the block leave nothing behind.

    Args:
        kind: of the document that is to be written.
        paths: of `--output`.

    Raises:
        UsageError: a suffix that stands for no format of the document, or a file that cannot be written.
    """
    formats = [output_format(kind, path) for path in paths or ()]
    # it brings nothing heavy, but a mistyped option must not wait for it
    from ganloss_cli.io.writing import OutputFile

    with ExitStack() as stack:
        files = [stack.enter_context(OutputFile(path)) for path in paths or ()]
        yield Outputs(files=list(zip(files, formats, strict=True)))
