"""A comparison as what passed and failed: its keys."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.comparison import ComparedKey, Comparison
from ganloss_cli.reporters import findings_github, findings_junit
from ganloss_cli.reporters.cases import Case, of_checks
from ganloss_cli.reporters.comparisons.wording import bound, place, sides
from ganloss_cli.reporters.figures import figure

SUITE = "ganloss compare"


def render_junit(comparison: Comparison) -> str:
    """One test case a key; the largest absolute differences are properties."""
    values = {f"max_absolute of {key.key}": key.max_absolute for key in comparison.keys}
    return findings_junit.render(_cases(comparison), suite=SUITE, values=values)


def render_github(comparison: Comparison) -> str:
    """Annotations of the keys that failed, and of the findings."""
    return findings_github.render(comparison.findings, _cases(comparison))


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
