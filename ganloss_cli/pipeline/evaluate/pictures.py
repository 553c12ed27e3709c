"""The samples on which losses are at their worst, median and best as pictures, drawn after everything else is done."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from ganloss_cli.errors import GanlossError, UsageError
from ganloss_cli.pipeline.data.batching import first_samples, stack_readings
from ganloss_cli.pipeline.data.randomness import SampleKeys
from ganloss_cli.pipeline.networks.ranges import UNIT, Ranged
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.roles import Domain, Origin
from ganloss_cli.records.report import SamplePicture, SampleRank, SampleValues, Weights, Which

_SIDE, _LEAST = 192, 96  # pixels of the longer side of a thumbnail
_QUALITY = 85


@dataclass(frozen=True)
class _Sample:
    """One sample of a group: its place, and where its real and its fake image come from."""

    place: int
    real: Origin
    fake: Origin
    domain: Domain | None
    weights: Weights


@dataclass(frozen=True, kw_only=True)
class Pictures(Collection[SamplePicture]):
    """Pictures to come: iterating reads the chosen samples again and sends each through the generator once more.

    Args:
        forward: the networks and the data.
        chosen: what is drawn, those that matter most first, and the ranks that each has.

    Raises:
        UsageError: while iterating: a sample could not be read or made again, or a picture not be drawn.
    """

    forward: Forward
    chosen: Mapping[_Sample, tuple[SampleRank, ...]]

    def __contains__(self, one: object) -> bool:
        return any(one == drawn for drawn in self)

    def __len__(self) -> int:
        return len(self.chosen)

    def __iter__(self) -> Iterator[SamplePicture]:
        for sample, ranks in self.chosen.items():
            name = self.forward.groups[sample.real.space].names[sample.place]
            try:
                yield _picture(self.forward, sample, name, ranks)
            except (GanlossError, OSError, RuntimeError, ValueError, MemoryError) as error:
                raise UsageError(f"the picture of {name} cannot be drawn: {error}") from error


def pictures(
    plan: Plan, forward: Forward, values: Sequence[SampleValues], most: int, logged: Mapping[str, str]
) -> Pictures | None:
    """The samples that are worth looking at, of every loss that holds real images against fake ones.

    Args:
        plan: the losses.
        forward: the networks and the data.
        values: of every sample.
        most: how many worst, median and best samples of each loss.
        logged: loss -> what `values` call it, where a recipe has names of its own.

    Returns:
        None in train mode, where a sample alone is another than in its batch, and where no loss compares images.
    """
    if forward.request.mode == "train":
        return None
    chosen: dict[_Sample, list[SampleRank]] = {}
    ranked = [
        list(_ranked(run, logged.get(run.selected.typed, run.label), values, most))
        for run in plan.runs
        if _compares_images(run, forward)
    ]
    for k in range(max(map(len, ranked), default=0)):  # the worst of every loss before the second worst of any
        for of_run in ranked:
            for run, name, rank in of_run[k : k + 1]:
                real, fake = run.origins["real"], run.origins["fake"]
                place = forward.groups[real.space].names.index(name)
                sample = _Sample(place, real, fake, run.domain, run.forward_weights())
                chosen.setdefault(sample, []).append(rank)
    if not chosen:
        return None
    return Pictures(forward=forward, chosen={sample: tuple(ranks) for sample, ranks in chosen.items()})


def _compares_images(run: Run, forward: Forward) -> bool:
    real, fake = run.origins.get("real"), run.origins.get("fake")
    if not run.loss.paired or real is None or fake is None or real.space != fake.space:
        return False
    roots = (real.root, fake.root)
    return all(forward.groups[root.space].kinds[root.role] == "image" for root in roots)


def _ranked(run: Run, label: str, values: Sequence[SampleValues], most: int) -> Iterator[tuple[Run, str, SampleRank]]:
    """The worst, the best and the median sample, then the next of each; of few samples none twice."""
    known = [(value, row.name) for row in values if (value := row.values.get(label)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=run.selected.higher_is_better is not True)
    middle = (len(known) - 1) // 2
    around = sorted(range(len(known)), key=lambda k: abs(k - middle))
    seen: set[int] = set()
    for k in range(min(most, len(known))):
        places: Mapping[Which, int] = {"worst": k, "best": len(known) - 1 - k, "median": around[k]}
        for which, place in places.items():
            if place not in seen:
                seen.add(place)
                value, name = known[place]
                yield run, name, SampleRank(loss=label, which=which, place=k + 1, value=value)


def _picture(forward: Forward, sample: _Sample, name: str, ranks: tuple[SampleRank, ...]) -> SamplePicture:
    space, place = sample.real.space, sample.place
    group = forward.groups[space]
    chunk = stack_readings(group, (place,), [group.read(place)], SampleKeys(group))
    others = first_samples(forward.groups, count=1)
    step = forward.step(tuple(chunk if k == space else other.empty() for k, other in enumerate(others)))
    real, fake = (_unit(step.produce(one, sample.domain, sample.weights)) for one in (sample.real, sample.fake))
    if real.shape != fake.shape:
        raise UsageError(f"real has shape {tuple(real.shape)}, fake {tuple(fake.shape)}")
    apart = (real - fake).abs().mean(dim=0, keepdim=True)
    largest = float(apart.max())
    return SamplePicture(
        name=name,
        ranks=ranks,
        real=_thumbnail(real),
        fake=_thumbnail(fake),
        difference=_thumbnail(apart / largest if largest > 0 else apart),
        mean_difference=float(apart.mean()),
        largest_difference=largest,
    )


def _unit(value: Ranged) -> Tensor:
    """One image of shape (C, H, W) on [0, 1]; of its channels those that a screen has."""
    image = value.to(UNIT).tensor[0].float().cpu()
    if image.dim() != 3:
        raise UsageError(f"a sample of shape {tuple(image.shape)} is no picture")
    image = image[:3] if image.shape[0] in (3, 4) else image[:1]
    return torch.nan_to_num(image, nan=0.0, posinf=1.0, neginf=0.0).clamp(0, 1)


def _thumbnail(image: Tensor) -> bytes:
    """A JPEG whose longer side is at most 192 pixels, and at least 96: small images are enlarged by whole pixels."""
    levels = (image * 255).round().to(torch.uint8)
    shown = Image.fromarray((levels[0] if levels.shape[0] == 1 else levels.permute(1, 2, 0)).contiguous().numpy())
    longer = max(shown.size)
    if longer > _SIDE:
        shown.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    elif longer < _LEAST:
        factor = -(-_LEAST // longer)
        shown = shown.resize((shown.width * factor, shown.height * factor), Image.Resampling.NEAREST)
    written = io.BytesIO()
    shown.save(written, "JPEG", quality=_QUALITY)
    return written.getvalue()
