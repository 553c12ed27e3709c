"""Two domains of different sizes, and one direction alone."""

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses import cycle, identity


def test_the_domains_may_have_different_numbers_of_samples() -> None:
    a, b = torch.zeros(2, 3, 4, 4), torch.zeros(5, 3, 6, 6)

    terms = cycle(a, a + 0.5, b, b + 0.25)

    assert terms["A"].tolist() == [0.5, 0.5]
    assert terms["B"].tolist() == [0.25] * 5
    assert total(terms) == pytest.approx(0.75)


def test_one_direction_is_enough() -> None:
    b = torch.zeros(5, 3, 6, 6)

    assert cycle(real_B=b, rec_B=b + 0.25).keys() == {"B"}
    assert identity(real_A=b, idt_A=b).keys() == {"A"}


def test_no_direction_is_an_error_that_names_what_is_compared() -> None:
    a = torch.zeros(2, 3)

    with pytest.raises(InputError, match="cycle compares real_A with rec_A or real_B with rec_B, and has neither"):
        cycle(real_A=a, rec_B=a)
    with pytest.raises(InputError, match="identity compares real_A with idt_A or real_B with idt_B"):
        identity(real_A=a)


def test_swapped_domains_of_different_size_are_refused() -> None:
    a, b = torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 6, 6)

    with pytest.raises(InputError, match=r"real_A has shape \(2, 3, 4, 4\) but rec_A has \(2, 3, 6, 6\)"):
        cycle(a, b, b, a)
