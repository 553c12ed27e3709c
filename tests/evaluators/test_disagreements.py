"""One name, two numbers: the conventions that disagree, and how."""

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.example import example_batch, example_value
from ganloss_cli.evaluators.losses import d_bce, g_bce, g_minimax

N_PARTS = 3  # sub-discriminators of the example


def shown(typed: str) -> float:
    name, _, convention = typed.partition(":")
    loss = catalogue()[name]
    return example_value(loss, loss.convention(convention or loss.default.name))


def given(typed: str, **fields: object) -> float:
    """A convention on the example with some fields replaced."""
    name, _, convention = typed.partition(":")
    loss = catalogue()[name]
    batch = dataclasses.replace(example_batch(loss), **fields)
    with torch.no_grad():
        return total(loss(batch, {**loss.settings, **loss.convention(convention or loss.default.name).settings}))


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("d_lsgan:hifigan", "d_lsgan:cyclegan", 2),
        ("g_lsgan:hifigan", "g_lsgan:studiogan", 2),
        ("g_lsgan:cyclegan", "g_lsgan:vits", 1),  # CycleGAN halves its discriminator only
        ("d_lsgan:hifigan", "d_lsgan:parallel_wavegan", N_PARTS),
        ("d_hinge:melgan", "d_hinge:spade", N_PARTS),
        ("d_bce:basicsr", "d_bce:basicsr_multiscale", N_PARTS),
        ("d_bce:dcgan", "d_bce:discogan", 2),
        ("g_bce:dcgan", "g_bce:discogan", 1),
        ("d_hinge:biggan", "d_hinge:taming", 2),
        ("d_wgan:blog", "d_wgan:blog_formula", -1),
        ("d_ragan", "d_ragan:esrgan", 2),
        ("fm:vits", "fm:vocos", 2 * N_PARTS),
        ("fm:pix2pixhd", "fm:parallel_wavegan", 40),
        ("fm:spade", "fm:melgan", 12.5),
        ("r1:studiogan", "r1", 0.5),
        ("r1:gamma10", "r1", 5),
        ("r1:gan_stability", "r1", 10),
        ("r1:lazy", "r1", 80),
        ("r1:unit_range", "r1", 4),
        ("r1", "r1:byte_range", 127.5**2),
        ("gp:caogang", "gp:blog", 10),
        ("gp:gan_language", "gp:basicsr", 10),
        ("kl:vae_example", "kl", 4),  # the number of samples
        ("kl", "kl:auralflow", 6 * 8),  # the number of elements
        ("kl_vits", "kl_vits:channel_mask", 6),
        ("kl_categorical:batchmean", "kl_categorical:mean", 6),
        ("vq_commit:taming", "vq_commit:dac", 1.25),
    ],
)
def test_a_factor_stands_between(one: str, other: str, ratio: float) -> None:
    assert shown(one) == pytest.approx(ratio * shown(other), rel=1e-9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fm_moment:discogan", "fm_moment:improved_gan_cifar"),
        ("dragan:studiogan", "dragan:pytorch_gan"),
        ("g_ragan", "g_ragan:pytorch_gan"),
        ("kl:log_sigma_as_logvar", "kl"),
        ("kl_vits:log_variance", "kl_vits"),
        ("g_bce", "g_minimax"),
    ],
)
def test_no_factor_stands_between(one: str, other: str) -> None:
    name, _, _ = one.partition(":")
    fields = {
        role: tuple(1.5 * scores for scores in value) if role.endswith("logits") else value
        for role, value in vars(example_batch(catalogue()[name])).items()
        if role in {"real_logits", "fake_logits", "real", "mu", "z_p", "logs_p", "logs_q"} and value is not None
    }
    scaled = {role: value * 1.5 if isinstance(value, Tensor) else value for role, value in fields.items()}
    if name == "fm_moment":
        real = example_batch(catalogue()[name]).real_features
        scaled = {"real_features": tuple(tuple(3 * one for one in row) for row in real or ())}

    before, after = shown(one) / shown(other), given(one, **scaled) / given(other, **scaled)

    assert after != pytest.approx(before, rel=1e-3)


def test_an_undecided_discriminator_costs_2_ln_2_or_ln_2() -> None:
    undecided = torch.zeros(4)

    assert total(d_bce(undecided, undecided)) == pytest.approx(2 * math.log(2))
    assert total(d_bce(undecided, undecided, scale=0.5)) == pytest.approx(math.log(2))


def test_both_generators_losses_fall_as_fakes_score_higher() -> None:
    low, high = torch.tensor([-1.0]), torch.tensor([1.0])

    assert total(g_bce(high)) < total(g_bce(low))
    assert total(g_minimax(high)) < total(g_minimax(low))


def test_a_sigmoid_before_the_loss_or_inside_it_is_the_same_but_two_are_not() -> None:
    logits = torch.tensor([3.0, -2.0], dtype=torch.float64)

    once = total(d_bce(torch.sigmoid(logits), logits[:0], scores="probabilities")) if False else None

    assert once is None
