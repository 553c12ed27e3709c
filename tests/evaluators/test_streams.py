"""Rows over feature maps are computed once for all losses, and never answer for maps that they did not see."""

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.sharing import shared_computations
from ganloss_cli.evaluators.streams import each_sub_discriminator, sweep


class Counted(list):
    """Features that count how often each sub-discriminator's are asked for, and whether they are let go."""

    def __init__(self, *values):
        super().__init__([torch.full((2, 1), float(value))] for value in values)
        self.asked, self.in_hand = [], 0

    def __getitem__(self, k):
        maps = super().__getitem__(k)
        self.asked.append(k)
        self.in_hand = 1
        return maps


def let_go(features):
    features.in_hand = 0


def distance(k, real, fake):
    return float((real[0] - fake[0]).abs().mean())


def product(k, real, fake):
    return float((real[0] * fake[0]).mean())


def refusing(k, real, fake):
    raise InputError("too large")


def test_a_sweep_answers_every_row_of_every_fake():
    real, fakes, others = Counted(1, 2), Counted(4, 6), Counted(5, 5)

    with shared_computations():
        sweep(real, [(fakes, [distance, product]), (others, [distance])], let_go)
        swept = [list(features.asked) for features in (real, fakes, others)]
        answers = [
            each_sub_discriminator(distance, real, fakes),
            each_sub_discriminator(product, real, fakes),
            each_sub_discriminator(distance, real, others),
        ]

    assert answers == [(3, 4), (4, 12), (4, 3)]
    assert [list(features.asked) for features in (real, fakes, others)] == swept
    assert (real.in_hand, fakes.in_hand, others.in_hand) == (0, 0, 0)


def test_a_row_that_was_not_swept_is_computed_when_asked_for():
    real, fakes = Counted(1, 2), Counted(4, 6)

    with shared_computations():
        sweep(real, [(fakes, [distance])], let_go)

        assert each_sub_discriminator(product, real, fakes) == (4, 12)


def test_a_refusal_is_left_to_the_loss():
    real, fakes = Counted(1, 2), Counted(4, 6)

    with shared_computations():
        sweep(real, [(fakes, [refusing])], let_go)

        with pytest.raises(InputError, match="too large"):
            each_sub_discriminator(refusing, real, fakes)
    assert fakes.in_hand == 1  # by the loss, not by the sweep


def test_lists_of_different_lengths_are_refused_by_the_loss():
    real, fakes = Counted(1, 2), Counted(4)

    with shared_computations():
        sweep(real, [(fakes, [distance])], let_go)

        with pytest.raises(InputError, match="real_features"):
            each_sub_discriminator(distance, real, fakes)


def test_nothing_is_remembered_outside_of_a_batch():
    real, fakes = Counted(1), Counted(4)
    sweep(real, [(fakes, [distance])], let_go)
    before = len(real.asked)

    assert each_sub_discriminator(distance, real, fakes) == (3,)
    assert len(real.asked) > before
