"""The loss of a critic out of its scores and penalty."""

import math
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ganloss_cli.io.logs.series import Log, Recorder
from ganloss_cli.pipeline.log.critics import check_critics
from ganloss_cli.records.log import LoggedSum
from ganloss_cli.reporters.log.wording import formula, kept


def columns_of(*tags: str, rows: int = 12, seed: int = 0) -> dict[str, list[float]]:
    draws = random.Random(seed)
    return {tag: [draws.uniform(0.1, 3.0) for _ in range(rows)] for tag in tags}


def critics(columns: Mapping[str, Sequence[float]], digits: int = 4) -> list[LoggedSum]:
    recorder = Recorder()
    for tag, values in columns.items():
        for row, value in enumerate(values):
            text = f"{value:.{digits}f}"
            recorder.add(tag, float(text), row=row, step=row, text=text)
    return check_critics(Log(path=Path("log"), format="test", series=recorder.series()), 0, ())


def each(columns: Mapping[str, Sequence[float]], constant: float = 0.0, **weights: float) -> list[float]:
    """A formula of columns row by row; "__" stands for a space."""
    n_rows = len(next(iter(columns.values())))
    return [
        constant + math.fsum(weight * columns[tag.replace("__", " ")][row] for tag, weight in weights.items())
        for row in range(n_rows)
    ]


@pytest.mark.parametrize(("weight", "whose"), [(10.0, "of recipe"), (0.25, None), (137.5, None), (5.0, None)])
def test_the_weight_of_a_gradient_penalty_is_solved_for_and_named(weight: float, whose: str | None) -> None:
    columns = columns_of("real_score", "fake_score", "gradient_penalty", "lr")
    columns["d_loss"] = each(columns, fake_score=1, real_score=-1, gradient_penalty=weight)

    (found,) = critics(columns)

    assert found.holds
    assert found.total == "d_loss"
    assert found.parts == {"fake_score": 1.0, "real_score": -1.0, "gradient_penalty": weight}
    assert found.solved == "gradient_penalty"
    if whose is not None:
        assert whose in str(found.weight_meaning)
    assert f"lambda = {weight:g} of gradient_penalty solved for" in kept(found)


@pytest.mark.parametrize(
    ("tags", "weights", "constant", "expected"),
    [
        (("D(x)", "D(G(z))"), (-1.0, 1.0), 1.0, "D = 1 - D(x) + D(G(z))"),
        (("D(x)", "D(G(z))"), (-1.0, 1.0), 0.0, "D = D(G(z)) - D(x)"),
        (("D_real", "D_fake"), (-1.0, 1.0), 0.0, "D = D_fake - D_real"),
        (("wasserstein_distance", "gp"), (-1.0, 10.0), 0.0, "D = - wasserstein_distance + 10 gp"),
        (("d_adv", "r1_penalty"), (1.0, 5.0), 0.0, "D = d_adv + 5 r1_penalty"),
        (("D_real", "D_fake", "gp"), (1.0, 1.0, 10.0), 0.0, "D = D_real + D_fake + 10 gp"),
    ],
)
def test_the_forms_of_published_code_are_told(
    tags: tuple[str, ...], weights: tuple[float, ...], constant: float, expected: str
) -> None:
    columns = columns_of(*tags)
    rows = zip(*columns.values(), strict=True)
    columns["D"] = [constant + math.fsum(w * v for w, v in zip(weights, row, strict=True)) for row in rows]

    (found,) = critics(columns)

    assert found.holds
    assert formula(found) == expected


def test_a_weight_that_one_row_denies_is_none() -> None:
    columns = columns_of("real_score", "fake_score", "gp")
    columns["d_loss"] = each(columns, fake_score=1, real_score=-1, gp=10)
    columns["d_loss"][7] += 0.01

    assert critics(columns) == []


def test_two_rows_prove_no_weight() -> None:
    columns = columns_of("real_score", "fake_score", "gp", rows=2)
    columns["d_loss"] = each(columns, fake_score=1, real_score=-1, gp=10)

    assert critics(columns) == []


@pytest.mark.parametrize("seed", range(20))
def test_of_numbers_that_have_nothing_to_do_with_each_other_nothing_is_told(seed: int) -> None:
    columns = columns_of("real_score", "fake_score", "gp", "wasserstein", "d_adv", "d_loss", "critic_loss", seed=seed)

    assert critics(columns, digits=1) == []


def test_a_penalty_with_a_negative_weight_is_none() -> None:
    columns = columns_of("real_score", "fake_score", "gp")
    columns["d_loss"] = each(columns, fake_score=1, real_score=-1, gp=-10)

    assert critics(columns) == []


def test_rows_that_are_not_finite_explain_nothing() -> None:
    columns = columns_of("real_score", "fake_score", "gp")
    columns["d_loss"] = each(columns, fake_score=1, real_score=-1, gp=10)
    columns["gp"][3] = math.nan

    assert critics(columns) == []
