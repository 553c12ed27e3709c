import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from ganloss_cli.records.dataclass import dataclass


@dataclass(frozen=True, kw_only=True)
class Ours:
    name: str
    sizes: dict[str, int] = field(default_factory=dict)
    n: int = 3
    aside: object = field(default=None, compare=False, repr=False)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Theirs:
    name: str
    sizes: dict[str, int] = field(default_factory=dict)
    n: int = 3
    aside: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class ByPlace:
    first: int
    second: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError("below zero")


@dataclass(frozen=True, kw_only=True)
class Derived(Ours):
    more: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class DerivedElsewhere(Ours):
    more: int


GIVEN = [{"name": "a"}, {"name": "a", "n": 4}, {"sizes": {"b": 2}, "name": "c", "aside": object()}]


@pytest.mark.parametrize("given", GIVEN, ids=str)
def test_a_record_is_that_of_the_standard_library(given: dict[str, object]) -> None:
    ours, theirs = Ours(**given), Theirs(**given)

    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert [getattr(ours, each.name) for each in fields(ours)] == [
        getattr(theirs, each.name) for each in fields(theirs)
    ]
    assert ours == Ours(**{**given, "aside": 7})
    assert ours != theirs
    assert replace(ours, n=9) == Ours(**{**given, "n": 9})
    assert pickle.loads(pickle.dumps(replace(ours, aside=1))) == ours


def test_records_that_are_equal_have_one_hash() -> None:
    assert hash(ByPlace(1, (2, 3))) == hash(ByPlace(1, second=(2, 3)))
    assert len({ByPlace(1), ByPlace(1), ByPlace(2)}) == 2


def test_defaults_that_can_change_are_made_anew() -> None:
    assert Ours(name="a").sizes is not Ours(name="a").sizes


@pytest.mark.parametrize("make", [
    lambda: Ours(), lambda: Ours(name="a", m=3), lambda: Ours("a"), lambda: ByPlace(), lambda: ByPlace(1, (), 3),
    lambda: ByPlace(1, first=2), lambda: Derived(name="a"),
])  # fmt: skip
def test_a_record_is_made_of_its_fields_alone(make: object) -> None:
    with pytest.raises(TypeError, match=r"got|takes"):
        make()


def test_a_record_stays_as_it_is() -> None:
    for change in (lambda r: setattr(r, "n", 4), lambda r: setattr(r, "new", 4), lambda r: delattr(r, "n")):
        with pytest.raises(FrozenInstanceError, match="cannot assign"):
            change(Ours(name="a"))


def test_what_is_checked_at_the_end_is_checked() -> None:
    with pytest.raises(ValueError, match="below zero"):
        ByPlace(-1)


@pytest.mark.parametrize("derived", [Derived, DerivedElsewhere])
def test_a_record_is_derived_from_with_either_decorator(derived: type[Derived]) -> None:
    assert derived(name="a", more=1).more == 1
    assert derived(name="a", more=1) == derived(more=1, name="a", n=3)
    with pytest.raises(FrozenInstanceError):
        derived(name="a", more=1).more = 2
