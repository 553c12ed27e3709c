"""Settings written as text: the options files of training codes, and TOML.

Torch-free.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_PARTS = 32
_OPTION = re.compile(r"\s*+([A-Za-z_]\w*+):(.*)")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_FLOAT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?")
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:{_PART}\.[ \t]*+){{{MAX_PARTS}}}")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "~": None, "": None}


def options_of(text: str) -> dict[str, Any]:
    """Lines of "name: value [default: ...]" between rulers, as the pix2pix family writes them.

    Args:
        text: of train_opt.txt or opt.txt.
    """
    matches = map(_OPTION.fullmatch, text.splitlines())
    return {match[1]: scalar(_without_default(match[2].strip())) for match in matches if match}


def _without_default(text: str) -> str:
    return text.partition("[default: ")[0].rstrip() if text.endswith("]") else text


def toml_of(text: str) -> dict[str, Any]:
    """The tables of a TOML document; dates are text, as in YAML.

    Args:
        text: of config.toml and its like.

    Raises:
        ValueError: not TOML, or tables in tables as in no settings.
        RecursionError: values too deep inside one another.
    """
    import tomllib  # what has no such file does not wait for it

    # tomllib takes time and memory with the square of a dotted key's parts
    if _LONG_KEY.search(text):
        raise ValueError(f"a key of more than {MAX_PARTS} parts")
    plain: dict[str, Any] = json.loads(json.dumps(tomllib.loads(text), default=str))
    return plain


def scalar(text: str) -> Any:
    """The value that a word stands for: a number, a truth value, nothing, or itself."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
