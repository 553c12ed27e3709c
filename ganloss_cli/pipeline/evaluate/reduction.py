"""The one way from what samples came to, to the report: of a whole run, of a part of one, and of parts together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.evaluate.recipes import in_recipe, recipe_called
from ganloss_cli.pipeline.evaluate.results import Computed, Names, SampleTable, computed, results
from ganloss_cli.pipeline.evaluate.spread import DRAWS_OF_SETS, Key, Spread, key_of, spreads
from ganloss_cli.pipeline.evaluate.worst import without_worst, worst_samples
from ganloss_cli.pipeline.run.provenance import fingerprint
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.report import Finding, Redrawn, Report, Result
from ganloss_cli.records.separation import Separation


def report_of(
    outline: Outline,
    tally: Tally,
    names: Names,
    changes: tuple[Finding, ...],
    *,
    per_sample: bool = False,
    worst: int | None = None,
    draw: bool = False,
    partial: bool = False,
) -> Report:
    """The report, but for gates and timing.

    Args:
        outline: what was known beforehand.
        tally: what the samples came to.
        names: of the samples of every group.
        changes: what options changed about the samples.
        per_sample: whether each sample's values are wanted.
        worst: of how many of the worst samples of each loss.
        draw: whether a page is drawn, which shows how the values of the samples lie.
        partial: whether more samples belong to the run, which have to be known before anything is refused.

    Raises:
        InputError: a loss asked for by name cannot take the samples of several steps together.
        UsageError: such a loss could not be computed, or took scores for logits that all lie in [0, 1].
    """
    found, lacking = computed(outline, tally, partial=partial)
    made, not_finite = results(found, tally, names)
    table = SampleTable.of(outline, found, lacking, names, tally)
    worst_of = worst_samples(found, table, worst) if worst and made else None
    missing = () if worst_of is None else without_worst(found, worst_of)
    noted = {**{key: note.finding for key, note in tally.notes.items()}, **outline.known}
    report = with_shapes(outline.report, tally.shapes)
    report = replace(
        report,
        fingerprint=fingerprint(tally.digests),
        results=made,
        separation=_separation(outline, tally, found),
        samples=table.rows() if per_sample and made else None,
        worst=worst_of,
        each=table.rows() if draw and made else (),
        findings=(
            *report.findings, *changes, *_kept(outline, noted, lacking), *_halved(tally), *not_finite, *missing,
        ),
        not_applicable={**report.not_applicable, **lacking},
    )  # fmt: skip
    if outline.recipe is not None:
        report = in_recipe(report, recipe_called(outline.recipe.name, outline.recipe.changes))
    if per_sample and made and not partial:
        return replace(report, redrawn=tuple(_redrawn(report, spreads(outline, tally))) or None)
    return report


def _redrawn(report: Report, known: Mapping[Key, Spread]) -> Iterator[Redrawn]:
    """What samples drawn anew come to, for numbers that neither are means of samples nor tell their error."""
    for place, result in enumerate(report.results):
        spread = known.get(key_of(result))
        if spread is None or result.value is None or not (spread.of_set or result.standard_error is None):
            continue
        if spread.can_be_redrawn and spread.makes(result.value):
            values = spread.redrawn(report.seed, DRAWS_OF_SETS)
            if np.isfinite(values).all():
                yield Redrawn(result=place, values=tuple(values.tolist()))


def results_beforehand(outline: Outline) -> tuple[Result, ...]:
    """The results without their values: what quantities will come out, but for terms that cannot be computed.

    Args:
        outline: what was known beforehand.
    """
    results = tuple(entry.result for entry in outline.entries)
    if outline.recipe is None:
        return results
    chosen = recipe_called(outline.recipe.name, outline.recipe.changes)
    keys = {result.typed for result in results}
    terms = [term for term in chosen.recipe.terms if not term.constant]
    lacking = {term.logged for term in terms if term.unavailable or term.key not in keys}
    named = in_recipe(replace(outline.report, results=results), chosen).results
    return tuple(result for result in named if result.typed not in lacking)


def _separation(outline: Outline, tally: Tally, found: Sequence[Computed]) -> tuple[Separation, ...] | None:
    """Without a discriminator nothing is imported for it, so that images alone need no torch."""
    if not outline.watched:
        return None
    from ganloss_cli.pipeline.evaluate.scores import separations

    return tuple(separations(outline, tally, found)) or None


def with_shapes(report: Report, shapes: Mapping[str, set[tuple[int, ...]]]) -> Report:
    """The report with the shape of a sample of each role, where all are equal."""
    return replace(
        report,
        inputs=tuple(
            replace(each, shape=next(iter(shapes[each.role])) if len(shapes.get(each.role, ())) == 1 else None)
            for each in report.inputs
        ),
    )


def _kept(outline: Outline, noted: Mapping[str, Finding], lacking: Mapping[str, str]) -> list[Finding]:
    """What was noted, those known beforehand first, but of losses that were given up: `not_applicable` says why."""
    given_up = {entry.label for entry in outline.entries if entry.typed in lacking}
    kept: list[Finding] = []
    for key in dict.fromkeys((*outline.known, *noted)):
        # conventions of one loss may have the same to note
        if key.rpartition(" ")[0] not in given_up and noted[key] not in kept:
            kept.append(noted[key])
    return kept


def _halved(tally: Tally) -> tuple[Finding, ...]:
    """Rounding depends on how many samples go through at once, and so on where memory ran out."""
    if not tally.halved:
        return ()
    what = "step" if len(tally.halved) == 1 else "steps"
    return (
        Finding(
            check="halved_steps",
            severity="note",
            message=f"memory ran out in {len(tally.halved)} {what}, whose samples went through in halves; another run"
            " equals this one to about 1e-6 only",
            evidence={"steps": list(tally.halved)},
            hint="give a smaller --batch-size",
        ),
    )
