"""Files to batches to networks to losses to a report: the only place where io and evaluators meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request

__all__ = ["evaluate_request"]


def __getattr__(name: str) -> Any:
    # torch is a second of start-up: it is paid by who evaluates, not by who imports
    if name == "evaluate_request":
        from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request

        return evaluate_request
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
