"""What an option is: one row, of which the command line, `evaluate` and its types are made, without Typer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, Literal, get_args, get_type_hints

from ganloss_cli.commands.option_kinds import FLAG, TEXT, Kind, one_of
from ganloss_cli.records.request import Request


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option or argument.

    Args:
        key: what its value is called: a field of `Request`, a role of the data, or a word of the command's own.
        names: as it is typed, "--ckpt" and "-c"; none for an argument, which is known by its place.
        kind: what it takes.
        metavar: what stands for its value in --help.
        help: one sentence; that it is repeatable is added.
        default: what it is where it is not given.
        required: whether it has to be given.
        panel: the heading that it stands under in --help.
        answer: what is done at once where it is given, instead of anything else; gets Typer's context.
    """

    key: str
    names: tuple[str, ...]
    kind: Kind
    metavar: str
    help: str
    default: Any = None
    required: bool = False
    panel: str | None = None
    answer: Callable[[Any], None] | None = None

    def read(self, given: Any, name: str | None = None) -> Any:
        """Its value.

        Args:
            given: a text, several, or what stands for them in Python.
            name: what messages call it; by default as it is typed.

        Raises:
            UsageError: nothing that it takes.
        """
        if given is None and self.default is None and not self.kind.repeatable:
            return None
        return self.kind.read(name or (self.names or (self.metavar,))[0], given)


@dataclass(frozen=True)
class Group:
    """Options under one heading of --help."""

    options: tuple[Option, ...]

    def __iter__(self) -> Iterator[Option]:
        return iter(self.options)

    def only(self, *keys: str) -> Group:
        """Those of these keys."""
        return Group(tuple(option for option in self.options if option.key in keys))

    def without(self, *keys: str) -> Group:
        """All but those of these keys."""
        return Group(tuple(option for option in self.options if option.key not in keys))

    def reworded(self, key: str, help: str) -> Option:  # noqa: A002  Typer's word
        """One of them as another command explains it."""
        (option,) = self.only(key)
        return replace(option, help=help)


def group(panel: str, *options: Option) -> Group:
    """Options with their heading."""
    return Group(tuple(replace(option, panel=panel) for option in options))


def own(*names: str, key: str = "", metavar: str, help: str, kind: Kind = TEXT, default: Any = None) -> Option:  # noqa: A002
    """An option that only one command has; its key is its name, where no other is given."""
    return Option(key=key or _key(names[0]), names=names, kind=kind, metavar=metavar, help=help, default=default)


def flag(*names: str, key: str = "", help: str, answer: Callable[[Any], None] | None = None) -> Option:  # noqa: A002
    """An option that is there or not, and says nothing of a request."""
    return Option(
        key=key or _key(names[0]), names=names, kind=FLAG, metavar="", help=help, default=False, answer=answer
    )


def argument(key: str, *, metavar: str, help: str, kind: Kind = TEXT, required: bool = True) -> Option:  # noqa: A002
    """What is given without an option's name."""
    return Option(key=key, names=(), kind=kind, metavar=metavar, help=help, required=required)


def field(key: str, *names: str, help: str, metavar: str = "", kind: Kind | None = None) -> Option:  # noqa: A002
    """An option that says what a field of `Request` is; a closed set and a flag are read off the field.

    Args:
        key: the field.
        names: by default its own.
        help: one sentence.
        metavar: what stands for its value.
        kind: what it takes.
    """
    choices = CHOICES.get(key, ())
    default = _DEFAULTS[key]
    kind = kind or (FLAG if default is False else one_of(choices) if choices else TEXT)
    return Option(
        key=key, names=names or (f"--{key.replace('_', '-')}",), kind=kind, metavar=metavar or "|".join(choices),
        help=help, default=default,
    )  # fmt: skip


def role(name: str, help: str) -> Option:  # noqa: A002
    """An option that says where the samples of a role are."""
    return Option(key=name, names=(f"--{name.replace('_', '-')}",), kind=TEXT, metavar="PATH", help=help)


def _key(name: str) -> str:
    return name.removeprefix("--").replace("-", "_")


def _choices() -> dict[str, tuple[str, ...]]:
    """The closed sets, as the types of a request's fields declare them."""
    hints = get_type_hints(Request).items()
    literals = ((name, member) for name, hint in hints for member in (hint, *get_args(hint)))
    return {name: get_args(member) for name, member in literals if getattr(member, "__origin__", None) is Literal}


CHOICES = _choices()
_DEFAULTS = {field.name: None if field.default is MISSING else field.default for field in fields(Request)}
