"""The one way in which commands run: outputs opened, work done, the document written, what matters told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ganloss_cli import streams
from ganloss_cli.commands.given import Given
from ganloss_cli.errors import UsageError
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

    Files are opened before the work begins, never in the place of one that is read, and left alone where it fails.
    Nothing that libraries or the user's code print reaches standard output. What a document for programs holds, but a
    person might not look up, is told on standard error as well.

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
    with _opened(given.values.get("output", ()) if speaks else ()) as files:
        _refuse_overwriting(given.values)
        progress = progress_on_stderr(wanted=not (quiet or given.values.get("no_progress", True)))
        with streams.nothing_on_stdout(quiet=quiet):
            try:
                found = work(progress)
            finally:
                progress.stop()
        if not speaks:
            return found
        _write(document(found), files, given["format"], quiet=quiet)
    if failures is not None and not FORMATS[given["format"]].for_people:
        _tell(found.findings, failures(found), quiet=quiet)  # type: ignore[attr-defined]  # of every record
    return found


@contextmanager
def _opened(outputs: Sequence[tuple[Path, str]]) -> Iterator[list[tuple[OutputFile, str]]]:
    # it brings nothing heavy, but a mistyped option must not wait for it
    from ganloss_cli.io.writing import OutputFile

    with ExitStack() as stack:
        yield [(stack.enter_context(OutputFile(path)), format_) for path, format_ in outputs]


def _refuse_overwriting(given: object) -> None:
    """Refuse outputs in the place of files that are named, before any work; what these name, its readers refuse.

    Raises:
        UsageError: an output would replace one.
    """
    from ganloss_cli.io.writing import refuse_output

    if isinstance(given, Path):
        if given.is_file():
            refuse_output(given, given.stat())
    elif is_dataclass(given):
        _refuse_overwriting([getattr(given, field.name) for field in fields(given)])
    elif isinstance(given, Mapping):
        _refuse_overwriting([value for key, value in given.items() if key != "output"])
    elif isinstance(given, list | tuple):
        for value in given:
            _refuse_overwriting(value)


def _write(document: Document, files: Sequence[tuple[OutputFile, str]], format_: str, *, quiet: bool) -> None:
    """Write every output; one that fails, such as on a full disk, must not cost the others.

    Pages come last: drawing them takes longest, and runs the user's networks once more.

    Raises:
        UsageError: one or more failed; says which were written.
    """
    written: list[str] = []
    failed: list[UsageError] = []
    writers: list[tuple[str, str, Callable[[], None]]] = [
        (suffix, str(file.path), partial(_commit, document, file, suffix, quiet=quiet)) for file, suffix in files
    ]
    writers.append((format_, "standard output", partial(show, document, format_, quiet=quiet)))
    for _, name, write in sorted(writers, key=lambda writer: writer[0] == "html"):
        try:
            write()
            written.append(name)
        except UsageError as error:
            failed.append(error)
    if failed:
        told = f"; written: {', '.join(written)}" if written else ""
        raise UsageError("; ".join(error.message for error in failed) + told, hint=failed[0].hint) from failed[0]


def _commit(document: Document, file: OutputFile, format_: str, *, quiet: bool) -> None:
    with streams.nothing_on_stdout(quiet=quiet):
        text = render(document, format_)
    file.commit(text.encode("utf-8", "backslashreplace"))


def _tell(findings: Iterable[Finding], failures: Iterable[str], *, quiet: bool) -> None:
    for finding in findings:
        if finding.severity == "error" or (finding.severity == "warning" and not quiet):
            streams.say(finding.severity, finding.message)
            if finding.hint:
                streams.say("hint", finding.hint)
    for failure in failures:
        streams.say("error", failure)


def show(document: Document, format_: str, *, quiet: bool = False) -> None:
    """Write a document to standard output."""
    screen = None
    if FORMATS[format_].drawn:
        from ganloss_cli.reporters.screen import this_screen  # rich, which only what is drawn needs

        screen = this_screen()
    with streams.nothing_on_stdout(quiet=quiet):
        text = render(document, format_, screen)
    streams.write_document(text)


def entry_of(names: Iterable[str], listed: object, **others: Any) -> Entry:
    """An entry of a list, for reporters, which know neither losses nor checks.

    Args:
        names: of its fields, in the order of JSON.
        listed: has most of them as attributes of the same names.
        others: the other fields.
    """
    return {name: others[name] if name in others else getattr(listed, name) for name in names}
