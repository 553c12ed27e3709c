"""Writes ganloss_cli/evaluate_arguments.py from the table of options: python tests/make_evaluate_arguments.py."""

from pathlib import Path

from ganloss_cli.commands.option_rows import Option
from ganloss_cli.commands.options import ARGUMENTS

PLACE = Path(__file__).resolve().parent.parent / "ganloss_cli" / "evaluate_arguments.py"
HEAD = '''"""The keyword arguments of `evaluate`, for type checkers and editors.

Made by tests/make_evaluate_arguments.py from the options of `ganloss eval`, whose --help explains each.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Literal, TypedDict

Text = str | PathLike[str]
Texts = Text | Sequence[Text]


class EvaluateArguments(TypedDict, total=False):
    """What `evaluate` takes: the fields of `Request`, and a place for each role of the data."""

'''


def annotation(option: Option) -> str:
    absent = option.default is None or option.kind.repeatable
    return f"{option.kind.annotation}{' | None' if absent else ''}"


def module() -> str:
    return HEAD + "".join(f"    {name}: {annotation(option)}\n" for name, option in ARGUMENTS.items())


if __name__ == "__main__":
    PLACE.write_text(module(), encoding="utf-8")
