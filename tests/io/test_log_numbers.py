"""Numbers of a log by the million: what is held in little memory is what was put in."""

import math
import random
import tracemalloc

import numpy as np
import pytest

from ganloss_cli.io.logs import numbers
from ganloss_cli.io.logs.numbers import HalfUnits, Numbers, Places


@pytest.mark.parametrize(
    "put",
    [
        [*range(11)],
        [7] * 11,
        [0, 50, 100, 150, 200, 250, 251, 252, 253, 254, 100],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1],
        [0.5, 1.5, 2.5, 3.5, 4.5, 5, 6, 7.25, 8, 9, 10],
        ["1.5", None, None, None, None, None, None, None, "2", "2", "2"],
        [1 << 62, -(1 << 62), 0, 1, 2, 3, 4, 5, 6, 7, 8],
    ],
)
def test_places_hold_what_was_put_in(monkeypatch: pytest.MonkeyPatch, put: list) -> None:
    monkeypatch.setattr(numbers, "BLOCK", 4)
    places = Places()

    for place, value in enumerate(put):
        places.put(place, value)

    assert places == put
    assert [places[k] for k in range(-len(put), len(put))] == put * 2
    assert places[2:9:3] == tuple(put[2:9:3])
    assert hash(places) == hash(tuple(put))
    with pytest.raises(IndexError):
        places[len(put)]


def test_places_that_were_passed_over_hold_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "BLOCK", 4)
    chosen = random.Random(0).sample(range(60), 12)
    places = Places(missing=0)

    for place in sorted(chosen):
        places.put(place, place + 1)

    assert places.filled(60) == [place + 1 if place in chosen else 0 for place in range(60)]


def test_steps_that_rise_evenly_take_no_memory() -> None:
    places, n = Places(), 100_000
    tracemalloc.start()

    for place in range(n):
        places.put(place, 100 * place)

    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert held < n * 8
    assert np.asarray(places)[[0, n - 1]].tolist() == [0, 100 * (n - 1)]


def test_half_a_unit_of_float32_is_a_share_of_the_number() -> None:
    halves = HalfUnits(Numbers("d", [1.0, -2.0, math.inf, math.nan]))

    assert halves == (2.0**-24, 2.0**-23, 0.0, 0.0)
    assert (halves[1], halves[1:3], len(halves)) == (2.0**-23, (2.0**-23, 0.0), 4)
