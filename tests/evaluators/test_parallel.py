"""Threads of one core each: order, errors, gradients, sharing, and torch's own number of threads."""

import pytest
import torch

from ganloss_cli.evaluators.parallel import each_on_one_core
from ganloss_cli.evaluators.sharing import shared, shared_computations


@pytest.fixture(autouse=True)
def two_threads() -> object:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_items() -> None:
    assert each_on_one_core(lambda n: n * n, list(range(50))) == [n * n for n in range(50)]


def test_a_worker_has_one_core_and_the_caller_keeps_its_own() -> None:
    assert set(each_on_one_core(lambda _: torch.get_num_threads(), list(range(20)))) == {1}
    assert torch.get_num_threads() == 2


def test_an_error_arrives_at_the_caller() -> None:
    def fail(n: int) -> None:
        raise ValueError(f"item {n}")

    with pytest.raises(ValueError, match="item 0"):
        each_on_one_core(fail, [0, 1])


def test_gradients_are_recorded_where_the_caller_records_them() -> None:
    leaf = torch.ones(3, requires_grad=True)

    recorded = each_on_one_core(lambda n: n * leaf, [1, 2])
    with torch.no_grad():
        unrecorded = each_on_one_core(lambda n: n * leaf, [1, 2])
    with torch.inference_mode():
        inference = each_on_one_core(lambda n: n * leaf, [1, 2])

    sum(tensor.sum() for tensor in recorded).backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [3.0, 3.0, 3.0]
    assert not any(tensor.requires_grad for tensor in unrecorded)
    assert all(tensor.is_inference() for tensor in inference)


def test_workers_share_with_the_caller() -> None:
    calls: list[int] = []

    @shared
    def squared(n: int) -> int:
        calls.append(n)
        return n * n

    with shared_computations():
        each_on_one_core(squared, [1, 2, 3])
        again = each_on_one_core(squared, [1, 2, 3])

    assert again == [1, 4, 9]
    assert sorted(calls) == [1, 2, 3]
