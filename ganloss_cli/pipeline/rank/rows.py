"""One checkpoint as a row: its results by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.pipeline.rank.each import Evaluated
from ganloss_cli.records.report import Result, Weights

_NOT_FINITE = ("nan", "infinite")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One checkpoint, with one kind of weights.

    Args:
        evaluated: what it came to.
        weights: None where its losses choose them.
        results: by the name of the column.
    """

    evaluated: Evaluated
    weights: Weights | None
    results: Mapping[str, Result]

    @property
    def called(self) -> str:
        """In messages."""
        return f"{self.evaluated.state.name}{f' ({self.weights})' if self.weights else ''}"

    @property
    def not_finite(self) -> tuple[str, ...]:
        """The losses that are NaN or infinite."""
        return tuple(name for name, result in self.results.items() if result.reason in _NOT_FINITE)


def rows_of(evaluated: Evaluated, first: int) -> Iterator[Row]:
    """One; with --weights both one for the raw weights and one for the averaged ones, where there are both.

    Args:
        evaluated: what a state came to.
        first: where its checkpoints stand among those of all states.
    """
    report = evaluated.report
    moved = [_moved(result, first) for result in report.results] if report else []
    names = [_name(result) for result in moved]
    variants: Sequence[Weights | None] = ("raw", "ema") if len(set(names)) < len(names) else (None,)
    for weights in variants:
        own = [result for result in moved if weights is None or result.weights in (None, weights)]
        yield Row(evaluated=evaluated, weights=weights, results={_name(result): result for result in own})


def _moved(result: Result, first: int) -> Result:
    return result if result.checkpoint is None else replace(result, checkpoint=result.checkpoint + first)


def _name(result: Result) -> str:
    return f"{result.typed}{f' of {result.domain}' if result.domain else ''}"
