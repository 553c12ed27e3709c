"""Texts as the numbers of a network's symbols, by the characters of a cleaned list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.architectures.vits_trainings import PHONETIC
from ganloss_cli.io.datasets import Group

_CLEANED = ".cleaned"  # what VITS's preprocess.py ends a list with whose text is in symbols
_LOOKED_AT = 4  # texts, where the name of the list does not tell


def symbols_for(group: Group, task: AudioTask, name: str) -> Callable[[Tensor, str], Tensor]:
    """What turns the code points of a text into the numbers of its symbols.

    Args:
        group: holds texts.
        task: of the network.
        name: the network's, for errors.

    Returns:
        a function of the code points, (L,), and of the sample's name; it raises InputError where a character is none of
        the symbols.

    Raises:
        UsageError: nothing tells the symbols, or the texts are raw.
    """
    if not task.symbols:
        raise UsageError(
            f"{name}: its symbols are not those of jaywalnut310/vits, and no config names them",
            hint="put a config.json beside it that lists them as symbols, in the order of their numbers",
        )
    _refuse_raw(group, task)
    if any(len(symbol) > 1 for symbol in task.symbols):
        return _of_words(task.symbols)
    numbers = {ord(symbol): number for number, symbol in enumerate(task.symbols) if len(symbol) == 1}

    def symbols(points: Tensor, sample: str) -> Tensor:
        strange = sorted({chr(point) for point in points.tolist() if point not in numbers})
        if strange:
            raise InputError(
                f"{sample}: {', '.join(map(repr, strange))} of its text is no symbol of the network",
                hint="give the list that its training cleaned, with the cleaners of its config",
            )
        found = torch.tensor([numbers[point] for point in points.tolist()])
        return _with_blanks(found) if task.blank else found

    return symbols


def _of_words(known: Sequence[str]) -> Callable[[Tensor, str], Tensor]:
    """Of texts whose symbols stand between spaces, as GPT-SoVITS writes phones."""
    numbers = {symbol: number for number, symbol in enumerate(known)}

    def symbols(points: Tensor, sample: str) -> Tensor:
        words = "".join(map(chr, points.tolist())).split(" ")
        if strange := sorted({word for word in words if word not in numbers}):
            raise InputError(
                f"{sample}: {', '.join(map(repr, strange[:10]))} of its phones is no symbol of the network",
                hint="give the 2-name2text.txt that this version of its training made",
            )
        return torch.tensor([numbers[word] for word in words])

    return symbols


def _refuse_raw(group: Group, task: AudioTask) -> None:
    """A text that nobody has turned into phonetic letters would go through the network as other sounds."""
    path = group.paths["text"]
    if path.endswith(_CLEANED) or not {*task.symbols} >= PHONETIC:
        return
    seen = (group.read(index).values["text"] for index in range(min(_LOOKED_AT, len(group.names))))
    if not any(chr(point) in PHONETIC for points in seen for point in points.tolist()):  # type: ignore[union-attr]
        raise UsageError(
            f"{path}: holds raw text, and the network reads phonetic symbols, which are made of it by other programs",
            hint="give the list that the training cleaned, FILE.cleaned: preprocess.py of jaywalnut310/vits writes it",
        )


def _with_blanks(numbers: Tensor) -> Tensor:
    """Symbol 0 between all, and at both ends."""
    spread = torch.zeros(2 * len(numbers) + 1, dtype=numbers.dtype)
    spread[1::2] = numbers
    return spread
