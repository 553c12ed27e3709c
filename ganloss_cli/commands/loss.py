"""`ganloss audit loss`: what a user's own loss function computes, and what is wrong with it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ganloss_cli import streams
from ganloss_cli.commands import documents, options
from ganloss_cli.commands.option_values import low_high, one_of, positive, renames, shown_format
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.records.loss import SPANS, LossAuditRequest
from ganloss_cli.records.report import SEVERITIES
from ganloss_cli.reporters.loss.document import LossDocument

_FUNCTION, _LIMITS = "The function", "Limits"


def _option(panel: str, *names: str, metavar: str, help: str) -> Any:  # noqa: A002  Typer's word
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=panel)


def loss_command(
    context: typer.Context,
    function: Annotated[
        str,
        typer.Argument(
            metavar="FILE.py:FUNCTION",
            show_default=False,
            help="A function, a class with a forward or a call, or an instance; it is run.",
        ),
    ],
    loss: Annotated[
        str | None, _option(_FUNCTION, "--as", metavar="NAME", help="What it should be: ssim, d_bce, fm:melgan ...")
    ] = None,
    rename: Annotated[
        list[str] | None,
        _option(_FUNCTION, "--map", metavar="THEIRS=OURS", help="What a parameter takes; repeatable."),
    ] = None,
    keywords: Annotated[
        list[str] | None,
        _option(_FUNCTION, "--kwargs", metavar="K=V,...", help="Arguments of a call or a constructor; repeatable."),
    ] = None,
    range_: Annotated[
        str | None,
        _option(_FUNCTION, "--range", metavar="LOW,HIGH", help="What images hold that it eats: 0,1 or -1,1 or 0,255."),
    ] = None,
    fail_on: Annotated[
        str,
        _option(options.GATES, "--fail-on", metavar="|".join(SEVERITIES), help="Exit with 1 from this severity on."),
    ] = "error",
    timeout: Annotated[
        str, _option(_LIMITS, "--timeout", metavar="SECONDS", help="Of one call; after it the call counts as endless.")
    ] = "10",
    total_timeout: Annotated[
        str, _option(_LIMITS, "--total-timeout", metavar="SECONDS", help="Of all calls together.")
    ] = "120",
    memory: Annotated[str, _option(_LIMITS, "--memory", metavar="GB", help="What a call may allocate.")] = "4",
    format_: Annotated[str, options.format_of(LossDocument)] = "table",
    output: Annotated[list[Path] | None, options.output_of(LossDocument)] = None,
    quiet: options.Quiet = False,
    help_: options.Help = False,
) -> int:
    """A loss function of your own, held against every published convention of a loss; it runs in a process of its own.

    Example: ganloss audit loss losses.py:psnr_loss --as psnr

    Exit status:
      0    it computes a convention, and no finding reaches --fail-on
      1    it is no convention or a known mistake, or a finding reaches it
      2    usage
      3    the file cannot be read, does not compile, or lacks the function
    """
    streams.require_stdout()
    shown_format(LossDocument, format_)
    if loss is None:
        raise UsageError(
            "--as is missing: what should the function be?", hint="for example --as ssim; ganloss losses lists them"
        )
    request = LossAuditRequest(
        function=function,
        loss=loss,
        mapping=renames("--map", rename or ()),
        keywords=_keywords(keywords or ()),
        span=_span(range_),
        seconds_per_call=positive("--timeout", timeout),
        seconds=positive("--total-timeout", total_timeout),
        memory=int(positive("--memory", memory) * 2**30),
        fail_on=one_of(SEVERITIES, "--fail-on", fail_on),  # type: ignore[arg-type]  # one of the literals
        command=("ganloss", *context.obj),
    )
    with documents.opened(LossDocument, output) as written:
        with streams.nothing_on_stdout(quiet=quiet):
            from ganloss_cli.pipeline.loss.audit import audit_loss

            audit = audit_loss(request)
        written.write(LossDocument(audit), format_)
    return ExitStatus.DONE if audit.passed else ExitStatus.FAILED


def _keywords(texts: Sequence[str]) -> dict[str, Any]:
    """Arguments by name: literals of Python where they are, else plain words.

    Raises:
        UsageError: a text without "=", or not a name before it.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (equals and name.strip().isidentifier()):
            raise UsageError(f"--kwargs: expected K=V, got {text!r}", hint="for example --kwargs data_range=1.0")
        parts = _apart(value)
        found[name.strip()] = _literal(parts[0])
        for part in parts[1:]:  # K=V,K=V
            found.update(_keywords([part]))
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


def _span(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    span = low_high("--range", text)
    if span not in SPANS:
        known = " or ".join(f"{low:g},{high:g}" for low, high in SPANS)
        raise UsageError(f"--range: expected {known}; got {text!r}")
    return span
