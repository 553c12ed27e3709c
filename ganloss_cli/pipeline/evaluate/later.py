"""Pictures for a report of an earlier run, whose data are given again: the same samples, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ganloss_cli.errors import InputError, NothingEvaluatedError, UsageError
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.evaluate.evaluation import choice_of
from ganloss_cli.pipeline.evaluate.pictures import Ranked, pictures_of
from ganloss_cli.pipeline.evaluate.planned import Opened, open_run
from ganloss_cli.pipeline.evaluate.sides import sides_in, sides_of
from ganloss_cli.pipeline.run.plan import Plan, make_plan
from ganloss_cli.pipeline.run.provenance import fingerprint
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Report, SampleValues
from ganloss_cli.records.request import Request


def with_pictures(report: Report, request: Request, progress: Progress | None = None) -> Report:
    """The report with its pictures to come; without the networks that made its fakes, of the reals alone.

    Args:
        report: with the values of its samples, which choose what is drawn.
        request: the data, the networks, and how the run treated both.
        progress: is told how far the drawing is.

    Raises:
        UsageError: the report has no values of single samples, or there is nothing to see.
        InputError: data or networks are not those of the report.
    """
    if not report.samples:
        raise UsageError(
            "a report without values of single samples, which choose the pictures",
            hint="evaluate with --per-sample, or make the page at once with --output report.html",
        )
    opened = open_run(request, choice_of(request))
    _require_same_networks(report, opened)
    try:
        plan = make_plan(opened.choice.selected, explicit=False, forward=opened.forward)
    except NothingEvaluatedError:  # without the networks there may be no loss to compute, but samples to see
        plan = Plan()
    _require_same_data(report, opened.forward.groups, plan)
    samples = _with_groups(report.samples, opened.forward.groups)
    drawn = pictures_of(list(_losses(report, opened, plan)), opened.forward, samples, request.worst, progress)
    if drawn is None:
        raise UsageError("nothing in these data is to be seen or heard")
    return replace(report, pictures=drawn, about_pictures=f"{drawn.about}{_without_fakes(report, opened)}")


def _without_fakes(report: Report, opened: Opened) -> str:
    made = any(checkpoint.role.startswith("generator") for checkpoint in report.checkpoints)
    here = any(role.startswith("generator") for role, _ in opened.forward.model.networks)
    return "; the fakes need the generator (--ckpt)" if made and not here else ""


def _losses(report: Report, opened: Opened, plan: Plan) -> Iterator[Ranked]:
    """Those whose values the samples have, with what computes them, as far as that is at hand."""
    logged = opened.choice.recipe.logged() if opened.choice.recipe else {}
    runs = {logged.get(run.selected.typed, run.label): run for run in plan.runs}
    labels = {label for sample in report.samples or () for label in sample.values}
    for result in report.results:
        label = result.typed if result.typed in labels else f"{result.typed}@{result.weights}"
        run = runs.get(label)
        sides = sides_of(run, opened.forward) if run else sides_in(opened.forward, result.domain)
        if sides:
            yield Ranked(label=label, higher_is_better=result.higher_is_better, sides=sides, run=run)


def _with_groups(samples: Sequence[SampleValues], groups: Sequence[Group]) -> list[SampleValues]:
    """Each with the group that it is of: the only one with its name, or the one whose files it was made of.

    Raises:
        UsageError: a sample may be of several.
    """
    named = [set(group.names) for group in groups]
    found = []
    for sample in samples:
        fits = [k for k, group in enumerate(groups) if sample.name in named[k]
                and (not sample.sha256 or set(sample.sha256) & set(group.roles))]  # fmt: skip
        if len(fits) > 1:
            raise UsageError(
                f"{sample.name} is the name of several samples, and nothing tells which one is meant",
                hint="give the JSON of a run with --per-sample, whose samples have checksums",
            )
        found.append(replace(sample, group=fits[0] if fits else None))
    return found


def _require_same_networks(report: Report, opened: Opened) -> None:
    known = {checkpoint.sha256 for checkpoint in report.checkpoints}
    for record in opened.forward.model.records:
        if record.sha256 is not None and record.sha256 not in known:
            raise InputError(f"{record.path}: the {record.role} is none of those that the report is about")


def _require_same_data(report: Report, groups: Sequence[Group], plan: Plan) -> None:
    """Of what the losses read, or of all, where another loss might have read more."""
    of_groups = [_digests(group) for group in groups]
    read = {origin.space for run in plan.runs for origin in run.origins.values()}
    for spaces in (range(len(groups)), read):
        merged = {role: digests for space in spaces for role, digests in of_groups[space].items()}
        if fingerprint(merged) == report.fingerprint:
            return
    path = next(path for group in groups for path in group.paths.values())
    raise InputError(
        f"{path}: other data than the report is about: {_first_other(report, groups)}",
        hint="give the data that the report was made of",
    )


def _digests(group: Group) -> Mapping[str, bytearray]:
    found: dict[str, bytearray] = {}
    for index in range(len(group.names)):
        for role, digest in group.digests(index).items():
            found.setdefault(role, bytearray()).extend(digest)
    return found


def _first_other(report: Report, groups: Sequence[Group]) -> str:
    """Which sample is another one, where the report tells."""
    here = {name: (group, index) for group in groups for index, name in enumerate(group.names)}
    for sample in report.samples or ():
        if sample.name not in here:
            return f"there is no {sample.name}"
        group, index = here[sample.name]
        for role, digest in group.digests(index).items():
            if sample.sha256.get(role, digest.hex()) != digest.hex():
                return f"{role} of {sample.name} has changed"
    return "the fingerprints differ"
