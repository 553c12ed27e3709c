"""The networks of checkpoints as plain safetensors: which file becomes which, and the writing of them.

Torch-free, but for tensors that do not lie in their file as they are. Nothing of a checkpoint is run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from ganloss_cli.errors import NoNetworkError, NothingEvaluatedError
from ganloss_cli.io.checkpoints.contents.folders import Chosen, choose_files
from ganloss_cli.io.checkpoints.contents.naming import Naming
from ganloss_cli.io.checkpoints.contents.networks import Contents
from ganloss_cli.io.checkpoints.contents.resolver import (
    conclusions,
    roles_of,
    settled,
    without_rivals,
)
from ganloss_cli.io.checkpoints.contents.stated import check_found
from ganloss_cli.io.checkpoints.formats.outline import NOT_PLAIN
from ganloss_cli.io.checkpoints.formats.safetensors_file import Source, write_safetensors
from ganloss_cli.io.checkpoints.opening import sha256_of
from ganloss_cli.io.checkpoints.outputs import Output, SourceFile, SourceNetwork, outputs_of
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.checkpoints.unread import Unread, check_declared, format_to_read, look_into
from ganloss_cli.io.reading import unchanged
from ganloss_cli.records.conversion import ConvertedNetwork, LeftOut
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import StatedPlace


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to be written, and what is not.

    Args:
        outputs: a file a network.
        left_out: of each source, what is no network.
        findings: what was noticed on the way.
    """

    outputs: tuple[Output, ...]
    left_out: tuple[LeftOut, ...]
    findings: tuple[Finding, ...]


def planned(
    paths: Sequence[Path],
    *,
    naming: Naming | None = None,
    rescue: bool = False,
    stated: Sequence[StatedPlace] = (),
    verify: bool = True,
) -> Plan:
    """What becomes of checkpoints.

    Args:
        paths: files and folders that belong together.
        naming: whose names G_A, D_A ... are.
        rescue: convert the tensors of pickled modules too.
        stated: where the user says that networks lie.
        verify: compare the checksums that the files keep.

    Raises:
        InputError: a file cannot be read, or holds what safetensors has no type for.
        UnsafeCheckpointError: it would run code when loaded.
        NothingEvaluatedError: no network is in it.
        UsageError: several runs lie below a folder, or names may mean two things.
    """
    findings: list[Finding] = []
    files: list[SourceFile] = []
    left_out: list[LeftOut] = []
    for path in paths:
        chosen = _chosen(path, stated, rescue=rescue)
        findings += chosen.findings
        left_out += [LeftOut(path=str(file), whole=True) for file in chosen.others]
        files += [_looked_into(file, naming, stated, rescue=rescue, verify=verify) for file in chosen.files]
    check_found(stated, [(file.unread.path, file.contents.astray) for file in files])
    left_out += [file.left_out for file in files if file.left_out.names]
    held = [(file, pair) for file in files for pair in without_rivals(file.contents.parts, file.roles)]
    if not held:
        raise NothingEvaluatedError(
            f"{', '.join(map(str, paths))}: no network to convert",
            hint="ganloss inspect PATH shows what there is",
        )
    found = settled([pair for _, pair in held], several_files=len(files) > 1)
    networks = [
        SourceNetwork(file=file, part=pair[0], known=pair[1])
        for (file, _), pair in zip(held, found, strict=True)
        if pair is not None
    ]
    findings += conclusions(one.known for one in networks)
    sources = {
        id(tensor): Source(path=file.unread.path, outline=file.unread.outline)
        for file, (part, _) in held
        for tensor in part.tensors.values()
    }
    outputs = outputs_of(networks, sources)
    return Plan(outputs=outputs, left_out=tuple(left_out), findings=tuple(findings))


def write(plan: Plan, folder: Path) -> Iterator[ConvertedNetwork]:
    """Write the files of a plan, one after the other.

    Args:
        plan: of them.
        folder: where they are to be.

    Returns:
        each network once it is written, with the digest of its source.

    Raises:
        InputError: a source cannot be read any more.
        OSError: a file cannot be written.
    """
    digests: dict[Path, str] = {}
    for output in plan.outputs:
        others = (held.source.path for held in output.tensors.values())  # a part, or what an average leaves out
        paths = list(dict.fromkeys((Path(output.network.path), *others)))
        with ExitStack() as stack:
            for path in paths:
                stack.enter_context(unchanged(path))
                digests[path] = digests.get(path) or sha256_of(path)
            network = replace(output.network, sha256=", ".join(digests[path] for path in paths))
            write_safetensors(folder / network.file, output.tensors, _metadata(network, output.running))
        settings = json.dumps(output.config, indent=2, ensure_ascii=False)
        (folder / f"{output.name}.json").write_text(settings + "\n", "utf-8", "backslashreplace")
        yield network


def _metadata(network: ConvertedNetwork, running: Mapping[str, float]) -> dict[str, str]:
    """The texts of a header; a name that is tied to another stands there as huggingface_hub writes it."""
    step = {} if network.step is None else {"step": str(network.step)}
    return {
        "format": "pt",
        "role": network.role,
        "weights": network.weights,
        **step,
        "source": Path(network.path).name,
        "source_sha256": str(network.sha256),
        **({"name_in_source": network.name_in_file} if network.name_in_file else {}),
        **({"architecture": network.architecture} if network.architecture else {}),
        **{name: repr(float(value)) for name, value in running.items()},
        **network.tied,
    }


def _chosen(path: Path, stated: Sequence[StatedPlace], *, rescue: bool) -> Chosen:
    try:
        return choose_files(path, rescue=rescue, every=True, stated=stated)
    except NoNetworkError as error:
        raise NothingEvaluatedError(error.message, hint=error.hint) from error


def _looked_into(
    path: Path, naming: Naming | None, stated: Sequence[StatedPlace], *, rescue: bool, verify: bool
) -> SourceFile:
    with unchanged(path):
        unread = look_into(path, format_to_read(path), stubs=rescue, rescue=rescue, verify=verify, stated=stated)
        contents = _with_numbers(unread)
    records = [tensor for part in contents.parts for tensor in part.tensors.values()]
    check_declared(path, sum(record.n_bytes for record in records if isinstance(record, TensorRecord)))
    roles = roles_of(path, contents.parts, unread.config, role=None, naming=naming)
    return SourceFile(unread=unread, contents=contents, roles=tuple(roles))


def _with_numbers(unread: Unread) -> Contents:
    """What a file holds, with those tensors read that are no network's, and those that only torch reads."""
    running = [value for value in unread.contents.running.values() if isinstance(value, TensorRecord)]
    if not running and unread.outline.globals.isdisjoint(NOT_PLAIN):
        return unread.contents
    from ganloss_cli.io.checkpoints.formats.tensors import read_records

    root = read_records(unread.path, unread.outline, unread.tree, wanted=running)
    return unread.contents_in(root)
