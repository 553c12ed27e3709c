"""What the readers hand out: samples by role, read one at a time. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ganloss_cli.io.changes import Changes
from ganloss_cli.records.report import Finding

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["image", "audio", "tensor"]
LISTED = 10  # names in one message; the rest is counted


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One sample.

    Args:
        values: role -> value without a batch axis. Images are (C, H, W) float32 in [0, 1], audio (C, T) float32 in
            [-1, 1]; tensors are as their file holds them, half precision widened to float32. Roles of logits hold a
            list, one tensor a sub-discriminator, roles of features a list of lists, [sub-discriminator][map].
        digests: role -> sha256 of the bytes that were read for it.
    """

    values: Mapping[str, Tensor | list[Any]]
    digests: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """The bytes of samples, for whoever asks whether they are those of another time; nothing is decoded.

    Args:
        files: in which sample i lies.
        digest: of the bytes of sample i.
    """

    files: Callable[[int], tuple[Path, ...]]
    digest: Callable[[int], bytes]

    def beside(self, other: OnDisk | None) -> OnDisk:
        """Those of samples that are made of both."""
        if other is None:
            return self
        return OnDisk(
            files=lambda index: (*self.files(index), *other.files(index)),
            digest=lambda index: self.digest(index) + other.digest(index),
        )


@dataclass(frozen=True, kw_only=True)
class Group:
    """Roles whose samples belong together: sample i of each is one sample.

    Args:
        roles: the roles, in the vocabulary's order.
        names: one a sample, unique and sorted: a relative path without its suffix, or a zero-padded number.
        paths: role -> where it came from.
        kinds: role -> what one sample is.
        sample_rates: audio role -> Hz, after any resampling.
        ranges: role -> the lowest and highest value its samples can hold, where that is known.
        read: reads sample i; safe to call from several threads.
        on_disk: its bytes; None for what is drawn.
        called: what messages call the files of sample i.
    """

    roles: tuple[str, ...]
    names: tuple[str, ...]
    paths: Mapping[str, str]
    kinds: Mapping[str, Kind]
    sample_rates: Mapping[str, int]
    ranges: Mapping[str, tuple[float, float]]
    read: Callable[[int], Reading]
    on_disk: OnDisk | None = None
    called: Callable[[int], tuple[str, ...]] = lambda index: ()


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """All the data of a run.

    Args:
        groups: one for paired data; unpaired roles have one each.
        findings: what was assumed while reading the names, such as a suffix left out to pair files.
        changes: what options change about the samples, as far as they were read.
    """

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The samples of one place, before pairing.

    Args:
        roles: what each sample gives; two for images that hold both domains.
        path: the place, as the user named it.
        kind: what one sample is.
        names: one a sample: a relative path without its suffix, or a zero-padded number.
        files: one a sample: what a message calls it.
        named_by: whether the names are those of files, mere positions in one file, or that of one lone file.
        sample_rate: of audio, in Hz.
        range: the lowest and highest value a sample can hold, where known.
        read: reads sample i.
        on_disk: its bytes.
        length: of audio whose parts can be read, the samples of recording i; None where only reading tells.
        read_window: of such audio, reads of sample i so many samples from a start.
    """

    roles: tuple[str, ...]
    path: str
    kind: Kind
    names: tuple[str, ...]
    files: tuple[str, ...]
    named_by: Literal["files", "positions", "itself"]
    read: Callable[[int], Reading]
    on_disk: OnDisk
    sample_rate: int | None = None
    range: tuple[float, float] | None = None
    length: Callable[[int], int | None] | None = None
    read_window: Callable[[int, int, int], Reading] | None = None


def numbered(count: int) -> tuple[str, ...]:
    """Names of samples that have none: "0" to "9", "00" to "99"; sorted as text they are in order."""
    width = len(str(max(count - 1, 0)))
    return tuple(f"{position:0{width}d}" for position in range(count))


def listed(names: Iterable[str]) -> str:
    """Names in quotes for a message, cut after ten with the number of the others."""
    every = list(names)
    text = ", ".join(f"'{name}'" for name in every[:LISTED])
    return text if len(every) <= LISTED else f"{text} and {len(every) - LISTED} more"


def noted(check: str, path: Path, message: str, evidence: Mapping[str, Any], hint: str) -> Finding:
    """What is worth knowing about a file of data."""
    told = {"path": str(path), **evidence}
    return Finding(check=check, severity="note", message=f"{path}: {message}", evidence=told, hint=hint)


def ignored(path: Path, names: Sequence[str], pairs: Sequence[str] = ()) -> Iterator[Finding]:
    """Names that no role has taken.

    Args:
        path: of the file that holds them.
        names: none, where there is nothing to say.
        pairs: what they probably are, as options.
    """
    if names:
        message = f"{listed(names)} {'is' if len(names) == 1 else 'are'} no role and not used"
        hint = f"say what they are, probably {' '.join(pairs)}" if pairs else "name them with --map THEIRS=OURS"
        yield noted("ignored_names", path, message, {"names": list(names)}, hint)
