"""`--worst K --pictures`: which samples a terminal shows, what each is called, and when none are shown."""

import importlib.util
import io
import sys
from typing import Any

import pytest
from PIL import Image

from ganloss_cli.cli import main
from ganloss_cli.commands import pictures as terminal
from ganloss_cli.errors import ExitStatus
from ganloss_cli.records.report import SamplePicture, SampleRank, SampleView

RUN = ("eval", "--data", "nowhere", "--losses", "l1")


def view(called: str, width: int, height: int, **others: Any) -> SampleView:
    written = io.BytesIO()
    Image.new("RGB", (width, height), (200, 100, 50)).save(written, "JPEG")
    return SampleView(called=called, image=written.getvalue(), **others)


def picture(name: str, which: Any, *views: SampleView) -> SamplePicture:
    return SamplePicture(name=name, ranks=(SampleRank(loss="l1", which=which, place=1, value=0.25),), views=views)


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
def test_only_the_worst_are_shown_each_below_its_name_value_and_views() -> None:
    pytest.importorskip("textual_image")
    sides = (view("real", 96, 96), view("fake", 96, 48))

    (text,) = terminal.drawn([picture("a\x1b[31m", "worst", *sides), picture("b", "best", *sides)])

    lines = text.splitlines()
    assert "a\\x1b[31m: l1 0.2500; real, fake" in lines[0]
    assert len(lines) > 5  # a picture beneath


@pytest.mark.filterwarnings("ignore:Image.Image.getdata:DeprecationWarning")
def test_of_a_loss_without_a_direction_the_highest_are_shown() -> None:
    pytest.importorskip("textual_image")
    sides = (view("real", 96, 96), view("fake", 96, 48))

    (text,) = terminal.drawn([picture("a", "highest", *sides), picture("b", "lowest", *sides)])

    assert "a: l1 0.2500; real, fake" in text.splitlines()[0]


def test_views_stand_side_by_side_at_one_height_and_spectrograms_above_each_other() -> None:
    assert terminal._side_by_side([view("real", 96, 96), view("fake", 96, 48)]).size == (128 + 8 + 256 + 8, 128)
    wide = [view("real", 500, 40, wide=True), view("fake", 500, 40, wide=True)]
    assert terminal._side_by_side(wide).size == (256, 144)


def test_without_the_library_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert main([*RUN, "--worst", "1", "--pictures"]) == ExitStatus.USAGE
    assert "pip install 'ganloss[terminal]'" in capsys.readouterr().err


def test_pictures_of_no_samples_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--pictures"]) == ExitStatus.USAGE
    assert capsys.readouterr().err == "error: --pictures: of no samples\nhint: give --worst K as well\n"


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_nothing_is_shown_where_nobody_looks(stream: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(sys, name, Terminal())
    assert terminal.is_able()
    monkeypatch.setattr(sys, stream, io.StringIO())
    assert not terminal.is_able()
