from collections.abc import Mapping

import pytest

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.resemblance import Likeness, agrees, likenesses

LSGAN = find_loss("d_lsgan")
REGULAR = ("one", "three", "five")
COUNTS = {
    name: {"samples": n, "sub-discriminators": k} for name, n, k in (("one", 1, 1), ("three", 3, 2), ("five", 5, 3))
}
PUBLISHED = {"vits": {"one": 0.5, "three": 1.25, "five": 2.0}, "pearson": {"one": 3.0, "three": 0.7, "five": 1.1}}


def closest(observed: Mapping[str, float], published: Mapping[str, Mapping[str, float]] = PUBLISHED) -> Likeness:
    return likenesses(LSGAN, observed, published, COUNTS, REGULAR, 1e-6)[0]


def observed(function: object) -> dict[str, float]:
    assert callable(function)
    return {name: function(PUBLISHED["vits"][name], **COUNTS[name]) for name in REGULAR}


def test_equal_values_are_the_convention() -> None:
    found = closest(PUBLISHED["vits"])

    assert (found.convention.name, found.relation, found.departure) == ("vits", "exact", 0.0)


@pytest.mark.parametrize(
    ("function", "factor", "offset", "meaning"),
    [
        (lambda v, **_: v / 2, 0.5, 0.0, "half"),
        (lambda v, **_: -v, -1.0, 0.0, "minus"),
        (lambda v, **_: 1 - v, -1.0, 1.0, "1 minus"),
        (lambda v, **n: v * n["samples"], 1.0, 0.0, "times the number of samples: summed over the batch"),
        (lambda v, **n: 2 * v * n["samples"], 2.0, 0.0, "twice times the number of samples: summed over the batch"),
        (
            lambda v, **n: v / n["sub-discriminators"], 1.0, 0.0,
            "divided by the number of sub-discriminators",
        ),
    ],
)  # fmt: skip
def test_a_catalogued_factor_is_named(function: object, factor: float, offset: float, meaning: str) -> None:
    found = closest(observed(function))

    assert (found.convention.name, found.relation) == ("vits", "factor")
    assert (found.factor, found.offset, found.meaning) == (factor, offset, meaning)


def test_a_factor_that_nobody_publishes_is_not_taken_for_one() -> None:
    found = closest(observed(lambda v, **_: 0.37 * v))

    assert (found.relation, found.meaning) == ("unknown factor", "times 0.37")


def test_of_what_it_is_not_the_nearest_is_named_even_if_a_mistake() -> None:
    kl = find_loss("kl_vits")
    published = {"vits": {"one": 1.0, "three": 2.0}, "channel_mask": {"one": 1.5, "three": 3.0}}
    assert kl.convention("channel_mask").mistake

    nearest, farther = likenesses(kl, {"one": 1.6, "three": 3.4}, published, COUNTS, ("one", "three"), 1e-6)

    assert (nearest.convention.name, nearest.relation) == ("channel_mask", "departs")
    assert nearest.departure < farther.departure


def test_other_values_depart_by_their_largest_relative_difference() -> None:
    found = closest({"one": 0.5, "three": 1.5, "five": 2.0})

    assert (found.convention.name, found.relation) == ("vits", "departs")
    assert found.departure == pytest.approx(0.2)  # 1.5 instead of 1.25


def test_a_convention_that_refuses_what_the_function_takes_is_another() -> None:
    found = likenesses(LSGAN, PUBLISHED["vits"], {"vits": {"one": 0.5}}, COUNTS, REGULAR, 1e-6)

    assert found == []


def test_edges_decide_between_conventions_that_agree_elsewhere() -> None:
    published = {"vits": {**PUBLISHED["vits"], "edge": 7.0}, "pearson": {**PUBLISHED["vits"], "edge": 8.0}}
    counts = {**COUNTS, "edge": {"samples": 2}}

    found = likenesses(LSGAN, {**PUBLISHED["vits"], "edge": 8.0}, published, counts, REGULAR, 1e-6)

    assert found[0].convention.name == "pearson"


def test_conventions_that_no_probe_tells_apart_are_named_together() -> None:
    found = closest(PUBLISHED["vits"], {"vits": PUBLISHED["vits"], "pearson": PUBLISHED["vits"]})

    assert (found.convention.name, found.same) == ("vits", ("pearson",))


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [(1.0, 1.0 + 1e-7, True), (1.0, 1.001, False), (float("inf"), float("inf"), True),
     (float("inf"), float("-inf"), False), (float("nan"), float("nan"), True), (float("nan"), 1.0, False)],
)  # fmt: skip
def test_values_agree_up_to_rounding(a: float, b: float, same: bool) -> None:
    assert agrees(a, b, 1e-6) is same
