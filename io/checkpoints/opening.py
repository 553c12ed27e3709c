"""Opens one checkpoint file: recognise it, refuse what is unsafe, read its networks and give each its role.

Torch is imported only once a file is known to be a checkpoint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints.contents.averages import whole as whole_average
from ganloss_cli.io.checkpoints.contents.beside import config_beside
from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data
from ganloss_cli.io.checkpoints.contents.modules import tree_of
from ganloss_cli.io.checkpoints.contents.naming import Naming
from ganloss_cli.io.checkpoints.contents.networks import Contents, contents_of
from ganloss_cli.io.checkpoints.contents.parts import refuse_part
from ganloss_cli.io.checkpoints.contents.places import averaged_outside, step_of
from ganloss_cli.io.checkpoints.contents.resolver import UNKNOWN_ROLE, Known, concluded, concluded_finding, roles_of
from ganloss_cli.io.checkpoints.contents.slices import cut_out
from ganloss_cli.io.checkpoints.contents.splitting import Part
from ganloss_cli.io.checkpoints.formats.by_format import outline_of
from ganloss_cli.io.checkpoints.formats.groups import files_of, is_group, size_of
from ganloss_cli.io.checkpoints.formats.outline import Outline, listed
from ganloss_cli.io.checkpoints.formats.sniff import Format, format_of
from ganloss_cli.io.checkpoints.formats.strangers import not_a_checkpoint
from ganloss_cli.io.checkpoints.pickle.allow_list import forbidden, is_array, is_metadata, is_of_tensorflow, way_out
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.reading import unchanged
from ganloss_cli.records.report import Finding

if TYPE_CHECKING:
    from torch import Tensor, nn

# a tensor may be a view that repeats its storage, but a small file that declares a huge network is a lie
_MOST_REPEATS = 16
_SLACK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Network:
    """One network of one file.

    Args:
        role: product.md's word for it, or "network" where nothing tells.
        part: the file's own name for it: "g_ema", "mpd", "model.generator"; empty for a raw state dict.
        weights: "ema" for a moving average of others.
        state_dict: without the prefixes of wrapping modules.
        module: the network itself, of a TorchScript archive or an exported program.
        inferred: its role is a conclusion from what lies beside it.
    """

    role: str
    part: str
    weights: Literal["raw", "ema"]
    state_dict: Mapping[str, Tensor]
    module: nn.Module | None = None
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
        left_over: names of what is no network: optimizers, schedulers, loose tensors.
        config: the settings it holds, and those of the files beside it.
        config_origins: of the latter, setting -> name of the file.
        findings: what was noticed on the way.
        running: running means of penalties, by the setting of the loss that takes them.
        whole: everything that the file holds, optimizers included; None where that was not asked for.
    """

    path: Path
    sha256: str
    format: Format
    networks: tuple[Network, ...]
    step: int | None
    left_over: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    config_origins: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    running: Mapping[str, float] = field(default_factory=dict)
    whole: Any = None


def open_checkpoint(
    path: Path,
    *,
    role: str | None = None,
    naming: Naming | None = None,
    allow_code: bool = False,
    rescue: bool = False,
    whole: bool = False,
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

    Raises:
        InputError: no such file, damaged, of an unknown format, or without a network.
        UnsafeCheckpointError: it would run code when loaded.
        UsageError: G_A ... may mean two things and `naming` is not given.
    """
    with unchanged(path):
        return _opened(path, role=role, naming=naming, allow_code=allow_code, rescue=rescue, whole=whole)


def with_concluded_roles(checkpoints: Sequence[Checkpoint]) -> tuple[tuple[Checkpoint, ...], tuple[Finding, ...]]:
    """The same checkpoints, with the roles that follow from what the others hold, and what was concluded.

    Args:
        checkpoints: of one model.
    """
    flat = _with_whole_averages(
        [(k, network) for k, checkpoint in enumerate(checkpoints) for network in checkpoint.networks]
    )
    known = [
        Known(
            role=network.role,
            averaged=network.weights == "ema",
            shapes={key: tuple(tensor.shape) for key, tensor in network.state_dict.items()},
            where=f"{checkpoints[k].path} ({network.part})" if network.part else str(checkpoints[k].path),
            inferred=network.inferred,
        )
        for k, network in flat
    ]
    settled = concluded(known, several_files=len(checkpoints) > 1)
    networks = [
        replace(network, role=one.role, inferred=one.inferred) for (_, network), one in zip(flat, settled, strict=True)
    ]
    held = [
        [network for (k, _), network in zip(flat, networks, strict=True) if k == at] for at in range(len(checkpoints))
    ]
    together = tuple(replace(one, networks=tuple(own)) for one, own in zip(checkpoints, held, strict=True))
    return together, tuple(concluded_finding(one) for one in settled if one.inferred and not one.averaged)


def _with_whole_averages(flat: list[tuple[int, Network]]) -> list[tuple[int, Network]]:
    """The same networks; averages without names of their own get those of a raw network in another file."""
    raws = [Part(path=(), tensors=network.state_dict) for _, network in flat if network.weights == "raw"]
    found = []
    for k, network in flat:
        if network.weights == "ema" and network.role == UNKNOWN_ROLE:
            average = whole_average(Part(path=(), tensors=network.state_dict, averaged=True), raws)
            network = replace(network, state_dict=average.tensors)
        found.append((k, network))
    return found


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
    path: Path, *, role: str | None, naming: Naming | None, allow_code: bool, rescue: bool, whole: bool
) -> Checkpoint:
    refuse_part(path)
    file_format = format_of(path)
    if file_format is None:
        raise not_a_checkpoint(path, hint=hint_for_data(path))
    outline = Outline(root=None)
    module = root = None
    cut: tuple[Finding, ...] = ()
    if file_format in ("torchscript", "exported program"):
        contents, module = _program(path, file_format, allow_code=allow_code)
    else:
        outline = outline_of(path, file_format, stubs=rescue)
        rescued = rescue and bool(forbidden(outline.globals))
        tree = tree_of(path, file_format, outline, rescue=rescued)
        unread = contents_of(tree, str(path))
        cut = tuple(cut_out(path, unread.parts))
        root = _root(path, tree, outline, None if whole else unread)
        contents = _contents(path, file_format, outline, root, rescue=rescued)
    tensors = [tensor for part in contents.parts for tensor in part.tensors.values()]
    check_declared(path, sum(tensor.numel() * tensor.element_size() for tensor in tensors))
    beside = config_beside(path)
    config = {**beside.config, **contents.config}
    roles = roles_of(path, contents.parts, config, role=role, naming=naming)
    networks = tuple(
        Network(
            role=known.role,
            part=part.called,
            weights="ema" if part.averaged else "raw",
            state_dict=part.tensors,
            module=module,
            inferred=known.inferred,
        )
        for part, known in zip(contents.parts, roles, strict=True)
    )
    return Checkpoint(
        path=path,
        sha256=sha256_of(path),
        format=file_format,
        networks=networks,
        step=step_of(path, contents),
        left_over=contents.left_over,
        config=config,
        config_origins={key: name for key, name in beside.origins.items() if key not in contents.config},
        findings=(*_how_it_was_read(path, outline, rescue=rescue), *cut, *beside.findings),
        running={name: float(value) for name, value in contents.running.items()},
        whole=root if whole else None,
    )


def _program(path: Path, file_format: Format, *, allow_code: bool) -> tuple[Contents, nn.Module]:
    from ganloss_cli.io.checkpoints.formats.tensors import load_program

    module = load_program(path, file_format, allow_code=allow_code)
    return Contents(parts=(Part(path=(), tensors=module.state_dict()),)), module


def _root(path: Path, tree: Any, outline: Outline, wanted: Contents | None) -> Any:
    """What a file holds, in its own order, with the tensors of its networks read, or with all of them."""
    from ganloss_cli.io.checkpoints.formats.tensors import read_records

    if wanted is None:
        return read_records(path, outline, tree, wanted=None)
    networks = [*(part.tensors for part in wanted.parts), wanted.running]
    records = [value for named in networks for value in named.values() if isinstance(value, TensorRecord)]
    return read_records(path, outline, tree, wanted=records)


def _contents(path: Path, file_format: Format, outline: Outline, root: Any, *, rescue: bool) -> Contents:
    contents = contents_of(root, str(path))
    if contents.parts:
        return with_file_averaging(path, contents)
    if file_format == "pickle" and not rescue:
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
            message=f"{path}: its tensors were recovered without importing {listed(refused)}; whatever that code"
            " does on loading was not done",
            evidence={"globals": list(refused)},
            hint="save the weights alone with torch.save(network.state_dict(), path) where you trust the file",
        )
    if stubs and not outline.for_torch:
        yield Finding(
            check="inert_metadata",
            severity="note",
            message=f"{path}: read as plain data, without importing them: {listed(stubs)}",
            evidence={"globals": list(stubs)},
        )


def with_file_averaging(path: Path, contents: Contents) -> Contents:
    """A lone state dict is averaged if its place says so."""
    if len(contents.parts) != 1 or not averaged_outside(path):
        return contents
    return replace(contents, parts=(replace(contents.parts[0], averaged=True),))


def check_declared(path: Path, declared: int) -> None:
    """Refuse a small file that declares a huge network.

    Args:
        path: the file.
        declared: what the elements of its tensors take, views and repetitions included.

    Raises:
        InputError: it is far more than the file holds.
    """
    n_bytes = size_of(path)
    if declared > _MOST_REPEATS * n_bytes + _SLACK:
        raise InputError(f"{path}: declares {declared} bytes of weights in a file of {n_bytes}")
