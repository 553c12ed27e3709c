"""The samples on which losses are at their worst, median and best as pictures, drawn after everything else is done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ganloss_cli.errors import GanlossError, UsageError
from ganloss_cli.evaluators.parallel import on_one_core
from ganloss_cli.pipeline.data.batching import Chunk, stack_readings
from ganloss_cli.pipeline.data.randomness import SampleKeys
from ganloss_cli.pipeline.evaluate.drawing import Shown, drawn
from ganloss_cli.pipeline.evaluate.sides import kind_of, sides_of
from ganloss_cli.pipeline.evaluate.views import COLOURS
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.roles import Domain, Origin
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import SamplePicture, SampleRank, SampleValues, Weights, Which

SHOWN = 3  # worst, median and best samples of each loss, where --worst says no other number
_READ_SO = {
    "image": "maps are bright where a loss comes from",
    "audio": "spectrograms have low frequencies at the bottom, and the same colours on both sides",
}


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """A loss whose samples are worth looking at.

    Args:
        label: what the samples call it.
        higher_is_better: None where neither side is.
        sides: "real" and "fake" -> where they come from.
        run: that computes it; None where nothing does.
    """

    label: str
    higher_is_better: bool | None
    sides: Mapping[str, Origin]
    run: Run | None = None

    @property
    def first(self) -> Origin:
        """Where the first of its sides comes from."""
        return next(iter(self.sides.values()))


@dataclass(frozen=True)
class _Sample:
    """One sample of a group as one generator's weights make it."""

    space: int
    place: int
    domain: Domain | None
    weights: Weights


@dataclass(kw_only=True)
class _Chosen:
    """Why a sample is shown, and what of it."""

    ranks: list[SampleRank] = field(default_factory=list)
    losses: list[Ranked] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Pictures(Collection[SamplePicture]):
    """Pictures to come: iterating reads the chosen samples again and sends each through the networks once more.

    Args:
        forward: the networks and the data.
        chosen: what is drawn, those that matter most first.
        progress: is told how far the work is.

    Raises:
        UsageError: while iterating: a sample could not be read or made again, or a picture not be drawn.
    """

    forward: Forward
    chosen: Mapping[_Sample, _Chosen]
    progress: Progress = field(default_factory=Progress)

    @property
    def about(self) -> str:
        """How to read them, or why there are neither maps nor spectrograms."""
        if missing := COLOURS.missing():
            extra = f"pip install 'ganloss[{COLOURS.name}]'"
            return f"no maps and no spectrograms: they need {missing[0]}, not installed ({extra})"
        kinds = {
            kind_of(loss.first, self.forward, sample.domain, sample.weights)
            for sample, chosen in self.chosen.items()
            for loss in chosen.losses
        }
        return "; ".join(told for kind, told in _READ_SO.items() if kind in kinds)

    def __contains__(self, one: object) -> bool:
        return any(one == drawn for drawn in self)

    def __len__(self) -> int:
        return len(self.chosen)

    def __iter__(self) -> Iterator[SamplePicture]:
        self.progress.start(len(self), "drawing")
        try:
            for sample, chosen in self.chosen.items():
                yield self._picture(sample, chosen)
                self.progress.advance(1)
        finally:
            self.progress.stop()

    def _picture(self, sample: _Sample, chosen: _Chosen) -> SamplePicture:
        name = self.forward.groups[sample.space].names[sample.place]
        try:
            shown = Shown(
                step=_step(self.forward, sample),
                sides={side: origin for loss in chosen.losses for side, origin in loss.sides.items()},
                runs=[loss.run for loss in chosen.losses if loss.run is not None],
                domain=sample.domain,
                weights=sample.weights,
            )
            views, sounds = drawn(shown)
        except (GanlossError, OSError, RuntimeError, ValueError, MemoryError) as error:
            raise UsageError(f"the picture of {name} cannot be drawn: {error}") from error
        return SamplePicture(name=name, ranks=tuple(chosen.ranks), views=views, sounds=sounds)


def pictures(
    plan: Plan,
    forward: Forward,
    values: Sequence[SampleValues],
    most: int | None,
    logged: Mapping[str, str],
    progress: Progress | None = None,
) -> Pictures | None:
    """The samples that are worth looking at, of every loss that reads images or sounds.

    Args:
        plan: the losses.
        forward: the networks and the data.
        values: of every sample, with the group it is of.
        most: how many worst, median and best samples of each loss; None for three.
        logged: loss -> what `values` call it, where a recipe has names of its own.
        progress: is told how far the drawing is.

    Returns:
        None in train mode, where a sample alone is another than in its batch, and where there is nothing to see.
    """
    if forward.request.mode == "train":
        return None
    losses = [
        Ranked(
            label=logged.get(run.selected.typed, run.label),
            higher_is_better=run.selected.higher_is_better,
            sides=sides,
            run=run,
        )
        for run in plan.runs
        if (sides := sides_of(run, forward))
    ]
    return pictures_of(losses, forward, values, most, progress)


def pictures_of(
    losses: Sequence[Ranked],
    forward: Forward,
    values: Sequence[SampleValues],
    most: int | None,
    progress: Progress | None = None,
) -> Pictures | None:
    """The samples that are worth looking at; None where there are none. For the arguments see `pictures`."""
    chosen: dict[_Sample, _Chosen] = {}
    # where two have one name, as terms of a recipe may, the values are those of the last
    named = {(loss.label, loss.first.space): loss for loss in losses}.values()
    ranked = [(loss, list(_ranked(loss, forward, values, most or SHOWN))) for loss in named]
    for k in range(max((len(of_loss) for _, of_loss in ranked), default=0)):  # the worst of each before any second one
        for loss, of_loss in ranked:
            for place, rank in of_loss[k : k + 1]:
                domain, weights = (loss.run.domain, loss.run.forward_weights()) if loss.run else (None, "raw")
                sample = chosen.setdefault(_Sample(loss.first.space, place, domain, weights), _Chosen())
                sample.ranks.append(rank)
                sample.losses.append(loss)
    return Pictures(forward=forward, chosen=chosen, progress=progress or Progress()) if chosen else None


def _ranked(
    loss: Ranked, forward: Forward, values: Sequence[SampleValues], most: int
) -> Iterator[tuple[int, SampleRank]]:
    """The worst, the best and the median sample, then the next of each; of few samples none twice."""
    places = {name: place for place, name in enumerate(forward.groups[loss.first.space].names)}
    own = (row for row in values if row.group == loss.first.space and row.name in places)
    known = [(value, row.name) for row in own if (value := row.values.get(loss.label)) is not None]
    known.sort(key=lambda pair: pair[0], reverse=loss.higher_is_better is not True)
    first, last = ("worst", "best") if loss.higher_is_better is not None else ("highest", "lowest")
    middle = (len(known) - 1) // 2
    around = sorted(range(len(known)), key=lambda k: abs(k - middle))
    seen: set[int] = set()
    for k in range(min(most, len(known))):
        standing: Mapping[Which, int] = {first: k, last: len(known) - 1 - k, "median": around[k]}  # type: ignore[dict-item]
        for which, at in standing.items():
            if at not in seen:
                seen.add(at)
                value, name = known[at]
                yield places[name], SampleRank(loss=loss.label, which=which, place=k + 1, value=value)


def _step(forward: Forward, sample: _Sample) -> Step:
    """A forward pass of one sample alone; of every other group it has none."""
    chunks = [Chunk(indices=(), names=(), values={}, digests=(), keys=SampleKeys(group)) for group in forward.groups]
    group = forward.groups[sample.space]
    with on_one_core():
        reading = group.read(sample.place)
        chunks[sample.space] = stack_readings(group, (sample.place,), [reading], SampleKeys(group))
    return forward.step(tuple(chunks))
