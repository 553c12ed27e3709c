"""`ganloss inspect`: what is in a checkpoint, without running it and without importing torch."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.option_values import CHOICES, checkpoints, one_of
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.records.inspection import Inspection

_FORMATS = ("table", "json", "markdown")
_FORMATS_BY_SUFFIX = {".json": "json", ".md": "markdown", ".txt": "table"}


def inspect_command(
    context: typer.Context,
    paths: options.Checkpoints = None,
    ckpt: options.Ckpt = None,
    tree: options.Tree = False,
    tensors: options.Tensors = False,
    hash_: options.Hash = False,
    rescue: options.Rescue = False,
    naming: options.Naming = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(_FORMATS),
            help="Format of standard output.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = "table",
    output: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help=f"Write a file as well, its format by its suffix: {' '.join(_FORMATS_BY_SUFFIX)}; repeatable.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    quiet: options.Quiet = False,
    help_: options.Help = False,
) -> int:
    """What is in a checkpoint, without running it: format, networks, architecture, step, and what it would import.

    Example: ganloss inspect g.pt --tree

    Exit status:
      0    done, whatever was found
      2    usage
      3    a file cannot be read
    """
    streams.require_stdout()
    one_of(_FORMATS, "--format", format_)
    every = checkpoints(paths, ckpt)
    if naming is not None:
        one_of(CHOICES["naming"], "--naming", naming)
    from ganloss_cli.io.writing import OutputFile

    formats = [_format_of(path) for path in output or ()]
    with ExitStack() as opened:
        files = [opened.enter_context(OutputFile(path)) for path in output or ()]
        from ganloss_cli.io.checkpoints.inspect_all import survey

        found = survey(
            every,
            naming="cyclegan" if naming == "cyclegan" else "discogan" if naming else None,
            rescue=rescue,
            with_hash=hash_,
            with_tensors=tensors,
            with_tree=tree,
        )
        inspection = Inspection(
            tool={"name": "ganloss", "version": _version()},
            command=("ganloss", *context.obj),
            files=found.files,
            folders=found.folders,
            findings=found.findings,
        )
        try:
            for file, written in zip(files, formats, strict=True):
                file.commit(_rendered(inspection, written).encode("utf-8", "backslashreplace"))
        finally:  # a disk that is full by now must not cost the document
            streams.write_document(_rendered(inspection, format_, screen=True))
    if format_ == "json":
        _echo(inspection, quiet=quiet)
    if found.broken is not None:
        streams.say("error", found.broken.message)
        return ExitStatus.INPUT
    return ExitStatus.DONE


def _rendered(inspection: Inspection, format_: str, *, screen: bool = False) -> str:
    # rich takes longer to import than most files take to look at, and only a table needs it
    if format_ == "json":
        from ganloss_cli.reporters.inspect.json import render as as_json

        return as_json(inspection)
    if format_ == "markdown":
        from ganloss_cli.reporters.inspect.markdown import render as as_markdown

        return as_markdown(inspection)
    from ganloss_cli.reporters.inspect.table import render as as_table
    from ganloss_cli.reporters.screen import this_screen

    return as_table(inspection, this_screen() if screen else None)


def _echo(inspection: Inspection, *, quiet: bool) -> None:
    """Tell on standard error what a document for programs holds, but a person might not look up."""
    for finding in inspection.findings:
        if finding.severity == "error" or (finding.severity == "warning" and not quiet):
            streams.say(finding.severity, finding.message)


def _format_of(path: Path) -> str:
    if path.suffix.lower() not in _FORMATS_BY_SUFFIX:
        known = ", ".join(_FORMATS_BY_SUFFIX)
        raise UsageError(f"--output {path}: expected a suffix of {known}; got {path.suffix!r}")
    return _FORMATS_BY_SUFFIX[path.suffix.lower()]


def _version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ganloss")
    except PackageNotFoundError:
        return None
