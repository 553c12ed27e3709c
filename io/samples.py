"""What the readers hand out: samples by role, read one at a time. Torch-free."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ganloss_cli.io.changes import Changes
from ganloss_cli.records.listing import listed
from ganloss_cli.records.report import Finding

if TYPE_CHECKING:
    from torch import Tensor

Kind = Literal["image", "audio", "tensor", "moments"]
LISTED = 10  # names in one message; the rest is counted


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One sample.

    Args:
        values: role -> value without a batch axis. Images are (C, H, W), uint8 as they are stored or float32 in [0, 1],
            audio (C, T) float32 in [-1, 1]; tensors are as their file holds them, half precision widened to float32.
            Roles of logits hold a list, one tensor a sub-discriminator, roles of features a list of lists,
            [sub-discriminator][map].
        digests: role -> sha256 of the bytes that were read for it.
    """

    values: Mapping[str, Tensor | list[Any]]
    digests: Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Labels that lie beside samples, for networks that take them; nothing else reads them.

    Args:
        values: one a sample.
        found: where.
        classes: the folders whose numbers they are, in order; none where somebody wrote them down.
        attributes: how many numbers each is, where they say no class; then there are no values.
    """

    values: tuple[int, ...]
    found: str
    classes: tuple[str, ...] = ()
    attributes: int = 0

    def at(self, places: Iterable[int]) -> Labels:
        """Those of some samples."""
        return replace(self, values=tuple(self.values[place] for place in places if self.values))


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
        labels: that lie beside the samples.
        by_index: whether the samples have no files of their own, but places in an array.
        hashed: gives the digests that `read` gives for sample i, without decoding; None where only reading tells.
        on_disk: the files that hold sample i, or the archives; none of what is drawn.
        called: what messages call the files of sample i.
        ragged: values that a batch may hold in several lengths, with zeros behind the shorter ones -> the value that
            counts what is no padding of its last axis.
    """

    roles: tuple[str, ...]
    names: tuple[str, ...]
    paths: Mapping[str, str]
    kinds: Mapping[str, Kind]
    sample_rates: Mapping[str, int]
    ranges: Mapping[str, tuple[float, float]]
    read: Callable[[int], Reading]
    labels: Labels | None = None
    by_index: bool = False
    hashed: Callable[[int], Mapping[str, bytes]] | None = None
    on_disk: Callable[[int], tuple[Path, ...]] = lambda index: ()
    called: Callable[[int], tuple[str, ...]] = lambda index: ()
    ragged: Mapping[str, str] = field(default_factory=dict)

    def digests(self, index: int) -> Mapping[str, bytes]:
        """Role -> sha256 of the bytes of sample i."""
        return self.read(index).digests if self.hashed is None else self.hashed(index)


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """All the data of a run.

    Args:
        groups: one for paired data; unpaired roles have one each.
        findings: what was assumed while reading the names, such as a suffix left out to pair files.
        changes: what options change about the samples, as far as they were read.
        chose_split: whether `--split` decided what was read.
    """

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]
    changes: Changes = field(default_factory=Changes)
    chose_split: bool = False


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
        on_disk: the file that holds sample i, or the archive.
        hashed: gives the digests of what `read` reads, without decoding; None where only reading tells.
        length: of audio whose parts can be read, the samples of recording i; None where only reading tells.
        read_window: of such audio, reads of sample i so many samples from a start.
        labels: that lie beside the samples.
    """

    roles: tuple[str, ...]
    path: str
    kind: Kind
    names: tuple[str, ...]
    files: tuple[str, ...]
    named_by: Literal["files", "positions", "itself"]
    read: Callable[[int], Reading]
    on_disk: Callable[[int], Path]
    hashed: Callable[[int], Mapping[str, bytes]] | None = None
    sample_rate: int | None = None
    range: tuple[float, float] | None = None
    length: Callable[[int], int | None] | None = None
    read_window: Callable[[int, int, int], Reading] | None = None
    labels: Labels | None = None

    def within(self, index: int, window: tuple[int, int] | None) -> Reading:
        """Sample i, or so many samples of it from a start."""
        return self.read(index) if window is None or self.read_window is None else self.read_window(index, *window)

    def digests(self, index: int, window: tuple[int, int] | None) -> Mapping[str, bytes]:
        """Role -> sha256 of what `within` reads."""
        whole = window is None or self.read_window is None
        return self.hashed(index) if whole and self.hashed is not None else self.within(index, window).digests


def numbered(count: int) -> tuple[str, ...]:
    """Names of samples that have none: "0" to "9", "00" to "99"; sorted as text they are in order."""
    width = len(str(max(count - 1, 0)))
    return tuple(f"{position:0{width}d}" for position in range(count))


def quoted(names: Iterable[str]) -> str:
    """Names in quotes for a message, cut after ten with the number of the others."""
    return listed((f"'{name}'" for name in names), LISTED)


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
        message = f"{quoted(names)} {'is' if len(names) == 1 else 'are'} no role and not used"
        hint = f"say what they are, probably {' '.join(pairs)}" if pairs else "name them with --map THEIRS=OURS"
        yield noted("ignored_names", path, message, {"names": list(names)}, hint)
