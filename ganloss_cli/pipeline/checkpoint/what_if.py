"""One batch looked at in several ways: other ranges and orders, other batches, train mode, gradients, activations."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedRun, Scores, WhatIf
from ganloss_cli.evaluators.checks.separation import Floats
from ganloss_cli.pipeline.checkpoint.scores import Observed, sample_scores
from ganloss_cli.pipeline.data.batching import Chunk
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.pipeline.networks.ranges import RANGES, Ranged
from ganloss_cli.pipeline.run.forward import Step
from ganloss_cli.pipeline.run.roles import Domain, MissingError, Origin, domain_of
from ganloss_cli.records.request import Range

_SEED = 0  # of dropout in train mode


@dataclass(frozen=True, kw_only=True)
class _Side:
    """Some samples of one side, as a discriminator takes them."""

    images: Ranged
    label: Tensor | None
    from_file: bool


class WhatIfs:
    """Looks at discriminators in several ways.

    Args:
        observed: the discriminators, and where their reals and fakes come from.
        first: all samples that will be looked at, perhaps in several steps.
    """

    def __init__(self, observed: Sequence[Observed], first: Sequence[Chunk]) -> None:
        spaces = [{origin.space for origin in entry.origins.values()} for entry in observed]
        least = [min(len(first[space].indices) for space in of_entry) for of_entry in spaces]
        self.observed = [
            entry for entry, n in zip(observed, least, strict=True) if "fake" in entry.origins and n >= LEAST_SAMPLES
        ]
        self.parts: list[list[WhatIf]] = []  # of every step, one a discriminator

    def __call__(self, step: Step, _pieces: tuple[Chunk, ...]) -> Callable[[], None]:
        """Look at some samples."""
        return partial(self.parts.append, [_what_if(step, entry) for entry in self.observed])

    def of(self, entry: Observed) -> WhatIf:
        """What was seen of one discriminator; nothing, where there are too few samples."""
        place = next((k for k, one in enumerate(self.observed) if one is entry), None)
        return WhatIf() if place is None else _joined([parts[place] for parts in self.parts])


def described(range_: Range, channels: str) -> str:
    """A range and an order of channels, "[-1, 1]"; the order only where it is not ours."""
    return f"[{range_[0]:g}, {range_[1]:g}]{', BGR' if channels == 'BGR' else ''}"


def _what_if(step: Step, entry: Observed) -> WhatIf:
    """One discriminator on the samples of a step; `regrouped` is in the unit of its scores."""
    built = entry.built
    real, fake = (_side(step, entry.origins[side], built, entry.domain) for side in ("real", "fake"))

    def scores_of(one: _Side, images: Tensor) -> Floats:
        with torch.no_grad():
            return _overall(step.discriminate(built, images, one.label).logits)

    def in_train_mode(one: _Side) -> Floats:  # in which a variance needs two samples
        return scores_of(one, one.images.tensor) if len(one.images.tensor) > 1 else np.empty(0)

    images = fake.images.tensor.detach().clone()
    with torch.enable_grad():  # one pass for scores and gradients
        images.requires_grad_(images.is_floating_point())
        of_fakes = step.discriminate(built, images, fake.label).logits
    norms = _gradient_norms(built, images, of_fakes)
    of_reals = step.produce(entry.origins["real"], entry.domain, "raw")
    as_assumed = Scores(real=_overall(of_reals), fake=_overall(of_fakes))
    candidates = {}
    for name, change in _other_preprocessing(built, real.images):
        moved = scores_of(fake, change(fake.images)) if fake.from_file else as_assumed.fake
        candidates[name] = Scores(real=scores_of(real, change(real.images)), fake=moved)
    with _train_mode(built):
        trained = Scores(real=in_train_mode(real), fake=in_train_mode(fake))
    return WhatIf(
        as_assumed=as_assumed,
        candidates=candidates,
        regrouped=_regrouped(step, built, real, as_assumed),
        in_train_mode=trained,
        reach=None if norms is None else _reach(norms, images, real),
        gradient_norm=None if norms is None else norms.numpy(),
    )


def _joined(parts: Sequence[WhatIf]) -> WhatIf:
    """What was seen of all samples; changes of scores in standard deviations of the scores."""
    as_assumed = _all_scores([part.as_assumed for part in parts])
    changes = [part.regrouped for part in parts if part.regrouped is not None]
    regrouped = None
    if as_assumed is not None and changes and np.isfinite(as_assumed.real).all():
        regrouped = max(changes) / max(float(np.std(as_assumed.real)), float(np.std(as_assumed.fake)), 1e-12)
    candidates = {name: _all_scores([part.candidates[name] for part in parts]) for name in parts[0].candidates}
    return WhatIf(
        as_assumed=as_assumed,
        candidates={name: scores for name, scores in candidates.items() if scores is not None},
        regrouped=regrouped,
        in_train_mode=_all_scores([part.in_train_mode for part in parts]),
        reach=_all([part.reach for part in parts]),
        gradient_norm=_all([part.gradient_norm for part in parts]),
    )


def _all_scores(parts: Sequence[Scores | None]) -> Scores | None:
    real, fake = (_all([getattr(part, side, None) for part in parts]) for side in ("real", "fake"))
    return None if real is None or fake is None else Scores(real=real, fake=fake)


def _all(parts: Sequence[Floats | None]) -> Floats | None:
    """The values of all parts; None where one has none."""
    values = [part for part in parts if part is not None]
    return np.concatenate(values) if len(values) == len(parts) else None


def _side(step: Step, origin: Origin, built: BuiltNetwork, domain: Domain | None) -> _Side:
    source = origin.source
    if source is None:
        raise AssertionError("a discriminator's output has a source")
    images: Ranged = step.produce(source, domain, "raw")
    return _Side(images=images.to(built.range), label=step.labels.get(source.space), from_file=source.network is None)


def _other_preprocessing(built: BuiltNetwork, real: Ranged) -> Iterator[tuple[str, Callable[[Ranged], Tensor]]]:
    """Other ways to feed images; none for a conditional discriminator, whose input would have to change with them."""
    if real.range is None or real.tensor.dim() != 4 or built.conditional:
        return
    for range_ in RANGES:
        if range_ != built.range:
            yield described(range_, built.channels), _on(range_)
    if real.tensor.shape[1] == 3:
        other = "RGB" if built.channels == "BGR" else "BGR"
        yield described(built.range, other), lambda images: images.to(None).tensor.flip(1)


def _on(range_: Range) -> Callable[[Ranged], Tensor]:
    return lambda images: images.to(range_).tensor


def _regrouped(step: Step, built: BuiltNetwork, real: _Side, as_assumed: Scores) -> float | None:
    """Largest change of a score when the same samples come in two halves and in reverse."""
    if built.conditional:
        return None
    images = real.images.tensor
    n = len(images)
    changes = []
    with torch.no_grad():
        for part in (np.arange(n)[::-1].copy(), np.arange((n + 1) // 2), np.arange((n + 1) // 2, n)):
            if len(part):
                label = real.label[part] if real.label is not None else None
                scores = _overall(step.discriminate(built, images[part], label).logits)
                changes.append(np.abs(scores - as_assumed.real[part]).max())
    return float(max(changes))


@contextlib.contextmanager
def _train_mode(built: BuiltNetwork) -> Iterator[None]:
    """Within this block the discriminator runs in train mode; its buffers are put back after every call."""
    before = [(callee.train, callee.module.training) for callee in built.callees]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        try:
            for callee in built.callees:
                callee.train = True
                callee.module.train()
            yield
        finally:
            for callee, (train, training) in zip(built.callees, before, strict=True):
                callee.train = train
                callee.module.train(training)


def _gradient_norms(built: BuiltNetwork, images: Tensor, logits: Sequence[Tensor]) -> Tensor | None:
    """Norms of the objective's gradient by each fake; None without gradients, as programs may have none.

    The objective is the score; where the discriminator returns probabilities, -log p, as the generator minimises.
    """
    with torch.enable_grad():
        objective: Tensor = torch.zeros((), device=images.device)
        for each in logits:
            score = torch.log(each.clamp_min(1e-38)) if built.scores == "probabilities" else each
            objective = objective + score.reshape(len(score), -1).mean(dim=1).sum()
        if not (images.requires_grad and objective.requires_grad):
            return None
        gradient: Tensor = torch.autograd.grad(objective, images)[0]
    norms: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    return norms.cpu().double()


def _reach(norms: Tensor, images: Tensor, real: _Side) -> Floats | None:
    """What moving each fake as far as to a real would change its score."""
    reals = real.images.tensor
    n = min(len(images), len(reals))
    if reals.shape[1:] != images.shape[1:]:
        return None
    apart = (images[:n].detach() - reals[:n]).flatten(1).norm(dim=1).cpu().double()
    return np.asarray((norms[:n] * apart).numpy())


def _overall(logits: Sequence[Tensor]) -> Floats:
    """One score a sample, the mean over sub-discriminators."""
    return np.asarray(sample_scores(logits).mean(dim=0).numpy()) if logits and len(logits[0]) else np.empty(0)


class Activations:
    """Runs every network, and keeps the largest magnitude that each of its layers returned."""

    def __init__(self) -> None:
        self.parts: list[dict[str, dict[str, float]]] = []  # of every step: network -> layer -> magnitude

    def __call__(self, step: Step, _pieces: tuple[Chunk, ...]) -> Callable[[], None]:
        """Run every network on some samples."""
        largest: dict[str, dict[str, float]] = {}
        for (role, weights), built in step.forward.model.networks.items():
            own = largest[role if weights == "raw" else f"{role} (ema)"] = {}
            made = "real_logits" if built.is_discriminator else "fake"
            with step.anew() as again, _watching(built, own), contextlib.suppress(MissingError, InputError):
                again.get(made, domain_of(role), weights)
        return partial(self.parts.append, largest)

    def runs(self) -> list[AuditedRun]:
        """Every network that could be run."""
        largest: dict[str, dict[str, float]] = {}
        for called, layer, value in (
            (n, layer, v) for part in self.parts for n in part for layer, v in part[n].items()
        ):
            own = largest.setdefault(called, {})
            own[layer] = max(value, own.get(layer, 0.0))
        return [AuditedRun(called=called, largest=own) for called, own in largest.items()]


@contextlib.contextmanager
def _watching(built: BuiltNetwork, largest: dict[str, float]) -> Iterator[None]:
    def watch(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and output.is_floating_point() and output.numel():
                value = float(output.detach().abs().max())
                largest[name] = max(largest.get(name, 0.0), value)

        return hook

    handles = [
        module.register_forward_hook(watch(name))
        for callee in built.callees
        if not isinstance(callee.module, torch.jit.ScriptModule)
        for name, module in callee.module.named_modules()
        if name and not list(module.children())
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
