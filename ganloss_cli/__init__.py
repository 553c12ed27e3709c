"""Losses of GAN checkpoints: computed, traced to their convention, audited.

from ganloss_cli import evaluate

report = evaluate(ckpt="g.pt", data="imgs/", losses="ssim,psnr,fm")
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        from importlib.metadata import version

        return version("ganloss")
    home = {"evaluate": "api", "Report": "records.report", "Request": "records.request"}.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return __all__
