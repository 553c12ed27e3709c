"""Roles out of files of arrays: which array is what, and what its numbers mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.roles import FEATURE_ROLES, FILE_ROLES, IMAGE_ROLES, LOGIT_ROLES, renamed
from ganloss_cli.io.samples import Kind, Reading, Source, ignored, noted, numbered, quoted
from ganloss_cli.io.stored import Stored, open_stored
from ganloss_cli.io.training_names import likely, recognised
from ganloss_cli.io.units import PCM, is_pcm
from ganloss_cli.records.report import Finding

FULL_SCALE = {torch.uint8: 255, torch.uint16: 65535}
NARROW = frozenset({
    torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz,
})  # fmt: skip

Nested = Stored | list[Stored] | list[list[Stored]]


def tensor_sources(path: Path, mapping: Mapping[str, str]) -> tuple[tuple[Source, ...], tuple[Finding, ...]]:
    """The roles in a file whose names are roles.

    Args:
        path: of the file. A lone array goes by the file's own name: `real.npy`.
        mapping: their name -> our role.

    Returns:
        one source a role, and findings: which names of training scripts were recognised, and what no role has taken.

    Raises:
        InputError: no name is a role, a mapped name does not exist, or the file cannot be read.
        NothingEvaluatedError: a role without samples.
    """
    arrays = open_stored(path)
    if not arrays:
        raise InputError(
            f"{path}: holds no tensors",
            hint="save tensors, not NumPy arrays or numbers: torch.save({'real': real, 'fake': fake}, FILE)",
        )
    if set(arrays) == {""}:
        arrays = {path.name.removesuffix(".gz").rpartition(".")[0] or path.name: arrays[""]}
    _check_mapped(path, arrays, mapping)
    known = recognised(renamed(name, mapping) for name in arrays)
    mapping = {**known, **mapping}
    by_role = _by_role(path, arrays, mapping)
    others = [name for name in arrays if renamed(name, mapping).partition(".")[0] not in by_role]
    pairs = likely(others, by_role)
    if not by_role:
        say = f"say which they are, probably {' '.join(pairs)}" if pairs else "name them with --map THEIRS=OURS"
        raise InputError(
            f"{path}: holds {quoted(arrays)}, none of which is a role; the roles are {', '.join(FILE_ROLES)}",
            hint=f"{say}, or give one with --real FILE:NAME",
        )
    sources = tuple(_source(role, by_role[role], path) for role in by_role)
    return sources, (*_recognised(path, known), *_scaled(path, by_role), *ignored(path, others, pairs))


def _scaled(path: Path, by_role: Mapping[str, Nested]) -> Iterator[Finding]:
    for role, nested in by_role.items():
        if isinstance(nested, Stored) and is_pcm(role, len(nested.shape) - 1, nested.dtype):
            dtype, full_scale = str(nested.dtype).removeprefix("torch."), PCM[nested.dtype]
            message = f"{role} holds {dtype}, taken for a recording: divided by {full_scale}"
            evidence = {"role": role, "full_scale": full_scale}
            yield noted("scaled_integers", path, message, evidence, "save floats where they are something else")


def _recognised(path: Path, known: Mapping[str, str]) -> Iterator[Finding]:
    if known:
        roles = {theirs: ours.partition(".")[0] for theirs, ours in known.items()}
        theirs = {role: [name for name in roles if roles[name] == role] for role in roles.values()}
        told = ", ".join(f"{role} from {' and '.join(names)}" for role, names in theirs.items())
        hint = "where that is wrong, say what they are with --map THEIRS=OURS"
        yield noted("recognised_names", path, f"named as training scripts do: {told}", {"names": roles}, hint)


def array_source(role: str, path: Path, key: str | None) -> Source:
    """One role out of a file of arrays.

    Args:
        role: what it is to be.
        path: of the file.
        key: the array's name; None takes the only one, or the one that is named as the role.

    Returns:
        the source.

    Raises:
        InputError: no such name, or several to choose from.
        NothingEvaluatedError: it has no samples.
    """
    arrays = open_stored(path)
    if key is None and len(arrays) == 1:
        key = next(iter(arrays))
    key = role if key is None else key
    chosen = {name: stored for name, stored in arrays.items() if name == key or name.startswith(f"{key}.")}
    if not chosen:
        raise InputError(
            f"{path}: holds {quoted(arrays) or 'no tensors'}; '{key}' is not among them",
            hint=f"choose one: --{role} {path.name}:NAME",
        )
    by_role = _by_role(path, chosen, {key: role}) if key else {role: _nested(path, role, {"": chosen[""]})}
    return _source(role, by_role[role], path, key)


def _check_mapped(path: Path, arrays: Mapping[str, Stored], mapping: Mapping[str, str]) -> None:
    for theirs in mapping:
        if not any(name == theirs or name.startswith(f"{theirs}.") for name in arrays):
            raise InputError(f"{path}: --map {theirs}={mapping[theirs]}: there is no '{theirs}' in {quoted(arrays)}")


def _by_role(path: Path, arrays: Mapping[str, Stored], mapping: Mapping[str, str]) -> dict[str, Nested]:
    parts: dict[str, dict[str, Stored]] = {}
    origins: dict[str, str] = {}
    for name, stored in arrays.items():
        ours = renamed(name, mapping)
        role, _, index = ours.partition(".")
        if role not in FILE_ROLES:
            continue
        if ours in origins:
            raise InputError(f"{path}: '{origins[ours]}' and '{name}' are both {ours}")
        origins[ours] = name
        parts.setdefault(role, {})[index] = stored
    return {role: _nested(path, role, parts[role]) for role in FILE_ROLES if role in parts}


def _nested(path: Path, role: str, parts: Mapping[str, Stored]) -> Nested:
    """The arrays of one role as it wants them: one, a list, or a list of lists."""
    if role in LOGIT_ROLES:
        return [parts[index] for index in _in_order(path, role, parts)]
    if role in FEATURE_ROLES:
        maps: dict[str, dict[str, Stored]] = {}
        for index, stored in parts.items():
            discriminator, _, last = index.rpartition(".")
            maps.setdefault(discriminator, {})[last] = stored
        outer = _in_order(path, role, maps)
        return [[maps[key][index] for index in _in_order(path, f"{role}.{key}", maps[key])] for key in outer]
    if set(parts) != {""}:
        raise InputError(f"{path}: {role} is a list of {len(parts)}; expected one tensor, (N, ...)")
    return parts[""]


def _in_order(path: Path, role: str, indices: Mapping[str, object]) -> Sequence[str]:
    """Indices by number, "2" before "10"; other names keep the file's order."""
    if "" in indices and len(indices) > 1:
        raise InputError(f"{path}: {role} is given both whole and as a list")
    if not all(part.isdecimal() for index in indices for part in index.split(".")):
        return list(indices)
    if all(index.isdecimal() for index in indices):
        missing = sorted(set(range(len(indices))) - {int(index) for index in indices})
        if missing:
            raise InputError(f"{path}: {role} has {quoted(indices)}, but '{missing[0]}' is missing")
    return sorted(indices, key=lambda index: [int(part) for part in index.split(".")])


def _leaves(nested: Nested) -> Iterator[Stored]:
    if isinstance(nested, Stored):
        yield nested
        return
    for part in nested:
        yield from _leaves(part)


def _source(role: str, nested: Nested, path: Path, key: str | None = None) -> Source:
    where = f"{path}:{key}" if key else str(path)
    shapes = [stored.shape for stored in _leaves(nested)]
    for stored in _leaves(nested):
        if not stored.shape:
            raise InputError(f"{where}: {role} is a single number; expected a tensor of shape (N, ...)")
        if stored.shape[0] != shapes[0][0]:
            raise InputError(f"{where}: {role} holds tensors of shapes {shapes[0]} and {stored.shape}; expected one N")
        if stored.dtype.is_complex:
            raise InputError(f"{where}: {role} holds complex numbers; expected real ones")
    if shapes[0][0] == 0:
        raise NothingEvaluatedError(f"{where}: {role} has shape {shapes[0]}, which is no sample")

    def read(index: int) -> Reading:
        digest = hashlib.sha256()
        value = _read(nested, role, index, digest)
        return Reading(values={role: value}, digests={role: digest.digest()})

    first = next(_leaves(nested))
    names = numbered(shapes[0][0])
    return Source(
        roles=(role,),
        path=where,
        kind=_kind(role, first),
        names=names,
        files=tuple(f"{where}[{name}]" for name in names),
        named_by="positions",
        range=(0.0, 1.0) if role in IMAGE_ROLES and first.dtype in FULL_SCALE else None,
        read=read,
        on_disk=lambda _: path,
    )


def _kind(role: str, stored: Stored) -> Kind:
    # (N, H, W) is an image where it holds bytes; of floats it may be a waveform or a spectrogram as well
    images = len(stored.shape) == 4 or (len(stored.shape) == 3 and stored.dtype in FULL_SCALE)
    return "image" if role in IMAGE_ROLES and images else "tensor"


def _read(nested: Nested, role: str, index: int, digest: Any) -> Tensor | list[Any]:
    if isinstance(nested, list):
        return [_read(part, role, index, digest) for part in nested]
    try:
        tensor = nested.sample(index)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{role}: sample {index} cannot be read ({error})") from error
    digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return meaning(tensor, role)


def meaning(tensor: Tensor, role: str) -> Tensor:
    """What the stored numbers of one sample stand for.

    Bytes of an image are v / 255 (16 bits: v / 65535), signed whole numbers of a waveform v / 2^(bits - 1), (H, W) is
    (1, H, W) and (H, W, 3) is (3, H, W); half precision is widened to float32; a label is int64, every other whole
    number float32.

    Args:
        tensor: one sample as it is stored.
        role: what it is.

    Returns:
        float32, float64, or int64 for labels.
    """
    if role == "label" and not tensor.is_floating_point():
        return tensor.long()
    if is_pcm(role, tensor.dim(), tensor.dtype):
        return tensor.float().div_(PCM[tensor.dtype])
    if role in IMAGE_ROLES and tensor.dtype in FULL_SCALE:
        values = tensor.float().div_(FULL_SCALE[tensor.dtype])
        if values.dim() == 2:
            return values.unsqueeze(0)
        last = values.dim() == 3 and values.shape[2] in (1, 3) and values.shape[0] not in (1, 3)
        return values.permute(2, 0, 1).contiguous() if last else values
    return tensor.float() if tensor.dtype in NARROW or not tensor.is_floating_point() else tensor
