from pathlib import Path

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.patterns import fixed_part, hint_for_missing, matching


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("val-08.tar", "val-09.tar", "val-10.tar", "imgs/a.png", "imgs/b.png", "b[1].png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("val-{08..10}.tar", ["val-08.tar", "val-09.tar", "val-10.tar"]),
        ("val-{10..09}.tar", ["val-10.tar", "val-09.tar"]),
        ("val-{08,10}.tar", ["val-08.tar", "val-10.tar"]),
        ("val-0*.tar", ["val-08.tar", "val-09.tar"]),
        ("{imgs/[ab],val-0?}.*", ["imgs/a.png", "imgs/b.png", "val-08.tar", "val-09.tar"]),
        ("b[1].png", ["b[1].png"]),
        ("imgs", ["imgs"]),
    ],
)
def test_a_pattern_stands_for_its_files(here: Path, typed: str, found: list[str]) -> None:
    assert [path.as_posix() for path in matching(Path(typed), "--data")] == found


def test_a_pattern_may_begin_at_the_root(here: Path) -> None:
    assert matching(here / "imgs" / "*.png", "--data") == (here / "imgs/a.png", here / "imgs/b.png")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("val-{08..11}.tar", r"val-11\.tar: does not exist \(named by --data\)"),
        ("*.zip", r"\*\.zip: matches no file \(named by --data\)"),
        ("val-{0..999999999}.tar", "stands for more than 100000 files"),
        ("{0..999}{0..999}.tar", "stands for more than 100000 files"),
    ],
)
def test_a_pattern_of_files_that_are_not_there_is_an_error(here: Path, typed: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        matching(Path(typed), "--data")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Imgs", "imgs"), ("img/a.png", "imgs/a.png"), ("imgs/a.pgn", "imgs/a.png"), ("elsewhere", None), ("img/z", None)],
)
def test_a_path_that_is_not_there_is_answered_with_the_one_that_is(here: Path, typed: str, meant: str | None) -> None:
    assert hint_for_missing(Path(typed)) == (meant and f"did you mean {meant}?")


def test_names_are_relative_to_what_stands_before_the_pattern() -> None:
    assert fixed_part(Path("a/b/*/c.png")) == Path("a/b")
    assert fixed_part(Path("*.png")) == Path()
