"""An inspection for people: a block a file, a line a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ganloss_cli.records.inspection import InspectedFile, InspectedNetwork, Inspection
from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.figures import shape
from ganloss_cli.reporters.inspect.wording import (
    HEADS,
    RIGHT,
    branches,
    facts,
    hyperparameters,
    others,
    row,
    size,
    summary,
    tensor_name,
)
from ganloss_cli.reporters.screen import Screen, figures, grid, indented, natural_width, prose, ruled, text

# Left out where the screen is narrow, the first of them first; nothing else is, and no figure is ever cut.
_SPARED = ("tensors", "dtype")
_INDENT = 2
_SEVERITY_STYLES = {"note": "cyan", "warning": "yellow", "error": "bold red"}


def render(inspection: Inspection, screen: Screen | None = None) -> str:
    """The inspection as text.

    Args:
        inspection: what was seen.
        screen: what it is drawn for; by default plain text of any width.
    """
    screen = screen or Screen()
    narrowest = [_columns(file.networks, _SPARED) for file in inspection.files if file.networks]
    screen = screen.at_least(max((_INDENT + natural_width(table) for table in narrowest), default=0))
    parts: list[RenderableType] = []
    for part in _parts(inspection, screen):
        parts += [Text(), part] if parts else [part]
    return screen.draw(parts)


def _parts(inspection: Inspection, screen: Screen) -> Iterator[RenderableType]:
    for folder in inspection.folders:
        chosen = text(f"{len(folder.chosen)} to open: {', '.join(folder.chosen)}; {others(folder)}")
        yield Group(text(folder.path, "bold"), indented(chosen))
    for file in inspection.files:
        yield Group(text(file.path, "bold"), indented(text(summary(file), "cyan")), indented(_file(file, screen)))
    if inspection.findings:
        yield _findings(inspection.findings)


def _file(file: InspectedFile, screen: Screen) -> Group:
    parts: list[RenderableType] = []
    if file.networks:
        parts += [_networks(file.networks, screen)]
    known = [(name, told) for name, told in (*_architectures(file.networks), *facts(file)) if told]
    if known:
        table = grid()
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for name, told in known:
            table.add_row(text(name, "cyan"), text(told, "dim"))
        parts.append(table)
    for network in file.networks:
        parts += _details(network)
    return Group(*parts)


def _networks(networks: Sequence[InspectedNetwork], screen: Screen) -> Table:
    """The table with as many of its columns as the screen holds."""
    tables = (_columns(networks, _SPARED[:n]) for n in range(len(_SPARED)))
    fitting = (table for table in tables if screen.holds(table, spare=_INDENT))
    return next(fitting, _columns(networks, _SPARED))


def _columns(networks: Sequence[InspectedNetwork], without: Sequence[str]) -> Table:
    columns = list(zip(HEADS, *(row(network) for network in networks), strict=True))
    styled = [
        figures(head, [Text(cell) for cell in cells])
        if position in RIGHT[:2]
        else [Text(head), *(text(cell, "bold" if position == 0 else "") for cell in cells)]
        for position, (head, *cells) in enumerate(columns)
        if head not in without
    ]
    return ruled(styled)


def _architectures(networks: Sequence[InspectedNetwork]) -> Iterator[tuple[str, str]]:
    for network in networks:
        yield network.name_in_file or network.role, hyperparameters(network)


def _details(network: InspectedNetwork) -> Iterator[RenderableType]:
    if network.tree is not None:
        rows = list(branches(network.tree))
        counts = figures("parameters", [Text(n) for _, n in rows])
        yield Text()
        yield ruled([counts, [Text("module"), *(Text(name) for name, _ in rows)]])
    if network.tensors is not None:
        shapes = [Text("shape"), *(text(shape(tensor.shape)) for tensor in network.tensors)]
        dtypes = [Text("dtype"), *(text(tensor.dtype) for tensor in network.tensors)]
        sizes = [Text("size"), *(text(size(tensor.bytes)) for tensor in network.tensors)]
        names = [Text(f"tensor of {network.name_in_file or network.role}")]
        yield Text()
        yield ruled([shapes, dtypes, sizes, [*names, *(text(tensor_name(tensor)) for tensor in network.tensors)]])


def _findings(findings: Sequence[Finding]) -> Table:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        told = prose(f"{finding.check}: {finding.message}")
        if finding.hint:
            told.append_text(prose(f"\n→ {finding.hint}", "dim"))
        table.add_row(text(finding.severity, _SEVERITY_STYLES[finding.severity]), told)
    return table
