"""Libraries of the field that losses come through: optional, and imported when such a loss is computed."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

from ganloss_cli.errors import UsageError
from ganloss_cli.records.report import Finding


@dataclass(frozen=True, kw_only=True)
class Extra:
    """What `pip install 'ganloss[NAME]'` brings for one loss.

    Args:
        name: of the extra.
        packages: that the loss imports, the one that computes it first; "-" stands for "_" of a module.
        compiled: those that have no wheel everywhere, so that a compiler of C or C++ builds them.
    """

    name: str
    packages: tuple[str, ...]
    compiled: tuple[str, ...] = ()

    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed; looked for, not imported."""
        return tuple(name for name in self.packages if importlib.util.find_spec(name.replace("-", "_")) is None)

    def versions(self) -> str:
        """The packages with their versions, "pesq 0.0.4"."""
        return ", ".join(f"{name} {version(name)}" for name in self.packages)

    def require(self) -> None:
        """Refuse to go on without the packages.

        Raises:
            UsageError: one is missing.
        """
        if missing := self.missing():
            are = "package" if len(missing) == 1 else "packages"
            raise UsageError(
                f"needs the {are} {' and '.join(missing)}, not installed",
                hint=f"install the extra {self.name}: pip install 'ganloss[{self.name}]'{self._built(missing)}",
            )

    def module(self, name: str) -> ModuleType:
        """A module of the packages, imported.

        Args:
            name: with dots, "torch_fidelity.metric_fid".

        Raises:
            UsageError: a package is missing, or cannot be imported, as torchvision where it does not fit torch.
        """
        self.require()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return importlib.import_module(name)
        except Exception as error:
            raise UsageError(
                f"{name.partition('.')[0]} cannot be imported: {error}", hint=self._mended(error)
            ) from error

    def file(self, *parts: str) -> Path:
        """A file that comes with the first package, which is found and not imported.

        Args:
            parts: of its path in the package.

        Raises:
            UsageError: the package is missing.
        """
        self.require()
        found = importlib.util.find_spec(self.packages[0].replace("-", "_"))
        if found is None or found.origin is None:
            raise AssertionError(f"{self.packages[0]} is required, and lies nowhere")
        return Path(found.origin).parent.joinpath(*parts)

    def _mended(self, error: Exception) -> str:
        if isinstance(error, ModuleNotFoundError) and error.name == "pkg_resources":
            return "it needs pkg_resources, which setuptools has until 80: pip install 'setuptools<81'"
        if isinstance(error, ModuleNotFoundError):
            return f"install the extra {self.name} whole: pip install 'ganloss[{self.name}]'"
        return f"install what fits this torch, torchvision too: pip install 'ganloss[{self.name}]'"

    def _built(self, missing: tuple[str, ...]) -> str:
        built = [name for name in missing if name in self.compiled]
        return f", with a compiler of C or C++ for {' and '.join(built)} where there is no wheel" if built else ""


@contextlib.contextmanager
def same_noise() -> Iterator[None]:
    """For a library that adds numpy's global noise: the same noise every time, and the global state as it was."""
    state = np.random.get_state()
    np.random.seed(0)
    try:
        yield
    finally:
        np.random.set_state(state)


def learned_weights(check: str, loss: str, what: str, file: Path) -> Finding:
    """A note on weights that come with a package.

    Args:
        check: what the note is called.
        loss: that weighs by them.
        what: they are.
        file: that holds them.
    """
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    return Finding(
        check=check,
        severity="note",
        message=f"{loss}: {what} of the package, sha256 {sha256[:12]}",
        evidence={"file": str(file), "sha256": sha256},
    )


DISTRIBUTION = Extra(name="distribution", packages=("torch-fidelity",))
