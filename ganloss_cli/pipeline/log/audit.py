"""A training log: what it holds, whether its terms add up, and whether a checkpoint gives its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import Loss, find_loss
from ganloss_cli.evaluators.known_tags import Meaning, meaning_of
from ganloss_cli.io.logs.opening import open_logs, runs_of
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.log.critics import check_critics
from ganloss_cli.pipeline.log.dead_discriminator import dead_discriminators
from ganloss_cli.pipeline.log.held import LoggedSeries
from ganloss_cli.pipeline.log.numbers import with_numbers
from ganloss_cli.pipeline.log.one_training import meanings_of_recipe
from ganloss_cli.pipeline.log.searched import search_sums
from ganloss_cli.pipeline.log.sums import check_sums
from ganloss_cli.pipeline.log.unknown import unknown_tags
from ganloss_cli.pipeline.number.knowledge import impossible
from ganloss_cli.progress import Progress
from ganloss_cli.records.log import LogAudit, LoggedCurve, LoggedFile, LoggedSum, LoggedTag
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request, StatedNumber
from ganloss_cli.records.tool import tool


@dataclass(frozen=True, kw_only=True)
class LogRequest:
    """What a run of `ganloss audit log` is asked for.

    Args:
        path: of a file or a folder.
        mapping: their tag -> "LOSS", "LOSS:CONVENTION", either with ".real", ".fake", ".A" or ".B"; wins over the
            table.
        only: patterns of tags; empty for all.
        step: of the checkpoint; None takes it from the file.
        batch: how many samples one logged number is a mean of; None where it is a mean over very many.
        strict: whether numbers that cannot tell fail too.
        reasons: whether what may make a number differ is tried.
        run: of several trainings the one of this name; None for all.
        plot: tags that a table draws.
    """

    path: Path
    mapping: Mapping[str, str]
    only: tuple[str, ...] = ()
    step: int | None = None
    batch: int | None = None
    strict: bool = False
    reasons: bool = True
    run: str | None = None
    plot: tuple[str, ...] = ()


def audit_log(
    log_request: LogRequest, request: Request | None, command: Sequence[str], progress: Progress | None = None
) -> LogAudit:
    """Read a log, check its sums and, with a request, its numbers.

    Args:
        log_request: the log, and how to read it.
        request: checkpoint and data; None for the log alone.
        command: the command line, for the document.
        progress: is told how far the recomputation is.

    Raises:
        GanlossError: a log, a checkpoint or the data cannot be read.
    """
    logs = open_logs(log_request.path, log_request.run)
    if request is not None and len(runs := runs_of(logs)) > 1:
        raise UsageError(
            f"{log_request.path}: {len(runs)} trainings; a checkpoint is of one: {', '.join(runs)}",
            hint="name it with --run NAME",
        )
    every = list(_tagged(logs, log_request))
    tagged = [entry for entry in every if entry.wanted]
    _refuse_unknown(log_request.plot, [entry.series.tag for entry in tagged])
    added = [_sums(_only(log, log_request.only), file) for file, log in enumerate(logs)]
    sums = tuple(found for of_file, _ in added for found in of_file)
    read = (finding for log in logs for finding in log.findings)
    searched = (finding for _, notes in added for finding in notes)
    findings = (
        *read,
        *_of_recipes(logs),
        *unknown_tags(tagged, held=request is not None),
        *_non_finite(tagged),
        *_impossible(tagged),
        *dead_discriminators(tagged),
        *searched,
    )
    audit = LogAudit(
        tool=tool(),
        command=tuple(command),
        passed=all(found.holds for found in sums) and all(finding.severity != "error" for finding in findings),
        files=tuple(
            LoggedFile(path=str(log.path), format=log.format, tags=len(log.series), sessions=log.sessions, run=log.run)
            for log in logs
        ),
        tags=tuple(_described(entry) for entry in tagged),
        sums=sums,
        findings=findings,
        curves=tuple(map(_curve, tagged)),
        plotted=log_request.plot,
    )
    if request is None:
        return audit
    audit = with_numbers(audit, every, request, log_request.step, log_request.batch, log_request.reasons, progress)
    return replace(audit, passed=audit.passed and not (log_request.strict and audit.outcome == "cannot tell"))


def _sums(log: Log, file: int) -> tuple[list[LoggedSum], list[Finding]]:
    """What the log's tags suggest, and what its other totals may be."""
    known = list(check_sums(log, file))
    critics = check_critics(log, file, [found for found in known if found.holds])
    searched, notes = search_sums(log, file, [*known, *critics])
    explained = {found.total for found in (*critics, *searched)}
    # what the names suggest is no failure where the total is another formula
    return [*(found for found in known if found.holds or found.total not in explained), *critics, *searched], notes


def _of_recipes(logs: Sequence[Log]) -> Iterator[Finding]:
    for log in logs:
        recipe, meanings = meanings_of_recipe([*log.series])
        if meanings:
            meant = {
                tag: ":".join((*meaning.losses, *([meaning.convention] if meaning.convention else [])))
                for tag, meaning in meanings.items()
            }
            yield Finding(
                check="tags_of_recipe",
                severity="note",
                message=f"{log.path}: has all names of recipe {recipe}, where "
                + ", ".join(f"{tag} is {what}" for tag, what in meant.items()),
                evidence={"recipe": recipe, "tags": meant},
                hint="if it is another code's log, say so with --map TAG=LOSS",
            )


def _only(log: Log, patterns: Sequence[str]) -> Log:
    return replace(log, series={tag: entry for tag, entry in log.series.items() if _is_wanted(tag, patterns)})


def _is_wanted(tag: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(tag, pattern) for pattern in patterns)


def _tagged(logs: Sequence[Log], log_request: LogRequest) -> Iterator[LoggedSeries]:
    unused = dict(log_request.mapping)
    found = 0
    for file, log in enumerate(logs):
        of_recipe = meanings_of_recipe([*log.series])[1]
        for tag, series in log.series.items():
            wanted, mapped = _is_wanted(tag, log_request.only), log_request.mapping.get(tag)
            if wanted:
                unused.pop(tag, None)
            meaning = _named_meaning(tag, mapped) if mapped else of_recipe.get(tag) or meaning_of(tag)
            found += wanted
            yield LoggedSeries(
                file=file, log=log, series=series, meaning=meaning, wanted=wanted, mapped=mapped is not None
            )
    tags = [tag for log in logs for tag in log.series]
    if unused:
        theirs = next(iter(unused))
        raise UsageError(f"--map {theirs}={unused[theirs]}: the log has no tag '{theirs}'", hint=_tags_hint(tags))
    if not found:
        raise UsageError(f"--only {' '.join(log_request.only)}: no tag fits", hint=_tags_hint(tags))


def _refuse_unknown(plot: Sequence[str], tags: Sequence[str]) -> None:
    for tag in plot:
        if tag not in tags:
            raise UsageError(f"--plot {tag}: the log has no such tag", hint=_tags_hint(tags))


def _tags_hint(tags: Sequence[str]) -> str:
    return f"it has {', '.join(tags[:12])}{' ...' if len(tags) > 12 else ''}"


def _named_meaning(tag: str, ours: str) -> Meaning:
    """What the user says that a tag is: "d_bce", "d_bce:discogan", "d_lsgan.real"."""
    name, _, term = ours.partition(".")
    loss, _, convention = name.partition(":")
    found = find_loss(loss)
    if convention:
        found.convention(convention)
    if term not in ("", "real", "fake", "A", "B"):
        raise UsageError(f"--map {tag}={ours}: expected a term of real, fake, A, B; got '{term}'")
    return Meaning(losses=(found.name,), convention=convention or None, term=term or None)


def _described(entry: LoggedSeries) -> LoggedTag:
    series, places = entry.series, _places(entry.series)
    counted = [place for place in places if place is not None]
    finite = math.isfinite(series.values[-1])
    return LoggedTag(
        tag=series.tag,
        file=entry.file,
        count=len(series.values),
        non_finite=sum(not math.isfinite(value) for value in series.values),
        first=counted[0] if counted else None,
        last=counted[-1] if counted else None,
        counted_in="rows" if not counted else "steps" if places is series.steps else "epochs",
        last_value=series.values[-1] if finite else None,
        may_be=entry.meaning.losses if entry.meaning else (),
        equilibria=_equilibria(entry.meaning) if entry.meaning else {},
    )


def _equilibria(meaning: Meaning) -> dict[str, float]:
    """Of the losses that a tag may be, those that have one; the first of equal ones stands for all."""
    found: dict[float, str] = {}
    for name in meaning.losses:
        loss = find_loss(name)
        row = loss.convention(meaning.convention) if meaning.convention else loss.default
        settings = {**loss.settings, **row.settings}
        value = loss.equilibrium_at(1, settings, meaning.term) if loss.balanced_score is not None else None
        if value is not None and not loss.observed:
            found.setdefault(value, name)
    return {name: value for value, name in found.items()}


def _places(series: Series) -> Sequence[int | None]:
    return series.steps if any(step is not None for step in series.steps) else series.epochs


def _curve(entry: LoggedSeries) -> LoggedCurve:
    series = entry.series
    return LoggedCurve(
        tag=series.tag, file=entry.file, places=_places(series), values=series.values, sessions=series.sessions
    )


def _non_finite(tagged: Sequence[LoggedSeries]) -> Iterator[Finding]:
    for entry in tagged:
        bad = [k for k, value in enumerate(entry.series.values) if not math.isfinite(value)]
        if bad:
            first = _place(entry.series, bad[0])
            yield Finding(
                check="non_finite_log",
                # a scaler's gradient norm may overflow now and then; a loss that does is a training that broke
                severity="error" if entry.meaning else "warning",
                message=f"{entry.series.tag}: {len(bad)} of {len(entry.series.values)} values are not finite,"
                f" the first {'in row' if first is None else 'at'} {bad[0] if first is None else first}",
                evidence={"tag": entry.series.tag, "count": len(bad), "first": first},
            )


def _impossible(tagged: Sequence[LoggedSeries]) -> Iterator[Finding]:
    """Values that a loss cannot have; of adversarial losses, whose kind a tag seldom tells, those that none can."""
    for entry in tagged:
        losses = [find_loss(name) for name in entry.meaning.losses] if entry.meaning else []
        if not losses:
            continue
        leasts, mosts = zip(*(_ends(loss) for loss in losses), strict=True)
        some = any(loss.family == "adversarial" for loss in losses)
        least, most = (min(leasts), max(mosts)) if some else (max(leasts), min(mosts))
        series = entry.series
        if some and most == 1 and 10 < max(series.values) <= 100:
            continue  # an accuracy in per cent
        beyond = [
            k for k, value in enumerate(series.values)
            if value < least - series.roundings[k] or value > most + series.roundings[k]
        ]  # fmt: skip
        if beyond:
            first = beyond[0]
            number = StatedNumber(name="", text="", value=series.values[first], tolerance=series.roundings[first])
            count = f"{len(beyond)} of {len(series.values)} values cannot be, the first " if len(beyond) > 1 else ""
            why = "; ".join(sentence for loss in losses for sentence in impossible(number, loss))
            yield Finding(
                check="impossible_value",
                severity="warning",
                message=f"{series.tag}: {count}{number.value:.6g}: {why}",
                evidence={"tag": series.tag, "count": len(beyond), "first": _place(series, first)},
                hint="if it is another loss, say so with --map TAG=LOSS",
            )


def _ends(loss: Loss) -> tuple[float, float]:
    least, most = loss.span
    return -math.inf if least is None else least, math.inf if most is None else most


def _place(series: Series, index: int) -> int | None:
    step = series.steps[index]
    return series.epochs[index] if step is None else step
