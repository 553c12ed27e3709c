"""Checks of what a generator makes: whether it varies, fills its range, and pairs with what it was made for."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedFakes, AuditedPairs
from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.edges import LEAST_SIDE, edge_directions
from ganloss_cli.evaluators.missing_modes import LEVEL, MissingModes, least_coverage, missing_modes
from ganloss_cli.evaluators.neighbours import NEIGHBOURS, Neighbourhoods, neighbourhoods, of_the_reals

# healthy pairs: fakes of an MNIST GAN lie 0.665 apart where reals lie 0.731, a ratio of 0.91 (reference 4.5)
LITTLE_DIVERSITY = 0.5
NO_DIVERSITY = 0.1
COMPARED = 256  # samples of which every two are compared
# two fakes nearer to each other than a tenth of how near a real has its nearest are one and the same
DUPLICATE = 0.1
DUPLICATE_SHARE = 0.1
HALF_LEVEL = 0.5 / 255  # half a step of 8 bits
OUTSIDE = 0.01  # of the range: what clamping to 8 bits would visibly change
OUTSIDE_SHARES = (0.05, 0.5)  # of the values: a note, a warning
SATURATED_BEYOND_REALS = 0.5
SIGNIFICANT = 3.0  # standard errors
STFT_SIZE = 512
AMONG_REALS = 0.5  # of the density that reals have
_SPACES = {"image": "pixels", "audio": "spectra", "tensor": "values"}


@check(severity="error")
def non_finite_output(fakes: AuditedFakes) -> Iterator[Observation]:
    """The generator makes NaN or infinity."""
    broken = ~torch.isfinite(fakes.fake).flatten(1).all(dim=1)
    if bool(broken.any()):
        yield Observation(
            message=f"{int(broken.sum())} of {len(broken)} fakes hold NaN or infinity",
            evidence={"fakes": int(broken.sum()), "of": len(broken)},
            hint="look for non-finite weights; try --dtype float32",
        )


@check(severity="warning")
def collapsed_generator(fakes: AuditedFakes) -> Iterator[Observation]:
    """Fakes differ from each other much less than reals do, or are missing where more than half of the reals lie.

        ratio = mean distance of two fakes / mean distance of two reals
        share = sum over cells of max(0, share of reals - share of fakes), a cell being what is nearest to some real

    A ratio below 0.5 means that modes are missing; below 0.1 the generator makes one sample whatever its input is.
    Modes that are far apart leave the ratio as it is, but not the share: it is held against what reals themselves
    give when modes that hold half of them are left out, which 1 % of such sets exceed. Its power, how many sets of one
    or two modes of ten would be found, is measured on the reals at hand: below 0.95, nothing found tells nothing.
    Fakes that lie apart from all reals, such as noise, are told by coverage (Naeem et al. 2020): below that of a fifth.
    Spaces: the samples themselves, the edges of pictures, and the last hidden layer of the discriminator; modes are
    told where fakes lie at least half as densely among the reals as reals do.

    Designed on MNIST's 10 000 test digits, then held against its first 20 000 training digits, 100 a side: 7 of 7 sets
    of one digit, 12 of 12 of two and 12 of 12 constants with noise were found; of 105 of other reals, of reals
    blurred, shifted by two pixels, mixed or noisy (0.1), and of six generators none was. Noise of 0.3 lies apart, and
    is told so.
    """
    ratio = diversity_ratio(fakes)
    if ratio is not None and ratio < LITTLE_DIVERSITY:
        yield Observation(
            message=f"two fakes lie {ratio:.2g} times as far apart as two reals"
            f" ({len(fakes.fake)} fakes, {0 if fakes.real is None else len(fakes.real)} reals)",
            evidence={"ratio": ratio, "least": LITTLE_DIVERSITY},
            hint="look at the fakes; check that latents or inputs reach the generator",
            severity="error" if ratio < NO_DIVERSITY else None,
        )
        return
    for space, seen in compared(fakes).items():
        yield from _missing_or_apart(space, seen)


@check(severity="warning")
def duplicate_fakes(fakes: AuditedFakes) -> Iterator[Observation]:
    """Many fakes have a near twin among the other fakes, and reals do not.

    A twin is nearer than a tenth of the median distance from a real to its nearest real.
    """
    flat, real = _comparable(fakes)
    if flat is None or real is None:
        return
    nearest, usual = _nearest(flat), _nearest(real)
    limit = DUPLICATE * float(usual.median())
    share, of_reals = float((nearest <= limit).float().mean()), float((usual <= limit).float().mean())
    if share - of_reals > DUPLICATE_SHARE:
        yield Observation(
            message=f"{share:.0%} of {len(flat)} fakes have a near twin among them ({of_reals:.0%} of the reals)",
            evidence={"share": share, "share_of_reals": of_reals, "nearer_than": limit},
            hint="the generator repeats itself: look for collapsed modes",
        )


@check(severity="warning")
def constant_output(fakes: AuditedFakes) -> Iterator[Observation]:
    """Fakes are of one value from edge to edge, and reals are not."""
    if fakes.kind == "tensor":
        return
    share = _share_constant(fakes.fake)
    of_reals = _share_constant(fakes.real) if fakes.real is not None else 0.0
    if share - of_reals > 0.5 / max(len(fakes.fake), 1) + 0.05:
        yield Observation(
            message=f"{share:.0%} of {len(fakes.fake)} fakes are of one value ({of_reals:.0%} of the reals)",
            evidence={"share": share, "share_of_reals": of_reals},
            hint="look for dead channels and for a last activation that is saturated",
            severity="error" if share > 0.95 else None,
        )


@check(severity="warning")
def saturated_output(fakes: AuditedFakes) -> Iterator[Observation]:
    """Most values of the fakes lie at the ends of their range, and those of reals do not.

    A tanh or sigmoid at the end has no gradient left. Reals that are black and white themselves, such as digits, are
    what fakes are compared with.
    """
    if fakes.kind == "tensor" or fakes.real is None or (fakes.kind == "image" and fakes.range is None):
        return
    share, of_reals = _share_at_ends(fakes.fake, fakes.kind), _share_at_ends(fakes.real, fakes.kind)
    if share - of_reals > SATURATED_BEYOND_REALS:
        yield Observation(
            message=f"{share:.0%} of the values lie at the ends of their range ({of_reals:.0%} of the reals')",
            evidence={"share": share, "share_of_reals": of_reals},
            hint="look at what comes before the last activation",
        )


@check(severity="note")
def output_outside_range(fakes: AuditedFakes) -> Iterator[Observation]:
    """Values of the fakes lie outside the range that the generator is taken to make.

    A twentieth of them is worth a note: clipping changes the images, and losses are computed before it. Half of them
    means that the range is another one, such as [0, 255].
    """
    if fakes.kind != "image" or fakes.range is None:
        return
    outside = float(((fakes.fake < -OUTSIDE) | (fakes.fake > 1 + OUTSIDE)).float().mean())
    if outside > OUTSIDE_SHARES[0]:
        low, high = _as_made(fakes)
        yield Observation(
            message=f"{outside:.0%} of the values lie outside [{fakes.range[0]:g}, {fakes.range[1]:g}]:"
            f" they reach from {low:.4g} to {high:.4g}",
            evidence={"share": outside, "lowest": low, "highest": high, "range": list(fakes.range)},
            hint="give --network-range generator=LOW,HIGH if its range is another one",
            severity="warning" if outside > OUTSIDE_SHARES[1] else None,
        )


@check(severity="warning")
def half_of_the_range_used(fakes: AuditedFakes) -> Iterator[Observation]:
    """Fakes use only the upper half of the range that the generator is taken to make, and reals use both halves.

    A generator that ends in a sigmoid makes [0, 1]; taken for [-1, 1] its images come out pale, and every loss is off.
    """
    if fakes.kind != "image" or fakes.range is None or fakes.real is None or not fakes.generated:
        return
    lower = float((fakes.fake < 0.5 - HALF_LEVEL).float().mean())
    of_reals = float((fakes.real < 0.5 - HALF_LEVEL).float().mean())
    if lower == 0 and of_reals > 0.05 and float(fakes.fake.max()) <= 1 + OUTSIDE:
        low, high = _as_made(fakes)
        yield Observation(
            message=f"fakes reach from {low:.4g} to {high:.4g} of [{fakes.range[0]:g}, {fakes.range[1]:g}],"
            f" while {of_reals:.0%} of the reals' values lie in its lower half",
            evidence={"lowest": low, "highest": high, "reals_in_lower_half": of_reals},
            hint="give --network-range generator=0,1 if it ends in a sigmoid",
        )


@check(severity="warning")
def pairing_looks_random(pairs: AuditedPairs) -> Iterator[Observation]:
    """Each fake is no nearer to its own real than to another sample's real.

        z = mean(d(fake_i, real_j) - d(fake_i, real_i)) / standard error < 3

    Distances are mean absolute differences of values, of audio those of log magnitudes. The files are paired by
    mistake, one side is in another order, or the generator ignores its input. Fakes that are all alike are left out.
    """
    n = len(pairs.fake)
    if n < LEAST_SAMPLES:
        return
    fake, real = _features(pairs.fake, pairs.kind), _features(pairs.real, pairs.kind)
    if _spread(fake) < NO_DIVERSITY * _spread(real):
        return
    own = (fake - real).abs().mean(dim=1)
    others = torch.stack([(fake - real.roll(shift, 0)).abs().mean(dim=1) for shift in range(1, min(n, 5))]).mean(dim=0)
    gain = (others - own).double()
    error = float(gain.std()) / math.sqrt(n)
    z = float(gain.mean()) / error if error > 0 else 0.0
    if z < SIGNIFICANT:
        yield Observation(
            message=f"fakes lie {float(own.mean()):.4g} from their own reals and {float(others.mean()):.4g} from others"
            f" ({z:.1f} standard errors apart)",
            evidence={"own": float(own.mean()), "others": float(others.mean()), "z": z, "pairs": n},
            hint="check how the files are paired (--pair-by), or give --unpaired",
        )


def _missing_or_apart(space: str, seen: Compared) -> Iterator[Observation]:
    test = seen.missing
    evidence = {
        **vars(test), "level": LEVEL, "space": space, "coverage": seen.by_fakes.coverage,
        "density": seen.by_fakes.density, "least_coverage": seen.least_coverage,
    }  # fmt: skip
    if seen.lacking:
        yield Observation(
            message=f"by {space}, fakes are missing where more than half of the reals lie: {test.share:.2g} of them,"
            f" at most {test.limit:.2g} where half is left out ({test.samples} of each)",
            evidence=evidence,
            hint="modes are missing: look at the fakes",
        )
    elif seen.apart:
        yield Observation(
            message=f"by {space}, {seen.by_fakes.coverage:.2g} of the reals have a fake near them, and"
            f" {seen.least_coverage:.2g} would if four fifths of the reals were missing ({test.samples} of each)",
            evidence=evidence,
            hint="fakes lie apart from the reals: look at them, and at their range",
        )


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Where fakes lie among reals in one space, and other reals among them.

    Args:
        by_fakes: of all reals, with as many fakes.
        by_reals: of a random half of the reals, with the other half.
        missing: whether modes are missing.
        least_coverage: by a fifth of the reals.
        values: whether the space is that of the samples; in others, such as the discriminator's, it may be that nothing
            counts but what tells fakes from reals.
    """

    by_fakes: Neighbourhoods
    by_reals: Neighbourhoods
    missing: MissingModes
    least_coverage: float
    values: bool

    @property
    def comparable(self) -> bool:
        """Whether the space says anything of modes: fakes lie in it half as densely among the reals as reals do."""
        return self.by_fakes.density >= AMONG_REALS * self.by_reals.density

    @property
    def lacking(self) -> bool:
        """Whether fakes are missing where more than half of the reals lie."""
        return self.comparable and self.missing.found

    @property
    def apart(self) -> bool:
        """Whether fakes cover less than a fifth of the reals would."""
        return (self.values or self.comparable) and self.by_fakes.coverage < self.least_coverage

    def verdict(self) -> str:
        """What the test of missing modes says, and whether there are samples enough to say it."""
        if not self.comparable:
            return "fakes lie apart from reals" if self.apart else "cannot tell: it tells fakes from reals"
        if self.missing.found or self.missing.told:
            return "more than half is missing" if self.missing.found else "not more than half is missing"
        enough = f"about {self.missing.enough} would" if self.missing.enough else "far more are needed"
        return f"cannot tell among {self.missing.samples} samples: {enough}"


@functools.lru_cache(maxsize=1)
def compared(fakes: AuditedFakes) -> Mapping[str, Compared]:
    """By space; none with too few samples, or values that are not finite."""
    rows = {_SPACES[fakes.kind]: _comparable(fakes, None), **_edges(fakes), **fakes.features}
    return {
        space: Compared(
            by_fakes=neighbourhoods(real, fake, NEIGHBOURS),
            by_reals=of_the_reals(real, NEIGHBOURS),
            missing=missing_modes(real, fake),
            least_coverage=least_coverage(real),
            values=space == _SPACES[fakes.kind],
        )
        for space, (fake, real) in rows.items()
        if fake is not None and real is not None and len(real) >= LEAST_SAMPLES
        if bool(torch.isfinite(fake).all() and torch.isfinite(real).all())
    }


def diversity_ratio(fakes: AuditedFakes) -> float | None:
    """Mean distance of two fakes over that of two reals; None with too few samples or reals that are all alike."""
    flat, real = _comparable(fakes)
    if flat is None or real is None:
        return None
    among_reals = float(torch.pdist(real).mean())
    return float(torch.pdist(flat).mean()) / among_reals if among_reals > 0 else None


def _comparable(fakes: AuditedFakes, most: int | None = COMPARED) -> tuple[Tensor | None, Tensor | None]:
    """Both as equally many rows of features; None where there are too few, or values are not finite."""
    if fakes.real is None or min(len(fakes.fake), len(fakes.real)) < LEAST_SAMPLES:
        return None, None
    n = min(len(fakes.fake), len(fakes.real), most or len(fakes.fake))
    flat, real = _features(fakes.fake[:n], fakes.kind), _features(fakes.real[:n], fakes.kind)
    return (flat, real) if bool(torch.isfinite(flat).all() and torch.isfinite(real).all()) else (None, None)


def _edges(fakes: AuditedFakes) -> Mapping[str, tuple[Tensor, Tensor]]:
    """Of pictures that are large enough."""
    if fakes.kind != "image" or fakes.real is None or min(fakes.fake.shape[2:]) < LEAST_SIDE:
        return {}
    n = min(len(fakes.fake), len(fakes.real))
    return {"edges": (edge_directions(fakes.fake[:n]), edge_directions(fakes.real[:n]))}


def _features(samples: Tensor, kind: str) -> Tensor:
    """Rows that may be compared: values, or of audio log magnitudes, which do not depend on phase."""
    if kind != "audio":
        return samples.float().flatten(1)
    waveforms = samples.float().mean(dim=1)
    size = min(STFT_SIZE, waveforms.shape[-1])
    window = torch.hann_window(size)
    spectrum = torch.stft(waveforms, size, size // 2, window=window, return_complex=True, center=False)
    return torch.log(spectrum.abs() + 1e-3).flatten(1)


def _nearest(rows: Tensor) -> Tensor:
    """The distance of each row to its nearest other."""
    distances = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return distances.fill_diagonal_(math.inf).amin(dim=1)


def _spread(rows: Tensor) -> float:
    return float((rows - rows.mean(dim=0)).square().mean().sqrt())


def _share_constant(samples: Tensor) -> float:
    """Of samples whose channels are constant within half a step of 8 bits."""
    flat = samples.float().flatten(2) if samples.dim() > 2 else samples.float().unsqueeze(1)
    spread = (flat.amax(dim=2) - flat.amin(dim=2)).amax(dim=1)
    return float((spread < 2 * HALF_LEVEL).float().mean())


def _share_at_ends(samples: Tensor, kind: str) -> float:
    ends = samples.abs() >= 1 - HALF_LEVEL if kind == "audio" else (samples <= HALF_LEVEL) | (samples >= 1 - HALF_LEVEL)
    return float(ends.float().mean())


def _as_made(fakes: AuditedFakes) -> tuple[float, float]:
    """Lowest and highest value in the generator's own range."""
    low, high = fakes.range or (0.0, 1.0)
    return low + float(fakes.fake.min()) * (high - low), low + float(fakes.fake.max()) * (high - low)
