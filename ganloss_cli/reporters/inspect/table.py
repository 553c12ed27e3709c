"""An inspection for people: a block a file, a line a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.inspection import InspectedFile, InspectedNetwork, Inspection
from ganloss_cli.reporters.figures import printable, shape, size
from ganloss_cli.reporters.inspect import wording
from ganloss_cli.reporters.pieces import findings_grid
from ganloss_cli.reporters.screen import (
    Listing,
    Screen,
    apart,
    column,
    figures,
    grid,
    indented,
    natural_width,
    ruled,
    text,
)

# Left out where the screen is narrow, the first of them first; nothing else is, and no figure is ever cut.
_SPARED = ("tensors", "dtype")
_INDENT = 2


def render(inspection: Inspection, screen: Screen) -> str:
    """The inspection as text."""
    narrowest = [_columns(file.networks, _SPARED) for file in inspection.files if file.networks]
    screen = screen.at_least(max((_INDENT + natural_width(table) for table in narrowest), default=0))
    return screen.draw(apart(_parts(inspection, screen)))


def _parts(inspection: Inspection, screen: Screen) -> Iterator[RenderableType]:
    for folder in inspection.folders:
        chosen = text(f"{len(folder.chosen)} to open: {', '.join(folder.chosen)}; {wording.others(folder)}")
        yield Group(text(folder.path, "bold"), indented(chosen))
    for file in inspection.files:
        yield Group(
            text(file.path, "bold"), indented(text(wording.summary(file), "cyan")), indented(_file(file, screen))
        )
    if inspection.findings:
        yield findings_grid(wording.by_check(inspection.findings))


def _file(file: InspectedFile, screen: Screen) -> Group:
    parts: list[RenderableType] = []
    if file.networks:
        parts += [_networks(file.networks, screen)]
    if known := list(wording.facts(file)):
        parts.append(grid([(text(name, "cyan"), text(told, "dim")) for name, told in known]))
    for network in file.networks:
        parts += _details(network)
    return Group(*parts)


def _networks(networks: Sequence[InspectedNetwork], screen: Screen) -> Table:
    """The table with as many of its columns as the screen holds."""
    tables = (_columns(networks, _SPARED[:n]) for n in range(len(_SPARED)))
    fitting = (table for table in tables if screen.holds(table, spare=_INDENT))
    return next(fitting, _columns(networks, _SPARED))


def _columns(networks: Sequence[InspectedNetwork], without: Sequence[str]) -> Table:
    columns = list(zip(wording.HEADS, *(wording.row(network) for network in networks), strict=True))
    styled = [
        figures(head, cells) if position in wording.RIGHT[:2] else column(head, cells, "" if position else "bold")
        for position, (head, *cells) in enumerate(columns)
        if head not in without
    ]
    return ruled(styled)


def _details(network: InspectedNetwork) -> Iterator[RenderableType]:
    if network.tree is not None:
        rows = list(wording.branches(network.tree))
        width = max(len("parameters"), *(len(n) for _, n in rows))
        yield Text()
        yield Listing(
            [[n.rjust(width) for n in ("parameters", *(n for _, n in rows))], ["module", *(name for name, _ in rows)]]
        )
    if network.tensors is not None:
        named = printable(f"tensor of {network.name_in_file or network.role}")
        yield Text()
        yield Listing(
            [
                ["shape", *(shape(tensor.shape) for tensor in network.tensors)],
                ["dtype", *(tensor.dtype for tensor in network.tensors)],
                ["size", *(size(tensor.bytes) for tensor in network.tensors)],
                [named, *(printable(wording.tensor_name(tensor)) for tensor in network.tensors)],
            ]
        )
