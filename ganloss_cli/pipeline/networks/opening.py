"""The checkpoint files that a request names, each read once, however many models are built of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganloss_cli.io.architectures import Match
from ganloss_cli.io.architectures.recipes import ARCH, ARCH_ARGS
from ganloss_cli.io.checkpoints import (
    UNKNOWN_ROLE,
    Checkpoint,
    Network,
    choose_files,
    open_checkpoint,
    with_concluded_roles,
)
from ganloss_cli.io.checkpoints.contents.stated import check_found
from ganloss_cli.records.report import CheckpointRecord, Finding
from ganloss_cli.records.request import Request

BACKBONE = "backbone"


@dataclass(frozen=True, kw_only=True)
class Files:
    """What the files of a request hold.

    Args:
        request: names them, and says how they are read.
        checkpoints: of --ckpt and --disc, in their order.
        findings: what was noticed on the way.
    """

    request: Request
    checkpoints: tuple[Checkpoint, ...]
    findings: tuple[Finding, ...]
    _backbones: dict[Path, Checkpoint] = field(default_factory=dict)

    def backbone(self, file: Path) -> Checkpoint:
        """A file of --backbone, or of a cache, read when the first model asks for it."""
        if file not in self._backbones:
            asked = self.request
            self._backbones[file] = open_checkpoint(
                file, role=BACKBONE, allow_code=asked.allow_code, rescue=asked.rescue
            )
        return self._backbones[file]


def open_files(request: Request, *, whole: bool = False) -> Files:
    """Open and check every checkpoint of --ckpt and --disc.

    Args:
        request: names them.
        whole: whether to keep what is no network too, such as optimizers.

    Raises:
        InputError: a file cannot be read.
        UnsafeCheckpointError: a file would run code.
        UsageError: a place of --state is in no file, or in several.
    """
    checkpoints: list[Checkpoint] = []
    findings: list[Finding] = []
    for path, role in [*((p, None) for p in request.ckpt), *((p, "discriminator") for p in request.disc)]:
        chosen = choose_files(path, rescue=request.rescue, stated=request.state)
        findings += chosen.findings
        for file in chosen.files:
            checkpoint = open_checkpoint(
                file,
                role=role if len(chosen.files) == 1 else None,  # of a pair, the names of the files tell
                naming=request.naming,
                allow_code=request.allow_code,
                rescue=request.rescue,
                whole=whole,
                stated=request.state,
            )
            findings += checkpoint.findings
            checkpoints.append(checkpoint)
    check_found(request.state, [(checkpoint.path, checkpoint.astray) for checkpoint in checkpoints])
    together, said = with_concluded_roles(checkpoints)
    return Files(request=request, checkpoints=together, findings=(*findings, *said))


def record_of(
    checkpoint: Checkpoint, network: Network, role: str, architecture: str | None, parameters: int, match: Match | None
) -> CheckpointRecord:
    """What a report says of one network of a file.

    Args:
        checkpoint: the file.
        network: the network.
        role: what it is, perhaps only since it was recognised.
        architecture: its name, or its class.
        parameters: how many it has.
        match: its hyper-parameters, where it was recognised.
    """
    return CheckpointRecord(
        path=str(checkpoint.path),
        sha256=checkpoint.sha256,
        role=role,
        name_in_file=network.part,
        architecture=architecture,
        weights=network.weights,
        step=checkpoint.step,
        parameters=parameters,
        hyperparameters=dict(match.hyperparameters) if match else {},
    )


def named_by_options(role: str, request: Request) -> dict[str, Any]:
    """What --arch and --arch-args say of a network, where recognising looks for it.

    Args:
        role: of the network; what is said of any role may be meant for one of unknown role.
        request: holds the options.
    """
    said: dict[str, Any] = {}
    if name := request.arch.get(role, request.arch.get(None)):
        said[ARCH] = name
    roles = request.arch_args if role == UNKNOWN_ROLE else (None, role)
    if settings := {key: text for each in roles for key, text in request.arch_args.get(each, {}).items()}:
        said[ARCH_ARGS] = settings
    return said
