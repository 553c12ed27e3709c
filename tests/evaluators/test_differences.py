import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.differences import difference

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def test_one_step_between_neighbouring_numbers_is_one_ulp() -> None:
    a = torch.tensor([1.0, -1.0, 65504.0])

    found = difference(a, torch.nextafter(a, torch.full_like(a, math.inf)), rtol=0.0, atol=1.0)

    assert found.max_ulp == 1
    assert found.failing == 0


def test_both_zeros_are_the_same_number_and_the_smallest_ones_beside_them_are_two_apart() -> None:
    tiny = 2.0**-149

    assert difference(torch.tensor([0.0]), torch.tensor([-0.0]), rtol=0, atol=0).max_ulp == 0
    assert difference(torch.tensor([tiny]), torch.tensor([-tiny]), rtol=0, atol=1).max_ulp == 2


@given(FLOATS, FLOATS)
def test_ulps_are_the_distance_of_the_bit_patterns_of_numbers_of_one_sign(left: float, right: float) -> None:
    a, b = abs(left), abs(right)
    bits = np.array([a, b], np.float32).view(np.int32).astype(np.int64)

    assert difference(torch.tensor(a), torch.tensor(b), rtol=0, atol=0).max_ulp == abs(int(bits[0]) - int(bits[1]))


def test_ulps_across_dtypes_are_those_of_the_coarser_one() -> None:
    exact = torch.tensor([1.0 + 2.0**-30], dtype=torch.float64)

    found = difference(exact, torch.tensor([1.0 + 2.0**-23]), rtol=0, atol=0)

    assert found.max_ulp == 1
    assert found.max_absolute == 2.0**-23 - 2.0**-30


def test_the_figures_of_a_small_case_are_these() -> None:
    a, b = torch.tensor([[1.0, 2.0], [4.0, 0.0]]), torch.tensor([[1.0, 1.0], [8.0, 0.0]])

    found = difference(a, b, rtol=0.25, atol=0.0)

    assert (found.max_absolute, found.mean_absolute, found.max_relative) == (4.0, 1.25, 0.5)
    assert (found.worst, found.a, found.b, found.failing) == ((1, 0), 4.0, 8.0, 2)


def test_the_worst_element_is_the_one_beyond_the_tolerance_not_the_largest_one_within() -> None:
    a, b = torch.tensor([1e6, 0.0]), torch.tensor([1e6 + 1.0, 1e-3])

    assert difference(a, b, rtol=1e-5, atol=1e-6).worst == (1,)


def test_a_number_on_the_bound_passes_and_the_next_one_fails() -> None:
    a, b = torch.tensor([8.0], dtype=torch.float64), torch.tensor([6.0], dtype=torch.float64)

    assert difference(a, b, rtol=0.25, atol=0.0).failing == 0
    assert difference(a, b, rtol=math.nextafter(0.25, 0), atol=0.0).failing == 1


@given(FLOATS, FLOATS)
def test_the_verdict_is_the_same_whichever_side_is_the_reference(a: float, b: float) -> None:
    left, right = torch.tensor([a]), torch.tensor([b])

    assert difference(left, right, rtol=0.1, atol=1e-3).failing == difference(right, left, rtol=0.1, atol=1e-3).failing


def test_nan_fails_beside_nan_whatever_the_tolerance() -> None:
    nan = torch.tensor([0.0, math.nan])

    found = difference(nan, nan, rtol=1.0, atol=1e9)

    assert (found.failing, found.nan_a, found.nan_b, found.worst) == (1, 1, 1, (1,))
    assert found.max_absolute is None
    assert found.max_ulp is None


def test_an_infinity_fails_beside_itself_and_beside_a_number() -> None:
    infinite = torch.tensor([math.inf, 1.0])

    for rtol in (0.0, 0.1):
        assert difference(infinite, infinite, rtol=rtol, atol=0.1).failing == 1
    assert difference(infinite, infinite, rtol=0.1, atol=0.1).why() == "1 infinite in A, 1 infinite in B"
    assert difference(infinite, torch.tensor([1e30, 1.0]), rtol=1.0, atol=1e9).failing == 1
    assert difference(infinite, torch.tensor([-math.inf, 1.0]), rtol=1.0, atol=1e9).failing == 1


def test_tensors_of_different_shapes_are_refused_not_broadcast() -> None:
    with pytest.raises(InputError, match=r"a has shape \(4, 1\) but b has \(4,\)"):
        difference(torch.zeros(4, 1), torch.zeros(4), rtol=1.0, atol=1.0)


def test_whole_numbers_have_no_ulps() -> None:
    found = difference(torch.tensor([1, 5]), torch.tensor([1, 3]), rtol=0, atol=0)

    assert (found.max_absolute, found.max_ulp) == (2.0, None)
