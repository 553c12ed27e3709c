"""Which role each network of a file has: by its name, the user's word, the file's name, its architecture.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.contents.naming import Naming, read_name, role_of
from ganloss_cli.io.checkpoints.contents.splitting import Part

UNKNOWN_ROLE = "network"


def roles_of(
    path: Path, parts: Sequence[Part], config: Mapping[str, Any], *, role: str | None, naming: Naming | None
) -> Iterator[str]:
    """The role of each network, in order.

    Args:
        path: the file, whose name speaks for a lone network, and for a raw one beside its average.
        parts: its networks.
        config: its settings.
        role: what the user gave the file as.
        naming: whose names G_A, D_A ... are.

    Raises:
        UsageError: A or B may mean two things and `naming` is not given.
    """
    names = [part.name for part in parts]
    literal = any(name.domain in ("AB", "BA") for name in names if name)
    averaging = [part.averaged for part in parts]
    alone = not any(names) and len(averaging) == len(set(averaging))
    for part, name in zip(parts, names, strict=True):
        if name:
            yield role_of(name, naming=naming, literal=literal, where=str(path), called=part.called)
        else:
            told = _told_outside(path, role, naming) if alone else None
            known = told or role_by_architecture(part, config)
            # what lies beside its judges alone is what they judge
            judged = len(parts) > 1 and all(n.kind == "discriminator" for n in names if n) and names.count(None) == 1
            yield "generator" if known == UNKNOWN_ROLE and judged else known


def role_by_architecture(part: Part, config: Mapping[str, Any]) -> str:
    """The role of the architecture that a network is recognised as; UNKNOWN_ROLE where it is not."""
    try:
        match = recognise({key: tuple(tensor.shape) for key, tensor in part.tensors.items()}, config)
    except InputError:  # several recipes fit: who rebuilds the network asks which, and --network may make that needless
        return UNKNOWN_ROLE
    return match.role if match else UNKNOWN_ROLE


def _told_outside(path: Path, role: str | None, naming: Naming | None) -> str | None:
    """The user's word, made more particular by a file name of the same kind; else the file's name."""
    name = read_name(path.stem)
    if name is None or (role is not None and not role.startswith(name.kind)):
        return role
    return role_of(name, naming=naming, literal=False, where=str(path), called=path.stem)
