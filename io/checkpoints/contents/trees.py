"""The tree of a network's modules, off the names of its tensors.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.records.inspection import ModuleBranch

MAX_DEPTH = 64


def module_tree(
    name: str, trained: Mapping[str, int], tied: Mapping[str, str] | None = None, depth: int = MAX_DEPTH
) -> ModuleBranch:
    """Modules with their parameter counts.

    Args:
        name: of the network, or of one of its modules.
        trained: name of a parameter -> how many numbers it has; what stands before its dots are modules.
        tied: name of a parameter -> name of the one whose numbers are its own; they count once in whatever holds both.
        depth: how far down to go; a name may have more dots than any network has levels.
    """
    owners = {key: (tied or {}).get(key, key) for key in trained}
    return _branch(name, {key: (owners[key], count) for key, count in trained.items()}, depth)


def _branch(name: str, trained: Mapping[str, tuple[str, int]], depth: int) -> ModuleBranch:
    children: dict[str, dict[str, tuple[str, int]]] = {}
    for key, counted in trained.items():
        head, dot, rest = key.partition(".")
        if dot and depth:
            children.setdefault(head, {})[rest] = counted
    modules = tuple(_branch(head, inner, depth - 1) for head, inner in children.items())
    return ModuleBranch(name=name, parameters=sum(dict(trained.values()).values()), modules=modules)
