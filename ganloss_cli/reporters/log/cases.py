"""The audit of a log as what passed and failed: its sums and its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.log import LogAudit, LoggedNumber
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.findings import github, junit
from ganloss_cli.reporters.findings.cases import Case, of_checks
from ganloss_cli.reporters.log.wording import formula, kept, verdict

SUITE = "ganloss audit log"


def render_junit(audit: LogAudit, *, tags_only: bool = False) -> str:
    """One test case a sum and a number, none where only the tags were asked for; last values are properties.

    Args:
        audit: what was found.
        tags_only: whether only what was read is wanted.
    """
    values = {tag.tag: tag.last_value for tag in audit.tags}
    return junit.render(_cases(audit, tags_only), suite=SUITE, values=values)


def render_github(audit: LogAudit, *, tags_only: bool = False) -> str:
    """Annotations of what does not add up or cannot be reproduced, and of the findings.

    Args:
        audit: what was found.
        tags_only: whether only what was read is wanted.
    """
    return github.render(audit.findings, _cases(audit, tags_only))


def _cases(audit: LogAudit, tags_only: bool) -> Iterator[Case]:
    for found in () if tags_only else audit.sums:
        told = f"{formula(found)}: {kept(found)}"
        name = _called(found.total, found.file, audit)
        yield Case(kind="sum", name=name, failure=None if found.holds else told, told=told if found.holds else "")
    for entry in () if tags_only else audit.numbers:
        yield _number(entry, audit)
    yield from of_checks(audit.findings, fail_on=None)


def _number(entry: LoggedNumber, audit: LogAudit) -> Case:
    name = _called(entry.tag, entry.file, audit)
    if entry.outcome == "not computed":
        return Case(kind="number", name=name, skipped="; ".join(entry.reasons) or "not computed")
    told = (
        f"logged {figure(entry.logged, 6)}, recomputed {figure(entry.recomputed, 6)} as {entry.formula}:"
        f" {verdict(entry)}"
    )
    text = "\n".join((told, *(entry.reasons if entry.verdict != "reproduced" else ())))
    lost = entry.outcome == "no match"
    return Case(kind="number", name=name, failure=text if lost else None, told="" if lost else text)


def _called(tag: str, file: int, audit: LogAudit) -> str:
    """A tag, with its file where there are several."""
    return tag if len(audit.files) == 1 else f"{tag} of {audit.files[file].path}"
