"""One name, two numbers: the conventions that disagree, and how."""

import dataclasses
import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.example import example_batch, example_value, known_settings
from ganloss_cli.evaluators.losses import (
    component,
    d_bce,
    d_hinge,
    fm,
    g_bce,
    g_hinge,
    g_minimax,
    mel,
    mrstft,
    psnr,
    si_sdr,
    ssim,
    tv,
)
from ganloss_cli.evaluators.recipes.published import find_recipe
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator
from ganloss_cli.io.networks.waveform_discriminators import PeriodDiscriminator

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


def test_probabilities_cost_what_their_logits_cost_and_a_second_sigmoid_leaves_a_narrow_band() -> None:
    real, fake = torch.tensor([3.0, 0.2]), torch.tensor([-2.0, 0.4])

    plain = total(d_bce(real, fake))
    right, wrong = (total(d_bce(sign * torch.full((2,), 40.0), -sign * torch.full((2,), 40.0), sigmoid=True))
                    for sign in (1, -1))  # fmt: skip

    assert total(d_bce(real.sigmoid(), fake.sigmoid(), scores="probabilities")) == pytest.approx(plain)
    assert (right, wrong) == pytest.approx((0.313262 + 0.693147, 0.693147 + 1.313262), abs=1e-5)


def test_a_bounded_hinge_of_a_generator_is_one_more_as_long_as_no_score_is_above_one() -> None:
    low, high = torch.tensor([0.9, -3.0]), torch.tensor([0.9, 3.0])

    assert total(g_hinge(low, bounded=True)) == pytest.approx(total(g_hinge(low)) + 1)
    assert total(g_hinge(high, bounded=True)) > total(g_hinge(high)) + 1


def test_a_root_in_the_decibels_halves_them_and_a_span_of_2_taken_for_1_costs_6_of_them() -> None:
    real = torch.zeros(2, 1, 4, 4)
    fake = torch.stack([torch.full((1, 4, 4), 0.01), torch.full((1, 4, 4), 0.1)])  # 40 and 20 dB

    assert shown("psnr:half") == pytest.approx(shown("psnr") / 2)
    assert shown("psnr") - shown("psnr:symmetric_range_as_unit") == pytest.approx(6.0206, abs=1e-4)
    assert total(psnr(real, fake)) == pytest.approx(30)
    assert total(psnr(real, fake, pooled=True)) == pytest.approx(22.967, abs=1e-3)  # never above the mean of decibels


def test_the_windows_of_ssim_give_numbers_of_their_own_on_one_noisy_picture() -> None:
    # scikit-image's astronaut, blurred and noisy, has .628, .649, .626, .858 and .571 in reference implementations
    rows, columns = torch.meshgrid(torch.arange(512.0), torch.arange(512.0), indexing="ij")
    real = (0.5 + 0.3 * (rows / 9).sin() * (columns / 13).cos() + 0.2 * (rows * columns / 3e4).sin())[None, None]
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(0))
    fake = (real + 0.1 * noise).clamp(0, 1)

    def value(convention: str) -> float:
        return total(ssim(real, fake, **catalogue()["ssim"].convention(convention).settings))

    values = [value(name) for name in ("piq", "scikit_image", "wang2004", "torchmetrics")]
    assert values == sorted(values, reverse=True)
    assert min(a - b for a, b in itertools.pairwise(values)) > 1e-5
    assert values[0] - values[1] > 0.1  # averaging by two takes most of the noise away
    assert abs(1 - value("blog") - values[2]) > 0.01
    assert value("one_minus") == pytest.approx(1 - values[2])
    assert value("dssim") == pytest.approx((1 - values[2]) / 2)


def test_the_logarithm_of_a_mel_spectrogram_is_worth_a_factor_of_2_3() -> None:
    generator = torch.Generator().manual_seed(0)
    real, fake = (0.3 * torch.randn(1, 1, 8192, generator=generator, dtype=torch.float64) for _ in range(2))

    natural, decimal = (total(mel(real, fake, sample_rate=22050, logarithm=log)) for log in ("ln", "log10"))

    assert natural == pytest.approx(2.302585 * decimal, rel=1e-6)


def test_one_norm_over_the_batch_lets_loud_recordings_hide_quiet_ones() -> None:
    generator = torch.Generator().manual_seed(0)
    loud, quiet, noise = (torch.randn(1, 1, 4096, generator=generator) for _ in range(3))
    real = torch.cat([loud, 0.01 * quiet])
    fake = torch.cat([loud + 0.01 * noise, 0.03 * noise])

    assert total(mrstft(real, fake)) > 1.3 * total(mrstft(real, fake, norms="set"))


def test_an_offset_counts_in_si_sdr_unless_means_are_taken_off() -> None:
    generator = torch.Generator().manual_seed(0)
    target, noise = (torch.randn(1, 1, 1000, generator=generator) for _ in range(2))
    target, noise = target - target.mean(), noise - noise.mean()
    estimate = target + 0.3 * noise

    assert total(si_sdr(estimate, target)) == pytest.approx(total(si_sdr(estimate, target, zero_mean=True)), rel=1e-4)
    assert total(si_sdr(estimate + 1, target)) < total(si_sdr(estimate + 1, target, zero_mean=True)) - 5


def test_norms_over_the_batch_divide_the_last_component_by_its_size() -> None:
    generator = torch.Generator().manual_seed(0)
    mask, target, residual = (torch.rand(1, 5, 7, generator=generator).expand(4, 5, 7) for _ in range(3))

    of_each, of_all = (total(component(mask, target, residual, alpha=0.0, beta=1.0, norms=norms))
                       for norms in ("sample", "set"))  # fmt: skip

    assert of_each == pytest.approx(4 * of_all)


def of_recipe(name: str, side: str) -> tuple[float, dict[str, float]]:
    """A recipe's total for one side on the example, and its logged terms."""
    recipe = find_recipe(name)
    logged = {}
    whole = 0.0
    for term in recipe.terms:
        if term.total not in [one.logged for one in recipe.totals if one.side == side] or not term.loss:
            continue
        loss = catalogue()[term.loss]
        row = loss.convention(term.convention or loss.default.name)
        settings = {**loss.settings, **known_settings(loss, row), **row.settings, **term.settings}
        value = loss(example_batch(loss), settings)
        assert isinstance(value, dict)
        parts = [total(part) for key, part in value.items() if term.part in (None, key.partition(".")[0])]
        logged[term.logged] = sum(parts) * term.logged_factor(recipe.settings)
        whole += logged[term.logged] * term.total_weight(recipe.settings)
    return whole, logged


def test_cyclegans_own_generator_loss_is_twice_that_of_pytorch_gan_and_logs_weighted_terms() -> None:
    official, logged = of_recipe("cyclegan", "generator")
    halved, plain = of_recipe("pytorch_gan_cyclegan", "generator")

    assert official == pytest.approx(2 * halved)
    assert logged["cycle_A"] == pytest.approx(10 * plain["loss_cycle_A"])
    assert logged["idt_A"] + logged["idt_B"] == pytest.approx(5 * (plain["loss_id_A"] + plain["loss_id_B"]))


def test_squared_variation_grows_with_the_square_of_the_contrast() -> None:
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))

    assert total(tv(2 * image)) == pytest.approx(2 * total(tv(image)))
    assert total(tv(2 * image, power=2)) == pytest.approx(4 * total(tv(image, power=2)))


def test_a_loop_over_the_batch_makes_the_perceptual_loss_as_many_times_larger() -> None:
    loss = catalogue()["perceptual"]
    batch = example_batch(loss)
    assert batch.real is not None

    assert shown("perceptual:blog") == pytest.approx(len(batch.real) * shown("perceptual:leftthomas"))


def test_a_score_depends_on_the_company_in_groups_and_on_the_mode_in_batch_norm() -> None:
    torch.manual_seed(0)
    judge, images = StyleGAN2Discriminator(channels=[8, 6], hidden=12).eval(), torch.randn(8, 3, 8, 8)
    norm = torch.nn.BatchNorm1d(4)

    with torch.no_grad():
        for parameter in judge.parameters():
            parameter.normal_()
        together, alone = judge(images[:4]), judge(torch.cat([images[:1], images[5:]]))
        trained, evaluated = norm.train()(images[:, 0, 0, :4]), norm.eval()(images[:, 0, 0, :4])

    assert not torch.allclose(together[0][0][0], alone[0][0][0])
    assert not torch.allclose(trained, evaluated)


def test_a_whole_period_of_padding_moves_the_score_of_a_waveform_that_needs_none() -> None:
    torch.manual_seed(0)
    judge, waveform = PeriodDiscriminator(5, channels=(2, 2, 4, 4, 4)).eval(), 100 * torch.randn(1, 1, 500)

    with torch.no_grad():
        as_it_is = judge(waveform)[0]
        padded = judge(torch.nn.functional.pad(waveform, (0, 5), mode="reflect"))[0]

    assert float(as_it_is.mean()) != pytest.approx(float(padded.mean()), rel=1e-6)


# Each of the forty disagreements of one name with another number that are known, with the tests that hold it.
FORTY = {
    1: "a_factor_stands_between", 2: "a_factor_stands_between", 3: "a_factor_stands_between",
    4: "an_undecided_discriminator_costs_2_ln_2_or_ln_2",
    5: "a_saturating_generator_loss_has_the_optimum_of_the_other",
    6: "probabilities_cost_what_their_logits_cost_and_a_second_sigmoid_leaves_a_narrow_band",
    7: "a_factor_stands_between",
    8: "a_bounded_hinge_of_a_generator_is_one_more_as_long_as_no_score_is_above_one",
    9: "minus_the_scores_makes_of_one_polarity_the_other",
    10: "feature_matching_of_a_hifigan_sums_what_the_blog_averages",
    11: "no_factor_stands_between", 12: "whether_real_features_are_detached_changes_no_value",
    13: "a_factor_stands_between", 14: "a_factor_stands_between",
    15: "a_norm_over_channels_at_each_pixel_pulls_the_penalty_to_one",
    16: "a_factor_stands_between", 17: "no_factor_stands_between", 18: "a_factor_stands_between",
    19: "a_path_penalty_from_zero_is_0_98_of_the_mean_squared_length",
    20: "a_root_in_the_decibels_halves_them_and_a_span_of_2_taken_for_1_costs_6_of_them",
    21: "a_root_in_the_decibels_halves_them_and_a_span_of_2_taken_for_1_costs_6_of_them",
    22: "a_root_in_the_decibels_halves_them_and_a_span_of_2_taken_for_1_costs_6_of_them",
    23: "the_windows_of_ssim_give_numbers_of_their_own_on_one_noisy_picture",
    24: "the_windows_of_ssim_give_numbers_of_their_own_on_one_noisy_picture",
    25: "a_factor_stands_between", 26: "no_factor_stands_between",
    27: "the_blogs_divergence_is_negative_and_no_divergence_is",
    28: "the_logarithm_of_a_mel_spectrogram_is_worth_a_factor_of_2_3",
    29: "one_norm_over_the_batch_lets_loud_recordings_hide_quiet_ones",
    30: "an_offset_counts_in_si_sdr_unless_means_are_taken_off",
    31: "norms_over_the_batch_divide_the_last_component_by_its_size",
    32: "cyclegans_own_generator_loss_is_twice_that_of_pytorch_gan_and_logs_weighted_terms",
    33: "cyclegans_own_generator_loss_is_twice_that_of_pytorch_gan_and_logs_weighted_terms",
    34: "squared_variation_grows_with_the_square_of_the_contrast",
    35: "a_loop_over_the_batch_makes_the_perceptual_loss_as_many_times_larger",
    36: "a_clipped_log_saturates",
    37: "a_score_depends_on_the_company_in_groups_and_on_the_mode_in_batch_norm",
    38: "a_factor_stands_between", 39: "a_factor_stands_between",
    40: "a_whole_period_of_padding_moves_the_score_of_a_waveform_that_needs_none",
}  # fmt: skip


def test_all_forty_are_held() -> None:
    assert list(FORTY) == list(range(1, 41))
    assert all(callable(globals()[f"test_{name}"]) for name in FORTY.values())
