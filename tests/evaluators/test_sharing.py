import gc
import weakref

import torch
from torch import Tensor

from ganloss_cli.evaluators.sharing import shared, shared_computations

calls: list[tuple[object, ...]] = []


@shared
def total(tensor: Tensor, times: float = 1) -> Tensor:
    calls.append((tensor, times))
    return times * tensor.sum()


def test_within_the_block_a_call_is_computed_once() -> None:
    calls.clear()
    tensor = torch.ones(3)

    with shared_computations():
        first, second = total(tensor), total(tensor)

    assert first is second
    assert len(calls) == 1


def test_outside_the_block_it_is_the_plain_function() -> None:
    calls.clear()
    tensor = torch.ones(3)

    first, second = total(tensor), total(tensor)

    assert first is not second
    assert len(calls) == 2


def test_tensors_of_equal_values_are_different_arguments() -> None:
    calls.clear()

    with shared_computations():
        total(torch.ones(3))
        total(torch.ones(3))

    assert len(calls) == 2


def test_numbers_of_equal_value_are_the_same_argument() -> None:
    calls.clear()
    tensor = torch.ones(3)

    with shared_computations():
        total(tensor, times=2.0)
        total(tensor, times=1.0 + 1.0)
        total(tensor, times=3.0)

    assert len(calls) == 2


def test_nothing_is_remembered_after_the_block() -> None:
    calls.clear()
    tensor = torch.ones(3)

    with shared_computations():
        total(tensor)
    with shared_computations():
        total(tensor)

    assert len(calls) == 2


def test_an_inner_block_ends_without_ending_the_outer_one() -> None:
    calls.clear()
    tensor = torch.ones(3)

    with shared_computations():
        total(tensor)
        with shared_computations():
            total(tensor)
        total(tensor)

    assert len(calls) == 2


def test_arguments_live_as_long_as_their_result_so_that_no_address_is_reused() -> None:
    calls.clear()
    tensor = torch.ones(3)
    alive = weakref.ref(tensor)

    with shared_computations():
        total(tensor)
        del tensor
        calls.clear()
        gc.collect()
        inside = alive()

    assert inside is not None
    del inside
    gc.collect()
    assert alive() is None
