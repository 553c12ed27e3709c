"""What there is to see and to hear of one sample: itself, and where each of its losses comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.losses.mrstft import lsd
from ganloss_cli.evaluators.losses.reconstruction import l1
from ganloss_cli.evaluators.losses.scores import fake_score
from ganloss_cli.evaluators.maps import Map, kept_maps
from ganloss_cli.evaluators.parallel import on_one_core
from ganloss_cli.pipeline.evaluate.sides import kind_of, rate_of
from ganloss_cli.pipeline.evaluate.views import (
    COLOURS,
    difference,
    most_apart,
    of_map,
    of_scores,
    of_spectra,
    sounds,
    thumbnail,
    unit,
)
from ganloss_cli.pipeline.networks.ranges import Ranged
from ganloss_cli.pipeline.run.arguments import batch_for, context_for
from ganloss_cli.pipeline.run.forward import Step
from ganloss_cli.pipeline.run.plan import Run
from ganloss_cli.pipeline.run.roles import Domain, Origin
from ganloss_cli.records.report import SampleSound, SampleView, Weights


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One sample that is to be drawn.

    Args:
        step: a forward pass of it alone.
        sides: "real" and "fake" -> where they come from.
        runs: the losses that choose it.
        domain: A or B, with two domains.
        weights: whose generator makes its fake.
    """

    step: Step
    sides: Mapping[str, Origin]
    runs: Sequence[Run]
    domain: Domain | None
    weights: Weights

    @property
    def values(self) -> Mapping[str, Ranged]:
        """Both sides as they are."""
        return {side: self.step.produce(origin, self.domain, self.weights) for side, origin in self.sides.items()}

    @cached_property
    def of_images(self) -> bool:
        """Whether it is looked at, or else listened to."""
        origin = next(iter(self.sides.values()))
        return kind_of(origin, self.step.forward, self.domain, self.weights) == "image"


def drawn(shown: Shown) -> tuple[tuple[SampleView, ...], tuple[SampleSound, ...]]:
    """All views, those of the sample itself first, and what can be listened to."""
    values = shown.values  # networks run on all cores; for one sample of anything else to wait for them takes longest
    with on_one_core():
        return (tuple(_of_image(shown, values)), ()) if shown.of_images else _of_sound(shown, values)


def _of_image(shown: Shown, values: Mapping[str, Ranged]) -> Iterator[SampleView]:
    images = {side: unit(value) for side, value in values.items()}
    for side, image in images.items():
        yield SampleView(called=side, image=thumbnail(image))
    if len(images) == 2 and any(run.loss.paired for run in shown.runs):
        with kept_maps() as maps:  # of what all losses of pixels are made of
            l1(images["real"][None], images["fake"][None])
        yield difference(maps[0])
    if COLOURS.missing():
        return
    yield from (of_map(one) for run in _mapped(shown) if run.loss.name != l1.__name__ for one in _maps(run, shown.step))
    yield from _of_discriminator(shown, images)


def _of_sound(shown: Shown, values: Mapping[str, Ranged]) -> tuple[tuple[SampleView, ...], tuple[SampleSound, ...]]:
    views: list[SampleView] = []
    # l1 of waveforms keeps a map as of pictures, without the sides that a spectrogram has
    kept = ([one for one in _maps(run, shown.step) if one.sides is not None] for run in _mapped(shown))
    spectra = [max(maps, key=_finest) for maps in kept if maps]
    waves = {side: value.tensor for side, value in values.items()}
    if not spectra and len(waves) == 2 and waves["real"].shape == waves["fake"].shape:
        spectra = _of_any_sound(waves["real"], waves["fake"])
    if not COLOURS.missing():
        views += [view for one in spectra for view in of_spectra(one)]
        views += _of_discriminator(shown, {})
    rate = rate_of(shown.step.forward)
    around = most_apart(spectra[0] if spectra else None)
    heard = sounds([(side, one[0]) for side, one in waves.items()], rate, around) if rate is not None else ()
    return tuple(views), heard


def _of_any_sound(real: Tensor, fake: Tensor) -> list[Map]:
    """Spectra where no loss has any of its own; none of what is shorter than a frame."""
    try:
        with kept_maps() as maps:
            lsd(real, fake)
    except InputError:
        return []
    return maps


def _mapped(shown: Shown) -> list[Run]:
    """The losses that say where they come from, on every sample in the same order."""
    by_label = {run.label: run for run in shown.runs if run.loss.keeps_maps}
    return [by_label[label] for label in sorted(by_label)]


def _maps(run: Run, step: Step) -> list[Map]:
    """What the loss itself keeps; of a convention that was asked for by its name, under that name."""
    with kept_maps() as maps, torch.no_grad():
        run.loss(batch_for(run, step), run.selected.settings(context_for(run, step.forward)))
    return [replace(one, name=f"{one.name}, {run.label}") for one in maps] if ":" in run.label else maps


def _finest(spectra: Map) -> int:
    return spectra.values.shape[-1]


def _of_discriminator(shown: Shown, images: Mapping[str, Tensor]) -> Iterator[SampleView]:
    """Of every side whose scores a loss reads: where they come from, and what each part of it scores."""
    for side in shown.sides:
        read = (run.origins.get(f"{side}_logits") for run in shown.runs)
        origin = next((one for one in read if one is not None), None)
        if origin is None or origin.source is None or origin.network is None:
            continue
        if side in images and (one := _gradient(shown, origin)) is not None:
            yield of_map(Map(name=f"gradient of the score of {side}", values=one))
        scores = shown.step.produce(origin, shown.domain, shown.weights)
        for k, of_one in enumerate(scores):
            judge = f", sub-discriminator {k + 1} of {len(scores)}" if len(scores) > 1 else ""
            if (view := of_scores(f"scores of {side}{judge}", of_one[0], images.get(side))) is not None:
                yield view


def _gradient(shown: Shown, origin: Origin) -> Tensor | None:
    """|d score / d image|, the score as `fake_score` has it; None where the discriminator gives no gradient."""
    if origin.source is None or origin.network is None:
        return None
    expected = shown.step.forward.model.get(origin.network, "raw").range
    taken = shown.step.produce(origin.source, shown.domain, shown.weights).to(expected)
    seen = taken.tensor.detach().clone().requires_grad_()
    with torch.enable_grad():
        scores = shown.step.critic(origin.network, origin.space)(seen)
        if not all(of_one.requires_grad for of_one in scores):
            return None
        gradient: Tensor = torch.autograd.grad(fake_score(scores).sum(), seen)[0]
    return gradient.abs()
