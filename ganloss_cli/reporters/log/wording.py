"""What the audit of a log says in words, the same in the table and in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganloss_cli.reporters.figures import count, figure, number
from ganloss_cli.reporters.outcomes import IN_WORDS

if TYPE_CHECKING:
    from ganloss_cli.records.log import LogAudit, LoggedNumber, LoggedSum, LoggedTag


def span(tag: LoggedTag) -> str:
    """Where its values stand: "steps 1 to 150"."""
    if tag.first is None or tag.last is None:
        return "no steps"
    noun = tag.counted_in.removesuffix("s")
    return f"{noun} {tag.first}" if tag.first == tag.last else f"{tag.counted_in} {tag.first} to {tag.last}"


def formula(found: LoggedSum) -> str:
    """The sum as it was checked: "D = 0.5 D_real + 0.5 D_fake"."""
    weights = set(found.parts.values())
    terms = [name if weight == 1 else f"{number(weight)} {name}" for name, weight in found.parts.items()]
    if len(weights) == 1 and weights != {1.0}:
        return f"{found.total} = {number(weights.pop())} ({' + '.join(found.parts)})"
    return f"{found.total} = {' + '.join(terms)}"


def kept(found: LoggedSum) -> str:
    """How well it holds."""
    skipped = f", {count(found.skipped, 'row')} with a clipped term left out" if found.skipped else ""
    where = f" at {found.worst_at}" if found.worst_at is not None and not found.holds else ""
    most = (
        "a value is not finite" if found.largest_difference is None else f"within {figure(found.largest_difference, 2)}"
    )
    if not found.holds and found.largest_difference is not None:
        most = f"off by up to {figure(found.largest_difference, 3)}, allowed {figure(found.allowed, 2)}"
    return f"{most}{where} in {count(found.rows, 'row')}{skipped}{_searched(found)}"


def _searched(found: LoggedSum) -> str:
    """Of a sum that no published code names, how many were tried and how many would fit by chance."""
    if found.tried is None or found.expected_by_chance is None:
        return ""
    by_chance = "none" if found.expected_by_chance < 1e-9 else figure(found.expected_by_chance, 2)
    return f"; found among {found.tried} sums, {by_chance} expected by chance"


def verdict(entry: LoggedNumber) -> str:
    """What came of it, and how closely."""
    words = IN_WORDS[entry.outcome]
    if entry.outcome in ("exact", "scaled") or entry.standard_errors is None:
        return words
    if entry.outcome == "ambiguous":
        return f"{words}: as good as {', '.join(entry.as_good)}"
    fits = f", as do {count(entry.also_fit, 'other formula')}" if entry.also_fit else ""
    return f"{words}: {figure(entry.standard_errors, 2)} s.e.{fits}"


def summary(audit: LogAudit) -> str:
    """The last line: how many sums hold, how many numbers are reproduced."""
    parts = []
    if audit.sums:
        verb = "holds" if len(audit.sums) == 1 else "hold"
        parts.append(f"{sum(found.holds for found in audit.sums)} of {count(len(audit.sums), 'sum')} {verb}")
    compared = [entry for entry in audit.numbers if entry.outcome != "not computed"]
    if compared:
        n_found = {outcome: sum(entry.outcome == outcome for entry in compared) for outcome in IN_WORDS}
        reproduced = n_found["exact"] + n_found["scaled"]
        parts.append(f"{reproduced} of {count(len(compared), 'number')} reproduced")
        parts += [f"{n_found[word]} {word}" for word in ("consistent", "ambiguous") if n_found[word]]
        parts += [f"{n_found['scaled']} of them up to a catalogued factor"] if n_found["scaled"] else []
        n_mistaken = sum(entry.mistake is not None for entry in compared)
        parts += [f"{n_mistaken} by a known mistake"] if n_mistaken else []
    if not parts:
        return "nothing to add up in this log; give a checkpoint and data to recompute its numbers"
    return f"{'passed' if audit.passed else 'failed'}: {', '.join(parts)}"
