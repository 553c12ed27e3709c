"""`evaluate`, for those who call from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ganloss_cli.argument_values import request_of
from ganloss_cli.io.roles import DATA_ROLES

if TYPE_CHECKING:
    from ganloss_cli.records.report import Report


def evaluate(**choices: Any) -> Report:
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
    roles = {name: str(choices.pop(name)) for name in DATA_ROLES if name in choices}
    request = request_of(choices, roles)
    from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request  # brings torch: what is refused needs none

    return evaluate_request(request)
