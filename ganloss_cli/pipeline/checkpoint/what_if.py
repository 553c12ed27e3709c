"""One batch looked at in several ways: other ranges and orders, other batches, train mode, gradients, activations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedRun, Scores
from ganloss_cli.evaluators.checks.separation import Floats
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.pipeline.networks.ranges import Range, Ranged
from ganloss_cli.pipeline.run.forward import Step
from ganloss_cli.pipeline.run.roles import Domain, MissingError, Origin
from ganloss_cli.records.report import Weights

RANGES: tuple[Range, ...] = ((-1.0, 1.0), (0.0, 1.0), (0.0, 255.0))
_SEED = 0  # of dropout in train mode


@dataclass(frozen=True, kw_only=True)
class Probes:
    """What was learnt of one discriminator; see `AuditedJudge`."""

    as_assumed: Scores | None = None
    candidates: Mapping[str, Scores] = field(default_factory=dict)
    regrouped: float | None = None
    in_train_mode: Scores | None = None
    reach: Floats | None = None
    gradient_norm: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class _Fed:
    """Some samples of one side, as a discriminator is fed them."""

    images: Ranged
    label: Tensor | None
    from_file: bool


def sample_scores(logits: Sequence[Tensor]) -> Tensor:
    """One score a sub-discriminator and sample, the mean over patches; (S, N), float64 on the CPU."""
    return torch.stack([each.detach().cpu().double().reshape(len(each), -1).mean(dim=1) for each in logits])


def described(range_: Range, channels: str) -> str:
    """A range and an order of channels, "[-1, 1]"; the order only where it is not ours."""
    return f"[{range_[0]:g}, {range_[1]:g}]{', BGR' if channels == 'BGR' else ''}"


def probes_of(step: Step, built: BuiltNetwork, origins: Mapping[str, Origin], domain: Domain | None) -> Probes:
    """Look at one discriminator in several ways.

    Args:
        step: some samples.
        built: the discriminator.
        origins: where what it says of `real`, and perhaps of `fake`, comes from.
        domain: of two.
    """
    fed = {side: _fed(step, origin, built, domain) for side, origin in origins.items()}
    real, fake = fed["real"], fed.get("fake")
    if fake is None or min(len(real.images.tensor), len(fake.images.tensor)) < LEAST_SAMPLES:
        return Probes()

    def scores_of(one: _Fed, images: Tensor) -> Floats:
        with torch.no_grad():
            return _overall(step.judge_tensor(built, images, one.label).logits)

    as_assumed = Scores(real=scores_of(real, real.images.tensor), fake=scores_of(fake, fake.images.tensor))
    candidates = {}
    for name, change in _candidates(built, real.images):
        moved = scores_of(fake, change(fake.images)) if fake.from_file else as_assumed.fake
        candidates[name] = Scores(real=scores_of(real, change(real.images)), fake=moved)
    with _train_mode(built):
        in_train_mode = Scores(real=scores_of(real, real.images.tensor), fake=scores_of(fake, fake.images.tensor))
    norm, reach = _gradients(step, built, fake, real)
    return Probes(
        as_assumed=as_assumed,
        candidates=candidates,
        regrouped=_regrouped(step, built, real, as_assumed),
        in_train_mode=in_train_mode,
        reach=reach,
        gradient_norm=norm,
    )


def _fed(step: Step, origin: Origin, built: BuiltNetwork, domain: Domain | None) -> _Fed:
    source = origin.source
    if source is None:
        raise AssertionError("a judgement has a source")
    images: Ranged = step.produce(source, domain, "raw")
    return _Fed(images=images.to(built.range), label=step.labels.get(source.space), from_file=source.network is None)


def _candidates(built: BuiltNetwork, real: Ranged) -> Iterator[tuple[str, _Change]]:
    """Other ways to feed images; none for a conditional discriminator, whose input would have to change with them."""
    if real.range is None or real.tensor.dim() != 4 or built.conditional:
        return
    for range_ in RANGES:
        if range_ != built.range:
            yield described(range_, built.channels), _Change(range_=range_)
    if real.tensor.shape[1] == 3:
        yield described(built.range, "RGB" if built.channels == "BGR" else "BGR"), _Change(exchanged=True)


@dataclass(frozen=True, kw_only=True)
class _Change:
    """Another range, or red and blue exchanged."""

    range_: Range | None = None
    exchanged: bool = False

    def __call__(self, images: Ranged) -> Tensor:
        moved = images.to(self.range_).tensor
        return moved.flip(1) if self.exchanged else moved


def _regrouped(step: Step, built: BuiltNetwork, real: _Fed, as_assumed: Scores) -> float | None:
    """Largest change of a score when the same samples come in two halves and in reverse, in standard deviations."""
    if built.conditional or not np.isfinite(as_assumed.real).all():
        return None
    images = real.images.tensor
    n = len(images)
    spread = max(float(np.std(as_assumed.real)), float(np.std(as_assumed.fake)), 1e-12)
    changes = []
    with torch.no_grad():
        for part in (np.arange(n)[::-1].copy(), np.arange((n + 1) // 2), np.arange((n + 1) // 2, n)):
            label = real.label[part] if real.label is not None else None
            scores = _overall(step.judge_tensor(built, images[part], label).logits)
            changes.append(np.abs(scores - as_assumed.real[part]).max())
    return float(max(changes)) / spread


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


def _gradients(step: Step, built: BuiltNetwork, fake: _Fed, real: _Fed) -> tuple[Floats | None, Floats | None]:
    """Norms of the objective's gradient by each fake, and what moving it as far as to a real would change.

    The objective is the score; where the discriminator returns probabilities, -log p, as the generator minimises.
    """
    images = fake.images.tensor.detach()
    if not images.is_floating_point():
        return None, None
    with torch.enable_grad():
        images = images.clone().requires_grad_(True)
        logits = step.judge_tensor(built, images, fake.label).logits
        objective: Tensor = torch.zeros((), device=images.device)
        for each in logits:
            score = torch.log(each.clamp_min(1e-38)) if built.scores == "probabilities" else each
            objective = objective + score.reshape(len(score), -1).mean(dim=1).sum()
        if not objective.requires_grad:  # a program without gradients
            return None, None
        (gradient,) = torch.autograd.grad(objective, images)
    norms = gradient.flatten(1).norm(dim=1).cpu().double()
    n = min(len(images), len(real.images.tensor))
    if real.images.tensor.shape[1:] != images.shape[1:]:
        return norms.numpy(), None
    apart = (images[:n].detach() - real.images.tensor[:n]).flatten(1).norm(dim=1).cpu().double()
    return norms.numpy(), (norms[:n] * apart).numpy()


def _overall(logits: Sequence[Tensor]) -> Floats:
    return np.asarray(sample_scores(logits).mean(dim=0).numpy())


def largest_activations(step: Step) -> list[AuditedRun]:
    """Every network run once on some samples, with the largest magnitude that each of its layers returned."""
    runs = []
    for (role, weights), built in step.forward.model.networks.items():
        largest: dict[str, float] = {}
        with _watching(built, largest), contextlib.suppress(MissingError, InputError):
            _run(step, role, weights)
        if largest:
            runs.append(AuditedRun(called=role if weights == "raw" else f"{role} (ema)", largest=largest))
    return runs


def _run(step: Step, role: str, weights: Weights) -> None:
    fresh = replace(step, _made={})
    domain: Domain | None = None
    if role.startswith("discriminator"):
        domain = "A" if role.endswith("_A") else "B" if role.endswith("_B") else None
        fresh.get("real_logits", domain, weights)
    else:
        made = {"generator_AB": "fake_B", "generator_BA": "fake_A"}.get(role, "fake")
        fresh.get(made, None, weights)


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
