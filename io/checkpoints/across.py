"""What only several networks together show: twins, and steps that differ.

Torch-free.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from ganloss_cli.io.checkpoints.contents.checksums import Fingerprint
from ganloss_cli.io.checkpoints.inspect import Look
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.inspection import InspectedFile, InspectedNetwork


def compared(looks: Sequence[Look]) -> Iterator[Finding]:
    """Findings on the networks of all files together."""
    yield from _identical(looks)
    yield from _of_different_steps([look.file for look in looks])


@dataclass(frozen=True, kw_only=True)
class _Known:
    name: str
    file: str
    storages: frozenset[str]


def _identical(looks: Sequence[Look]) -> Iterator[Finding]:
    twins: dict[Fingerprint, list[_Known]] = {}
    if sum(len(look.fingerprints) for look in looks) < 2:
        return
    for look in looks:
        for network, fingerprint_of, storages in zip(look.file.networks, look.fingerprints, look.shared, strict=True):
            if fingerprint := fingerprint_of():
                known = _Known(name=_called(look.file, network), file=look.file.path, storages=storages)
                twins.setdefault(fingerprint, []).append(known)
    for same in twins.values():
        if len(same) > 1:
            names = [known.name for known in same]
            one_copy = len({(known.file, known.storages) for known in same}) == 1
            how = "are one and the same: they share their tensors" if one_copy else "are identical, bit by bit"
            yield Finding(
                check="identical_networks",
                severity="warning",
                message=f"{' and '.join(names)} {how}",
                evidence={"networks": names},
                hint="look at how they were saved or loaded: one may have been written in the place of the other",
            )


def _called(file: InspectedFile, network: InspectedNetwork) -> str:
    return f"{file.path}{f' ({network.name_in_file})' if network.name_in_file else ''}"


def _of_different_steps(files: Sequence[InspectedFile]) -> Iterator[Finding]:
    """Networks that belong together were saved at different steps; a series of one network is none."""
    told = [file for file in files if file.step is not None and file.networks]
    roles = [(network.role, network.name_in_file, network.weights) for file in told for network in file.networks]
    kinds = {role.partition("_")[0] for role, *_ in roles} & {"generator", "discriminator"}
    steps = {file.path: file.step for file in told}
    if len(set(roles)) == len(roles) and len(kinds) > 1 and len(set(steps.values())) > 1:
        shown = ", ".join(f"{PurePath(path).name} of step {step}" for path, step in steps.items())
        yield Finding(
            check="step_mismatch",
            severity="warning",
            message=f"the files are of different steps: {shown}",
            evidence=steps,
            hint="give networks that were trained against each other",
        )
