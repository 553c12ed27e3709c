"""Tables of very many rows: drawn as all others, in a fraction of the time."""

import pytest
from rich.console import Console

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


def test_a_line_is_one_piece_however_many_cells_it_has() -> None:
    rows = [f"blocks.{k}.weight" for k in range(1000)]
    console = Console(width=80)

    pieces = list(console.render(Listing([["shape", *rows], ["tensor", *rows]]), console.options))

    assert len(pieces) == len(rows) + 2  # a table of rich's has five of each row
