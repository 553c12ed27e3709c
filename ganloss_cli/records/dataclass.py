"""`@dataclass(frozen=True)` for what every command imports, made in a tenth of the time: classes are most of a start.

The standard one writes and compiles six methods for every class. Here they are written out once, for all classes: what
a record holds is its `__dict__`. Fields, defaults, `replace` and `fields` are those of the standard library.
"""

from __future__ import annotations

import dataclasses

TYPE_CHECKING = False  # see the package
if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass
    from typing import Any
else:

    def dataclass(*, frozen: bool, kw_only: bool = False) -> Callable[[type], type]:
        """As of the standard library.

        Args:
            frozen: always True; the word is that of the standard library, for readers and type checkers.
            kw_only: whether values are given by name alone.
        """
        if not frozen:
            raise TypeError("a record is frozen")

        def decorate(made: type) -> type:
            derived = any(map(dataclasses.is_dataclass, made.__bases__))  # which must be frozen in the standard's eyes
            made = dataclasses.dataclass(frozen=derived, kw_only=kw_only, init=False, repr=False, eq=False)(made)
            made.__dataclass_params__.frozen = True
            made.__record__ = _Plan(made)
            made.__init__, made.__repr__, made.__eq__, made.__hash__ = _init, _repr, _eq, _hash
            made.__setattr__, made.__delattr__ = _refuse, _refuse
            return made

        return decorate


class _Plan:
    """What an instance of a class is made of."""

    def __init__(self, made: Any) -> None:
        own = dataclasses.fields(made)
        self.names = {field.name for field in own}
        self.by_place = [field.name for field in own if not field.kw_only]
        self.defaults = {field.name: field.default for field in own if field.default is not dataclasses.MISSING}
        self.factories = {
            field.name: field.default_factory for field in own if field.default_factory is not dataclasses.MISSING
        }
        self.finish = getattr(made, "__post_init__", None)


def _init(self: Any, *values: Any, **named: Any) -> None:
    plan: _Plan = self.__record__
    state = self.__dict__
    state.update(plan.defaults)
    for name, make in plan.factories.items():
        if name not in named:
            state[name] = make()
    state.update(zip(plan.by_place, values, strict=False))
    if len(values) > len(plan.by_place) or not named.keys().isdisjoint(plan.by_place[: len(values)]):
        raise TypeError(f"{type(self).__name__}() takes {len(plan.by_place)} values by their place, each of them once")
    state.update(named)
    if state.keys() != plan.names:
        strange, missing = sorted(state.keys() - plan.names), sorted(plan.names - state.keys())
        raise TypeError(f"{type(self).__name__}() got unexpected {strange} and no {missing}")
    if plan.finish is not None:
        plan.finish(self)


def _values(record: Any) -> tuple[Any, ...]:
    return tuple(getattr(record, field.name) for field in dataclasses.fields(record) if field.compare)


def _repr(self: Any) -> str:
    shown = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _refuse(self: Any, name: str, *_: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


__all__ = ["dataclass"]
