import math
from pathlib import Path

import pytest

from ganloss_cli.io.logs.series import Log, Recorder
from ganloss_cli.pipeline.log.sums import check_sums
from ganloss_cli.records.log import LoggedSum


def log_of(**columns: list[float]) -> Log:
    """A log with one row a value; a column's name may hold "__" for "/"."""
    recorder = Recorder()
    for name, values in columns.items():
        for row, value in enumerate(values):
            recorder.add(name.replace("__", "/"), value, row=row, step=row, text=f"{value:.6f}")
    return Log(path=Path("log"), format="test", series=recorder.series())


def sums(**columns: list[float]) -> list[LoggedSum]:
    return list(check_sums(log_of(**columns), 0))


def test_a_total_is_the_sum_of_what_stands_beside_it() -> None:
    (found,) = sums(loss__d__total=[3.0, 5.0], loss__d__real=[1.0, 2.0], loss__d__fake=[2.0, 3.0])

    assert found.holds
    assert found.parts == {"loss/d/real": 1.0, "loss/d/fake": 1.0}
    assert (found.rows, found.largest_difference) == (2, 0.0)


def test_a_total_that_is_off_in_one_row_does_not_hold_and_says_where() -> None:
    (found,) = sums(loss__d__total=[3.0, 5.1, 5.0], loss__d__real=[1.0, 2.0, 2.0], loss__d__fake=[2.0, 3.0, 3.0])

    assert not found.holds
    assert found.worst_at == 1
    assert found.largest_difference == pytest.approx(0.1)


def test_scores_norms_and_rates_beside_a_total_are_no_terms() -> None:
    (found,) = sums(
        d__total=[1.0],
        d__real=[0.75],
        d__fake=[0.25],
        d__grad_norm=[9.0],
        d__lr=[1e-4],
        d__accuracy=[0.5],
        d__score=[3.0],
    )

    assert found.holds
    assert set(found.parts) == {"d/real", "d/fake"}


@pytest.mark.parametrize(("total", "weight"), [(1.5, 1.0), (0.75, 0.5)])
def test_a_loss_is_the_sum_or_half_the_sum_of_its_sides(total: float, weight: float) -> None:
    (found,) = sums(discriminator_loss=[total], discriminator_real_loss=[1.0], discriminator_fake_loss=[0.5])

    assert found.holds
    assert set(found.parts.values()) == {weight}


def test_accuracies_are_not_added_up() -> None:
    assert sums(d_accuracy=[0.5], d_real_accuracy=[0.9], d_fake_accuracy=[0.1]) == []


def test_a_weight_that_the_terms_were_logged_without_is_found_if_it_fits_every_row() -> None:
    (found,) = sums(g__total=[46.0, 93.0], g__adv=[1.0, 3.0], g__mel=[1.0, 2.0])

    assert found.holds
    assert found.parts == {"g/adv": 1.0, "g/mel": 45.0}


def test_no_weight_is_fitted() -> None:
    (found,) = sums(g__total=[4.0, 8.0], g__adv=[1.0, 2.0], g__mel=[1.0, 2.0])

    assert not found.holds


def test_the_totals_of_vits_are_those_of_all_sub_discriminators() -> None:
    found = sums(
        loss__d__total=[1.0], loss__d_r__0=[0.25], loss__d_r__1=[0.25], loss__d_g__0=[0.25], loss__d_g__1=[0.25],
        loss__g__total=[10.0], loss__g__fm=[1.0], loss__g__mel=[5.0], loss__g__kl=[2.0], loss__g__0=[1.0],
        loss__g__1=[1.0],
    )  # fmt: skip

    assert [(one.total, len(one.parts), one.holds) for one in found] == [
        ("loss/d/total", 4, True), ("loss/g/total", 5, True),
    ]  # fmt: skip


def test_rows_where_rvc_clips_what_it_shows_are_left_out() -> None:
    (found,) = sums(g__total=[100.0, 12.0], g__mel=[75.0, 10.0], g__kl=[2.0, 2.0])

    assert found.holds
    assert (found.rows, found.skipped) == (1, 1)


def test_the_generator_of_pix2pix_adds_up_its_two_terms() -> None:
    (found,) = sums(G=[14.5], G_GAN=[0.5], G_L1=[14.0])

    assert found.holds
    assert found.parts == {"G_GAN": 1.0, "G_L1": 1.0}


def test_nan_never_holds_not_even_on_both_sides() -> None:
    (found,) = sums(d__total=[math.nan, 1.0], d__real=[math.nan, 0.5], d__fake=[1.0, 0.5])

    assert not found.holds
    assert found.largest_difference is None


def test_the_digits_of_the_log_are_what_a_sum_may_be_off_by() -> None:
    recorder = Recorder()
    for name, text in (("D", "1.00"), ("D_real", "0.33"), ("D_fake", "0.66")):
        recorder.add(name, float(text), row=0, text=text)
    log = Log(path=Path("log"), format="test", series=recorder.series())

    (found,) = check_sums(log, 0)

    assert found.holds
    assert found.allowed == pytest.approx(3 * 0.005, rel=1e-2)
