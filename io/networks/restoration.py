"""Restoration networks that spandrel knows, where it is installed: super-resolution, denoising, deblurring.

It is handed a state dict that has been read already, never a file.
"""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.task import Match, Task, matched

_PACKAGE = "spandrel"
_INSTALL = "pip install 'ganloss[restoration]'"
_SIDES = range(1, 9)  # of the squares of pixels that channels may stand for


class RestorationNetwork(nn.Module):
    """A network of spandrel's as every generator is called: a batch in, a batch out, nothing clamped.

    Args:
        network: with its weights.
        call: how it is called.
        padding: width and height -> how many pixels are missing on the right and below.
        scale: of the image that comes out.
    """

    def __init__(
        self,
        network: nn.Module,
        call: Callable[[nn.Module, Tensor], Tensor],
        padding: Callable[[int, int], tuple[int, int]],
        scale: int,
    ) -> None:
        super().__init__()
        self.network = network
        self._call, self._padding, self._scale = call, padding, scale

    def forward(self, image: Tensor) -> Tensor:
        """(N, C, scale H, scale W) of images in [0, 1], (N, C, H, W); one by one, as these networks are used."""
        height, width = image.shape[2:]
        missing = self._padding(width, height)
        whole = pad(image, (0, missing[0], 0, missing[1]), mode="reflect") if any(missing) else image
        made = torch.cat([self._call(self.network, one[None]) for one in whole])
        return made[..., : height * self._scale, : width * self._scale]


@dataclass(frozen=True, kw_only=True)
class Restoration:
    """A network, and what it is."""

    match: Match
    module: nn.Module


def restoration_network(state_dict: Mapping[str, Tensor], where: str) -> Restoration | None:
    """The network that spandrel recognises; None without a spandrel that works, or where it knows none.

    Args:
        state_dict: of a network that nothing else is known of.
        where: the file, for errors.

    Raises:
        InputError: spandrel takes the weights for a network they do not fit.
    """
    spandrel, _ = _imported()
    if spandrel is None:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):  # some of its networks call torch in old ways
            found = spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(state_dict))
    except spandrel.UnsupportedModelError:
        return None
    except Exception as error:  # its detection may take a network for one of its own that it then cannot build
        first = str(error).partition("\n")[0]
        raise InputError(
            f"{where}: unknown architecture; spandrel takes it for one of its own and fails: {first}"
        ) from error
    return _described(found) if isinstance(found, spandrel.ImageModelDescriptor) else None


def _imported() -> tuple[ModuleType | None, str]:
    """spandrel, and if it is installed but does not work, why."""
    if importlib.util.find_spec(_PACKAGE) is None:
        return None, ""
    try:
        with warnings.catch_warnings(action="ignore"):
            return importlib.import_module(_PACKAGE), ""
    except Exception as error:  # noqa: BLE001 - torchvision fails in many ways when it was built for another torch
        return None, str(error).partition("\n")[0]


def _described(found: Any) -> Restoration:
    hyperparameters = {
        "scale": found.scale,
        "in_channels": found.input_channels,
        "out_channels": found.output_channels,
    }
    task = Task(input="image", range=(0.0, 1.0))
    match = matched(f"{found.architecture.name} (spandrel)", "generator", hyperparameters, task)
    # its own call takes one image, clamps, and lets no gradient through
    module = RestorationNetwork(found.model, found._call_fn, found.size_requirements.get_padding, found.scale)
    return Restoration(match=match, module=module.eval())


def hint_for_restoration(state_dict: Mapping[str, Tensor]) -> str | None:
    """What would help a network that takes colour images and makes some, where there is no spandrel that works."""
    kernels = [tuple(tensor.shape) for tensor in state_dict.values() if tensor.dim() == 4]
    takes = any(kernel[1] == 3 for kernel in kernels)
    produces = any(kernel[0] == 3 * side**2 and kernel[1] > 3 for kernel in kernels for side in _SIDES)
    if not (takes and produces):
        return None
    spandrel, fault = _imported()
    if fault:
        return f"if it restores images, spandrel may know it, but cannot be imported here: {fault}"
    return None if spandrel else f"if it restores images, {_INSTALL} lets spandrel recognise it"
