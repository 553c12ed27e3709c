"""YAML as plain data: what PyYAML's parser says, each value counted before it is built.

Torch-free. Imported only where there is YAML to read, so that nothing else waits for PyYAML.

A value is what the training's own loader makes of it. PyYAML and OmegaConf agree (YAML 1.1: yes is true, 010 is 8,
1:30 is 90, 1_000 is 1000) but for two kinds, in which OmegaConf is followed:

- 1e-4 is a number. To PyYAML it is text, which a training turns into a number or fails on; to OmegaConf, ruamel.yaml
  and jsonargparse it is one from the start. So no training goes on with the text; to convert it at each place that
  wants a number would be forgotten at one of them.
- A date is text: where one stands in a training's settings, it names a run.

Of equal keys the last counts, as to PyYAML; OmegaConf refuses them. Keys are text as written. A tag names a class or
function of the training, which is never looked up: what it stands before is read without it. `!!python/tuple [1, 2]`
is a list, `!!python/object:argparse.Namespace {...}` a mapping and `!!python/object/apply:f` the list or mapping of
its arguments; `!!python/name:torch.nn.ReLU ''`, which stands before nothing, is "torch.nn.ReLU".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

MAX_DEPTH = 32
# values and their characters, aliases written out: twice what a file may hold, so that only aliases ever reach it
MAX_SIZE = 2_000_000
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONGEST_NUMBER = 100
_YAML = "tag:yaml.org,2002:"


def yaml_of(text: str, parser: Any = PARSER) -> Any:
    """The value of a YAML document; None of an empty one.

    Args:
        text: of config.yaml, args.yml and their like.
        parser: a loader of PyYAML, of which only the parser is used.

    Raises:
        ValueError: not YAML, several documents, or larger or deeper than any settings.
    """
    try:
        return _document(yaml.parse(text, Loader=parser))
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{line}{error.problem}") from error
    except yaml.YAMLError as error:
        raise ValueError(" ".join(str(error).split())) from error


def _document(events: Iterator[yaml.Event]) -> Any:
    next(events)  # the stream begins
    if isinstance(next(events), yaml.StreamEndEvent):
        return None
    value = _Builder(events).value(next(events), 0)
    next(events)  # the document ends
    if not isinstance(next(events), yaml.StreamEndEvent):
        raise ValueError("several documents in one file")
    return value


@dataclass(frozen=True, kw_only=True)
class _Anchored:
    """What an alias stands for: its characters and values, and how many lists and mappings lie inside one another."""

    value: Any
    size: int
    height: int


class _Builder:
    """Builds values from events; an alias shares the value of its anchor, and counts as if written out."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchored: dict[str, _Anchored] = {}
        self._size = 0
        self._deepest = 0

    def value(self, event: yaml.Event, depth: int) -> Any:
        """What begins with this event."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        size, deepest, self._deepest = self._size, self._deepest, depth
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            self._count(event, 1 + len(event.value), depth)
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._count(event, 1, depth + 1)
            value = [self.value(element, depth + 1) for element in self._until(yaml.SequenceEndEvent)]
        else:
            self._count(event, 1, depth + 1)
            value = self._mapping(depth + 1)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            height = self._deepest - depth
            self._anchored[event.anchor] = _Anchored(value=value, size=self._size - size, height=height)
        self._deepest = max(deepest, self._deepest)
        return value

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Any:
        anchored = self._anchored.get(str(event.anchor))
        if anchored is None:  # or it lies within the value itself
            raise ValueError(f"{_line(event)}: *{event.anchor} stands for nothing before it")
        self._count(event, anchored.size, depth + anchored.height)
        return anchored.value

    def _count(self, event: yaml.Event, size: int, depth: int) -> None:
        self._size += size
        self._deepest = max(depth, self._deepest)
        if self._size > MAX_SIZE:
            raise ValueError(f"{_line(event)}: more than {MAX_SIZE} characters with aliases written out")
        if depth > MAX_DEPTH:
            raise ValueError(f"{_line(event)}: more than {MAX_DEPTH} lists and mappings inside one another")

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event

    def _mapping(self, depth: int) -> dict[str, Any]:
        """Its own entries, before them what << merges; of several that are merged the first wins."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(event, depth)
            value = self.value(next(self._events), depth)
            others = value if isinstance(value, list) else [value]
            if key == "<<" and _is_plain(event) and all(isinstance(other, dict) for other in others):
                for other in others:
                    merged = other | merged
            else:
                own[key] = value
        return merged | own

    def _key(self, event: yaml.Event, depth: int) -> str:
        value = self.value(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        return str(value) if isinstance(value, str | int | float) else type(value).__name__  # never spelled out


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}" if event.start_mark else "line unknown"


def _is_plain(event: yaml.Event) -> bool:
    """Whether it stands there without quotes."""
    return isinstance(event, yaml.ScalarEvent) and not event.style


class _Tags(Resolver):
    """What an untagged word is; PyYAML's rules and OmegaConf's floats."""


_Tags.add_implicit_resolver(
    f"{_YAML}float",
    re.compile(r"[-+]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9_]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)
_TAGS = _Tags()
_OF = SafeConstructor()
# what is none of these, as a date or a sum of bytes, stays text
_KINDS: dict[str, Callable[[yaml.ScalarNode], Any]] = {
    "null": _OF.construct_yaml_null,
    "none": _OF.construct_yaml_null,
    "bool": _OF.construct_yaml_bool,
    "int": _OF.construct_yaml_int,
    "long": _OF.construct_yaml_int,
    "float": _OF.construct_yaml_float,
}
_TEXTS = ("str", "unicode", "binary", "bytes")


def _scalar(event: yaml.ScalarEvent) -> Any:
    """A number, a truth value, nothing or text."""
    kind = (event.tag or "!").removeprefix(_YAML).removeprefix("python/")
    if ":" in kind and not event.value:
        return kind.partition(":")[2]
    if len(event.value) > _LONGEST_NUMBER or kind in _TEXTS:
        return event.value
    if kind not in _KINDS:
        kind = _TAGS.resolve(yaml.ScalarNode, event.value, (_is_plain(event), True)).removeprefix(_YAML)
    try:
        return _KINDS[kind](yaml.ScalarNode(kind, event.value)) if kind in _KINDS else event.value
    except (ValueError, KeyError, IndexError):  # a tag that does not fit
        return event.value
