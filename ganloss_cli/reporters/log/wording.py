"""What the audit of a log says in words, the same in the table and in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.records.listing import grouped
from ganloss_cli.reporters.figures import count, figure, number
from ganloss_cli.reporters.outcomes import IN_WORDS, trials

if TYPE_CHECKING:
    from ganloss_cli.records.log import LogAudit, LoggedFile, LoggedNumber, LoggedSum, LoggedTag, TriedReason

_LISTED, _MOST_LISTED = 3, 12


def named(file: LoggedFile) -> str:
    """What a file is, with the name of the training where its own does not say it."""
    return file.format if file.run in file.path else f"{file.format}, run {file.run}"


def span(tag: LoggedTag) -> str:
    """Where its values stand: "steps 1 to 150"."""
    if tag.first is None or tag.last is None:
        return "no steps"
    noun = tag.counted_in.removesuffix("s")
    return f"{noun} {tag.first}" if tag.first == tag.last else f"{tag.counted_in} {tag.first} to {tag.last}"


def formula(found: LoggedSum) -> str:
    """The sum as it was checked: "D = 0.5 D_real + 0.5 D_fake", "D = 1 - D(x) + D(G(z))"."""
    weights = set(found.parts.values())
    if len(weights) == 1 < len(found.parts) and weights != {1.0} and not found.constant:
        return f"{found.total} = {number(weights.pop())} ({' + '.join(found.parts)})"
    terms = [
        (weight, name if abs(weight) == 1 else f"{number(abs(weight))} {name}") for name, weight in found.parts.items()
    ]
    if found.constant:
        terms.insert(0, (found.constant, number(found.constant)))
    signed = "".join(f" {'-' if weight < 0 else '+'} {term}" for weight, term in terms)
    return f"{found.total} = {signed.removeprefix(' + ').removeprefix(' ')}"


def kept(found: LoggedSum) -> str:
    """How well it holds."""
    skipped = f", {count(found.skipped, 'row')} with a clipped term left out" if found.skipped else ""
    where = f" at {found.worst_at}" if found.worst_at is not None and not found.holds else ""
    most = (
        "a value is not finite" if found.largest_difference is None else f"within {figure(found.largest_difference, 2)}"
    )
    if not found.holds and found.largest_difference is not None:
        most = f"off by up to {figure(found.largest_difference, 3)}, allowed {figure(found.allowed, 2)}"
    return f"{most}{where} in {count(found.rows, 'row')}{skipped}{_solved(found)}{_searched(found)}"


def _solved(found: LoggedSum) -> str:
    """Of a weight that the log itself gives, whose it is."""
    if found.solved is None:
        return ""
    whose = f", {found.weight_meaning}" if found.weight_meaning else ""
    return f"; lambda = {number(found.parts[found.solved])} of {found.solved} solved for{whose}"


def _searched(found: LoggedSum) -> str:
    """Of a sum that no published code names, how many were tried and how many would fit by chance."""
    if found.tried is None or found.expected_by_chance is None:
        return ""
    by_chance = "none" if found.expected_by_chance < 1e-9 else figure(found.expected_by_chance, 2)
    return f"; found among {found.tried} sums, {by_chance} expected by chance"


def verdict(entry: LoggedNumber) -> str:
    """What came of it, and how closely."""
    words = IN_WORDS[entry.outcome]
    if entry.outcome == "ambiguous":
        return f"{words}: as good as {', '.join(entry.as_good)}"
    if entry.outcome == "consistent" and entry.interval is not None:
        low, high = (figure(end, 4) for end in entry.interval)
        return f"{words} with {low} to {high}"
    if entry.outcome == "no match" and entry.difference is not None:
        return f"{words}: off by {figure(abs(entry.difference), 2)}"
    return words


def reasons(entry: LoggedNumber) -> list[str]:
    """What may make it differ: what moves it towards the log, what nobody can try, what was tried in vain."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for each in entry.tried_reasons:
        found[each.towards].append(_tried(each))
    return [*found[True], *(f"{reason} (not tried)" for reason in entry.reasons), *found[False]]


def _tried(reason: TriedReason) -> str:
    if reason.before is None or reason.after is None:
        return f"{reason.what} (not tried{f': {reason.failed}' if reason.failed else ''})"
    if reason.before == reason.after:
        return f"{reason.what}: changes nothing"
    moved = f"{figure(reason.before, 6)} becomes {figure(reason.after, 6)}"
    return f"{reason.what}: {moved}, {'nearer to' if reason.towards else 'no nearer to'} the log"


def power(audit: LogAudit) -> Iterator[str]:
    """How much a hit means, why some numbers are held to an interval, and which checkpoints would have passed."""
    tried = (
        (trials(entry.tried, entry.formulas, entry.chance_hits), entry.tag) for entry in audit.numbers if entry.tried
    )
    for told, tags in grouped(tried).items():
        yield f"{', '.join(dict.fromkeys(tags))}: {told}"
    because = ((reason, entry.tag) for entry in audit.numbers for reason in entry.because)
    for reason, tags in grouped(because).items():
        yield f"{', '.join(dict.fromkeys(tags))}: held to an interval for {reason}"
    if audit.steps_not_logged:
        yield f"the log has no numbers of {_steps(audit.steps_not_logged, ())}, whose checkpoints lie beside this one"
    if not audit.other_steps:
        return
    for entry in audit.numbers:
        if entry.would_pass and entry.would_pass != audit.would_pass:
            how = "instead" if entry.outcome == "no match" else "as well"
            yield f"{entry.tag}: {_steps(entry.would_pass, audit.other_steps)} would pass {how}"
    together = "by all numbers together" if len(audit.numbers) > 1 else "by this number"
    if audit.would_pass:
        how = "instead" if audit.outcome == "no match" else "as well"
        yield f"{_steps(audit.would_pass, audit.other_steps)} would pass {how} {together}"
    else:
        yield f"told from {_steps(audit.other_steps, ())} {together}"


def _steps(steps: Sequence[int], known: Sequence[int]) -> str:
    """One step, a few, or of more than three in a row that all pass the first and the last."""
    if len(steps) > _LISTED and tuple(steps) == tuple(step for step in known if steps[0] <= step <= steps[-1]):
        return f"steps {steps[0]} to {steps[-1]} all"
    shown = ", ".join(map(str, steps[:_MOST_LISTED])) + (" ..." if len(steps) > _MOST_LISTED else "")
    return f"step {shown}" if len(steps) == 1 else f"steps {shown}"


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
        parts += [f"{n_found[word]} {word}" for word in ("consistent", "cannot tell", "ambiguous") if n_found[word]]
        parts += [f"{n_found['scaled']} of them up to a catalogued factor"] if n_found["scaled"] else []
        n_mistaken = sum(entry.mistake is not None for entry in compared)
        parts += [f"{n_mistaken} by a known mistake"] if n_mistaken else []
    if not parts:
        return "nothing to add up in this log; give a checkpoint and data to recompute its numbers"
    word = "cannot tell" if audit.outcome == "cannot tell" else "passed" if audit.passed else "failed"
    return f"{word}: {', '.join(parts)}"
