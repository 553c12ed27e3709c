"""Losses of GAN checkpoints: computed, traced to their convention, audited.

from ganloss_cli import evaluate

report = evaluate(ckpt="g.pt", data="imgs/", losses="ssim,psnr,fm")
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # type checkers know; to import typing takes a fifth of the time in which --version is answered
if TYPE_CHECKING:
    from typing import Any

    from ganloss_cli.api import evaluate
    from ganloss_cli.records.report import Report
    from ganloss_cli.records.request import Request

    __version__: str

__all__ = ["Report", "Request", "__version__", "evaluate"]

# In a checkout, which wins over an installed package where Python starts in it, io and evaluators lie beside this
# folder and not in it.
if not os.path.isdir(os.path.join(__path__[0], "io")):  # noqa: PTH112, PTH118  no pathlib: it would double the start
    __path__.append(os.path.dirname(__path__[0]))  # noqa: PTH120


def __getattr__(name: str) -> Any:
    # each is imported when it is asked for: `ganloss --help` needs none of them, and evaluate() brings torch
    if name == "__version__":
        from ganloss_cli.records.tool import version

        return version()
    home = {"evaluate": "api", "Report": "records.report", "Request": "records.request"}.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
