"""Settings written as text: the options files of training codes, and the plain part of YAML.

Torch-free. No tags, anchors or multi-line strings: what is not understood is named, never guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 8
_OPTION = re.compile(r"\s*([A-Za-z_]\w*):\s?(.*?)\s*(?:\[default: .*\])?\s*")
_KEY = re.compile(r"(?P<key>\"[^\"]*\"|'[^']*'|[\w./-][\w./ -]*?)\s*:(?:\s+(?P<value>.*))?")
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_FLOAT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "none": None, "~": None, "": None}
_BEYOND = tuple("!&*|>{?@`%")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What was understood, and the keys of what was not."""

    values: dict[str, Any]
    unclear: tuple[str, ...] = ()


class _UnclearError(ValueError):
    """A value that is written in a way beyond this reader."""


def options_of(text: str) -> Settings:
    """Lines of "name: value [default: ...]" between rulers, as the pix2pix family writes them.

    Args:
        text: of train_opt.txt or opt.txt.
    """
    values = {}
    for line in text.splitlines():
        match = _OPTION.fullmatch(line)
        if match:
            values[match[1]] = scalar(match[2])
    return Settings(values=values)


def yaml_of(text: str) -> Settings:
    """Nested mappings, lists of scalars and scalars of a YAML document.

    Args:
        text: of config.yaml, args.yml and their like.
    """
    reader = _Yaml(list(_lines(text)))
    values = reader.mapping(0, 0) if reader.lines else {}
    return Settings(values=values, unclear=tuple(reader.unclear))


def scalar(text: str) -> Any:
    """The value that a word stands for: a number, a truth value, nothing, or itself."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


@dataclass(frozen=True, kw_only=True)
class _Line:
    indent: int
    text: str


def _lines(text: str) -> Iterator[_Line]:
    for raw in text.splitlines():
        line = re.sub(r"(?:^|\s)#.*$", "", raw).rstrip() if "'" not in raw and '"' not in raw else raw.rstrip()
        stripped = line.lstrip(" ")
        # a tag of the whole document says only which class it was dumped from
        if stripped and not stripped.startswith(("#", "---", "...", "%")) and not (line.startswith("!")):
            yield _Line(indent=len(line) - len(stripped), text=stripped)


@dataclass
class _Yaml:
    lines: list[_Line]
    at: int = 0
    unclear: list[str] = field(default_factory=list)

    def mapping(self, indent: int, depth: int) -> dict[str, Any]:
        """The entries that stand at this indentation."""
        found: dict[str, Any] = {}
        while self.at < len(self.lines) and self.lines[self.at].indent >= indent:
            line = self.lines[self.at]
            match = _KEY.fullmatch(line.text) if line.indent == indent else None
            self.at += 1
            if match is None:
                self._give_up(line.text, indent)
                continue
            key = match["key"].strip("\"'")
            try:
                found[key] = self._value(match["value"], indent, depth)
            except _UnclearError:
                self._give_up(key, indent)
        return found

    def _value(self, text: str | None, indent: int, depth: int) -> Any:
        if text:
            return _flow(text, 0)
        below = self.lines[self.at] if self.at < len(self.lines) else None
        if below is None or depth == MAX_DEPTH:
            return None
        if below.text.startswith("- ") and below.indent >= indent:
            return self._list(below.indent)
        return self.mapping(below.indent, depth + 1) if below.indent > indent else None

    def _list(self, indent: int) -> list[Any]:
        elements = []
        while self.at < len(self.lines) and self.lines[self.at].indent == indent:
            text = self.lines[self.at].text
            if not text.startswith("- "):
                break
            if _KEY.fullmatch(text[2:]):
                raise _UnclearError
            elements.append(_flow(text[2:].strip(), 0))
            self.at += 1
        return elements

    def _give_up(self, key: str, indent: int) -> None:
        """Pass over everything that belongs to an entry."""
        self.unclear.append(key[:80])
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.indent < indent or (line.indent == indent and not line.text.startswith("-")):
                return
            self.at += 1


def _flow(text: str, depth: int) -> Any:
    """A scalar, or a list of them in brackets."""
    if text.startswith(_BEYOND) and text != "{}":
        raise _UnclearError
    if not text.startswith("["):
        return {} if text == "{}" else scalar(text)
    if not text.endswith("]") or depth == MAX_DEPTH:
        raise _UnclearError
    return [_flow(part.strip(), depth + 1) for part in _split(text[1:-1]) if part.strip()]


def _split(text: str) -> list[str]:
    """At the commas that stand in no inner brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
