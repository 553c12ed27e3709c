"""Totals that no catalogued sum explains: small sums of the other tags are tried, and chance is held against them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ganloss_cli.evaluators.known_tags import losses_of, may_be_total, says_total, words_of
from ganloss_cli.evaluators.recipes.published import documented_weights
from ganloss_cli.io.logs.series import Log, Series
from ganloss_cli.pipeline.log.sums import ABSOLUTE, MOST_BY_CHANCE, NO_TERMS, RELATIVE, checked_sum, usual_weights
from ganloss_cli.records.log import LoggedSum
from ganloss_cli.records.report import Finding

MOST_TERMS = 4
MOST_TRIED = 400_000  # sums for one total: a second or so
_NO_TERMS = NO_TERMS - {"total"}
_COUNTS = {2: "two", 3: "two or three", 4: "two to four"}

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Column:
    """A tag's numbers in the rows of the total."""

    values: Floats
    roundings: Floats


@dataclass(frozen=True, kw_only=True)
class _Option:
    """A term with one of the weights it may have."""

    tag: str
    place: int  # among the terms
    weight: float


def search_sums(log: Log, file: int, explained: Sequence[LoggedSum]) -> tuple[list[LoggedSum], list[Finding]]:
    """Sums of two to four tags with weight 1 or that of a recipe, for totals that no catalogued sum explains.

    The chance that a sum fits a row is the width of its rounding over what the total moved by since the row before
    (for the first row, over all it ever moves by); that of fitting all rows is the product.

    Args:
        log: as it was read.
        file: its place in the list of files.
        explained: the catalogued sums of it.

    Returns:
        sums that fit all rows where no more than 0.01 hits were to be expected by chance, and notes on totals that
        call themselves so and are left without one.
    """
    held, known = {found.total for found in explained if found.holds}, {found.total for found in explained}
    sums, notes = [], []
    for tag in log.series:
        columns = _columns(log.series, tag) if tag not in held and may_be_total(tag) else {}
        if len(columns) < 3:  # itself and two terms
            continue
        found, tried, most = _search(log.series, tag, columns, file)
        if found is not None and (found.expected_by_chance or 0.0) <= MOST_BY_CHANCE:
            sums.append(found)
        elif says_total(tag) and tag not in known:
            notes.append(_unexplained(tag, len(columns) - 1, tried, most) if found is None else _by_chance(tag, found))
    return sums, notes


def _columns(series: Mapping[str, Series], total: str) -> dict[str, _Column]:
    """The total and the tags that stand in each of its rows, move, and are no copies of it or of each other."""
    rows = np.asarray(series[total].rows)
    seen: set[bytes] = set()
    found = {}
    for tag in (total, *(tag for tag in series if tag != total)):
        if tag != total and not _NO_TERMS.isdisjoint(words_of(tag).split("_")):
            continue
        places = _places(np.asarray(series[tag].rows), rows)
        if places is None:
            continue
        values = np.asarray(series[tag].values)[places] + 0.0  # no minus zero, whose bytes are others
        if values.tobytes() not in seen and np.isfinite(values).all() and values.min() < values.max():
            seen.add(values.tobytes())
            found[tag] = _Column(values=values, roundings=np.asarray(series[tag].roundings)[places])
    return found if total in found else {}


def _places(own: Places, rows: Places) -> Places | None:
    """Where each of `rows` stands among a tag's own; None where one is not there."""
    order = np.argsort(own, kind="stable")
    places = order[np.searchsorted(own, rows, "right", sorter=order) - 1]
    return places if np.array_equal(own[places], rows) else None


def _search(
    series: Mapping[str, Series], total: str, columns: Mapping[str, _Column], file: int
) -> tuple[LoggedSum | None, int, int]:
    """The sum of fewest terms, and of those the one with fewest weights, that fits every row.

    Returns:
        the sum with its chance, how many were tried, and of how many terms the longest were.
    """
    terms = [tag for tag in columns if tag != total]
    options = [
        _Option(tag=tag, place=place, weight=weight) for place, tag in enumerate(terms) for weight in _weights_of(tag)
    ]
    tried, most = 0, 1
    for n in range(2, min(MOST_TERMS, len(terms)) + 1):
        if n > 2 and tried + math.comb(len(options), n) > MOST_TRIED:
            break
        sums = _of_distinct_tags(options, n)
        tried, most = tried + len(sums), n
        fitting = _fitting(columns, total, options, sums)
        fitting.sort(key=lambda chosen: sum(option.weight != 1 for option in chosen))
        for chosen in fitting:
            found = checked_sum(series, total, {option.tag: option.weight for option in chosen}, file)
            if found is not None and found.holds:
                expected = _by_luck(columns, total, chosen) * tried
                return replace(found, tried=tried, expected_by_chance=expected), tried, most
    return None, tried, most


def _weights_of(tag: str) -> list[float]:
    """1, what known codes leave out of the log, and what recipes weigh a loss with that the tag may be."""
    documented = [weight for loss in losses_of(tag) for weight in documented_weights(loss)]
    return list(dict.fromkeys([1.0, *usual_weights(tag), *documented]))


def _of_distinct_tags(options: Sequence[_Option], n: int) -> Places:
    chosen = np.array(list(itertools.combinations(range(len(options)), n)), dtype=np.int64).reshape(-1, n)
    places = np.array([option.place for option in options])[chosen]
    return chosen[(np.diff(places, axis=1) > 0).all(axis=1)]  # options of one tag stand together


def _fitting(
    columns: Mapping[str, _Column], total: str, options: Sequence[_Option], sums: Places
) -> list[tuple[_Option, ...]]:
    """The sums that fit every row, the rows with the largest and the smallest total first: nearly all fail there."""
    own = columns[total]
    weights = np.array([option.weight for option in options])
    for row in np.argsort(own.values)[_outside_in(len(own.values))]:
        parts = weights * np.array([columns[option.tag].values[row] for option in options])
        roundings = weights * np.array([columns[option.tag].roundings[row] for option in options])
        allowed = ABSOLUTE + RELATIVE * np.abs(parts)[sums].sum(1) + roundings[sums].sum(1) + own.roundings[row]
        sums = sums[np.abs(parts[sums].sum(1) - own.values[row]) <= allowed]
        if not len(sums):
            break
    return [tuple(options[k] for k in chosen) for chosen in sums]


def _outside_in(count: int) -> Places:
    """0, the last, 1, the last but one ..."""
    order = np.arange(count)
    return np.where(order % 2 == 0, order // 2, count - 1 - order // 2)


def _by_luck(columns: Mapping[str, _Column], total: str, chosen: Sequence[_Option]) -> float:
    """The chance that one sum fits every row without being the total's."""
    own = columns[total]
    parts = np.array([option.weight * columns[option.tag].values for option in chosen])
    roundings = np.array([option.weight * columns[option.tag].roundings for option in chosen])
    allowed = ABSOLUTE + RELATIVE * np.abs(parts).sum(0) + roundings.sum(0) + own.roundings
    moved = np.abs(np.diff(own.values, prepend=own.values[0] - np.ptp(own.values)))
    chances = np.minimum(1.0, 2 * allowed / np.where(moved > 0, moved, allowed))
    return float(np.exp(np.log(chances).sum()))


def _by_chance(tag: str, found: LoggedSum) -> Finding:
    formula = " + ".join(part if weight == 1 else f"{weight:g} {part}" for part, weight in found.parts.items())
    return Finding(
        check="total_by_chance",
        severity="note",
        message=f"{tag}: {formula} fits its {found.rows} rows, but of {found.tried} sums tried"
        f" {found.expected_by_chance:.2g} would by chance",
        evidence={"tag": tag, "parts": dict(found.parts), "tried": found.tried, "by_chance": found.expected_by_chance},
        hint="more rows or more digits would tell",
    )


def _unexplained(tag: str, n_terms: int, tried: int, most: int) -> Finding:
    return Finding(
        check="unexplained_total",
        severity="note",
        message=f"{tag}: no sum of {_COUNTS[most]} of the {n_terms} other terms gives it; {tried} were tried, with"
        " weight 1 and those of recipes",
        evidence={"tag": tag, "terms": n_terms, "tried": tried},
    )
