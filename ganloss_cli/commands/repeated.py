"""The request that a report was made by, of its command line; what is a path or runs code has to be given again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganloss_cli.cli import COMMANDS
from ganloss_cli.commands.app import parsed
from ganloss_cli.commands.options import ARGUMENTS

# a command line in a file is somebody else's: none of these names a place or lets anything run
_KEPT = (
    "network_range", "channel_order", "scores", "naming", "features", "arch", "arch_args", "weights", "mode",
    "latent_shape", "samples", "rename", "range", "pair_by", "unpaired", "split", "direction", "aligned", "stem",
    "limit", "alpha", "resize", "max_pixels", "modcrop", "channels", "sample_rate", "segment", "losses", "recipe",
    "settings", "over", "quantize", "tile", "dtype", "seed",
)  # fmt: skip


def choices_of(command: Sequence[str]) -> Mapping[str, Any]:
    """What a command line of eval says of data, networks and losses, by key; nothing of another command.

    Args:
        command: as a report has it.

    Raises:
        UsageError: it is damaged.
    """
    if tuple(command[:2]) != ("ganloss", "eval"):
        return {}
    typed = parsed(command[1:], COMMANDS)
    return {key: ARGUMENTS[key].read(typed[key]) for key in _KEPT}
