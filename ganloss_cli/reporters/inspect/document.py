"""What is in checkpoints, as a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ganloss_cli.reporters.document import Grid, Paragraph, Points, Section, WithSections, fields_of
from ganloss_cli.reporters.figures import shape, size
from ganloss_cli.reporters.findings import sentence
from ganloss_cli.reporters.inspect import wording

if TYPE_CHECKING:
    from ganloss_cli.records.inspection import InspectedFile, InspectedNetwork, Inspection


class InspectDocument(WithSections):
    """What was seen."""

    record: Inspection
    command = "ganloss inspect"
    table = "ganloss_cli.reporters.inspect.table:render"

    def data(self) -> Mapping[str, Any]:
        """The fields of the records; hashes, tensors and trees only where they were asked for."""
        return {**fields_of(self.record), "files": [_file(file) for file in self.record.files]}

    def sections(self) -> Iterator[Section]:
        """A table a file, then what is to be known of it."""
        for folder in self.record.folders:
            yield Paragraph(title=folder.path, text=f": to open {', '.join(folder.chosen)}; {wording.others(folder)}")
        for file in self.record.files:
            yield Paragraph(title=file.path, text=f": {wording.summary(file)}")
            if file.networks:
                yield Grid(
                    heads=wording.HEADS, rows=[wording.row(network) for network in file.networks], right=wording.RIGHT
                )
            yield Points(lines=[f"{name}: {told}" for name, told in wording.facts(file)])
            for network in file.networks:
                yield from _details(network)
        yield Points(lines=[sentence(finding) for finding in wording.by_check(self.record.findings)])


def _file(file: InspectedFile) -> dict[str, Any]:
    networks = [fields_of(network, on_request=("tensors", "tree")) for network in file.networks]
    return {**fields_of(file, on_request=("sha256",)), "networks": networks}


def _details(network: InspectedNetwork) -> Iterator[Section]:
    if network.tree is not None:
        yield Grid(heads=["module", "parameters"], rows=list(wording.branches(network.tree)), right=[1])
    if network.tensors is not None:
        rows = [[wording.tensor_name(t), shape(t.shape), t.dtype, size(t.bytes)] for t in network.tensors]
        heads = [f"tensor of {network.name_in_file or network.role}", "shape", "dtype", "size"]
        yield Grid(heads=heads, rows=rows, right=[3])
