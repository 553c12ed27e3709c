"""The whole loss of a discriminator as a formula of its scores, with the weight of its penalty solved for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.known_tags import (
    D_ADVERSARIAL,
    PENALTIES,
    SCORES,
    WITHOUT_PENALTY,
    Meaning,
    may_be_total,
    meaning_of,
)
from ganloss_cli.evaluators.recipes.published import catalogued_factors, documented_weights
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.log.sums import MOST_BY_CHANCE, checked_sum, shared_rows
from ganloss_cli.records.log import LoggedSum

_MOST_DIGITS = 6  # of a weight
_FEWEST_ROWS = 3  # one gives the weight, the others must agree


@dataclass(frozen=True, kw_only=True)
class _Form:
    """A total without its penalty: weights of tags, and a constant."""

    parts: Mapping[str, float]
    constant: float = 0.0


def check_critics(log: Log, file: int, explained: Sequence[LoggedSum]) -> list[LoggedSum]:
    """Totals of a discriminator that are formulas of what stands beside them.

        D = D(fake) - D(real)                      WGAN
        D = D(fake) - D(real) + lambda GP          WGAN-GP, lambda the one number that fits every row
        D = 1 - D(real) + D(fake)                  leftthomas' SRGAN, whose scores are probabilities
        D = adversarial + lambda penalty           any other

    A distance, minus the loss, may stand for the difference of scores. What is solved for must fit more rows than one,
    and so well that no other number would by chance.

    Args:
        log: as it was read.
        file: its place in the list of files.
        explained: the sums of it that hold.
    """
    meanings = {tag: meaning for tag in log.series if (meaning := meaning_of(tag)) is not None}
    penalties = [tag for tag, meaning in meanings.items() if not set(PENALTIES).isdisjoint(meaning.losses)]
    held = {found.total for found in explained}
    totals = [tag for tag in log.series if tag not in held and _is_total(tag, meanings.get(tag))]
    found = []
    for total in totals:
        tried = [
            (form, penalty) for form in _forms(total, meanings)
            for penalty in (*([None] if form.constant or len(form.parts) > 1 else []), *penalties)
        ]  # fmt: skip
        fitting = (_checked(log.series, total, form, penalty, file, len(tried)) for form, penalty in tried)
        if (best := next((one for one in fitting if one is not None), None)) is not None:
            found.append(best)
    return found


def _is_total(tag: str, meaning: Meaning | None) -> bool:
    whole = meaning is not None and meaning.term is None and set(D_ADVERSARIAL) <= set(meaning.losses)
    return whole or (meaning is None and may_be_total(tag))


def _forms(total: str, meanings: Mapping[str, Meaning]) -> Iterator[_Form]:
    """What the total may be without its penalty, the most telling first."""
    others = {tag: meaning for tag, meaning in meanings.items() if tag != total}
    scores = [[tag for tag, meaning in others.items() if meaning.losses == (score,)] for score in SCORES.values()]
    sides = [
        [tag for tag, meaning in others.items() if meaning.losses == D_ADVERSARIAL and meaning.term == side]
        for side in SCORES
    ]
    for reals, fakes in (scores, sides):
        for real, fake in zip(reals, fakes, strict=False):
            yield _Form(parts={fake: 1.0, real: -1.0})
            yield _Form(parts={real: -1.0, fake: 1.0}, constant=1.0)
    for real, fake in zip(*sides, strict=False):
        yield _Form(parts={real: 1.0, fake: 1.0})
    for tag, meaning in others.items():
        if meaning.losses == (WITHOUT_PENALTY,):
            yield _Form(parts={tag: -1.0})
            yield _Form(parts={tag: 1.0})
        if meaning.losses == D_ADVERSARIAL and meaning.term is None:
            yield _Form(parts={tag: 1.0})


def _checked(
    series: Mapping[str, Series], total: str, form: _Form, penalty: str | None, file: int, tried: int
) -> LoggedSum | None:
    """The sum with its penalty's weight, where it fits every row and hardly another number would."""
    parts, meaning = dict(form.parts), None
    if penalty is not None:
        weight = _weight(series, total, form, penalty)
        if weight is None:
            return None
        parts[penalty] = weight
        meaning = _whose(penalty, weight)
    found = checked_sum(series, total, parts, file, form.constant)
    if found is None or not found.holds:
        return None
    by_chance = tried * _by_luck(series, total, parts, n_solved=int(penalty is not None))
    if by_chance > MOST_BY_CHANCE:
        return None
    return replace(found, tried=tried, expected_by_chance=by_chance, solved=penalty, weight_meaning=meaning)


def _weight(series: Mapping[str, Series], total: str, form: _Form, penalty: str) -> float | None:
    """The shortest number that is the penalty's weight in every row, within the digits of the log; None without one."""
    rows = [
        row for row in shared_rows(series, total, (*form.parts, penalty))
        if row.values[penalty] and all(map(math.isfinite, row.values.values()))
    ]  # fmt: skip
    if len(rows) < _FEWEST_ROWS:
        return None
    sizes = [row.values[penalty] for row in rows]
    rests = [
        row.values[total] - form.constant - math.fsum(weight * row.values[tag] for tag, weight in form.parts.items())
        for row in rows
    ]
    near = max(zip(sizes, rests, strict=True), key=lambda pair: abs(pair[0]))
    parts = {**form.parts, penalty: near[1] / near[0]}
    ends = [
        sorted(((rest - allowed) / size, (rest + allowed) / size))
        for size, rest, allowed in zip(sizes, rests, (row.allowed(total, parts) for row in rows), strict=True)
    ]
    low, high = max(end[0] for end in ends), min(end[1] for end in ends)
    if not 0.0 < low <= high:
        return None
    rounded = (float(f"{(low + high) / 2:.{digits}g}") for digits in range(1, _MOST_DIGITS + 1))
    return next((weight for weight in rounded if low <= weight <= high), (low + high) / 2)


def _whose(penalty: str, weight: float) -> str | None:
    """Whose weight that is, where some code has it."""
    meaning = meaning_of(penalty)
    for name in meaning.losses if meaning else ():
        known = {**catalogued_factors(find_loss(name)), **documented_weights(name)}
        if weight in known:
            return known[weight]
    return None


def _by_luck(series: Mapping[str, Series], total: str, parts: Mapping[str, float], n_solved: int) -> float:
    """The chance that a formula which is not the total's fits every row; a number that is solved for takes up one."""
    rows = shared_rows(series, total, parts)
    values = [row.values[total] for row in rows]
    moves = [max(values) - min(values), *(abs(after - before) for before, after in pairwise(values))]
    chances = [
        min(1.0, 2 * row.allowed(total, parts) / move) if move else 1.0
        for row, move in zip(rows, moves, strict=True)
    ]  # fmt: skip
    return math.prod(sorted(chances)[n_solved:])
