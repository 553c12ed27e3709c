"""Which formula made a number: the rules of ranking, and the whole catalogue found again from its own values."""

import pytest

from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES
from ganloss_cli.evaluators.catalogue import catalogue, find_loss
from ganloss_cli.evaluators.example import example_batch, example_value
from ganloss_cli.pipeline.number.audit import traced_number
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for
from ganloss_cli.pipeline.number.one_log import narrowed, ranked_together
from ganloss_cli.pipeline.number.ranking import ranked
from ganloss_cli.records.report import Result

EXACT = 1e-9


def evaluated(loss, row, value, conditions=None, error=None, judges=None):
    result = Result(
        loss=loss.name, convention=row.name, value=value, count=4, standard_error=error, sub_discriminators=judges
    )
    return ConventionValue(loss=loss, convention=row, result=result, conditions=conditions or {}, unit=error)


def plain(name, values, **figures):
    """Conventions of a loss with values of our choice."""
    loss = find_loss(name)
    return [evaluated(loss, loss.convention(row), value, **figures) for row, value in values.items()]


def on_the_example(loss):
    batch = example_batch(loss)
    judges = next((len(v) for r in (*LOGIT_ROLES, *FEATURE_ROLES) if (v := getattr(batch, r)) is not None), None)
    there = [row for row in loss.conventions if row.extra is None or not row.extra.missing()]
    rows = [row for row in there if row.alias_of is None]
    return [evaluated(loss, row, example_value(loss, row), judges=judges) for row in rows]


def formulas(number, values):
    return ranked(formulas_for(number, values, EXACT), EXACT)


def trace(number, values):
    return traced_number(number, formulas(number, values), EXACT)


def names(candidate):
    return {f"{candidate.loss}:{candidate.convention}", *candidate.same}


@pytest.mark.parametrize("name", catalogue())
def test_every_convention_is_named_by_its_own_value(name):
    entries = on_the_example(catalogue()[name])

    for entry in entries:
        traced = trace(stated_number(f"{name}={entry.result.value:.9f}"), entries)
        assert traced.verdict == "reproduced", entry.convention.name
        assert f"{name}:{entry.convention.name}" in names(traced.candidates[0])
        assert traced.candidates[0].factor == 1


@pytest.mark.parametrize("name", catalogue())
def test_a_value_that_no_convention_produces_is_not_reproduced(name):
    entries = on_the_example(catalogue()[name])
    # between two of its values, away from every factor
    number = stated_number(f"{name}={entries[0].result.value * 1.2345678 + 0.00123:.9f}")

    traced = trace(number, entries)

    assert traced.verdict == "closest, not reproduced"
    assert not any(candidate.within_rounding for candidate in traced.candidates)


def test_the_digits_decide_what_rounding_may_hide():
    entries = plain("d_bce", {"dcgan": 0.87624})

    verdicts = [trace(stated_number(f"d_bce={text}"), entries).verdict for text in ("0.88", "0.876", "0.877")]

    assert verdicts == ["reproduced", "reproduced", "closest, not reproduced"]


def test_a_convention_outranks_a_factored_one():
    # half of the default is the convention discogan; here another formula lies at half of it as well
    entries = plain("ssim", {"wang2004": 0.8, "luma": 0.4})

    traced = trace(stated_number("ssim=0.400"), entries)

    assert (traced.verdict, traced.candidates[0].convention, traced.candidates[0].factor) == ("reproduced", "luma", 1)


def test_a_factored_convention_is_found_where_no_plain_one_fits():
    entries = plain("d_lsgan", {"vits": 1.5, "pearson": 0.9}, judges=3)

    traced = trace(stated_number("d_lsgan=4.5"), entries)

    assert traced.verdict == "reproduced"
    assert traced.candidates[0].factor_meaning == "times the 3 sub-discriminators"


def test_two_formulas_within_rounding_are_ambiguous_and_what_separates_them_is_said():
    entries = plain("ssim", {"wang2004": 0.6947, "torchmetrics": 0.6945})

    traced = trace(stated_number("ssim=0.69"), entries)

    assert traced.verdict == "ambiguous"
    assert {c.convention for c in traced.candidates if c.within_rounding} == {"wang2004", "torchmetrics"}
    assert traced.separated_by.startswith("the number with 4 decimals")


def test_candidates_with_one_formula_are_one():
    # one sub-discriminator: the sum over them is their mean, and half the default is discogan's convention
    entries = plain("d_bce", {"dcgan": 1.2, "basicsr_multiscale": 1.2, "discogan": 0.6}, judges=1)

    traced = trace(stated_number("d_bce=1.2"), entries)

    assert traced.verdict == "reproduced"
    assert "d_bce:basicsr_multiscale" in traced.candidates[0].same
    assert traced.formulas < traced.tried


def test_what_comes_near_is_ranked_in_standard_errors():
    entries = [
        *plain("d_bce", {"dcgan": 0.90}, error=0.001),
        *plain("d_bce", {"one_sided_smoothing": 0.93}, error=0.1),
    ]

    traced = trace(stated_number("d_bce=0.88"), entries)

    distances = {c.convention: c.standard_errors for c in reversed(traced.candidates) if c.factor == 1}
    assert traced.candidates[0].convention == "one_sided_smoothing"
    assert distances["dcgan"] == pytest.approx(20)
    assert [abs(c.standard_errors) for c in traced.candidates] == sorted(
        abs(c.standard_errors) for c in traced.candidates
    )


def test_beside_the_nearest_plain_convention_a_plain_one_far_away_does_not_outrank_what_is_near():
    # by hand: 1, 46 and 3.3 standard errors of the run as it was asked for
    loss = find_loss("d_bce")
    entries = [
        *plain("d_bce", {"dcgan": 1.27}, error=0.017),
        *plain("d_bce", {"one_sided_smoothing": 0.98}, error=0.006),
        evaluated(loss, loss.default, 1.31, conditions={"mode": "train"}, error=0.017),
    ]

    traced = trace(stated_number("d_bce=1.2530"), entries)

    shown = [(c.convention, *c.conditions.values()) for c in traced.candidates if c.factor == 1]
    assert shown == [("dcgan",), ("dcgan", "train"), ("one_sided_smoothing",)]


def test_a_plain_convention_a_few_per_cent_off_leads_as_a_log_averages_over_moving_networks():
    loss = find_loss("d_bce")
    entries = [
        *plain("d_bce", {"dcgan": 0.95}, error=0.005),
        evaluated(loss, loss.default, 0.881, conditions={"samples": "the first batch of 64"}, error=0.005),
    ]

    traced = trace(stated_number("d_bce=0.8762"), entries)

    assert traced.candidates[0].conditions == {}
    assert traced.candidates[1].conditions == {"samples": "the first batch of 64"}


def test_one_sample_is_ranked_by_the_relative_distance():
    entries = plain("psnr", {"per_image": 24.0, "luma": 27.0, "sr": 30.0})

    traced = trace(stated_number("psnr=26.00"), entries)

    plainly = [c for c in traced.candidates if c.factor == 1]
    assert [c.convention for c in plainly] == ["luma", "per_image", "sr"]  # 1/27, 2/24 and 4/30
    assert all(c.standard_errors is None for c in traced.candidates)


def test_a_run_done_differently_is_outranked_by_the_run_as_it_is():
    loss = find_loss("g_bce")
    entries = [
        evaluated(loss, loss.default, 0.70001, conditions={"mode": "train"}),
        evaluated(loss, loss.default, 0.70002),
    ]

    traced = trace(stated_number("g_bce=0.7000"), entries)

    assert (traced.verdict, traced.candidates[0].conditions) == ("reproduced", {})


def test_a_loss_without_a_value_is_no_candidate():
    entries = plain("psnr", {"per_image": None, "cap80": 80.0})

    traced = trace(stated_number("psnr=80"), entries)

    assert "per_image" not in {candidate.convention for candidate in traced.candidates}


def test_a_second_number_of_the_log_narrows_the_first():
    # d_hinge fits spade (a mean over sub-discriminators) and taming (a half) alike; g_hinge fits spade alone
    first = formulas(stated_number("d_hinge=0.50"), plain("d_hinge", {"spade": 0.501, "taming": 0.499}))
    second = formulas(stated_number("g_hinge=0.20"), plain("g_hinge", {"spade": 0.2, "biggan": 0.6}))
    number = stated_number("d_hinge=0.50")

    alone = traced_number(number, first, EXACT)
    together = traced_number(number, narrowed([first, second])[0], EXACT)

    assert (alone.verdict, together.verdict) == ("ambiguous", "reproduced")
    assert together.candidates[0].convention == "spade"


def test_a_mistake_that_does_not_reproduce_the_number_stands_behind_what_is_right():
    entries = plain("d_lsgan", {"swapped_labels": 0.97, "vits": 0.94}, error=0.01)

    traced = trace(stated_number("d_lsgan=0.98"), entries)

    plainly = [candidate.convention for candidate in traced.candidates if candidate.factor == 1]
    assert plainly == ["vits", "swapped_labels"]
    assert traced.candidates[0].convention == "vits"


def test_numbers_that_nothing_reproduces_are_ranked_by_the_source_that_is_near_all_of_them():
    # pearson lies nearer to the first number, and far from the second
    number = stated_number("d_lsgan=0.9900")
    first = formulas(number, plain("d_lsgan", {"pearson": 0.992, "vits": 1.02}, error=0.01))
    second = formulas(
        stated_number("g_lsgan=1.4000"), plain("g_lsgan", {"pearson": 2.9, "vits": 1.41}, error=0.01)
    )  # fmt: skip

    alone = traced_number(number, first, EXACT)
    together = traced_number(number, ranked_together([first, second])[0], EXACT)

    assert (alone.candidates[0].convention, together.candidates[0].convention) == ("pearson", "vits")
    assert together.verdict == "closest, not reproduced"


def test_the_chance_hits_grow_with_what_rounding_hides():
    entries = on_the_example(find_loss("d_lsgan"))

    coarse, fine = (trace(stated_number(f"d_lsgan={text}"), entries).chance_hits for text in ("7.1", "7.100"))

    assert coarse == pytest.approx(100 * fine)
