"""An inspection as Markdown: a table a file, then what is to be known of it."""

from __future__ import annotations

from collections.abc import Iterator

from ganloss_cli.records.inspection import InspectedFile, InspectedNetwork, Inspection
from ganloss_cli.reporters.eval.markdown import escaped, table
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


def render(inspection: Inspection) -> str:
    """Sections without headings, so that it can be pasted into any page."""
    sections = (section for section in _sections(inspection) if section)
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _sections(inspection: Inspection) -> Iterator[list[str]]:
    for folder in inspection.folders:
        yield [f"**{escaped(folder.path)}**: to open {escaped(', '.join(folder.chosen))}; {escaped(others(folder))}"]
    for file in inspection.files:
        yield [f"**{escaped(file.path)}**: {escaped(summary(file))}"]
        if file.networks:
            yield table(HEADS, [row(network) for network in file.networks], right=RIGHT)
        yield list(_facts(file))
        for network in file.networks:
            yield from _details(network)
    yield [
        f"- {finding.severity}: {finding.check}: {escaped(finding.message)}"
        f"{f' ({escaped(finding.hint)})' if finding.hint else ''}"
        for finding in inspection.findings
    ]


def _facts(file: InspectedFile) -> Iterator[str]:
    for network in file.networks:
        told = hyperparameters(network)
        if told:
            yield f"- {escaped(network.name_in_file or network.role)}: {escaped(told)}"
    for name, told in facts(file):
        yield f"- {name}: {escaped(told)}"


def _details(network: InspectedNetwork) -> Iterator[list[str]]:
    if network.tree is not None:
        yield table(["module", "parameters"], list(branches(network.tree)), right=[1])
    if network.tensors is not None:
        rows = [[tensor_name(t), shape(t.shape), t.dtype, size(t.bytes)] for t in network.tensors]
        yield table([f"tensor of {network.name_in_file or network.role}", "shape", "dtype", "size"], rows, right=[3])
