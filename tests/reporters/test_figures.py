import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.reporters.figures import ABSENT, brief, count, figure, number, printable, shape, span


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.98123, "0.9812"),
        (31.2345, "31.23"),
        (1.0, "1.000"),
        (-0.5, "-0.5000"),
        (0.000123, "0.0001230"),
        (12345.6, "12346"),
        (9999.6, "10000"),
        (1234567.0, "1.235e+06"),
        (0.00001234, "1.234e-05"),
        (0.0, "0"),
        (-0.0, "0"),
        (None, ABSENT),
        (math.nan, ABSENT),
        (math.inf, ABSENT),
    ],
)
def test_a_figure_has_four_significant_digits(value: float | None, shown: str) -> None:
    assert figure(value) == shown


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_figure_reads_back_to_half_a_unit_of_its_fourth_digit(value: float) -> None:
    assert float(figure(value)) == pytest.approx(value, rel=5.1e-4, abs=1e-300)


def test_a_standard_error_has_two_significant_digits() -> None:
    assert figure(0.001234, 2) == "0.0012"


def test_an_unknown_figure_is_never_a_zero() -> None:
    assert "0" not in figure(None)


def test_foreign_text_sends_no_control_character_to_the_terminal() -> None:
    assert printable("a\x1b[31m\nb\u202ec\udcff é 日本") == "a\\x1b[31m\\nb\\u202ec\\udcff é 日本"


def test_foreign_text_keeps_the_characters_that_are_let_through() -> None:
    assert printable("a\nb\t", keep="\n") == "a\nb\\t"


def test_chosen_numbers_have_no_needless_digits() -> None:
    assert [number(0.5), number(-1.0), number(1 / 3), span((-1.0, 1.0))] == ["0.5", "-1", "0.333333", "[-1, 1]"]


def test_counts_agree_with_their_nouns() -> None:
    assert [count(0, "image"), count(1, "image"), count(2, "image")] == ["0 images", "1 image", "2 images"]


def test_a_shape_is_sizes_or_the_word_for_none() -> None:
    assert [shape((3, 64, 48)), shape(())] == ["3×64×48", "scalar"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "—"), ({}, "—"), (True, "yes"), (0.5, "0.5"), ([1, "a"], "1, a"), ({"k": 1.0}, "k 1"), ("x\n", "x\\n")],
)
def test_any_value_fits_on_one_line(value: object, shown: str) -> None:
    assert brief(value) == shown
