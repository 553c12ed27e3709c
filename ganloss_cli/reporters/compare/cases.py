"""A comparison as what passed and failed: its keys."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.comparison import ComparedKey, Comparison
from ganloss_cli.reporters.compare.wording import bound, place, sides
from ganloss_cli.reporters.figures import figure
from ganloss_cli.reporters.findings import github, junit
from ganloss_cli.reporters.findings.cases import Case, of_checks

SUITE = "ganloss compare"


def render_junit(comparison: Comparison) -> str:
    """One test case a key; the largest absolute differences are properties."""
    values = {f"max_absolute of {key.key}": key.max_absolute for key in comparison.keys}
    return junit.render(_cases(comparison), suite=SUITE, values=values)


def render_github(comparison: Comparison) -> str:
    """Annotations of the keys that failed, and of the findings."""
    return github.render(comparison.findings, _cases(comparison))


def _cases(comparison: Comparison) -> Iterator[Case]:
    for key in comparison.keys:
        told = f"{key.key}: {_told(key)}"
        if key.passed:
            yield Case(kind="key", name=key.key, told=told)
        else:
            failure = f"{told}\n{bound(comparison.tolerance)}\nA: {comparison.a.path}\nB: {comparison.b.path}"
            yield Case(kind="key", name=key.key, failure=failure)
    yield from of_checks(comparison.findings, fail_on=None)


def _told(key: ComparedKey) -> str:
    """Why it failed, both values, how far they are apart and where."""
    parts = [key.reason] if key.reason else []
    if key.max_absolute is not None:
        a, b = sides(key)
        where = f" at {place(key)}" if place(key) else ""
        parts.append(f"A {a}, B {b}, off by {figure(key.max_absolute, 3)}{where}")
    return "; ".join(parts)
