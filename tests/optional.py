"""Libraries that some tests hold numbers against, where they are installed and can be imported."""

import importlib
import warnings
from typing import Any

import pytest


def imported(name: str) -> tuple[Any, pytest.MarkDecorator]:
    """A module, None where it cannot be imported, and the mark of tests that need it: they are skipped then."""
    why = ""
    module: Any = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = importlib.import_module(name)
    except Exception as error:  # noqa: BLE001  torchvision fails in many ways when it was built for another torch
        why = f"{name.partition('.')[0]} cannot be imported: {type(error).__name__}"
    return module, pytest.mark.skipif(module is None, reason=why)
