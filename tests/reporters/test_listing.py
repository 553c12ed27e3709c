"""Tables of very many rows: drawn as all others, in a fraction of the time."""

import time

import pytest

from ganloss_cli.reporters.screen import Listing, Screen, column, indented, ruled

COLUMNS = [
    ["shape", "2×3", "", "512×512×3×3"],
    ["dtype", "float32", "int64", "bool"],
    ["名前", "a.b", "層" * 30, "x" * 70],
]


@pytest.mark.parametrize("width", [None, 36, 40, 57, 200])
def test_a_listing_looks_like_a_ruled_table(width: int | None) -> None:
    screen = Screen(width=width)
    table = ruled([column(head, cells) for head, *cells in COLUMNS])

    assert screen.draw([indented(Listing(COLUMNS))]) == screen.draw([indented(table)])


def test_a_row_takes_microseconds() -> None:
    rows = [f"blocks.{k}.weight" for k in range(10_000)]
    began = time.process_time()

    Screen(width=80).draw([indented(Listing([["shape", *rows], ["tensor", *rows]]))])

    assert time.process_time() - began < 0.05e-3 * len(rows)
