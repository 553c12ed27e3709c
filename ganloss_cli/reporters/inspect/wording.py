"""What an inspection says in words, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ganloss_cli.records.listing import grouped
from ganloss_cli.reporters.figures import ABSENT, brief, count, dtypes, number, printable, size, some

if TYPE_CHECKING:
    from ganloss_cli.records.finding import Finding
    from ganloss_cli.records.inspection import InspectedFile, InspectedFolder, InspectedNetwork, ModuleBranch, TensorRow

HEADS = ("role", "in the file", "architecture", "parameters", "tensors", "dtype", "size")
RIGHT = (3, 4, 6)


def with_spaces(n: int) -> str:
    """A large count whose digits can be read: "1 234 567"."""
    return f"{n:,}".replace(",", " ")


def summary(file: InspectedFile) -> str:
    """What a file is, on a line."""
    step = () if file.step is None else (f"step {file.step}",)
    return ", ".join((file.format, file.holds, size(file.bytes), *step))


def row(network: InspectedNetwork) -> tuple[str, ...]:
    """A network beneath `HEADS`."""
    role = f"{network.role} (ema)" if network.weights == "ema" else network.role
    return (
        role,
        network.name_in_file or ABSENT,
        network.architecture or ABSENT,
        with_spaces(network.parameters),
        str(network.tensor_count),
        dtypes(network.dtypes),
        size(network.bytes),
    )


def hyperparameters(network: InspectedNetwork) -> str:
    """Its hyper-parameters by where each came from; empty where no architecture was recognised."""
    by_origin = grouped(
        (network.origins.get(name, "shape"), f"{name}={_text(value)}")
        for name, value in network.hyperparameters.items()
    )
    whose = {"recipe": f"recipe of {network.recipe}" if network.recipe else "recipe", "shape": "shapes"}
    return "; ".join(f"from {whose.get(origin, origin)}: {', '.join(told)}" for origin, told in by_origin.items())


def by_check(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with the names of their checks before what they say."""
    return [replace(finding, message=f"{finding.check}: {finding.message}") for finding in findings]


def facts(file: InspectedFile) -> Iterator[tuple[str, str]]:
    """Everything about a file that stands in no column, a line each: first what its networks are."""
    for network in file.networks:
        if recognised := hyperparameters(network):
            yield network.name_in_file or network.role, recognised
    tied = [
        f"{network.shared_count} of {network.tensor_count} tensors"
        + (f" of {network.name_in_file}" if network.name_in_file else "")
        for network in file.networks
        if network.shared_count
    ]
    if tied:
        yield "tied", f"{', '.join(tied)}; counted once"
    if file.sha256:
        yield "sha256", file.sha256
    if file.optimizers:
        yield "optimizers", ", ".join(_optimizer(name, known) for name, known in file.optimizers.items())
    if file.config:
        yield "config", _config(file)
    left_over = [name for name in file.left_over if name not in file.optimizers]
    if left_over:
        yield "left over", some(left_over)
    if file.refused:
        yield "forbidden", some(file.refused, most=40)
    allowed = [name for name in file.globals if name not in file.refused]
    if allowed:
        yield "allowed", some(allowed, most=40)


def tensor_name(tensor: TensorRow) -> str:
    """A tensor's name, and whose numbers are its own."""
    return f"{tensor.name} = {tensor.shared_with}" if tensor.shared_with else tensor.name


def others(folder: InspectedFolder) -> str:
    """What a folder holds beside what was chosen."""
    told = [f"{other.name} ({size(other.bytes)})" for other in folder.others]
    return f"{count(len(told), 'other checkpoint')}: {some(told, most=20)}" if told else "no other checkpoint"


def branches(tree: ModuleBranch, depth: int = 0) -> Iterator[tuple[str, str]]:
    """The modules of a tree, indented, with their parameter counts."""
    yield f"{'  ' * depth}{printable(tree.name)}", with_spaces(tree.parameters)
    for module in tree.modules:
        yield from branches(module, depth + 1)


def _optimizer(name: str, known: Mapping[str, object]) -> str:
    rate = known.get("lr")
    return f"{name} (lr {number(rate)})" if isinstance(rate, int | float) else name


def _config(file: InspectedFile) -> str:
    inside = [key for key in file.config if key not in file.config_origins]
    beside = grouped((name, key) for key, name in file.config_origins.items())
    parts = [f"in the file: {some(inside)}"] if inside else []
    return "; ".join((*parts, *(f"{name}: {some(keys)}" for name, keys in beside.items())))


def _text(value: object) -> str:
    if isinstance(value, list | tuple) and not value:
        return "none"
    if isinstance(value, list | tuple):
        return "x".join(f"({_text(entry)})" if isinstance(entry, list | tuple) else _text(entry) for entry in value)
    return brief(value)
