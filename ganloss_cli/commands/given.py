"""What a command was given: the values of its options, and the request that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from ganloss_cli.commands.option_values import check_data, check_exists
from ganloss_cli.errors import UsageError
from ganloss_cli.io.roles import DATA_ROLES
from ganloss_cli.records.request import Request

_FIELDS = frozenset(field.name for field in fields(Request)) - {"roles", "command"}


@dataclass(frozen=True, kw_only=True)
class Given:
    """The values of a command's options, read and checked as far as their texts tell.

    Args:
        values: by key.
        command: the command line, for the report.
    """

    values: Mapping[str, Any]
    command: tuple[str, ...]

    def __getitem__(self, key: str) -> Any:
        """The value of one option."""
        return self.values[key]

    def request(self, *, needs_data: bool = False, patterns: bool = False) -> Request:
        """The request that they make.

        Args:
            needs_data: whether a command line without data and networks is a mistake.
            patterns: whether a checkpoint may be a pattern of several.

        Raises:
            UsageError: nothing to evaluate.
            InputError: a path that does not exist.
        """
        request = request_of({**self.values, "command": self.command, "ckpt": self._checkpoints()})
        if needs_data and not (request.ckpt or request.disc or request.networks or request.data or request.roles):
            raise UsageError("nothing to evaluate", hint="give --data PATH, and --ckpt PATH where networks take part")
        if patterns:
            for path in request.ckpt:
                check_data("--ckpt", path)
        else:
            check_exists("--ckpt", request.ckpt)
        check_exists("--disc", request.disc)
        _check_gates(request)
        if request.data:
            check_data("--data", request.data)
        return request

    def gates(self) -> Request:
        """The request of a command that computes nothing: what is held against which baseline.

        Raises:
            InputError: a path that does not exist.
        """
        request = request_of(self.values)
        _check_gates(request)
        return request

    def checkpoints(self, called: str = "PATH") -> tuple[Path, ...]:
        """The checkpoints of a command that takes them as arguments, and as --ckpt like every other command.

        Args:
            called: what one argument is called in its help.

        Raises:
            UsageError: there are none, nor a discriminator.
        """
        paths = self._checkpoints()
        if not (paths or self.values.get("disc")):
            raise UsageError(f"missing argument {called!r}", hint="name a checkpoint: a file or a folder")
        return paths

    def _checkpoints(self) -> tuple[Path, ...]:
        return (*self.values.get("paths", ()), *self.values["ckpt"])


def _check_gates(request: Request) -> None:
    for option, path in (("--baseline", request.baseline), ("--waivers", request.waivers)):
        check_exists(option, [path] if path else [])


def request_of(values: Mapping[str, Any]) -> Request:
    """The request that values make: fields of it, and places of the data by role; what is neither is passed over."""
    roles = {role: values[role] for role in DATA_ROLES if values.get(role) is not None}
    return Request(
        **{name: value for name, value in values.items() if name in _FIELDS or name == "command"}, roles=roles
    )
