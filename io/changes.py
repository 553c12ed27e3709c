"""What `--alpha` and `--modcrop` changed, and what `--range` is about, noted while samples are read. Torch-free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request
from ganloss_cli.records.severity import Severity

Size = tuple[int, int]
_SLACK = 0.1  # of a range, which a network's own output may overshoot
_LITTLE = 0.01  # of a range, within which all values of one that is too wide lie


@dataclass(kw_only=True)
class Changes:
    """By file, so that reading one twice counts once; a dict's assignment is safe in threads.

    Args:
        alpha: file -> whether it had an alpha channel.
        sizes: role and file -> height and width before and after `--modcrop`.
        channels: role and file -> how many channels the image has.
        extents: role and file -> lowest and highest value of an image whose file does not tell the range.
    """

    alpha: dict[str, bool] = field(default_factory=dict)
    sizes: dict[tuple[str, str], tuple[Size, Size]] = field(default_factory=dict)
    channels: dict[tuple[str, str], int] = field(default_factory=dict)
    extents: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    def of_files(self, files: Collection[str]) -> Changes:
        """What is known of some files."""
        return Changes(
            alpha={file: had for file, had in self.alpha.items() if file in files},
            sizes={key: change for key, change in self.sizes.items() if key[1] in files},
            channels={key: count for key, count in self.channels.items() if key[1] in files},
            extents={key: ends for key, ends in self.extents.items() if key[1] in files},
        )

    def extend(self, other: Changes) -> None:
        """Take in what another process has noted."""
        self.alpha.update(other.alpha)
        self.sizes.update(other.sizes)
        self.channels.update(other.channels)
        self.extents.update(other.extents)

    def state(self) -> dict[str, Any]:
        """All of it, for another process."""
        return {
            "alpha": self.alpha,
            "sizes": [[*key, *change] for key, change in self.sizes.items()],
            "channels": [[*key, count] for key, count in self.channels.items()],
            "extents": [[*key, *map(str, ends)] for key, ends in self.extents.items()],  # which may be infinite
        }

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Changes:
        """The same again."""
        sizes = {
            (role, file): ((before[0], before[1]), (after[0], after[1])) for role, file, before, after in state["sizes"]
        }
        extents = {(role, file): (float(low), float(high)) for role, file, low, high in state["extents"]}
        channels = {(role, file): count for role, file, count in state["channels"]}
        return cls(alpha=dict(state["alpha"]), sizes=sizes, channels=channels, extents=extents)

    def findings(self, request: Request) -> Iterator[Finding]:
        """What either option changed, once the samples were read; files are the only images with an alpha channel.

        Args:
            request: the options.
        """
        if request.alpha is not None:
            yield self._about_alpha(request.alpha)
        if request.modcrop is not None and self.sizes:
            yield self._about_modcrop(request.modcrop)
        if request.range is not None:
            yield from self._about_range(request.range)
        yield from self._about_channels()

    def _about_alpha(self, alpha: str) -> Finding:
        n_files, n_with = len(self.alpha), sum(self.alpha.values())
        if not n_files:
            return _without_effect("--alpha", "--alpha had no effect: there are no image files", "warning")
        if not n_with:
            message = f"--alpha {alpha} had no effect: none of {n_files} images has an alpha channel"
            return _without_effect("--alpha", message, "note")
        done = {"drop": "dropped", "keep": "kept"}.get(alpha, f"blended with {alpha}")
        return Finding(
            check="alpha_kept" if alpha == "keep" else "alpha_removed",
            severity="note",
            message=f"--alpha {alpha}: {n_with} of {n_files} images had an alpha channel, which was {done}",
            evidence={"images": n_with, "of": n_files, "alpha": alpha},
        )

    def _about_range(self, bounds: tuple[float, float]) -> Iterator[Finding]:
        for role in sorted({role for role, _ in self.extents}):
            own = [ends for (of, _), ends in self.extents.items() if of == role]
            lowest, highest = min(low for low, _ in own), max(high for _, high in own)
            if _contradicts(lowest, highest, bounds):
                yield Finding(
                    check="range_contradicted",
                    severity="warning",
                    message=f"--range {bounds[0]:g},{bounds[1]:g}, but the values of {role} lie in {lowest:.4g} to"
                    f" {highest:.4g}; the range was taken as it was given",
                    evidence={"role": role, "lowest": lowest, "highest": highest, "range": list(bounds)},
                )

    def _about_channels(self) -> Iterator[Finding]:
        """A grey image among coloured ones, which is seldom meant."""
        for role in sorted({role for role, _ in self.channels}):
            files = {file: count for (of, file), count in sorted(self.channels.items()) if of == role}
            most, *fewer = Counter(files.values()).most_common()
            for count, n_files in fewer:
                first = next(file for file, own in files.items() if own == count)
                others = f" and {n_files - 1} more" if n_files > 1 else ""
                yield Finding(
                    check="mixed_channels",
                    severity="warning",
                    message=f"{role}: '{first}'{others} {'have' if others else 'has'} {_channels(count)}, the other"
                    f" {most[1]} images {most[0]}",
                    evidence={"role": role, "channels": count, "images": n_files, "others": most[0], "of": len(files)},
                )

    def _about_modcrop(self, modulus: int) -> Finding:
        cut = {key: change for key, change in self.sizes.items() if change[0] != change[1]}
        if not cut:
            message = (
                f"--modcrop {modulus} had no effect: the sides of all {len(self.sizes)} images are multiples of it"
            )
            return _without_effect("--modcrop", message, "note")
        (before, after), *others = sorted(set(cut.values()))
        more = f" and {len(others)} more {'size' if len(others) == 1 else 'sizes'}" if others else ""
        roles = ", ".join(dict.fromkeys(role for role, _ in sorted(cut)))
        return Finding(
            check="cropped",
            severity="note",
            message=f"--modcrop {modulus}: {len(cut)} of {len(self.sizes)} images ({roles}) were cut,"
            f" {before[1]}x{before[0]} to {after[1]}x{after[0]} pixels{more}",
            evidence={"images": len(cut), "of": len(self.sizes), "modcrop": modulus},
        )


def _without_effect(option: str, message: str, severity: Severity) -> Finding:
    return Finding(check="option_without_effect", severity=severity, message=message, evidence={"option": option})


def _channels(count: int) -> str:
    return f"{count} channel{'' if count == 1 else 's'}"


def _contradicts(lowest: float, highest: float, bounds: tuple[float, float]) -> bool:
    """Values that cannot be what `--range` says: they lie outside of it, or all in a hundredth of it."""
    low, high = bounds
    width = high - low
    outside = lowest < low - _SLACK * width or highest > high + _SLACK * width
    return outside or 0 < max(abs(lowest), abs(highest)) <= _LITTLE * width
