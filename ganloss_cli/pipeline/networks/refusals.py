"""What to do about an input that a network refused, told from its error, its layers and what it was given."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

_ARGUMENTS = re.compile(r"missing \d+ required positional arguments?: (.+)")
_CHANNELS = re.compile(r"expected input\[[\d, ]+\] to have (\d+) channels?, but got (\d+)")
_PRODUCT = re.compile(r"mat1 and mat2 shapes cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)")
_CLASHES = re.compile(r"Sizes of tensors must match|The size of tensor a \(\d+\) must match")
_TOO_SMALL = re.compile(r"Kernel size can't be greater|Padding size should be less|Output size is too small")
_DIMENSIONS = re.compile(r"Expected .*(\dD) \(unbatched\) or (\dD) \(batched\) input")
_IMAGES = 4  # axes of a batch of them


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A call that failed.

    Args:
        generates: whether it was one of a generator.
        module: that was called.
        given: what with.
        message: of the exception.
    """

    generates: bool
    module: nn.Module
    given: Sequence[Tensor]
    message: str

    @property
    def side(self) -> tuple[int, int] | None:
        """Height and width of the images; None of anything else."""
        shape = self.given[0].shape
        return (shape[2], shape[3]) if len(shape) == _IMAGES else None


def hint_for(refused: Refused) -> str:
    """The option that gives what is missing, or what else can be done.

    Args:
        refused: the call.
    """
    hints = (rule(refused) for rule in _RULES)
    return next(filter(None, hints), "the message is the network's own: look at the class and arguments of --network")


def _argument(refused: Refused) -> str | None:
    if not (found := _ARGUMENTS.search(refused.message)):
        return None
    names = ", ".join(re.findall(r"'(\w+)'", found[1]))
    return f"its forward takes {names} as well: name a class with --network whose forward takes the samples alone"


def _label(refused: Refused) -> str | None:
    tables = [layer.num_embeddings for layer in refused.module.modules() if isinstance(layer, nn.Embedding)]
    if not tables or len(refused.given) == 1 or "index out of range" not in refused.message:
        return None
    return f"give a --label from 0 to {min(tables) - 1}"


def _channels(refused: Refused) -> str | None:
    if not (found := _CHANNELS.search(refused.message)):
        return None
    wanted, got = int(found[1]), int(found[2])
    if {wanted, got} == {1, 3}:
        return (
            f"save the images as {'greyscale' if wanted == 1 else 'RGB'}: the network takes {wanted} of their channels"
        )
    if (wanted, got) == (4, 3) and refused.side:
        return "give images with an alpha channel, and --alpha keep"
    if refused.generates or wanted < got:
        return f"it takes {wanted} channels: is this the network, and are these its data?"
    if refused.side and refused.side[1] == 2 * refused.side[0]:
        return "it scores pairs: give --aligned AB or --aligned BA where each picture holds both, side by side"
    return "it scores an image beside its source: give that with --input, or --aligned AB where each picture holds both"


def _size(refused: Refused) -> str | None:
    """Of a linear layer that was handed more or fewer values than it takes."""
    if not (found := _PRODUCT.search(refused.message)):
        return None
    got, wanted = int(found[1]), int(found[2])
    if refused.generates and refused.side:
        return f"if it makes images out of latents, give --latent-shape {wanted}"
    if refused.side is None:
        return f"it takes {wanted} values a sample"
    sides = [side * math.sqrt(wanted / got) for side in refused.side]
    if any(abs(side - round(side)) > 1e-9 for side in sides):
        return "it takes images of one size: give that with --resize SIZE"
    height, width = map(round, sides)
    return f"it takes images of one size: give --resize {height if height == width else f'{width}x{height}'}"


def _clash(refused: Refused) -> str | None:
    """Of layers whose maps do not meet again, as those of a U-Net at sides that cannot be halved so often."""
    if refused.side is None or not _CLASHES.search(refused.message):
        return None
    strides = [layer.stride for layer in refused.module.modules() if isinstance(layer, (nn.Conv2d, nn.MaxPool2d))]
    halvings = sum((stride if isinstance(stride, int) else stride[0]) == 2 for stride in strides)
    factor = 2**halvings
    if factor > 1 and min(refused.side) >= factor and any(side % factor for side in refused.side):
        return f"its sides must be multiples of {factor}: give --modcrop {factor}, or --resize SIZE"
    return "give another size with --resize SIZE"


def _small(refused: Refused) -> str | None:
    if not _TOO_SMALL.search(refused.message):
        return None
    return "give larger images, with --resize SIZE" if refused.side else "give longer samples"


def _dimensions(refused: Refused) -> str | None:
    if not (found := _DIMENSIONS.search(refused.message)):
        return None
    if refused.generates and refused.side is None:
        return "if it takes images, give them with --input; latents of another shape with --latent-shape"
    held = "images" if refused.side else "no images"
    return f"it takes batches of {found[2][0]} axes, and the data are {held}: give the data that it was trained on"


_RULES: tuple[Callable[[Refused], str | None], ...] = (
    _argument, _label, _channels, _size, _clash, _small, _dimensions,
)  # fmt: skip
