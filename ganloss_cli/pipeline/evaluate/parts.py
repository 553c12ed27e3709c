"""`--shard` and `merge`: a share of a run as a document, and the report of all shares together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.recipes.published import find_recipe
from ganloss_cli.evaluators.statistics import State
from ganloss_cli.gates import AimedGate, aim_gates, judged
from ganloss_cli.io.changes import Changes
from ganloss_cli.io.comparables import read_report
from ganloss_cli.pipeline.baseline.gates import Baseline
from ganloss_cli.pipeline.evaluate.gates import gateable_in_recipe, logged_names
from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.evaluate.reduction import report_of
from ganloss_cli.pipeline.run.arrays import from_text, in_text, packed, unpacked
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.plain import as_data, restored
from ganloss_cli.records.report import Finding, Part, Report
from ganloss_cli.records.request import GateCondition, Request
from ganloss_cli.records.tool import tool

MOST_BYTES = 2**31  # of a part: the values and checksums of twenty million samples
_OF_PARTS = ("--shard", "--output", "-o", "--format", "-f")  # with a value
_NO_PICTURES = (
    "not drawn, for merge reads no data: ganloss report REPORT.json --data DATA --ckpt CHECKPOINT -o page.html draws"
    " those of a report with --per-sample"
)
_FLAGS = ("--quiet", "-q", "--no-progress")


class PackedNames(Sequence[str]):
    """Names of samples in the bytes of one text: as strings, ten million of them would take most of the memory."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 0)
        self._starts = np.concatenate([[0], ends + 1])

    @classmethod
    def of(cls, names: Sequence[str]) -> PackedNames:
        """The same names."""
        return cls("".join(f"{name}\0" for name in names).encode("utf-8", "surrogatepass"))

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        place = range(len(self))[place]
        return self._text[self._starts[place] : self._starts[place + 1] - 1].decode("utf-8", "surrogatepass")

    def bytes(self) -> bytes:
        """The text: each name with a zero behind it."""
        return self._text


def columns(tally: Tally, changes: Changes, names: Sequence[Sequence[str]]) -> State:
    """What the samples of a share came to, as values of JSON.

    Args:
        tally: of its steps.
        changes: what options changed about the samples.
        names: of its samples, by group.
    """
    texts = [np.frombuffer(PackedNames.of(own).bytes(), np.uint8) for own in names]
    tree = {"tally": tally.state(), "changes": changes.state(), "names": texts}
    return packed(tree, in_text)  # type: ignore[no-any-return]  # a mapping, as the tree is


def partial_finding(part: Part) -> Finding:
    """That a report is of a part only, for whoever reads it."""
    first, last = part.steps
    told = f"steps {first + 1} to {last} of {part.n_steps}" if last > first else f"none of {part.n_steps} steps"
    return Finding(
        check="part_of_a_run",
        severity="note",
        message=f"part {part.index} of {part.of}, {told}: the values are those of its samples",
        evidence={"part": part.index, "of": part.of},
        hint="ganloss merge makes one report of all parts",
    )


@dataclass(frozen=True, kw_only=True)
class _Opened:
    path: Path
    part: Part
    outline: Outline
    tally: Tally
    changes: Changes
    names: tuple[bytes, ...]
    document: Mapping[str, Any]  # its head


def merge(
    paths: Sequence[Path],
    *,
    per_sample: bool = False,
    worst: int | None = None,
    fail_if: Sequence[GateCondition] = (),
    baseline: Baseline | None = None,
    draw: bool = False,
) -> Report:
    """One report of all parts of a run: that of the undivided run.

    Args:
        paths: of all parts, in any order.
        per_sample: whether each sample's values are wanted.
        worst: of how many of the worst samples of each loss.
        fail_if: the gates.
        baseline: what the run is held against.
        draw: whether a page is drawn, which shows how the values of the samples lie.

    Raises:
        InputError: a part is missing, there twice, damaged, or of another run.
        UsageError: a gate names what was not evaluated.
    """
    parts = sorted((_opened(path) for path in paths), key=lambda each: each.part.index)
    _check_complete(parts)
    documents = [each.document for each in parts]
    first = parts.pop(0)
    texts = [first.names]
    while parts:
        other = parts.pop(0)  # what is taken in need not be held twice
        _check_alike(first, other)
        first.tally.extend(other.tally)
        first.changes.extend(other.changes)
        texts.append(other.names)
        del other
    names = [PackedNames(b"".join(own)) for own in zip(*texts, strict=True)]
    del texts
    chosen = first.part.conditions
    asked = Request(alpha=chosen["alpha"], modcrop=chosen["modcrop"], range=chosen["range"] and tuple(chosen["range"]))
    report = report_of(
        first.outline, first.tally, names, tuple(first.changes.findings(asked)),
        per_sample=per_sample or baseline is not None, worst=worst, draw=draw,
    )  # fmt: skip
    if draw and any(each.kind != "tensor" for each in report.inputs):
        report = replace(report, pictures=(), about_pictures=_NO_PICTURES)
    elsewhere = different_environments([document["environment"] for document in documents])
    report = replace(report, timing=_timing(documents), findings=(*report.findings, *elsewhere))
    gates = _aimed(fail_if, first.outline, report)
    report = judged(replace(report, command=_undivided(report.command)), gates)
    return report if baseline is None else baseline.judged(report)


def _undivided(command: Sequence[str]) -> tuple[str, ...]:
    """The command line of a part without what made it one, and without its file."""
    words = iter(command)
    kept = []
    for word in words:
        if word in _OF_PARTS:
            next(words, None)
        elif word.partition("=")[0] not in _OF_PARTS and word not in _FLAGS:
            kept.append(word)
    return tuple(kept)


def _opened(path: Path) -> _Opened:
    document = read_report(path, most=MOST_BYTES)
    if not document.get("part"):
        raise InputError(f"{path}: a report, but no part of a run", hint="make parts with ganloss eval --shard I/N")
    if document.get("tool") != tool():
        theirs, ours = ((each or {}).get("version") for each in (document.get("tool"), tool()))
        raise InputError(
            f"{path}: made by ganloss {theirs}, and this is {ours}", hint="merge with the version of the parts"
        )
    try:
        part = restored(Part, document["part"])
        outline = restored(Outline, part.outline)
        tree = unpacked(part.columns, from_text)
        return _Opened(
            path=path,
            part=replace(part, columns={}),
            outline=outline,
            tally=Tally.of_state(tree["tally"], over_batches=outline.over_batches),
            changes=Changes.of_state(tree["changes"]),
            names=tuple(text.tobytes() for text in tree["names"]),
            document={name: document[name] for name in ("environment", "timing")},
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{path}: damaged: its part cannot be read ({type(error).__name__}: {error})") from error


def _check_complete(parts: Sequence[_Opened]) -> None:
    first = parts[0]
    for each in parts:
        if each.part.of != first.part.of:
            raise InputError(
                f"{each.path}: is part {each.part.index} of {each.part.of}, but {first.path} is {first.part.index} of"
                f" {first.part.of}"
            )
    by_index: dict[int, Path] = {}
    for each in parts:
        if each.part.index in by_index:
            raise InputError(f"{each.path}: is part {each.part.index}, and so is {by_index[each.part.index]}")
        by_index[each.part.index] = each.path
    if missing := [str(k) for k in range(1, first.part.of + 1) if k not in by_index]:
        what = f"part {missing[0]} is" if len(missing) == 1 else f"parts {', '.join(missing)} are"
        raise InputError(
            f"{what} missing, of {first.part.of}",
            hint=f"make it with ganloss eval --shard {missing[0]}/{first.part.of}",
        )


def _check_alike(first: _Opened, other: _Opened) -> None:
    for what, told in _differences(first, other):
        raise InputError(f"{other.path}: was made with other {what} than {first.path}: {told}")


def _differences(a: _Opened, b: _Opened) -> Iterator[tuple[str, str]]:
    """What two parts of different runs do not share, with an example."""
    settings = [name for name, value in a.part.conditions.items() if b.part.conditions.get(name) != value]
    if settings:
        name = settings[0]
        yield "settings", f"{name} is {b.part.conditions.get(name)!r}, not {a.part.conditions[name]!r}"
    sums = [[(each.role, each.weights, each.sha256) for each in one.outline.report.checkpoints] for one in (a, b)]
    if sums[0] != sums[1]:
        differing = next((k for k, pair in enumerate(zip(*sums, strict=False)) if pair[0] != pair[1]), 0)
        yield "checkpoints", " and ".join(_checkpoint(each, differing) for each in (b, a))
    for name, value in a.part.data.items():
        if b.part.data.get(name) != value:
            yield "data", f"{_DATA[name]} differ"
    runs = [[as_data(replace(each, result=replace(each.result, checkpoint=None))) for each in one.outline.entries]
            for one in (a, b)]  # fmt: skip
    if runs[0] != runs[1]:
        yield "settings", "the losses, or their settings, differ"


_DATA = {"counts": "the numbers of samples", "sizes": "the samples of a step", "names": "the names of samples",
         "first": "the first samples"}  # fmt: skip


def _checkpoint(one: _Opened, k: int) -> str:
    records = one.outline.report.checkpoints
    return f"{records[k].path} ({str(records[k].sha256)[:12]})" if k < len(records) else "none"


def _aimed(conditions: Sequence[GateCondition], outline: Outline, report: Report) -> tuple[AimedGate, ...]:
    """The gates; the losses of a recipe are named as its log names them."""
    terms = {result.typed: tuple(result.terms) for result in report.results}
    if outline.recipe is None:
        found = {entry.typed: entry.gateable(terms.get(entry.typed, ())) for entry in outline.entries}
        return aim_gates(conditions, list(found.values()), lambda name: f"make the parts with {name} in --losses")
    recipe = find_recipe(outline.recipe.name)
    named = gateable_in_recipe(recipe, lambda term: terms.get(term.logged, ()), conditions)
    return aim_gates(conditions, named, lambda name: logged_names(named, recipe, name))


def _timing(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The seconds and passes of all parts together, whenever and wherever they ran."""
    timings = [document["timing"] for document in documents]
    passes = [timing["forward_passes"] for timing in timings]
    return {
        **{name: sum(timing[name] for timing in timings) for name in ("preparation_seconds", "evaluation_seconds")},
        "forward_passes": {name: sum(own.get(name, 0) for own in passes) for name in passes[0]},
    }


def different_environments(environments: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """That shares of a run were computed in other circumstances, which may change the last digits."""
    first = environments[0] if environments else {}
    differing = [name for name, value in first.items() if any(other.get(name) != value for other in environments)]
    if not differing:
        return ()
    told = "; ".join(f"{n}: {', '.join(dict.fromkeys(str(e.get(n)) for e in environments))}" for n in differing)
    return (
        Finding(
            check="different_environments",
            severity="note",
            message=f"shares were computed in different environments, and equal an undivided run to rounding: {told}",
            evidence={"fields": differing},
        ),
    )
