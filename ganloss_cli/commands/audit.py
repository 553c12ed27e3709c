"""`ganloss audit`: whether a number, a checkpoint, a loss function or a log can be believed."""

from __future__ import annotations

from typing import Annotated

import typer

from ganloss_cli import options
from ganloss_cli.commands.audit_checkpoint import checkpoint_command
from ganloss_cli.commands.audit_checks import checks_command
from ganloss_cli.commands.audit_log import log_command
from ganloss_cli.commands.audit_loss import loss_command
from ganloss_cli.commands.audit_number import number_command
from ganloss_cli.errors import ExitStatus

audit_app = typer.Typer(add_completion=False, context_settings={"help_option_names": []})
audit_app.command("checkpoint")(checkpoint_command)
audit_app.command("checks")(checks_command)
audit_app.command("number")(number_command)
audit_app.command("log")(log_command)
audit_app.command("loss")(loss_command)


@audit_app.callback(invoke_without_command=True)
def audit(context: typer.Context, help_: Annotated[bool, options.help_option(None)] = False) -> int:
    """Whether a number can be believed, and where it is from.

    Example: ganloss audit number d_bce=1.386
    """
    if context.invoked_subcommand is None:
        options.show_help(context)
        return ExitStatus.USAGE
    return ExitStatus.DONE
