"""One name, two numbers: the conventions that disagree, and how."""

import dataclasses
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.example import example_batch, example_value
from ganloss_cli.evaluators.losses import d_bce, d_hinge, fm, g_bce, g_minimax

N_PARTS = 3  # sub-discriminators of the example


def shown(typed: str) -> float:
    name, _, convention = typed.partition(":")
    loss = catalogue()[name]
    return example_value(loss, loss.convention(convention or loss.default.name))


def on_two_samples(typed: str) -> float:
    """The same on the first two samples of the example."""
    name, _, convention = typed.partition(":")
    loss = catalogue()[name]
    batch = example_batch(loss)
    fields = {field.name: first_two(getattr(batch, field.name)) for field in dataclasses.fields(batch)}
    if batch.random is not None:
        fields["random"] = lambda *drawn: first_two(batch.random(*drawn))
    with torch.no_grad():
        return total(
            loss(Batch(**fields), {**loss.settings, **loss.convention(convention or loss.default.name).settings})
        )


def first_two(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value[:2]
    return tuple(first_two(entry) for entry in value) if isinstance(value, tuple) else value


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
        ("g_bce", "g_minimax"),
        ("g_hinge", "g_hinge:vocos"),
        ("g_ragan", "g_ragan:pytorch_gan"),
        ("d_hinge", "d_hinge:lucidrains"),
        ("fm:blog", "fm:parallel_wavegan"),
        ("fm_moment:discogan", "fm_moment:studiogan"),
        ("gp", "gp:basicsr"),
        ("dragan:studiogan", "dragan:pytorch_gan"),
        ("path_length", "path_length:first_step"),
        ("kl", "kl:log_sigma_as_logvar"),
        ("kl_vits", "kl_vits:log_variance"),
        ("kl_vits", "kl_vits:rvc_logged"),
        ("kl_categorical", "kl_categorical:blog"),
    ],
)
def test_no_factor_stands_between(one: str, other: str) -> None:
    of_four, of_two = shown(one) / shown(other), on_two_samples(one) / on_two_samples(other)

    assert of_two != pytest.approx(of_four, rel=1e-4)


def test_an_undecided_discriminator_costs_2_ln_2_or_ln_2() -> None:
    undecided = torch.zeros(4)

    assert total(d_bce(undecided, undecided)) == pytest.approx(2 * math.log(2))
    assert total(d_bce(undecided, undecided, scale=0.5)) == pytest.approx(math.log(2))


def test_a_saturating_generator_loss_has_the_optimum_of_the_other() -> None:
    low, high = torch.tensor([-1.0]), torch.tensor([1.0])

    assert total(g_bce(high)) < total(g_bce(low))
    assert total(g_minimax(high)) < total(g_minimax(low))


def test_feature_matching_of_a_hifigan_sums_what_the_blog_averages() -> None:
    # 8 sub-discriminators, 54 maps, of which 46 are not logit maps; each map off by v = 0.3
    counts = [6] * 5 + [8] * 3
    real = tuple(tuple(torch.zeros(2, 3) for _ in range(count)) for count in counts)
    fake = tuple(tuple(torch.full((2, 3), 0.3) for _ in range(count)) for count in counts)

    def value(convention: str) -> float:
        return total(fm(real, fake, **catalogue()["fm"].convention(convention).settings))

    assert value("hifigan") == pytest.approx(108 * 0.3)
    assert value("blog") == pytest.approx(0.3)
    assert value("dac") == pytest.approx(46 * 0.3)
    assert value("hifigan") / value("blog") == pytest.approx(108)


def test_whether_real_features_are_detached_changes_no_value() -> None:
    batch = example_batch(catalogue()["fm"])
    assert batch.real_features is not None
    assert batch.fake_features is not None
    attached = tuple(tuple(one.clone().requires_grad_() for one in row) for row in batch.real_features)

    assert total(fm(attached, batch.fake_features)) == shown("fm")


def test_a_norm_over_channels_at_each_pixel_pulls_the_penalty_to_one() -> None:
    assert shown("gp:basicsr") == pytest.approx(1, abs=0.15)
    assert shown("gp") < 0.2


def test_a_path_penalty_from_zero_is_0_98_of_the_mean_squared_length() -> None:
    loss = catalogue()["path_length"]
    squared = total(loss(example_batch(loss), {"mean_path_length": 0.0, "decay": 0.0, "scale": 1.0}))

    assert shown("path_length:first_step") == pytest.approx(0.98 * squared, rel=0.01)
    assert shown("path_length") < 0.1 * squared


def test_a_clipped_log_saturates() -> None:
    assert shown("kl_vits:rvc_logged") == 9.0 < shown("kl_vits")


def test_the_blogs_divergence_is_negative_and_no_divergence_is() -> None:
    assert shown("kl_categorical:blog") < 0 < shown("kl_categorical")


def test_minus_the_scores_makes_of_one_polarity_the_other() -> None:
    real, fake = torch.tensor([2.0, 0.3]), torch.tensor([-1.0, 0.5])

    assert total(d_hinge(real, fake, inverted=True)) == pytest.approx(total(d_hinge(-real, -fake)))
    assert total(d_hinge(real, fake, inverted=True)) > 2 > total(d_hinge(real, fake))
