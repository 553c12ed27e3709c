"""Two files held against each other, key by key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from ganloss_cli.errors import InputError, NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.differences import difference
from ganloss_cli.io.comparables import Comparable, open_comparable
from ganloss_cli.io.roles import renamed
from ganloss_cli.pipeline.compare.reports import compare_reports, numbers
from ganloss_cli.pipeline.compare.told_by_samples import told_by_samples, without_samples
from ganloss_cli.records.comparison import ComparedKey, Comparison, Drift, Side, Tolerance
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Change, Finding
from ganloss_cli.records.tool import tool

_STEP = re.compile(r"(.+)_(\d{1,9})")
_JUMP = 3.0  # times the largest difference before: rounding alone rarely doubles it
_MOST_NAMES = 6


def compare(
    path_a: Path,
    path_b: Path,
    tolerance: Tolerance,
    *,
    rename: Mapping[str, str],
    either_way: bool = False,
    level: float = 0.05,
    command: Sequence[str] = (),
) -> Comparison:
    """Compare two reports, or two files of arrays.

    Args:
        path_a: the JSON or the page of `ganloss eval`, a tensor file or what reprod_log wrote.
        path_b: the same; a tensor file may be held against what reprod_log wrote.
        tolerance: how far two numbers may be apart.
        rename: their key -> ours, for keys of either file.
        either_way: whether a loss that is better in B fails as well.
        level: of what the samples of two reports tell.
        command: the command line, for the document.

    Raises:
        InputError: a file cannot be read, or one is a report and the other is not.
        UnsafeCheckpointError: a pickle that names anything but arrays.
        UsageError: a report is that of a part of a run, or of many checkpoints, or a page without results.
        NothingEvaluatedError: neither file holds a key.
    """
    a, b = open_comparable(path_a), open_comparable(path_b)
    if (a.report is None) != (b.report is None):
        report, other = (path_a, path_b) if a.report is not None else (path_b, path_a)
        raise InputError(f"{report} is a report but {other} holds arrays; expected two of a kind")
    for path, side in ((path_a, a), (path_b, b)):
        if side.report is not None and side.report.get("part"):
            raise UsageError(
                f"{path}: is a part of a run", hint="make one report of all parts with ganloss merge first"
            )
        if side.report is not None and side.report.get("ranking"):
            raise UsageError(
                f"{path}: is of many checkpoints", hint="compare reports of one each, as ganloss eval writes them"
            )
    told: Mapping[str, Change] | None = None
    if a.report is not None and b.report is not None:
        named, by_means = ((path_a, a.report), (path_b, b.report)), a.page or b.page
        told = told_by_samples(*named, level, by_means=by_means)
        keys, findings = compare_reports(a.report, b.report, tolerance, either_way=either_way)
        findings = (*findings, *(without_samples(*named) if by_means else ()))
        sizes = len(a.report["results"]), len(b.report["results"])
    else:
        left, right = _named(path_a, a, rename), _named(path_b, b, rename)
        keys, findings = compare_arrays(left, right, tolerance)
        sizes = len(left), len(right)
    if not keys:
        raise NothingEvaluatedError(f"neither {path_a} nor {path_b} holds anything to compare")
    return Comparison(
        tool=tool(),
        command=tuple(command),
        a=Side(path=str(path_a), kind=a.kind, keys=sizes[0], sha256=a.sha256),
        b=Side(path=str(path_b), kind=b.kind, keys=sizes[1], sha256=b.sha256),
        tolerance=tolerance,
        passed=all(key.passed for key in keys),
        keys=keys,
        drift=drift(keys),
        findings=findings,
        changes=told,
    )


def _named(path: Path, side: Comparable, mapping: Mapping[str, str]) -> dict[str, Tensor]:
    arrays: dict[str, Tensor] = {}
    for theirs, array in side.arrays.items():
        ours = renamed(theirs, mapping)
        if ours in arrays:
            raise InputError(f"{path}: '{theirs}' and another key are both '{ours}' after --map")
        arrays[ours] = array
    return arrays


def compare_arrays(
    a: Mapping[str, Tensor], b: Mapping[str, Tensor], tolerance: Tolerance
) -> tuple[tuple[ComparedKey, ...], tuple[Finding, ...]]:
    """Every key of either side, in A's order and then in B's.

    Args:
        a: arrays by key.
        b: the same.
        tolerance: how far two elements may be apart.
    """
    keys = tuple(_key(key, a.get(key), b.get(key), tolerance) for key in (*a, *(key for key in b if key not in a)))
    return keys, tuple(_findings(keys))


def _key(key: str, a: Tensor | None, b: Tensor | None, tolerance: Tolerance) -> ComparedKey:
    shape_a, shape_b = None if a is None else tuple(a.shape), None if b is None else tuple(b.shape)
    seen = ComparedKey(key=key, passed=False, shape_a=shape_a, shape_b=shape_b, dtype_a=_dtype(a), dtype_b=_dtype(b))
    if a is None or b is None:
        return replace(seen, reason="only in B" if a is None else "only in A")
    if not _same_shape(tuple(a.shape), tuple(b.shape)):
        return replace(seen, reason=_shapes_differ(tuple(a.shape), tuple(b.shape)))
    found = difference(a, b.reshape(a.shape), rtol=tolerance.rtol, atol=tolerance.atol)
    reason = found.why() or (f"{shape_a} against {shape_b}" if shape_a != shape_b else "")
    return replace(seen, passed=found.failing == 0 and found.count > 0, reason=reason, **numbers(found))


def _dtype(tensor: Tensor | None) -> str | None:
    return None if tensor is None else str(tensor.dtype).removeprefix("torch.")


def _same_shape(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    # Paddle's scalars are (1,), torch's are (): nothing can be broadcast between them
    return a == b or {a, b} == {(), (1,)}


def _shapes_differ(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    permuted = sorted(a) == sorted(b)
    return f"shapes differ: {a} against {b}; nothing is {'transposed' if permuted else 'broadcast'}"


def _findings(keys: Sequence[ComparedKey]) -> Iterator[Finding]:
    scalars = [key.key for key in keys if key.shape_a != key.shape_b and {key.shape_a, key.shape_b} == {(), (1,)}]
    dtypes = [key.key for key in keys if key.dtype_a and key.dtype_b and key.dtype_a != key.dtype_b]
    for check, names, told in (
        ("scalar_shapes", scalars, "() on one side and (1,) on the other, compared as one number each"),
        ("different_dtypes", dtypes, "the dtypes differ; ulps are those of the coarser one"),
    ):
        if names:
            message = f"{listed(names, _MOST_NAMES)}: {told}"
            yield Finding(check=check, severity="note", message=message, evidence={"keys": names})


def drift(keys: Sequence[ComparedKey]) -> tuple[Drift, ...]:
    """The keys that are one number at several steps, gen_loss_0, gen_loss_1 ..., as series.

    Args:
        keys: compared; those of arrays with more than one element are left out.
    """
    series: dict[str, dict[int, ComparedKey]] = {}
    for key in keys:
        match = _STEP.fullmatch(key.key)
        if match and key.count == 1:
            series.setdefault(match[1], {})[int(match[2])] = key
    return tuple(_drift(name, members) for name, members in series.items() if len(members) > 1)


def _drift(name: str, members: Mapping[int, ComparedKey]) -> Drift:
    steps = sorted(members)
    relative = tuple(members[step].max_relative for step in steps)
    jumps, largest = [], relative[0]
    for step, value in zip(steps[1:], relative[1:], strict=True):
        if largest is not None and (value is None or value > _JUMP * largest > 0):
            jumps.append(step)
        largest = None if value is None or largest is None else max(largest, value)
    return Drift(
        name=name,
        steps=tuple(steps),
        relative=relative,
        enters=next((step for step in steps if not members[step].passed), None),
        jumps=tuple(jumps),
    )
