import torch

from ganloss_cli.evaluators.losses.sets import SampleSet, Whole


def spread(whole: Whole) -> torch.Tensor:
    return whole["values"].max() - whole["values"].min()


def test_the_loss_is_finished_on_all_samples_together() -> None:
    first = SampleSet.of(spread, {"values": torch.tensor([1.0, 2.0])})
    second = SampleSet.of(spread, {"values": torch.tensor([5.0])})

    assert first.merge(second).compute() == 4.0
    assert (first.compute(), second.compute()) == (1.0, 0.0)


def test_merging_changes_neither_part() -> None:
    first = SampleSet.of(spread, {"values": torch.tensor([1.0])})

    first.merge(first)

    assert first.count == 1


def test_the_count_is_that_of_the_larger_side() -> None:
    both = SampleSet.of(spread, {"real": torch.zeros(3), "fake": torch.zeros(5)})

    assert both.count == 5


def test_it_is_finished_in_float64() -> None:
    seen = []

    def finish(whole: Whole) -> torch.Tensor:
        seen.append(whole["values"].dtype)
        return whole["values"].sum()

    SampleSet.of(finish, {"values": torch.zeros(2, dtype=torch.float32)}).compute()

    assert seen == [torch.float64]
