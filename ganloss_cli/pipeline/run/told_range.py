"""The range of a network that nothing names, where what it makes of an image tells it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.pipeline.networks.models import BuiltNetwork, is_generator
from ganloss_cli.pipeline.networks.ranges import RANGES, UNIT, Ranged
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Range

# mean squared errors on [0, 1]: an image that comes back at 20 dB, where as assumed it is 6 dB further off
_ALIKE = 0.01
_BETTER = 4.0


def told_range(built: BuiltNetwork, taken: Ranged, label: Tensor | None) -> tuple[Range, Finding] | None:
    """The range in which a generator gives an image back, as super-resolution does, where in the assumed it does not.

    Args:
        built: a network of assumed range.
        taken: its input.
        label: of the samples.

    Returns:
        the range and what to say of it; None where nothing tells.
    """
    if not is_generator(built.role) or built.range_origin != "assumed" or taken.range is None or not len(taken.tensor):
        return None
    first = Ranged(tensor=taken.tensor[:1], range=taken.range)
    errors = {range_: _error(built, first, range_, None if label is None else label[:1]) for range_ in RANGES}
    (best, error), assumed = min(errors.items(), key=lambda pair: pair[1]), errors[built.range]
    if best == built.range or error > _ALIKE or error * _BETTER > assumed:
        return None
    low, high = best
    return best, Finding(
        check="network_range_told",
        severity="note",
        message=f"the range of images in {built.role} is taken to be {low:g},{high:g}: there its output resembles its"
        f" input (mean squared error {error:.2g}), and at {built.range[0]:g},{built.range[1]:g} it does not"
        f" ({assumed:.2g})",
        evidence={"range": list(best), "errors": {f"{a:g},{b:g}": value for (a, b), value in errors.items()}},
        hint="name another with --network-range LOW,HIGH",
    )


def _error(built: BuiltNetwork, image: Ranged, range_: Range, label: Tensor | None) -> float:
    """Between an image, at the size of what is made of it, and that; infinite where they have other colours."""
    try:
        with torch.no_grad():
            made = built.callees[0].make(image.to(range_).tensor, label)
    except InputError:
        return float("inf")
    wanted = image.to(UNIT).tensor
    if made.dim() != wanted.dim() or made.dim() != 4 or made.shape[1] != wanted.shape[1]:
        return float("inf")
    resized = functional.interpolate(wanted, made.shape[2:], mode="bicubic", antialias=True)
    error = float((Ranged(tensor=made, range=range_).to(UNIT).tensor - resized).square().mean())
    return error if error == error else float("inf")  # NaN is no resemblance
