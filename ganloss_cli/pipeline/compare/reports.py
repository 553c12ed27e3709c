"""Two reports of `ganloss eval` held against each other, loss by loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.evaluators.differences import Difference, difference
from ganloss_cli.pipeline.baseline.measured import CIRCUMSTANCES, apart
from ganloss_cli.records.comparison import ComparedKey, Tolerance
from ganloss_cli.records.outcomes import mistake_finding
from ganloss_cli.records.report import Finding

_CHECKSUM, _CHECKSUM_SHOWN = 64, 12  # digits of a SHA-256
_DTYPES = {"float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}


def compare_reports(
    a: Mapping[str, Any], b: Mapping[str, Any], tolerance: Tolerance, *, either_way: bool = False
) -> tuple[tuple[ComparedKey, ...], tuple[Finding, ...]]:
    """Every loss of either report, by name, convention, domain and weights; of a recipe by what its log calls it.

    A value that is null fails, also beside another null. One that differs and is better in B passes. The terms of a
    loss are keys of their own where they fail: differences that cancel in the sum are none. Different settings, data or
    seeds are findings.

    Args:
        a: a report of `ganloss eval`.
        b: another.
        tolerance: how far two values may be apart.
        either_way: whether a value that is better in B fails as well.
    """
    left, right = _by_key(a), _by_key(b)
    names = (*left, *(key for key in right if key not in left))
    dtype = _dtype(a, b)
    keys = tuple(
        compared if either_way else _forgiven(compared, left.get(key, {}), right.get(key, {}))
        for key in names
        for compared in _with_terms(key, left.get(key), right.get(key), dtype, tolerance)
    )
    shared = [key for key in left if key in right]
    rows = {**right, **left}
    mistakes = (mistake_finding(key, _called(row), row["mistake"]) for key, row in rows.items() if row.get("mistake"))
    return keys, (*_documents(a, b), *_circumstances(left, right, shared), *mistakes)


def _by_key(report: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    rows: dict[str, Mapping[str, Any]] = {}
    for row in report["results"]:
        if row.get("recipe") and row.get("typed"):
            key = str(row["typed"])
        else:
            key = _called(row)
            key += "".join(f" {row[part]}" for part in ("domain", "weights") if row.get(part))
        number = 2
        while (unique := key if number == 2 else f"{key} #{number - 1}") in rows:
            number += 1
        rows[unique] = row
    return rows


def _called(row: Mapping[str, Any]) -> str:
    return ":".join(str(part) for part in (row["loss"], row.get("convention")) if part)


def _dtype(a: Mapping[str, Any], b: Mapping[str, Any]) -> torch.dtype:
    """The dtype in whose last places the values can differ: the coarser of the two runs'."""
    known = [_DTYPES.get(str(report.get("dtype")), torch.float32) for report in (a, b)]
    return max(known, key=lambda dtype: torch.finfo(dtype).eps)


def _with_terms(
    key: str, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None, dtype: torch.dtype, tolerance: Tolerance
) -> Iterator[ComparedKey]:
    """A loss, then those of its terms that fail; of a loss without a value the terms are not looked at."""
    yield (whole := _key(key, a, b, dtype, tolerance))
    if whole.max_absolute is None or a is None or b is None:
        return
    left, right = a.get("terms") or {}, b.get("terms") or {}
    for name in (*left, *(name for name in right if name not in left)):
        term = _key(f"{key}, {name}", left.get(name), right.get(name), dtype, tolerance)
        if not term.passed:
            yield term


def _forgiven(key: ComparedKey, a: Mapping[str, Any], b: Mapping[str, Any]) -> ComparedKey:
    """A key that is beyond the tolerance on the better side passes, where both sides are the same quantity."""
    upwards = a.get("higher_is_better")
    same = all(a.get(name) == b.get(name) for name in (*CIRCUMSTANCES, "higher_is_better"))
    if key.passed or key.max_absolute is None or upwards is None or not same or key.a is None or key.b is None:
        return key
    better = (key.b > key.a) is upwards
    told = f"{key.reason}: {'better' if better else 'worse'}, as {'higher' if upwards else 'lower'} is better"
    return replace(key, passed=better, outcome="not worse" if better else "worse", reason=told)


def _key(
    key: str, a: Mapping[str, Any] | None, b: Mapping[str, Any] | None, dtype: torch.dtype, tolerance: Tolerance
) -> ComparedKey:
    if a is None or b is None:
        return ComparedKey(key=key, passed=False, reason="only in B" if a is None else "only in A")
    absent = [f"{side} has no value ({row.get('reason') or 'unavailable'})" for side, row in (("A", a), ("B", b))
              if _value(row) is None]  # fmt: skip
    if absent:
        return ComparedKey(key=key, passed=False, reason=", ".join(absent), a=_value(a), b=_value(b))
    found = difference(_exact(a), _exact(b), rtol=tolerance.rtol, atol=tolerance.atol)
    rounded = difference(_exact(a).to(dtype), _exact(b).to(dtype), rtol=0.0, atol=0.0)
    known = numbers(replace(found, max_ulp=rounded.max_ulp, worst=None))
    return ComparedKey(key=key, passed=found.failing == 0, reason=found.why(), **known)


def numbers(found: Difference) -> dict[str, Any]:
    """What a compared key says of a difference."""
    fields = ComparedKey.__dataclass_fields__
    return {name: value for name, value in vars(found).items() if name in fields}


def _value(row: Mapping[str, Any]) -> float | None:
    value = row.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(str(value))  # a whole number of hundreds of digits is infinite, not an error


def _exact(row: Mapping[str, Any]) -> Tensor:
    return torch.tensor(_value(row), dtype=torch.float64)


def _documents(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Finding]:
    """What differs between the runs as a whole."""
    for field, check, message in (
        ("fingerprint", "different_data", "the reports are about different data"),
        ("seed", "different_seed", "the reports were made with different seeds"),
        ("dtype", "different_dtypes", "the reports were computed in different dtypes"),
    ):
        if a.get(field) != b.get(field):
            yield Finding(
                check=check,
                severity="note",
                message=f"{message}: {_shown(a.get(field))} and {_shown(b.get(field))}",
                evidence={"a": a.get(field), "b": b.get(field)},
            )
    hashes = [sorted(str(row.get("sha256")) for row in report.get("checkpoints", ())) for report in (a, b)]
    if hashes[0] != hashes[1]:
        yield Finding(
            check="different_checkpoints",
            severity="note",
            message="the reports are about different checkpoints",
            evidence={"a": hashes[0], "b": hashes[1]},
        )


def _shown(value: Any) -> str:
    """A value, a checksum by its beginning: all of it is in the evidence."""
    text = str(value)
    return text[:_CHECKSUM_SHOWN] if len(text) == _CHECKSUM else text


def _circumstances(
    a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]], shared: Sequence[str]
) -> Iterator[Finding]:
    for key in shared:
        left, right = ({name: row.get(name) for name in CIRCUMSTANCES} for row in (a[key], b[key]))
        if told := apart(left, right):
            differences = "; ".join(f"{name} {text}" for name, text in told.items())
            yield Finding(
                check="different_settings",
                severity="warning",
                message=f"{key}: not the same quantity on both sides: {differences}",
                evidence={name: {"a": left[name], "b": right[name]} for name in told},
            )
