"""Opens one checkpoint file: recognise it, refuse what is unsafe, read its networks and give each its role.

Torch is imported only once a file is known to be a checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints.contents.beside import config_beside
from ganloss_cli.io.checkpoints.contents.naming import Naming
from ganloss_cli.io.checkpoints.contents.networks import Contents
from ganloss_cli.io.checkpoints.contents.places import step_of
from ganloss_cli.io.checkpoints.contents.resolver import (
    Known,
    conclusions,
    known_of,
    roles_of,
    settled,
    without_rivals,
)
from ganloss_cli.io.checkpoints.contents.slices import cut_out
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.contents.stated import of_file
from ganloss_cli.io.checkpoints.formats.groups import files_of, is_group
from ganloss_cli.io.checkpoints.formats.outline import Outline, some_globals
from ganloss_cli.io.checkpoints.formats.sniff import Format
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden, is_array, is_metadata, is_of_tensorflow, way_out
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.checkpoints.unread import Unread, check_declared, format_to_read, look_into
from ganloss_cli.io.reading import unchanged
from ganloss_cli.records.finding import Finding
from ganloss_cli.records.request import StatedPlace

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True, kw_only=True)
class Network:
    """One network of one file.

    Args:
        role: product.md's word for it, or "network" where nothing tells.
        part: the file's own name for it: "g_ema", "mpd", "model.generator"; empty for a raw state dict.
        weights: "ema" for a moving average of others.
        state_dict: without the prefixes of wrapping modules.
        module: the network itself, of a TorchScript archive or an exported program.
        sub: which part of a discriminator it is: "mpd", "msd" ...
        inferred: its role is a conclusion from what lies beside it.
    """

    role: str
    part: str
    weights: Literal["raw", "ema"]
    state_dict: Mapping[str, Tensor]
    module: nn.Module | None = None
    sub: str | None = None
    inferred: bool = False


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What one file holds.

    Args:
        path: the file.
        sha256: of its bytes.
        format: by its first bytes.
        networks: in the file's order.
        step: the training step, from the file or its name; None if neither says.
        logged_step: under which step Lightning's loggers hold what was logged with these weights.
        left_over: names of what is no network: optimizers, schedulers, loose tensors.
        config: the settings it holds, and those of the files beside it.
        config_origins: of the latter, setting -> name of the file.
        findings: what was noticed on the way.
        running: running means of penalties, by the setting of the loss that takes them.
        lpips: tensors of the LPIPS network that its training measured with, where it keeps one.
        global_step: what Lightning calls so, of all optimizers together.
        astray: places that the user named and that are not in it, as typed, and what is wrong with each.
        whole: everything that the file holds, optimizers included; None where that was not asked for.
    """

    path: Path
    sha256: str
    format: Format
    networks: tuple[Network, ...]
    step: int | None
    logged_step: int | None = None
    left_over: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    config_origins: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    running: Mapping[str, float] = field(default_factory=dict)
    lpips: Mapping[str, Tensor] = field(default_factory=dict)
    global_step: int | None = None
    astray: Mapping[str, UsageError] = field(default_factory=dict)
    whole: Any = None


def open_checkpoint(
    path: Path,
    *,
    role: str | None = None,
    naming: Naming | None = None,
    allow_code: bool = False,
    rescue: bool = False,
    whole: bool = False,
    stated: Sequence[StatedPlace] = (),
) -> Checkpoint:
    """Open a checkpoint without running anything of it.

    A network's role is what its name in the file says, else `role`, else the file's name, else the architecture that is
    recognised. A file's name that agrees with `role` and tells more ("latest_net_D_A") makes it more particular.

    Args:
        path: the file.
        role: what the user gave it as, such as "discriminator" for --disc.
        naming: whose names G_A, D_A ... are.
        allow_code: TorchScript archives and exported programs may be loaded.
        rescue: of pickled modules, recover the tensors; nothing is imported or run for it.
        whole: keep what is no network too.
        stated: where the user says that networks lie, in this file or another.

    Raises:
        InputError: no such file, damaged, of an unknown format, or without a network.
        UnsafeCheckpointError: it would run code when loaded.
        UsageError: G_A ... may mean two things and `naming` is not given.
    """
    with unchanged(path):
        return _opened(path, role=role, naming=naming, allow_code=allow_code, rescue=rescue, whole=whole, stated=stated)


def with_concluded_roles(checkpoints: Sequence[Checkpoint]) -> tuple[tuple[Checkpoint, ...], tuple[Finding, ...]]:
    """The same checkpoints, with the roles that follow from what the others hold, and what was concluded.

    Args:
        checkpoints: of one model.
    """
    held = [(k, network) for k, checkpoint in enumerate(checkpoints) for network in checkpoint.networks]
    found = settled([_known(checkpoints[k], network) for k, network in held], several_files=len(checkpoints) > 1)
    networks = [
        (k, replace(network, role=pair[1].role, inferred=pair[1].inferred, state_dict=pair[0].tensors))
        for (k, network), pair in zip(held, found, strict=True)
        if pair is not None
    ]
    together = tuple(
        replace(one, networks=tuple(network for k, network in networks if k == at))
        for at, one in enumerate(checkpoints)
    )
    return together, tuple(conclusions(pair[1] for pair in found if pair is not None))


def _known(checkpoint: Checkpoint, network: Network) -> tuple[Part, Known]:
    called = (network.part,) if network.part else ()
    part = Part(path=called, tensors=network.state_dict, averaged=network.weights == "ema")
    return part, replace(known_of(checkpoint.path, part, network.role), inferred=network.inferred)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal; of a group of files, that of all their names and digests."""
    if not is_group(path):
        return _digest(path).hex()
    whole = hashlib.sha256()
    for file in files_of(path):
        whole.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + _digest(file))
    return whole.hexdigest()


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _opened(
    path: Path,
    *,
    role: str | None,
    naming: Naming | None,
    allow_code: bool,
    rescue: bool,
    whole: bool,
    stated: Sequence[StatedPlace],
) -> Checkpoint:
    file_format = format_to_read(path)
    module = root = None
    cut: tuple[Finding, ...] = ()
    if file_format in ("torchscript", "exported program"):
        module = _program(path, file_format, allow_code=allow_code)
        astray = {state.text: _whole_program() for state in of_file(stated, path)}
        contents = Contents(parts=(Part(path=(), tensors=module.state_dict()),), astray=astray)
        outline, beside = Outline(root=None), config_beside(path)
    else:
        unread = look_into(path, file_format, stubs=rescue, rescue=rescue, stated=stated)
        outline, beside = unread.outline, unread.beside
        cut = tuple(cut_out(path, unread.contents.parts))
        root = _root(unread, whole=whole)
        contents = _contents(unread, root, rescue=rescue and bool(forbidden(outline.globals)))
    tensors = [tensor for part in contents.parts for tensor in part.tensors.values()]
    check_declared(path, sum(tensor.numel() * tensor.element_size() for tensor in tensors))
    config = {**beside.config, **contents.config}
    roles = roles_of(path, contents.parts, config, role=role, naming=naming)
    networks = tuple(
        Network(
            role=known.role,
            part=part.called,
            weights="ema" if part.averaged else "raw",
            state_dict=part.tensors,
            module=module,
            sub=known.sub,
            inferred=known.inferred,
        )
        for part, known in without_rivals(contents.parts, roles)
    )
    return Checkpoint(
        path=path,
        sha256=sha256_of(path),
        format=file_format,
        networks=networks,
        step=step_of(path, contents),
        logged_step=contents.logged_step,
        left_over=contents.left_over,
        config=config,
        config_origins={key: name for key, name in beside.origins.items() if key not in contents.config},
        findings=(*_how_it_was_read(path, outline, rescue=rescue), *cut, *beside.findings),
        running={name: float(value) for name, value in contents.running.items()},
        lpips=contents.lpips,
        global_step=contents.global_step,
        astray=contents.astray,
        whole=root if whole else None,
    )


def _program(path: Path, file_format: Format, *, allow_code: bool) -> nn.Module:
    from ganloss_cli.io.checkpoints.formats.tensors import load_program

    return load_program(path, file_format, allow_code=allow_code)


def _whole_program() -> UsageError:
    return UsageError(
        "its code runs as a whole, and no part of it alone",
        hint="give it without --state; ganloss convert writes the tensors of a place as a state dict",
    )


def _root(unread: Unread, *, whole: bool) -> Any:
    """What a file holds, in its own order, with the tensors of its networks read, or with all of them."""
    from ganloss_cli.io.checkpoints.formats.tensors import read_records

    networks = [*(part.tensors for part in unread.contents.parts), unread.contents.running, unread.contents.lpips]
    wanted = [value for named in networks for value in named.values() if isinstance(value, TensorRecord)]
    return read_records(unread.path, unread.outline, unread.tree, wanted=None if whole else wanted)


def _contents(unread: Unread, root: Any, *, rescue: bool) -> Contents:
    path, outline, contents = unread.path, unread.outline, unread.contents_in(root)
    if contents.parts or contents.astray:
        return contents
    if unread.format == "pickle" and not rescue:
        raise InputError(
            f"{path}: a pickle, but not a torch checkpoint",
            hint="save the state dict with torch.save(network.state_dict(), path)",
        )
    found = ", ".join((*contents.left_over, *contents.config)[:8]) or "nothing"
    raise InputError(
        f"{path}: no network in it; found {found}",
        hint=way_out(outline.globals, can_be_rescued=False)
        if is_of_tensorflow(outline.globals)
        else "save a state dict with torch.save(network.state_dict(), path)",
    )


def _how_it_was_read(path: Path, outline: Outline, *, rescue: bool) -> Iterator[Finding]:
    """What the user should know of a file that torch would have read in another way, or not at all."""
    refused = forbidden(outline.globals) if rescue else ()
    stubs = tuple(sorted(name for name in outline.globals if is_metadata(name) and not is_array(name)))
    if refused:
        yield Finding(
            check="rescued_tensors",
            severity="warning",
            message=f"{path}: its tensors were recovered without importing {some_globals(refused)}; whatever that code"
            " does on loading was not done",
            evidence={"globals": list(refused)},
            hint="save the weights alone with torch.save(network.state_dict(), path) where you trust the file",
        )
    if stubs and not outline.for_torch:
        yield Finding(
            check="inert_metadata",
            severity="note",
            message=f"{path}: read as plain data, without importing them: {some_globals(stubs)}",
            evidence={"globals": list(stubs)},
        )
