"""What a command writes: the files of `--output`, opened before the work begins, and one document on stdout."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganloss_cli import streams
from ganloss_cli.commands.option_values import FORMATS_BY_SUFFIX, output_format

if TYPE_CHECKING:
    from ganloss_cli.io.writing import OutputFile
    from ganloss_cli.reporters.screen import Screen

Render = Callable[[str, "Screen | None"], str]  # a format's name and what a table is drawn for -> the text


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The files that wait for their text, each with its format."""

    files: Sequence[tuple[OutputFile, str]]

    def write(self, render: Render, format_: str) -> None:
        """Write every file whole, and the document of standard output in `format_`."""
        try:
            for file, written in self.files:
                file.commit(render(written, None).encode("utf-8", "backslashreplace"))
        finally:  # a disk that is full by now must not cost what was found
            streams.write_document(render(format_, _screen(format_)))


def _screen(format_: str) -> Screen | None:
    if format_ != "table":
        return None
    from ganloss_cli.reporters.screen import this_screen  # rich, which only a table needs

    return this_screen()


@contextmanager
def opened(paths: Sequence[Path] | None, by_suffix: Mapping[str, str] = FORMATS_BY_SUFFIX) -> Iterator[Documents]:
    """Open every output; those not written by the end of the block leave nothing behind.

    Args:
        paths: of `--output`.
        by_suffix: suffix -> format.

    Raises:
        UsageError: a suffix that stands for no format, or a file that cannot be written.
    """
    formats = [output_format(path, by_suffix) for path in paths or ()]
    # it brings nothing heavy, but a mistyped option must not wait for it
    from ganloss_cli.io.writing import OutputFile

    with ExitStack() as stack:
        files = [stack.enter_context(OutputFile(path)) for path in paths or ()]
        yield Documents(files=list(zip(files, formats, strict=True)))
