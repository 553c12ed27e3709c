"""Classes cut out of the files of clones, as they stand or with fewer channels."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn


def classes(
    path: Path,
    names: Sequence[str],
    *,
    revision: str | None = None,
    transform: Callable[[ast.Module], ast.Module] = lambda tree: tree,
    **known: Any,
) -> dict[str, Any]:
    """Execute only these classes, functions and assignments of a file, with the modules that they use given.

    Args:
        path: of the file in its clone.
        names: what to execute.
        revision: an older commit to read the file from; None for what is checked out.
        transform: changes the syntax tree first, where a size is fixed in the code.
        known: names that the file imports.
    """
    show = ["git", "-C", str(path.parent), "show", f"{revision}:./{path.name}"]
    text = path.read_text() if revision is None else subprocess.check_output(show, text=True)
    tree = transform(ast.parse(text.lstrip("\ufeff")))
    tree.body = [node for node in tree.body if _name(node) in names]
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "np": np, "__name__": path.stem, **known}
    exec(compile(tree, str(path), "exec"), scope)
    return scope


def _name(node: ast.stmt) -> str | None:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else getattr(node, "name", None)


def narrow(layers: dict[str, Any]) -> dict[str, Any]:
    """The layers with a quarter of the channels that upstream writes down; 41 million weights tell no more than 3."""

    def narrowed(layer: Any) -> Any:
        return lambda before, after, *rest, **settings: layer(
            max(1, before // 4), max(1, after // 4), *rest, **settings
        )

    return {name: narrowed(layer) if "Conv" in name else layer for name, layer in layers.items()}
