"""`evaluate`, for those who call from Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ganloss_cli.commands.given import request_of
from ganloss_cli.commands.options import ARGUMENTS
from ganloss_cli.errors import UsageError

if TYPE_CHECKING:
    from typing import Unpack

    from ganloss_cli.evaluate_arguments import EvaluateArguments
    from ganloss_cli.records.report import Report
    from ganloss_cli.records.request import Request


def evaluate(**choices: Unpack[EvaluateArguments]) -> Report:
    """Losses of checkpoints and data: what `ganloss eval` does, as a function.

        report = evaluate(ckpt="g.pt", data="imgs/", losses="ssim,psnr,fm")

    Args:
        **choices: the fields of `Request` by name, and roles of the data: real="photos/", fake="made/". A field that
            takes several values takes one as well, and text is read as the option of that name reads it.

    Returns:
        the report; `report.results` holds a `Result` a loss.

    Raises:
        GanlossError: a mistake in a choice or an input; it has a message, a hint and an exit status.
    """
    request = chosen(choices)
    # both bring torch: what is refused needs none
    if request.each:
        from ganloss_cli.pipeline.rank.ranking import rank_request

        return rank_request(request)
    from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request

    return evaluate_request(request)


def chosen(choices: Mapping[str, object]) -> Request:
    """The request that arguments of `evaluate` make, each read as the option of its name is.

    Raises:
        UsageError: an unknown name, or a value that the option of that name would not take either.
        InputError: a file that does not exist.
    """
    unknown = sorted(choices.keys() - ARGUMENTS.keys())
    if unknown:
        raise UsageError(f"evaluate: no argument {unknown[0]!r}", hint=f"it takes {', '.join(sorted(ARGUMENTS))}")
    return request_of({name: ARGUMENTS[name].read(value, name) for name, value in choices.items()})
