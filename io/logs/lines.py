"""Lines that programs print: what loggers put before them, what counts in them, rows of tables. Torch-free."""

from __future__ import annotations

import re
from typing import NamedTuple

from ganloss_cli.io.logs.names import is_counter, is_loss_like
from ganloss_cli.io.logs.series import count

_ANSI = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]?[@-~]|\][^\x07]{0,200}\x07?)")
_LEVEL = re.compile(r"(?<![\w.-])(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL)(?![\w.-])[\s:|\]-]*+")
# train.py:120, train.py:main():120 and __main__:main:120 anywhere; train:120 in brackets
_WHERE = re.compile(
    r"[\[(]?(?<![\w./<>-])(?:[\w./<>-]++(?<=\.py):(?:[\w.<>()]++:)?|[A-Za-z_][\w.]*+:[A-Za-z_<][\w.<>]*+(?:\(\))?:)\d+"
    r"(?![\w.])[\])]?|[\[(]([A-Za-z_][\w.]*+):\d+[\])]"
)
# [Epoch 3/200] [Batch 10/938] of PyTorch-GAN, [3/25][10/782] of pytorch/examples, Epoch [3/200], Step [10/600]
_OF = re.compile(
    r"(?:\[(?:Epoch )?|Epoch \[)(\d+)/\d+\][\s,]*+(?:\[(?:Batch )?|(?:Step|Iter|Batch) \[)(\d+)/(\d+)\]", re.IGNORECASE
)
_EPOCH = re.compile(r"\bepoch\b\s*+(?:[:=]\s*+)?\[?(\d+)", re.IGNORECASE)  # not epochs=200, which a training will have
_OF_ALL = re.compile(r"\bglobal[_ ]steps?\b\s*+(?:[:=]\s*+)?(\d[\d,]*)", re.IGNORECASE)
_STEP = re.compile(r"\b(?:iter|iteration|steps?)\b\s*+(?:[:=]\s*+)?\[?(\d[\d,]*)", re.IGNORECASE)
_VALIDATION = re.compile(
    r"(?<![\w/.-])(?:val(?:id(?:ation|ating)?)?|eval(?:uation|uating)?)(?![\w/.-])|^\W*test(?:ing)?\b", re.IGNORECASE
)
_HEADING = re.compile(r"\W*(?:validation|validating|eval|evaluation|evaluating)\b[^\d]{0,40}$", re.IGNORECASE)
_TRAINING = re.compile(r"\W*(?:training|train)\b", re.IGNORECASE)
_BARS = re.compile(r"[|│┃]")
_RULE = re.compile(r"[\s|│┃+:=\-─━┼╇┡┩╪═├┤]+")


class Counted(NamedTuple):
    """What a line counts, and the line without it."""

    epoch: int | None
    step: int | None
    rest: str


def cleaned(line: str) -> str:
    """A line without colours, without where in which program it was printed, and without how important it is."""
    line = _ANSI.sub("", line)
    return _LEVEL.sub("; ", _WHERE.sub(_unless_it_counts, line))


def counted_in(line: str) -> Counted:
    """The epoch and the step that a line says; of two counters of steps, the global one.

    Args:
        line: a clean one.
    """
    if match := _OF.search(line):
        epoch, step, steps = (count(text) for text in match.groups())
        known = None if epoch is None or step is None or steps is None else epoch * steps + step
        return Counted(epoch, known, _OF.sub(";", line, count=1))
    said_epoch, steps_said = _EPOCH.search(line), [_OF_ALL.search(line), _STEP.search(line)]
    said = next((match for match in steps_said if match), None)
    for pattern in (_OF_ALL, _STEP, _EPOCH):
        line = pattern.sub(";", line)
    return Counted(
        count(said_epoch[1]) if said_epoch else None, count(said[1].replace(",", "")) if said else None, line
    )


def says_validation(text: str) -> bool:
    """Whether what stands before the numbers of a line says that they are of a validation."""
    return _VALIDATION.search(text) is not None


def heading(line: str) -> bool | None:
    """Whether a line without numbers begins a validation; False where it begins a training, None where neither."""
    if _HEADING.match(line):
        return True
    return False if _TRAINING.match(line) else None


def is_rule(line: str) -> bool:
    """Whether a line only draws a table."""
    return _RULE.fullmatch(line) is not None


def cells_in(line: str) -> list[str]:
    """The cells of a row of a table; none where a line is no row."""
    cells = [cell.strip() for cell in _BARS.split(line.strip().strip("|│┃"))]
    return cells if len(cells) > 1 else []


def _unless_it_counts(match: re.Match[str]) -> str:
    """(epoch:3) and (loss:5) have the form of a place in a program."""
    name = match[1]
    return match[0] if name and (is_counter(name) or is_loss_like(name)) else "; "
