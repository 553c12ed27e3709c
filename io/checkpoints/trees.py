"""The tree of a network's modules, off the names of its tensors.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.records import ModuleBranch

MAX_DEPTH = 64


def module_tree(name: str, trained: Mapping[str, int], depth: int = MAX_DEPTH) -> ModuleBranch:
    """Modules with their parameter counts.

    Args:
        name: of the network, or of one of its modules.
        trained: name of a parameter -> how many numbers it has; what stands before its dots are modules.
        depth: how far down to go; a name may have more dots than any network has levels.
    """
    children: dict[str, dict[str, int]] = {}
    for key, count in trained.items():
        head, dot, rest = key.partition(".")
        if dot and depth:
            children.setdefault(head, {})[rest] = count
    modules = tuple(module_tree(head, inner, depth - 1) for head, inner in children.items())
    return ModuleBranch(name=name, parameters=sum(trained.values()), modules=modules)
