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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

MAX_DEPTH = 32
# values and their characters, aliases written out: twice what a file may hold, so that only aliases ever reach it
MAX_SIZE = 2_000_000
PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONGEST_NUMBER = 100
_YAML = "tag:yaml.org,2002:"
_CORE = {f"{_YAML}{kind}" for kind in ("null", "bool", "int", "float", "str")}


def yaml_of(text: str, parser: Any = PARSER) -> Any:
    """The value of a YAML document; None of an empty one.

    Args:
        text: of config.yaml, args.yml and their like.
        parser: a loader of PyYAML, of which only the parser is used.

    Raises:
        ValueError: not YAML, several documents, or larger or deeper than any settings.
    """
    events = yaml.parse(text, Loader=parser)
    try:
        _, begin = next(events), next(events)
        value = _Builder(events).value(next(events), 0) if isinstance(begin, yaml.DocumentStartEvent) else None
        if any(isinstance(event, yaml.DocumentStartEvent) for event in events):
            raise ValueError("several documents in one file")
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", error)
        raise ValueError(f"line {mark.line + 1}: {problem}" if mark else " ".join(str(problem).split())) from error
    return value


@dataclass(frozen=True, kw_only=True)
class _Anchored:
    """What an alias stands for: its values and characters, and how many lists and mappings lie inside one another."""

    value: Any
    size: int
    height: int


class _Builder:
    """Builds values from events; an alias shares the value of its anchor, and counts as if written out."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchored: dict[str | None, _Anchored] = {}
        self._size = 0
        self._deepest = 0

    def value(self, event: yaml.Event, depth: int) -> Any:
        """What begins with this event."""
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchored:  # or it lies within the value itself
                raise _problem(f"*{event.anchor} stands for nothing before it", event)
            anchored = self._anchored[event.anchor]
            self._count(event, anchored.size, depth + anchored.height)
            return anchored.value
        size, deepest, self._deepest = self._size, self._deepest, depth
        value = self._built(event, depth)
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            height = self._deepest - depth
            self._anchored[event.anchor] = _Anchored(value=value, size=self._size - size, height=height)
        self._deepest = max(deepest, self._deepest)
        return value

    def _built(self, event: yaml.Event, depth: int) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            self._count(event, 1 + len(event.value), depth)
            return _scalar(event)
        self._count(event, 1, depth + 1)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth + 1)
        return [self.value(element, depth + 1) for element in self._inside()]

    def _count(self, event: yaml.Event, size: int, depth: int) -> None:
        self._size += size
        self._deepest = max(depth, self._deepest)
        if self._size > MAX_SIZE:
            raise _problem(f"more than {MAX_SIZE} characters with aliases written out", event)
        if depth > MAX_DEPTH:
            raise _problem(f"more than {MAX_DEPTH} lists and mappings inside one another", event)

    def _inside(self) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), yaml.CollectionEndEvent):
            yield event

    def _mapping(self, depth: int) -> dict[str, Any]:
        """Its own entries over those that << merges, of which the first win."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for event in self._inside():
            key, value = self._key(event, depth), self.value(next(self._events), depth)
            others = value if isinstance(value, list) else [value]
            if key == "<<" and not getattr(event, "style", None) and all(isinstance(other, dict) for other in others):
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


def _problem(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark: Any = event.start_mark  # the C parser's are of another class
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


class _Words(yaml.SafeLoader):
    """What a word is: PyYAML's rules, and OmegaConf's for floats."""


_Words.add_implicit_resolver(
    f"{_YAML}float",
    re.compile(r"[-+]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9_]*)?|\.[0-9]+)[eE][-+]?[0-9]+$"),
    list("-+.0123456789"),
)
_WORDS: Any = _Words("")


def _scalar(event: yaml.ScalarEvent) -> Any:
    """A number, a truth value or nothing; what is none of these, as a date or bytes, stays text."""
    tag = event.tag
    if tag not in _CORE:
        name = (tag or "").removeprefix(_YAML).partition(":")[2]
        if name and not event.value:
            return name
        tag = _WORDS.resolve(yaml.ScalarNode, event.value, (not event.style, True))
    if tag not in _CORE or len(event.value) > _LONGEST_NUMBER:
        return event.value
    try:
        return _WORDS.construct_document(yaml.ScalarNode(tag, event.value))
    except (ValueError, KeyError, IndexError):  # a tag that does not fit
        return event.value
