"""`ganloss audit checkpoint`: whether a checkpoint is healthy, and with data whether what it does is."""

from __future__ import annotations

from pathlib import Path

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import PATH, WORDS
from ganloss_cli.commands.option_rows import group, own
from ganloss_cli.commands.option_values import check_exists
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.records.checkpoint import AuditReport, AuditRequest
from ganloss_cli.records.request import Request
from ganloss_cli.reporters.checkpoint.document import CheckpointDocument


@takes(
    options.CHECKPOINTS,
    group(
        "Checks",
        own("--only", metavar="CHECKS", kind=WORDS, help="Run only these checks."),
        own("--skip", metavar="CHECKS", kind=WORDS, help="Skip these checks."),
        options.FAIL_ON,
        own("--holdout", metavar="PATH", kind=PATH, help="Real samples that the discriminator was not trained on."),
    ),
    options.NETWORKS.without("weights", "mode"),
    options.DATA,
    options.LOSSES.only("losses", "settings"),
    options.RUN.without("dtype", "dry_run"),
    options.output(CheckpointDocument, "output", "quiet", "no_progress"),
)
def checkpoint_command(given: Given) -> int:
    """Check whether a checkpoint or a G/D pair is healthy: its files and, with data, what its networks output.

    Example: ganloss audit checkpoint G.pth D.pth --data imgs/

    Exit status:
      0    no finding reaches --fail-on
      1    a finding does
      2    usage
      3    an input cannot be read
      4    an unsafe checkpoint was refused
      5    the data hold no samples
    """
    given.checkpoints()
    request = given.request()
    _check_holdout(given["holdout"], request)
    audit = AuditRequest(request=request, **{name: given[name] for name in ("only", "skip", "fail_on", "holdout")})

    def work(progress: Progress) -> AuditReport:
        if (report := _audited_without_torch(audit)) is not None:
            return report
        from ganloss_cli.pipeline.checkpoint.audit import audit_checkpoints

        return audit_checkpoints(audit, progress)

    return ExitStatus.DONE if run(given, work, CheckpointDocument).passed else ExitStatus.FAILED


def _audited_without_torch(audit: AuditRequest) -> AuditReport | None:
    """What files alone come to, before torch could be imported; None where the audit needs it."""
    from ganloss_cli.without_torch import without_torch
    from ganloss_cli.without_torch.requests import is_of_files

    def look() -> AuditReport:
        from ganloss_cli.pipeline.checkpoint.audit import audit_checkpoints

        return audit_checkpoints(audit)

    return without_torch(look) if is_of_files(audit) else None


def _check_holdout(holdout: Path | None, request: Request) -> None:
    if holdout is None:
        return
    check_exists("--holdout", [holdout])
    if not (request.data or request.roles):
        raise UsageError("--holdout is compared with training data, and there are none", hint="give --data PATH")
    training = (request.data, request.roles.get("real"))
    if holdout.resolve() in {Path(place).resolve() for place in training if place is not None}:
        raise UsageError(
            f"--holdout {holdout}: these are the training data themselves",
            hint="give reals that the discriminator was not trained on",
        )
