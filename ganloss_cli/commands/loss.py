"""`ganloss audit loss`: what a user's own loss function computes, and what is wrong with it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from ganloss_cli.commands import options
from ganloss_cli.commands.given import Given
from ganloss_cli.commands.option_kinds import POSITIVE, RENAMES, parsed, several
from ganloss_cli.commands.option_rows import argument, group, own
from ganloss_cli.commands.option_values import low_high, positive
from ganloss_cli.commands.parameters import takes
from ganloss_cli.commands.running import run
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.progress import Progress
from ganloss_cli.records.loss import SPANS, LossAudit, LossAuditRequest
from ganloss_cli.reporters.loss.document import LossDocument


def _keywords(option: str, texts: Sequence[str]) -> dict[str, Any]:
    """Arguments by name: literals of Python where they are, else plain words.

    Raises:
        UsageError: a text without "=", or not a name before it.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip().isidentifier()):
            raise UsageError(f"{option}: expected K=V, got {text!r}", hint=f"for example {option} data_range=1.0")
        parts = _apart(value)
        found[name.strip()] = _literal(parts[0])
        for part in parts[1:]:  # K=V,K=V
            found.update(_keywords(option, [part]))
    return found


def _apart(text: str) -> list[str]:
    """The value, and what follows a comma outside brackets that a name and an equals sign come after."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        rest = text[position + 1 :]
        if character == "," and depth == 0 and rest.partition("=")[0].strip().isidentifier() and "=" in rest:
            return [text[:position], rest]
    return [text]


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        return text.strip()


def _span(option: str, text: str) -> tuple[float, float]:
    span = low_high(option, text)
    if span not in SPANS:
        known = " or ".join(f"{low:g},{high:g}" for low, high in SPANS)
        raise UsageError(f"{option}: expected {known}; got {text!r}")
    return span


def _bytes(option: str, gigabytes: str) -> int:
    return int(positive(option, gigabytes) * 2**30)


@takes(
    argument(
        "function",
        metavar="FILE.py:FUNCTION",
        help="A function, a class with a forward or a call, or an instance; its code is run.",
    ),
    group(
        "The function",
        own("--as", key="loss", metavar="NAME", help="Loss that it should compute: ssim, d_bce, fm:melgan ..."),
        own("--map", key="mapping", metavar="THEIRS=OURS", kind=RENAMES, help="Role of a parameter, such as x=fake."),
        own(
            "--kwargs",
            key="keywords",
            metavar="K=V,...",
            kind=several(_keywords),
            help="Arguments of a call or a constructor.",
        ),
        own(
            "--range",
            key="span",
            metavar="LOW,HIGH",
            kind=parsed(_span),
            help="Pixel range the function expects: 0,1 or -1,1 or 0,255.",
        ),
    ),
    group("Gates", options.FAIL_ON),
    group(
        "Limits",
        own(
            "--timeout",
            key="seconds_per_call",
            metavar="SECONDS",
            kind=POSITIVE,
            default="10",
            help="Time limit of one call; beyond it the call counts as endless.",
        ),
        own(
            "--total-timeout",
            key="seconds",
            metavar="SECONDS",
            kind=POSITIVE,
            default="120",
            help="Time limit of all calls together.",
        ),
        own("--memory", metavar="GB", kind=parsed(_bytes), default="4", help="Memory that a call may allocate."),
    ),
    options.output(LossDocument, "output", "quiet"),
)
def loss_command(given: Given) -> int:
    """Compare your own loss function with every published convention of a loss; it runs in a separate process.

    Example: ganloss audit loss losses.py:psnr_loss --as psnr

    Exit status:
      0    it computes a convention, and no finding reaches --fail-on
      1    it is no convention or a known mistake, or a finding reaches it
      2    usage
      3    the file cannot be read, does not compile, or lacks the function
    """
    if given["loss"] is None:
        raise UsageError(
            "--as is missing: what should the function be?", hint="for example --as ssim; ganloss losses lists them"
        )
    request = LossAuditRequest(
        **{name: given[name] for name in given.values if name not in ("format", "output", "quiet")},
        command=given.command,
    )

    def work(_: Progress) -> LossAudit:
        from ganloss_cli.pipeline.loss.audit import audit_loss

        return audit_loss(request)

    return ExitStatus.DONE if run(given, work, LossDocument).passed else ExitStatus.FAILED
