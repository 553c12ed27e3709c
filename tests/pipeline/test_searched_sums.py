"""Totals that no catalogued sum explains: what is found, and that chance finds nothing."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ganloss_cli.evaluators.known_tags import may_be_total
from ganloss_cli.io.logs.series import Log, Recorder
from ganloss_cli.pipeline.log.searched import search_sums
from ganloss_cli.pipeline.log.sums import check_sums
from ganloss_cli.records.log import LoggedSum
from ganloss_cli.records.report import Finding

ROWS = 30


def searched(columns: Mapping[str, Sequence[float]], digits: int = 4) -> tuple[list[LoggedSum], list[Finding]]:
    recorder = Recorder()
    for tag, values in columns.items():
        for row, value in enumerate(values):
            text = f"{value:.{digits}f}"
            recorder.add(tag, float(text), row=row, step=row, text=text)
    log = Log(path=Path("log"), format="test", series=recorder.series())
    return search_sums(log, 0, list(check_sums(log, 0)))


def walks(seed: int, *tags: str, rows: int = ROWS) -> dict[str, list[float]]:
    """Losses that move slowly, as those of a training do."""
    draws = random.Random(seed)
    found = {}
    for tag in tags:
        value, values = draws.uniform(0.5, 3), []
        for _ in range(rows):
            value = abs(value + draws.gauss(0, 0.05))
            values.append(value)
        found[tag] = values
    return found


def summed(columns: Mapping[str, Sequence[float]], **weights: float) -> list[float]:
    return [sum(weight * columns[tag][row] for tag, weight in weights.items()) for row in range(ROWS)]


def test_the_total_of_a_training_of_one_s_own_is_found_with_the_weight_of_pix2pix() -> None:
    columns = walks(0, "adv", "l1", "vgg", "kl")
    columns["total_loss"] = summed(columns, adv=1, l1=100, kl=1)

    (found,), notes = searched(columns)

    assert found.holds
    assert (found.total, found.parts) == ("total_loss", {"adv": 1.0, "l1": 100.0, "kl": 1.0})
    assert found.tried is not None
    assert found.tried > 100
    assert found.expected_by_chance is not None
    assert found.expected_by_chance < 1e-9
    assert notes == []


def test_a_generator_s_loss_need_not_call_itself_a_total() -> None:
    columns = walks(1, "adv", "fm", "d_loss")
    columns["g_loss"] = summed(columns, adv=1, fm=10)

    (found,), _ = searched(columns)

    assert (found.total, found.parts) == ("g_loss", {"adv": 1.0, "fm": 10.0})


def test_of_several_sums_the_one_of_fewest_terms_is_named() -> None:
    columns = walks(2, "adv", "l1", "vgg")
    columns["g_loss"] = summed(columns, adv=1, l1=100)
    columns["total"] = summed(columns, adv=1, l1=100, vgg=1)

    found, _ = searched(columns)

    assert {one.total: dict(one.parts) for one in found}["total"] == {"vgg": 1.0, "g_loss": 1.0}


def test_a_total_with_a_weight_of_nobody_s_is_a_note_with_the_number_tried() -> None:
    columns = walks(3, "adv", "fm", "kl")
    columns["total_loss"] = summed(columns, adv=1, fm=7.3)

    found, (note,) = searched(columns)

    assert found == []
    assert (note.check, note.severity) == ("unexplained_total", "note")
    assert f"{note.evidence['tried']} were tried" in note.message
    assert "two or three of the 3 other terms" in note.message


@pytest.mark.parametrize("seed", range(12))
def test_chance_finds_no_sum_among_losses_that_have_none(seed: int) -> None:
    columns = walks(seed, "total_loss", "g_loss", "adv", "l1", "vgg", "fm", "mel", "kl")

    found, _ = searched(columns, digits=2)

    assert found == []


def test_two_rows_of_few_digits_tell_nothing() -> None:
    columns = walks(4, "adv", "l1", "vgg", "fm", "mel", "kl", rows=2)
    columns["total_loss"] = [adv + vgg for adv, vgg in zip(columns["adv"], columns["vgg"], strict=True)]

    found, notes = searched(columns, digits=1)

    assert found == []
    assert [note.check for note in notes] == ["total_by_chance"]


def test_a_term_that_is_not_logged_leaves_a_total_unexplained() -> None:
    columns = walks(5, "adv", "vgg", "rest")
    rest = columns.pop("rest")
    columns["total"] = [a + v + 1e-3 * r for a, v, r in zip(columns["adv"], columns["vgg"], rest, strict=True)]

    found, notes = searched(columns)

    assert found == []
    assert [note.check for note in notes] == ["unexplained_total"]


def test_rates_scores_and_tags_of_other_rows_are_no_terms() -> None:
    columns = walks(6, "adv", "vgg", "real_score")
    columns["total"] = summed(columns, adv=1, real_score=1)
    columns["rare"] = columns["adv"][:5]

    found, (note,) = searched(columns)

    assert found == []
    assert note.evidence["terms"] == 2


def test_what_a_catalogued_sum_explains_is_not_searched_for() -> None:
    columns = walks(7, "d/real", "d/fake", "adv")
    columns["d/total"] = [r + f for r, f in zip(columns["d/real"], columns["d/fake"], strict=True)]

    assert searched(columns) == ([], [])


@pytest.mark.parametrize(
    ("tag", "may_be"),
    [
        ("total_loss", True), ("loss/overall", True), ("g_loss", True), ("lossD", True), ("train/loss", True),
        ("G", True), ("d_real", False), ("l1", False), ("loss/g/fm", False), ("lr", False),
    ],
)  # fmt: skip
def test_which_tags_may_be_totals(tag: str, may_be: bool) -> None:
    assert may_be_total(tag) is may_be
