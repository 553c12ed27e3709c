"""Lets torchvision be imported beside a torch that its build does not fit, such as one without CUDA.

Its compiled operators do not load there, and it fails when it describes them to torch. Libraries import it for networks
and transforms that call none of them; so they are declared, and remain without an implementation.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path

import torch

_DESCRIBED = re.compile(r'register_(?:meta|fake)\("(?:torchvision::)?(\w+)"')
_declared: list[torch.library.Library] = []  # an operator lives as long as the library that declares it


def declare_torchvision_operators() -> None:
    """Declare what torchvision does not declare itself; nothing where it is not installed or loads."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None or _declared or _loads():
        return
    described = (Path(found.origin).parent / "_meta_registrations.py").read_text(encoding="utf-8")
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in sorted(set(_DESCRIBED.findall(described))):
        library.define(f"{name}(Tensor input) -> Tensor")
    _declared.append(library)


def _loads() -> bool:
    """Whether it can be imported, or fails in a way that declarations do not mend."""
    try:
        importlib.import_module("torchvision")
    except RuntimeError:
        return False
    except ImportError:
        pass
    return True
