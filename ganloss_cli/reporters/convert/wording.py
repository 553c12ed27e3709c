"""What a conversion says in words, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from ganloss_cli.reporters.figures import ABSENT, count, dtypes, size, some

if TYPE_CHECKING:
    from ganloss_cli.records.conversion import Conversion, ConvertedNetwork, LeftOut

HEADS = ("file", "from", "architecture", "step", "tensors", "dtype", "size")
RIGHT = (3, 4, 6)


def summary(conversion: Conversion) -> str:
    """What was done, on a line."""
    networks = count(len(conversion.networks), "network")
    n_bytes = size(sum(network.bytes for network in conversion.networks))
    return f"{networks}, {n_bytes}{'' if conversion.written else ' to write; nothing was written'}"


def row(network: ConvertedNetwork) -> tuple[str, ...]:
    """A network beneath `HEADS`."""
    return (
        network.file,
        f"{PurePath(network.path).name} ({network.name_in_file})"
        if network.name_in_file
        else PurePath(network.path).name,
        network.architecture or ABSENT,
        ABSENT if network.step is None else str(network.step),
        str(network.tensors),
        dtypes(network.dtypes),
        size(network.bytes),
    )


def facts(conversion: Conversion) -> Iterator[tuple[str, str]]:
    """Everything that stands in no column, a line each."""
    for network in conversion.networks:
        if network.tied:
            yield "tied", f"{network.file}: {some([f'{name} = {owner}' for name, owner in network.tied.items()])}"
    for left in conversion.left_out:
        yield "left out", _left_out(left)


def _left_out(left: LeftOut) -> str:
    return left.path if left.whole else f"{left.path}: {some(left.names)}"
