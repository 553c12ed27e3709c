"""Cutting functions and passages out of files of other repositories, and running them as they stand."""

import ast
import contextlib
import math
import re
import subprocess
import textwrap
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Upstream:
    """A folder of clones."""

    folder: Path

    def text(self, source: str) -> str:
        """The file that "OWNER/NAME@COMMIT FILE" names."""
        repository, commit, file = re.match(r"([^@]+)@(\w+) (\S+)", source).groups()  # type: ignore[union-attr]
        owner, name = repository.split("/")
        candidates = [self.folder / owner / name, self.folder / name, self.folder / f"{owner}+{name}" / "repo"]
        for candidate in candidates:
            if candidate.is_dir():
                command = ["git", "-C", str(candidate), "show", f"{commit}:{file}"]
                return subprocess.run(command, check=True, capture_output=True, text=True).stdout
        raise SystemExit(f"no clone of {repository} in {self.folder}")

    def load(
        self, source: str, /, *names: str, edit: Callable[[str], str] = str, **known: Any
    ) -> types.SimpleNamespace:
        """Those top-level functions and classes of the file, without its imports and without decorators."""
        tree = ast.parse(edit(self.text(source)))
        body = [node for node in tree.body if getattr(node, "name", None) in names]
        assert len(body) == len(names), f"{source} lacks one of {names}"
        for node in body:
            node.decorator_list = []  # type: ignore[attr-defined]
        scope = SCOPE | known
        exec(compile(ast.Module(body=body, type_ignores=[]), source, "exec"), scope)  # what this script is for
        return types.SimpleNamespace(**{name: scope[name] for name in names})

    def method(self, source: str, owner: str, name: str, /, **known: Any) -> Callable[..., Any]:
        """One method of one class, as a function of self."""
        classes = [node for node in ast.parse(self.text(source)).body if getattr(node, "name", None) == owner]
        (function,) = [node for node in classes[0].body if getattr(node, "name", None) == name]  # type: ignore[attr-defined]
        scope = SCOPE | known
        exec(compile(ast.Module(body=[function], type_ignores=[]), source, "exec"), scope)
        return typing.cast(Callable[..., Any], scope[name])

    def run(
        self, source: str, first: int, last: int, /, *, edit: Callable[[str], str] = str, **known: Any
    ) -> dict[str, Any]:
        """Lines first to last of the file, run with these names; gives all names back."""
        lines = self.text(source).splitlines()[first - 1 : last]
        scope = SCOPE | known
        exec(edit(textwrap.dedent("\n".join(lines))), scope)
        return scope

    def old_function(
        self, source: str, name: str, /, *, edit: Callable[[str], str] = str, **known: Any
    ) -> Callable[..., Any]:
        """One top-level function of a file that is not Python 3."""
        lines = self.text(source).splitlines()
        start = lines.index(next(line for line in lines if line.startswith(f"def {name}(")))
        end = next(
            number for number in range(start + 1, len(lines)) if lines[number] and not lines[number][0].isspace()
        )
        return typing.cast(Callable[..., Any], self.run(source, start + 1, end, edit=edit, **known)[name])

    def passage(self, source: str, text: str, more: int = 0) -> tuple[int, int]:
        """The number of the one line that holds the text, and that of the line so many after it."""
        (first,) = [number for number, line in enumerate(self.text(source).splitlines(), 1) if text in line]
        return first, first + more


@contextlib.contextmanager
def no_gradients_of_weights(*_: object) -> Iterator[None]:
    yield


SCOPE: dict[str, Any] = {
    "torch": torch, "nn": nn, "F": functional, "np": np, "math": math, "Tensor": Tensor, "Variable": lambda t, **_: t,
    "autograd": torch.autograd, "torch_grad": torch.autograd.grad, "tp": typing, "List": list, "Tuple": tuple,
    "Union": typing.Union, "Literal": Literal, "no_weight_grad": no_gradients_of_weights, "FloatTensor": Tensor,
    "conv2d_gradfix": types.SimpleNamespace(no_weight_gradients=no_gradients_of_weights),
}  # fmt: skip
