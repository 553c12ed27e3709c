"""`ganloss inspect`: what is in a checkpoint, without running it and without importing torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import CHOICES, checkpoints, one_of, shown_format
from ganloss_cli.errors import ExitStatus
from ganloss_cli.records.inspection import Inspection
from ganloss_cli.reporters.inspect.document import InspectDocument
from ganloss_cli.reporters.registry import FORMATS


def inspect_command(
    context: typer.Context,
    paths: options.Checkpoints = None,
    ckpt: options.Ckpt = None,
    tree: options.Tree = False,
    tensors: options.Tensors = False,
    hash_: options.Hash = False,
    rescue: options.Rescue = False,
    naming: options.Naming = None,
    format_: Annotated[str, options.format_of(InspectDocument)] = "table",
    output: Annotated[list[Path] | None, options.output_of(InspectDocument)] = None,
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
    shown_format(InspectDocument, format_)
    every = checkpoints(paths, ckpt)
    if naming is not None:
        one_of(CHOICES["naming"], "--naming", naming)
    with documents.opened(InspectDocument, output) as written:
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
        written.write(InspectDocument(inspection), format_)
    if not FORMATS[format_].for_people:
        _echo(inspection, quiet=quiet)
    if found.broken is not None:
        streams.say("error", found.broken.message)
        return ExitStatus.INPUT
    return ExitStatus.DONE


def _echo(inspection: Inspection, *, quiet: bool) -> None:
    """Tell on standard error what a document for programs holds, but a person might not look up."""
    for finding in inspection.findings:
        if finding.severity == "error" or (finding.severity == "warning" and not quiet):
            streams.say(finding.severity, finding.message)


def _version() -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ganloss")
    except PackageNotFoundError:
        return None
