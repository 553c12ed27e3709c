"""`ganloss convert`: the networks of a checkpoint as plain safetensors, without running anything of it."""

from __future__ import annotations

from dataclasses import replace

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import PATH
from ganloss_cli.commands.option_rows import group, own
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.records.conversion import Conversion
from ganloss_cli.records.tool import tool
from ganloss_cli.reporters.convert.document import ConvertDocument


@takes(
    options.CHECKPOINTS,
    group(
        "Conversion",
        own("--output", "-o", key="folder", metavar="DIR", kind=PATH, help="New or empty folder for the networks."),
        options.RUN.reworded("dry_run", "Show what would be written; write nothing."),
    ),
    options.NETWORKS.only("ckpt", "state", "rescue", "naming"),
    options.output(ConvertDocument, "quiet", "no_progress"),
)
def convert_command(given: Given) -> int:
    """Write the networks of a checkpoint as plain safetensors, a file a role, without running anything of it.

    Raw and averaged weights are two files, such as generator.safetensors and
    generator_ema.safetensors. Their headers hold the step, the role, the SHA-256
    of the source and the names of tied weights, generator.json the configuration.

    Example: ganloss convert runs/1/ -o plain/

    Exit status:
      0    written, or planned
      2    usage; also if DIR is not empty
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    there is no network to convert
    """
    paths, folder = given.checkpoints(), given["folder"]
    if folder is None:
        raise UsageError("missing option '--output'", hint="name a new folder: -o DIR")

    def work(progress: Progress) -> Conversion:
        from ganloss_cli.io.checkpoints.converting import planned, write
        from ganloss_cli.io.writing import OutputFolder, check_new_folder

        check_new_folder(folder)
        how = {name: given[name] for name in ("naming", "rescue")}
        plan = planned(paths, stated=given["state"], verify=not given["dry_run"], **how)
        conversion = Conversion(
            tool=tool(),
            command=given.command,
            folder=str(folder),
            written=False,
            networks=tuple(output.network for output in plan.outputs),
            left_out=plan.left_out,
            findings=plan.findings,
        )
        if given["dry_run"]:
            return conversion
        progress.start(len(plan.outputs), "convert")
        networks = []
        with OutputFolder(folder) as output:
            for network in write(plan, output.filling):
                networks.append(network)
                progress.advance(1)
            output.commit()
        return replace(conversion, written=True, networks=tuple(networks))

    run(given, work, ConvertDocument, lambda _: ())
    return ExitStatus.DONE
