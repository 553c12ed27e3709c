"""`--worst K --pictures`: the worst samples as pictures, where a terminal can show any. Needs textual-image."""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Collection, Iterator, Sequence

from PIL import Image
from rich.console import Console

from ganloss_cli.errors import UsageError
from ganloss_cli.records.report import SamplePicture, SampleRank, SampleView
from ganloss_cli.reporters.figures import figure, printable
from ganloss_cli.reporters.screen import this_screen

_HEIGHT, _GAP = 128, 8  # pixels
_COLUMNS, _LINES = 100, 14  # of a picture at most
_FIRST = ("worst", "highest")  # of a loss without a direction, what --worst lists is the highest


def require() -> None:
    """Refuse to go on without the library.

    Raises:
        UsageError: it is not installed.
    """
    if importlib.util.find_spec("textual_image") is None:
        raise UsageError(
            "--pictures: needs the package textual-image, not installed",
            hint="install the extra terminal: pip install 'ganloss[terminal]'",
        )


def is_able() -> bool:
    """Whether somebody looks: both streams lead to a terminal, which is asked what it can show, and it has colours."""
    streams = (sys.stdin, sys.stdout)
    return all(stream is not None and stream.isatty() for stream in streams) and this_screen().colours is not None


def drawn(pictures: Collection[SamplePicture]) -> Iterator[str]:
    """What a terminal shows of each sample that is among the worst of a loss, its name and what it shows first."""
    from textual_image.renderable import Image as Shown  # asks the terminal while it is imported

    for picture in pictures:
        worst = [rank for rank in picture.ranks if rank.which in _FIRST]
        if worst and picture.views:
            screen = this_screen()
            console = Console(
                file=io.StringIO(), width=min(screen.columns, _COLUMNS), height=_LINES, force_terminal=True,
                color_system=screen.colours, markup=False, highlight=False, emoji=False, legacy_windows=False,
            )  # fmt: skip
            with console.capture() as capture:
                console.print(_title(picture, worst), style="bold", soft_wrap=True)
                console.print(Shown(_side_by_side(picture.views), height=_LINES))
            yield capture.get()


def _title(picture: SamplePicture, worst: Sequence[SampleRank]) -> str:
    ranks = ", ".join(f"{rank.loss} {figure(rank.value)}" for rank in worst)
    return f"{printable(picture.name)}: {ranks}; {', '.join(view.called for view in picture.views)}"


def _side_by_side(views: Sequence[SampleView]) -> Image.Image:
    """All of them in one row, at one height; spectrograms one above the other."""
    images = [Image.open(io.BytesIO(view.image)).convert("RGB") for view in views]
    if any(view.wide for view in views):
        images = [image.resize((2 * _HEIGHT, _HEIGHT // 2)) for image in images]
        whole = Image.new("RGB", (2 * _HEIGHT, len(images) * (_HEIGHT // 2 + _GAP)))
        for k, image in enumerate(images):
            whole.paste(image, (0, k * (_HEIGHT // 2 + _GAP)))
        return whole
    images = [image.resize((max(image.width * _HEIGHT // image.height, 1), _HEIGHT)) for image in images]
    whole = Image.new("RGB", (sum(image.width + _GAP for image in images), _HEIGHT))
    left = 0
    for image in images:
        whole.paste(image, (left, 0))
        left += image.width + _GAP
    return whole
