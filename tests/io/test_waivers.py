from datetime import date
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.waivers import Waiver, read_waivers


def test_tables_of_what_why_and_until(tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_text(
        '# why the gates are red\n[[waiver]]\nwhat = "ssim"\nwhy = "new decoder"\nuntil = 2030-01-31\n'
        '[[waiver]]\nwhat = "mel by 2%"\nwhy = "a shorter set"\nuntil = "2031-02-28"\n'
    )

    assert read_waivers(path) == (
        Waiver(what="ssim", why="new decoder", until=date(2030, 1, 31)),
        Waiver(what="mel by 2%", why="a shorter set", until=date(2031, 2, 28)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[waiver]", "not TOML"),
        ("\udcff", "not TOML"),
        ('[waiver]\nwhat = "ssim"', "expected .* tables and nothing else"),
        ('[[waivers]]\nwhat = "ssim"', "expected .* tables and nothing else"),
        ('[[waiver]]\nwhat = "ssim"\nwhy = "x"', "waiver 1: has what, why; expected what, why, until"),
        ('[[waiver]]\nwhat = "ssim"\nwhy = " "\nuntil = 2030-01-31', "expected what and why as texts"),
        ('[[waiver]]\nwhat = "ssim"\nwhy = "x"\nuntil = 2030', "until as a date"),
        ('[[waiver]]\nwhat = "ssim"\nwhy = "x"\nuntil = "31.1.2030"', "until is '31.1.2030'; expected a date"),
    ],
)
def test_anything_else_is_refused_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "waivers.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(InputError, match=message):
        read_waivers(path)


def test_an_empty_file_waives_nothing(tmp_path: Path) -> None:
    (tmp_path / "waivers.toml").touch()

    assert read_waivers(tmp_path / "waivers.toml") == ()
