"""What shapes do not tell: taken from the user's option, the config beside the file, or a known training code."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.task import Origin, Shapes

_NUMBERS = re.compile(r"(\d+)")

# keys of `config` under which the command line hands over --arch and --arch-args of this network
ARCH, ARCH_ARGS = "--arch", "--arch-args"
PART = "part of a discriminator"  # the same for what its file calls one of several: "mpd", "multiperioddisc"


class UndecidedError(InputError):
    """Hyper-parameters that neither shapes nor options tell.

    Args:
        message: of any error.
        hint: of any error.
        choices: hyper-parameter -> the values that known training codes have for it.
    """

    def __init__(self, message: str, *, hint: str | None, choices: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(message, hint=hint)
        self.choices = choices


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What one training code chose where the shapes leave a choice.

    Args:
        source: owner/name of its repository.
        settings: hyper-parameter -> its value.
    """

    source: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Settled:
    """The choices made, where each came from, and whose recipe was used."""

    settings: Mapping[str, Any]
    origins: Mapping[str, Origin]
    recipe: str | None


def named(config: Mapping[str, Any], *names: str) -> bool:
    """Whether `--arch` leaves room for an architecture of one of these names."""
    wanted = config.get(ARCH)
    return wanted is None or str(wanted).casefold() in {name.casefold() for name in names}


_LONGEST = 1000  # characters of a value: Python makes no number of some thousand digits


def settle(
    what: str, role: str, unknown: Sequence[str], recipes: Iterable[Recipe], config: Mapping[str, Any]
) -> Settled:
    """Choose the hyper-parameters that shapes do not tell.

    An option wins over the config, and both win over recipes; recipes that contradict them are left out.

    Args:
        what: name of the architecture, for the error.
        role: generator or discriminator, for the error.
        unknown: names of the hyper-parameters to choose.
        recipes: the known training codes whose networks have these names and shapes.
        config: of the file; options of the command line lie under `--arch-args`.

    Raises:
        InputError: no recipe fits, or several that would give different outputs.
    """
    recipes = list(recipes)
    settings, origins = _given(unknown, recipes, config)
    fitting = [r for r in recipes if all(r.settings.get(k, v) == v for k, v in settings.items())]
    open_names = [name for name in unknown if name not in settings]
    if open_names:
        choices = _distinct({name: recipe.settings[name] for name in open_names} for recipe in fitting)
        if len(choices) != 1:
            raise _undecided(what, role, open_names, fitting)
        settings |= choices[0]
        origins |= dict.fromkeys(open_names, "recipe")
    source = ", ".join(recipe.source for recipe in fitting) if open_names else None
    return Settled(settings=settings, origins=origins, recipe=source)


def _given(
    unknown: Sequence[str], recipes: Sequence[Recipe], config: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Origin]]:
    settings: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    options: Mapping[str, Any] = config.get(ARCH_ARGS) or {}
    for name in unknown:
        like = next((recipe.settings[name] for recipe in recipes if name in recipe.settings), None)
        if name in options:
            settings[name], origins[name] = _as_kind(options[name], like), "option"
        elif name in config:
            settings[name], origins[name] = _as_kind(config[name], like), "config"
    return settings, origins


def _as_kind(value: Any, like: Any) -> Any:
    """An option's text as the kind of value that recipes hold: "2x2x1" as a list, "0.2" as a number."""
    if not isinstance(value, str):
        return list(value) if isinstance(value, (list, tuple)) else value
    if len(value) > _LONGEST:
        return f"{value[:60]}..."  # no setting, but for the error
    if re.fullmatch(r"\d+(x\d+)*" if isinstance(like, list) else r"\d+(x\d+)+", value):
        return [int(part) for part in value.split("x")]
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    if re.fullmatch(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", value):
        return float(value)
    return {"true": True, "false": False}.get(value.casefold(), value)


def _distinct(choices: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for choice in choices:
        if choice not in kept:
            kept.append(choice)
    return kept


def _undecided(what: str, role: str, names: Sequence[str], fitting: Sequence[Recipe]) -> InputError:
    if not fitting:
        asked = ",".join(f"{name}=..." for name in names)
        return InputError(
            f"{what if what.endswith(role) else f'{what} {role}'}: shapes do not tell {', '.join(names)}, and no known "
            "recipe fits",
            hint=f"put its config beside it, or name them with --arch '{what}' --arch-args {role}:{asked}",
        )
    names = [name for name in names if len(_distinct({name: recipe.settings[name]} for recipe in fitting)) > 1]
    listed = "; ".join(f"{recipe.source} ({_listed(names, recipe, ', ')})" for recipe in fitting)
    return UndecidedError(
        f"{what} {role}: shapes do not tell {', '.join(names)}, and several recipes fit: {listed}",
        hint=f"choose one with --arch '{what}' --arch-args {role}:{_listed(names, fitting[0], ',')}",
        choices={name: [recipe.settings[name] for recipe in fitting] for name in names},
    )


def _listed(names: Sequence[str], recipe: Recipe, separator: str) -> str:
    return separator.join(f"{name}={_text(recipe.settings[name])}" for name in names)


def _text(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value).lower()


def natural(keys: Iterable[str]) -> list[str]:
    """Keys in the order of their numbers, as a Sequential holds them; a file may have sorted them as text."""
    return list(_sorted(tuple(keys)))


@functools.lru_cache(maxsize=8)  # family after family asks for the same keys
def _sorted(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(keys, key=lambda key: [int(part) if part.isdigit() else part for part in _NUMBERS.split(key)]))


def stems(shapes: Shapes, suffix: str, n_dims: int) -> list[str]:
    """Prefixes of the layers that have a tensor of that name and number of dimensions, in natural order."""
    return natural(
        key.removesuffix(suffix) for key, shape in shapes.items() if key.endswith(suffix) and len(shape) == n_dims
    )


def norms_behind(keys: list[str], norms: list[str]) -> list[str | None]:
    """The batch norm whose place is between a layer and the next one; None for a layer without."""
    order = natural([*keys, *norms])
    behind = dict(zip(order, [*order[1:], ""], strict=True))
    return [behind[key] if behind[key] in norms else None for key in keys]


def all_used(shapes: Shapes, prefixes: Iterable[str]) -> bool:
    """Whether every tensor belongs to one of these layers."""
    owners = set(prefixes)
    return all(key.rpartition(".")[0] in owners for key in shapes)
