import re

import pytest
from rich.text import Text

from ganloss_cli.reporters.screen import Screen, figures, prose, ruled, text, this_screen

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def test_decimal_points_stand_above_each_other() -> None:
    head, *cells = figures("value", [Text("0.9812"), Text("31.23"), Text("—"), Text("12346"), Text("1.235e+07")])

    assert head.plain == "        value"
    assert [cell.plain for cell in cells] == [
        "    0.9812   ",
        "   31.23     ",
        "    —        ",
        "12346        ",
        "    1.235e+07",
    ]


def test_a_head_wider_than_its_figures_pads_them() -> None:
    assert [cell.plain for cell in figures("median", [Text("1.5")])] == ["median", "   1.5"]


def test_markup_in_foreign_text_is_shown_as_it_is() -> None:
    assert Screen().draw([text("[red]a[/red] :smile: [/]")]) == "[red]a[/red] :smile: [/]\n"


def test_a_line_break_in_foreign_text_breaks_no_line_but_one_in_a_message_does() -> None:
    assert Screen().draw([text("a\nb")]) == "a\\nb\n"
    assert Screen().draw([prose("a\nb")]) == "a\nb\n"


def test_without_a_width_nothing_is_wrapped_or_cut() -> None:
    long = "x" * 5000

    drawn = Screen().draw([ruled([[Text("name"), text(long)], [Text("notes"), text(f"{long} {long}")]])])

    assert f"{long}  {long} {long}\n" in drawn


def test_lines_of_plain_text_end_without_blanks() -> None:
    drawn = Screen(width=60).draw([ruled([[Text("a"), Text("1")], [Text("a long head"), Text("b")]])])

    assert all(line == line.rstrip() for line in drawn.splitlines())


def test_a_narrow_screen_wraps_only_the_last_column() -> None:
    table = ruled([[Text("name"), Text("never broken")], [Text("notes"), Text("word " * 8)]])

    drawn = Screen(width=30).draw([table])

    assert "never broken" in drawn
    assert max(map(len, drawn.splitlines())) <= 30


def test_a_piped_document_has_neither_width_nor_colour() -> None:
    assert this_screen() == Screen()


def test_a_stated_number_of_columns_holds_for_pipes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")

    assert this_screen().width == 72


def test_forced_colour_widens_no_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")

    screen = this_screen()

    assert screen.width is None
    assert screen.colours == "256"


@pytest.mark.parametrize(("variable", "value"), [("TERM", "dumb"), ("TERM", "unknown")])
def test_a_dumb_terminal_gets_no_colour(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv(variable, value)

    assert "\x1b" not in this_screen().draw([text("a", "bold red")])


def test_no_color_leaves_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")

    drawn = this_screen().draw([text("a", "red")])

    assert not re.search(r"\x1b\[[0-9;]*3\d", drawn)
    assert ANSI.sub("", drawn) == "a\n"
