"""Columns of blocks: their heights, what is blank, and many values in few columns."""

import pytest

from ganloss_cli.reporters.blocks import blocks


def test_a_curve_reaches_from_the_lowest_block_to_the_highest_and_is_blank_where_nothing_is() -> None:
    assert blocks([0.0, None, 3.5, 7.0], 60) == ["▁ ▅█"]


def test_a_count_of_zero_is_blank_where_that_is_the_floor() -> None:
    assert blocks([0, 4, 8, 1], 16, low=0) == [" ▄█▁"]


def test_columns_of_several_lines_are_filled_from_beneath() -> None:
    assert blocks([0.0, 0.5, 1.0], 60, rows=2) == [" ▁█", "▁██"]


def test_neighbours_share_a_column_and_show_their_mean() -> None:
    assert blocks([0.0, 0.0, 1.0, 1.0, 0.0, 1.0, None, 1.0], 4) == ["▁█▅█"]


@pytest.mark.parametrize("values", [[], [1.0], [None, 2.0]])
def test_one_value_is_no_curve(values: list[float | None]) -> None:
    assert blocks(values, 60, rows=2) == ["", ""]


@pytest.mark.parametrize("values", [[1.0, 1.0], [-1.7e308, 1.7e308]])
def test_values_that_no_float_tells_apart_stand_in_the_middle(values: list[float | None]) -> None:
    assert blocks(values, 60) == ["▅▅"]
