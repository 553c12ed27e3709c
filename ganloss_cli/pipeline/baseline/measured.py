"""The losses of a report with what each sample came to, of a run at hand and of a document alike."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.significance import Mean, Redrawn
from ganloss_cli.records.report import Redrawn as Drawn
from ganloss_cli.records.report import Result, SampleValues

CIRCUMSTANCES = ("settings", "mode", "over", "range", "unit")  # with others a number is another quantity
_NOT_A_LOSS = ("name", "sha256")
# of the fields that decide what is compared
_KINDS = {
    "loss": str, "convention": str, "typed": str, "domain": str, "weights": str, "higher_is_better": bool,
    "equilibrium": int | float,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One loss of a report.

    Args:
        row: the fields of its result.
        label: what the samples call it.
        everything: all samples of the report.
        draws: what it is on samples drawn anew; none of a mean of samples.
    """

    row: Mapping[str, Any]
    label: str
    everything: Sequence[SampleValues]
    draws: Sequence[float] = ()

    @cached_property
    def samples(self) -> list[SampleValues]:
        """Those that have a value of their own, and belong to no other domain."""
        other = {"A": "_B", "B": "_A"}.get(self.row.get("domain") or "", "no other")
        return [
            sample
            for sample in self.everything
            if sample.values.get(self.label) is not None
            and not (sample.sha256 and all(role.endswith(other) for role in sample.sha256))
        ]

    def values(self) -> list[float]:
        """Those of its samples."""
        return [value for sample in self.samples if (value := sample.values[self.label]) is not None]

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same loss in another report."""
        if self.row.get("recipe"):
            return ("recipe", self.row.get("typed"), self.row.get("weights"))
        return tuple(self.row.get(part) for part in ("loss", "convention", "domain", "weights"))

    @property
    def called(self) -> str:
        """Its name for people: "ssim", "d_lsgan of A", "ssim, ema"."""
        domain, weights = self.row.get("domain"), self.row.get("weights")
        return f"{self.typed}{f' of {domain}' if domain else ''}{', ema' if weights == 'ema' else ''}"

    @property
    def typed(self) -> str:
        """As it was asked for."""
        return str(self.row.get("typed") or self.row["loss"])

    @property
    def value(self) -> float | None:
        """That of all samples."""
        return _number(self.row.get("value"))

    @property
    def mean(self) -> Mean | None:
        """Its value with what the report says of its spread; None for one number of a whole set, or without a value."""
        error, count = _number(self.row.get("standard_error")), self.row.get("count")
        if self.value is None or not isinstance(count, int) or (error is None and count > 1):
            return None
        return Mean(mean=self.value, standard_error=error, count=count)

    @property
    def redrawn(self) -> Redrawn | None:
        """Its value with what it is on samples drawn anew; None where nothing was drawn, or without a value."""
        count = self.row.get("count")
        if self.value is None or not isinstance(count, int) or len(self.draws) < 2:
            return None
        return Redrawn(value=self.value, draws=np.asarray(self.draws, dtype=np.float64), count=count)

    def circumstances(self) -> dict[str, Any]:
        """All that has to be equal for the numbers to be of one quantity."""
        found = {name: self.row.get(name) for name in (*CIRCUMSTANCES, "higher_is_better", "equilibrium")}
        plain: dict[str, Any] = json.loads(json.dumps(found), parse_constant=lambda _: None)
        return plain


def of_results(
    results: Sequence[Result], samples: Sequence[SampleValues], redrawn: Sequence[Drawn] = ()
) -> tuple[Measured, ...]:
    """The losses of a run at hand.

    Args:
        results: of it.
        samples: of it, with their values.
        redrawn: of those of its results that are numbers of whole sets.
    """
    draws = {each.result: each.values for each in redrawn}
    return _measured([vars(result) for result in results], samples, draws)


def of_document(path: Path, document: Mapping[str, Any]) -> tuple[Measured, ...]:
    """The losses of a report that was read.

    Raises:
        InputError: its samples are none, or a result is of another kind.
    """
    rows = document.get("samples") or ()
    if not isinstance(rows, list | tuple) or not all(isinstance(row, dict) and "name" in row for row in rows):
        raise InputError(f"{path}: damaged: its samples are no list of names and values")
    for row in document["results"]:
        for name, kind in _KINDS.items():
            if not isinstance(row.get(name), kind | None):
                raise InputError(f"{path}: damaged: {name} of a result is {row[name]!r}")
    try:
        draws = {each["result"]: [float(value) for value in each["values"]] for each in document.get("redrawn") or ()}
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"{path}: damaged: what was drawn anew is no list of numbers") from error
    return _measured(document["results"], samples_of(document), draws)


def samples_of(document: Mapping[str, Any]) -> list[SampleValues]:
    """The samples of a report that was read and is not damaged; none where it has no values of single ones."""
    return [_sample(row) for row in document.get("samples") or ()]


def apart(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, str]:
    """What differs between the circumstances of two results, in words."""
    return {name: _apart(a[name], b[name]) for name in a if a[name] != b[name]}


def _apart(a: Any, b: Any) -> str:
    """What differs; of settings only those that do."""
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        names = [name for name in {**a, **b} if a.get(name) != b.get(name)]
        return ", ".join(f"{name} {a.get(name)} and {b.get(name)}" for name in names)
    return f"{a} and {b}"


def _sample(row: Mapping[str, Any]) -> SampleValues:
    checksums = row.get("sha256")
    return SampleValues(
        name=str(row["name"]),
        values={name: _number(value) for name, value in row.items() if name not in _NOT_A_LOSS},
        sha256={str(k): str(v) for k, v in checksums.items()} if isinstance(checksums, dict) else {},
    )


def _measured(
    rows: Sequence[Mapping[str, Any]], samples: Sequence[SampleValues], draws: Mapping[int, Sequence[float]]
) -> tuple[Measured, ...]:
    labels = {label for sample in samples for label in sample.values}
    found = []
    for place, row in enumerate(rows):
        typed = str(row.get("typed") or row["loss"])
        plain = typed, f"{typed}@{row.get('weights')}"
        known = [*(f"{name} of {row.get('domain')}" for name in plain), *plain]
        label = next((name for name in known if name in labels), typed)
        found.append(Measured(row=row, label=label, everything=samples, draws=draws.get(place, ())))
    return tuple(found)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # a whole number of hundreds of digits is infinite, not an error
    number = value if isinstance(value, float) else float(str(value))
    return number if math.isfinite(number) else None
