"""`ganloss inspect`: what is in a checkpoint, without running it and without importing torch."""

from __future__ import annotations

from ganloss_cli import streams
from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_rows import flag, group
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, InputError
from ganloss_cli.progress import Progress
from ganloss_cli.records.inspection import Inspection
from ganloss_cli.records.tool import tool
from ganloss_cli.reporters.inspect.document import InspectDocument


@takes(
    options.CHECKPOINTS,
    options.NETWORKS.only("ckpt"),
    group(
        "What is shown",
        flag("--tree", key="with_tree", help="Show the modules of each network."),
        flag("--tensors", key="with_tensors", help="List names, shapes, types and sizes of tensors."),
        flag("--hash", key="with_hash", help="Also compute SHA-256 and find identical networks; reads whole files."),
    ),
    options.NETWORKS.only("state", "rescue", "naming"),
    options.output(InspectDocument, "output", "quiet"),
)
def inspect_command(given: Given) -> int:
    """Show what is in a checkpoint, without running it: format, networks, architecture, step, and what it would import.

    Example: ganloss inspect g.pt --tree

    Exit status:
      0    done, whatever was found
      2    usage
      3    a file cannot be read
    """
    paths = given.checkpoints()
    broken: list[InputError] = []

    def work(_: Progress) -> Inspection:
        from ganloss_cli.io.checkpoints.inspect_all import survey

        how = {name: given[name] for name in ("naming", "rescue", "with_hash", "with_tensors", "with_tree")}
        found = survey(paths, stated=given["state"], **how)
        broken.extend([found.broken] if found.broken else [])
        return Inspection(
            tool=tool(),
            command=given.command,
            files=found.files,
            folders=found.folders,
            findings=found.findings,
        )

    run(given, work, InspectDocument, lambda _: ())
    for error in broken:
        streams.say("error", error.message)
    return ExitStatus.INPUT if broken else ExitStatus.DONE
