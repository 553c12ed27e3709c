"""The one way in which commands run: outputs opened, work done, the document written, what matters told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ganloss_cli import streams
from ganloss_cli.commands.given import Given
from ganloss_cli.progress import Progress, progress_on_stderr
from ganloss_cli.reporters.document import Document, Entry
from ganloss_cli.reporters.registry import FORMATS, render

if TYPE_CHECKING:
    from ganloss_cli.io.writing import OutputFile
    from ganloss_cli.records.report import Finding

R = TypeVar("R")


def run(
    given: Given,
    work: Callable[[Progress], R],
    document: Callable[[R], Document],
    failures: Callable[[R], Iterable[str]] | None = None,
    *,
    speaks: bool = True,
) -> R:
    """Do what a command is for, and write it.

    Files are opened before the work begins, and left alone where it fails. Nothing that libraries or the user's code
    print reaches standard output. What a document for programs holds, but a person might not look up, is told on
    standard error as well.

    Args:
        given: the command's options.
        work: finds what is to be written; imports what it needs itself, so that a mistyped option does not wait.
        document: of what was found.
        failures: what failed, a line each; None where a document is nothing but what was found, so that nothing is
            told twice.
        speaks: whether this process writes anything: of several that share the work, one does.

    Returns:
        what was found.
    """
    quiet = given["quiet"] or not speaks
    with _opened(given["output"] if speaks else ()) as files:
        progress = progress_on_stderr(wanted=not (quiet or given.values.get("no_progress", True)))
        with streams.nothing_on_stdout(quiet=quiet):
            try:
                found = work(progress)
            finally:
                progress.stop()
        if not speaks:
            return found
        written = document(found)
        try:
            for file, format_ in files:
                file.commit(render(written, format_).encode("utf-8", "backslashreplace"))
        finally:  # a disk that is full by now must not cost what was found
            show(written, given["format"])
    if failures is not None and not FORMATS[given["format"]].for_people:
        _tell(found.findings, failures(found), quiet=quiet)  # type: ignore[attr-defined]  # of every record
    return found


@contextmanager
def _opened(outputs: Sequence[tuple[Path, str]]) -> Iterator[list[tuple[OutputFile, str]]]:
    # it brings nothing heavy, but a mistyped option must not wait for it
    from ganloss_cli.io.writing import OutputFile

    with ExitStack() as stack:
        yield [(stack.enter_context(OutputFile(path)), format_) for path, format_ in outputs]


def _tell(findings: Iterable[Finding], failures: Iterable[str], *, quiet: bool) -> None:
    for finding in findings:
        if finding.severity == "error" or (finding.severity == "warning" and not quiet):
            streams.say(finding.severity, finding.message)
            if finding.hint:
                streams.say("hint", finding.hint)
    for failure in failures:
        streams.say("error", failure)


def show(document: Document, format_: str) -> None:
    """Write a document to standard output."""
    screen = None
    if FORMATS[format_].drawn:
        from ganloss_cli.reporters.screen import this_screen  # rich, which only what is drawn needs

        screen = this_screen()
    streams.write_document(render(document, format_, screen))


def entry_of(names: Iterable[str], listed: object, **others: Any) -> Entry:
    """An entry of a list, for reporters, which know neither losses nor checks.

    Args:
        names: of its fields, in the order of JSON.
        listed: has most of them as attributes of the same names.
        others: the other fields.
    """
    return {name: others[name] if name in others else getattr(listed, name) for name in names}
