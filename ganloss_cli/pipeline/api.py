"""`evaluate`, for those who call from Python."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.batch import DATA_ROLES
from ganloss_cli.pipeline.evaluation import evaluate_request
from ganloss_cli.records import Report
from ganloss_cli.request import Request

_PATHS = ("ckpt", "disc")
_LISTS = ("losses", "settings", "networks", "rename", "network_range", "features", "fail_if")
_CHOICES = frozenset(field.name for field in fields(Request)) - {"roles"}


def evaluate(**choices: Any) -> Report:
    """Losses of checkpoints and data: what `ganloss eval` does, as a function.

        report = evaluate(ckpt="g.pt", data="imgs/", losses="ssim,psnr,fm")

    Args:
        **choices: the fields of `Request` by name, and roles of the data: real="photos/", fake="made/". A field that
            takes several values takes one as well.

    Returns:
        the report; `report.results` holds a `Result` a loss.

    Raises:
        GanlossError: a mistake in a choice or an input; it has a message, a hint and an exit status.
    """
    roles = {name: str(choices.pop(name)) for name in DATA_ROLES if name in choices}
    unknown = sorted(choices.keys() - _CHOICES)
    if unknown:
        raise UsageError(f"evaluate: no argument {unknown[0]!r}", hint=f"it takes {', '.join(sorted(_CHOICES))}")
    for name in _PATHS:
        if name in choices:
            choices[name] = tuple(Path(path) for path in _several(choices[name]))
    for name in _LISTS:
        if name in choices:
            choices[name] = _several(choices[name])
    if choices.get("data") is not None:
        choices["data"] = Path(choices["data"])
    return evaluate_request(Request(roles=roles, **choices))


def _several(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, (str, Path)) else tuple(value)
