"""What was looked at in words, the same in every format: networks, data, and what was lacking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ganloss_cli.records.listing import grouped
from ganloss_cli.reporters.figures import count, shape, span

if TYPE_CHECKING:
    from ganloss_cli.records.report import CheckpointRecord, Input, Report


def looked_at(
    networks: Sequence[CheckpointRecord], data: Sequence[Input] = (), at_most: int | None = None
) -> Iterator[tuple[str, str, str]]:
    """Role, path and what is there, of each network and each role of the data.

    Args:
        networks: of checkpoints.
        data: the roles.
        at_most: how many networks have a line of their own; of more there is a line a role.
    """
    if at_most is None or len(networks) <= at_most:
        yield from ((network.role, network.path, described(network)) for network in networks)
    else:
        for role, own in grouped((network.role, network.path) for network in networks).items():
            paths = list(dict.fromkeys(own))
            yield role, f"{paths[0]} … {paths[-1]}" if len(paths) > 1 else paths[0], count(len(own), "network")
    yield from ((input_.role, input_.path, contents(input_)) for input_ in data)


def described(network: CheckpointRecord) -> str:
    """What a network is: architecture, step, averaged or not, the file's own name for it."""
    parts = [network.architecture or "not recognised", "ema" if network.weights == "ema" else ""]
    if network.step is not None:
        parts.append(f"step {network.step}")
    if network.name_in_file not in ("", network.role):
        parts.append(f"{network.name_in_file} in the file")
    return ", ".join(part for part in parts if part)


def contents(input_: Input) -> str:
    """What a role holds: how many samples, of what shape, rate and range."""
    if input_.kind == "moments":
        return "mean and covariance"
    noun = {"image": "image", "audio": "recording", "tensor": "sample"}[input_.kind]
    parts = [count(input_.count, noun)]
    if input_.shape is not None:
        parts[0] += f" of {shape(input_.shape)}"
    if input_.sample_rate is not None:
        parts.append(f"{input_.sample_rate} Hz")
    if input_.range is not None:
        parts.append(f"in {span(input_.range)}")
    return ", ".join(parts)


def lacking(not_applicable: Mapping[str, str]) -> dict[str, list[str]]:
    """What losses lack -> the losses that lack it, those first that come first."""
    return grouped((reason, loss) for loss, reason in not_applicable.items())


def from_journal(report: Report) -> list[str]:
    """How many steps a journal had, if any."""
    held = report.timing.get("journal_steps")
    return [f"{count(held, 'step')} from the journal"] if held else []
