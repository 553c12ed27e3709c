"""What generators make of the samples of an audit, kept beside the reals until there are enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.generators import COMPARED, compared, diversity_ratio
from ganloss_cli.evaluators.checks.observed import AuditedFakes, AuditedPairs
from ganloss_cli.evaluators.missing_modes import MissingModes
from ganloss_cli.evaluators.neighbours import Z95
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.pipeline.checkpoint.last_hidden import last_hidden
from ganloss_cli.pipeline.data.batching import Chunk
from ganloss_cli.pipeline.networks.ranges import UNIT, Ranged
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.roles import Domain, Origin, side_of
from ganloss_cli.records.checkpoint import Measurement
from ganloss_cli.records.report import Weights

KEPT_VALUES = 2**24  # a side: 64 MB of float32
KEPT_SAMPLES = 8192


@dataclass(kw_only=True)
class _Observed:
    """The fakes of one domain, where they come from, and those kept so far."""

    fake_origin: Origin
    real_origin: Origin | None
    domain: Domain | None
    weights: Weights
    fakes: list[Tensor] = field(default_factory=list)
    reals: list[Tensor] = field(default_factory=list)
    features: dict[str, list[Tensor]] = field(default_factory=dict)  # "real" or "fake" -> rows of every step
    range: tuple[float, float] | None = None

    @property
    def paired(self) -> bool:
        return self.real_origin is not None and self.real_origin.space == self.fake_origin.space

    def wanted(self, step: Step) -> tuple[Ranged | None, Ranged | None]:
        """Fakes and reals of a step, as far as there are not enough."""
        return self._more(step, self.fake_origin, self.fakes), self._more(step, self.real_origin, self.reals)

    def _more(self, step: Step, origin: Origin | None, kept: list[Tensor]) -> Ranged | None:
        if origin is None or _full(kept):
            return None
        samples = step.produce(origin, self.domain, self.weights)
        return samples if isinstance(samples, Ranged) and len(samples.tensor) else None


class FakesSeen:
    """Reads everything that is fake in a run, made by its generators or given, until there is enough.

    Args:
        forward: the networks and the data.
    """

    def __init__(self, forward: Forward) -> None:
        self.forward = forward
        self.observed = list(_observed(forward))

    def __call__(self, step: Step, _pieces: tuple[Chunk, ...]) -> Callable[[], None]:
        """Read what is made of some samples."""
        seen = []
        for entry in self.observed:
            fake, real = entry.wanted(step)
            sides = {"fake": (entry.fake_origin, fake), "real": (entry.real_origin, real)}
            rows = {side: _hidden(step, *samples, entry) for side, samples in sides.items()}
            seen.append((entry, fake, real, rows))

        def keep() -> None:
            for entry, fake, real, rows in seen:
                for side, hidden in rows.items():
                    if hidden is not None:
                        entry.features.setdefault(side, []).append(hidden)
                if fake is not None:
                    entry.range = fake.range
                    _keep(entry.fakes, fake)
                if real is not None:
                    _keep(entry.reals, real)

        return keep

    def finished(self) -> tuple[list[AuditedFakes], list[AuditedPairs], list[Measurement]]:
        """What was kept: fakes beside reals, the pairs among them, and numbers about them."""
        fakes: list[AuditedFakes] = []
        pairs: list[AuditedPairs] = []
        measurements: list[Measurement] = []
        for entry in self.observed:
            if not entry.fakes:
                continue
            seen = self._fakes(entry)
            fakes.append(seen)
            measurements += _measured(seen)
            if entry.paired and seen.real is not None:
                n = min(len(seen.fake), len(seen.real))
                pairs.append(AuditedPairs(called=seen.called, kind=seen.kind, fake=seen.fake[:n], real=seen.real[:n]))
        return fakes, pairs, measurements

    def _fakes(self, entry: _Observed) -> AuditedFakes:
        fake = torch.cat(entry.fakes)
        real = torch.cat(entry.reals) if entry.reals else None
        if real is not None and real.shape[1:] != fake.shape[1:]:
            real = None
        role = entry.real_origin.role if entry.real_origin else entry.fake_origin.role
        group = self.forward.groups[entry.real_origin.space if entry.real_origin else entry.fake_origin.space]
        held = group.kinds.get(role, "tensor")
        kind: Literal["image", "audio", "tensor"] = "tensor" if held == "moments" else held
        if kind == "tensor" and entry.range is not None:
            kind = "image"
        network = entry.fake_origin.network
        task = self.forward.model.get(network, entry.weights).task if network else None
        mel = task.mel if isinstance(task, AudioTask) else None
        return AuditedFakes(
            called=network or self.forward.groups[entry.fake_origin.space].paths.get(entry.fake_origin.role, "fake"),
            kind=kind,
            fake=fake,
            real=real,
            range=entry.range,
            generated=network is not None,
            sample_rate=group.sample_rates.get(role),
            network_sample_rate=mel.sample_rate if mel else None,
            features=_features(entry),
        )


def _hidden(step: Step, origin: Origin | None, samples: Ranged | None, entry: _Observed) -> Tensor | None:
    """What the last layer of the discriminator takes of samples, where there is one."""
    graph = step.forward.graph
    found = graph.find(f"{side_of(origin.role)}_logits", entry.domain) if origin else None
    if origin is None or samples is None or found is None or found.network is None or found.source != origin:
        return None
    built = step.forward.model.get(found.network, "raw")
    if built.conditional and origin.space != graph.spaces.get("input"):
        return None
    callees = [callee.module for callee in built.callees]
    return last_hidden(callees, lambda: step.produce(found, entry.domain, entry.weights))


def _features(entry: _Observed) -> dict[str, tuple[Tensor, Tensor]]:
    """The last hidden layer of the discriminator as a space, as many fakes as reals."""
    if entry.features.keys() != {"real", "fake"}:
        return {}
    fake, real = (torch.cat(entry.features[side]) for side in ("fake", "real"))
    n = min(len(fake), len(real), KEPT_SAMPLES)
    return {"discriminator features": (fake[:n], real[:n])}


def _observed(forward: Forward) -> Iterator[_Observed]:
    for domain in forward.graph.domains:
        fake = forward.graph.find("fake", domain)
        if fake is None:
            continue
        averaged = fake.network is not None and (fake.network, "ema") in forward.model.networks
        yield _Observed(
            fake_origin=fake,
            real_origin=forward.graph.find("real", domain),
            domain=domain,
            weights="ema" if averaged else "raw",
        )


def _full(kept: list[Tensor]) -> bool:
    if not kept:
        return False
    n, values = sum(map(len, kept)), sum(tensor.numel() for tensor in kept)
    return n >= KEPT_SAMPLES or values >= KEPT_VALUES


def _keep(kept: list[Tensor], made: Ranged) -> None:
    """As many of them as there is room for, of the first shape that came; images on [0, 1]."""
    tensor = made.to(UNIT).tensor.detach().float().cpu()
    if kept and tensor.shape[1:] != kept[0].shape[1:]:
        return
    room = max(1, KEPT_VALUES // max(1, tensor[0].numel()))
    kept.append(tensor[: min(room, KEPT_SAMPLES) - sum(map(len, kept))])


def _measured(fakes: AuditedFakes) -> Iterator[Measurement]:
    ratio = diversity_ratio(fakes)
    if ratio is not None:
        yield Measurement(
            subject=fakes.called,
            name="distance of fakes over distance of reals",
            value=ratio,
            count=min(len(fakes.fake), COMPARED),
        )
    for space, seen in compared(fakes).items():
        for who, found in (("fakes", seen.by_fakes), ("reals", seen.by_reals)):
            of_reals, reach, n = found.coverage, Z95 * found.density_error(), len(found.covered)
            yield _measurement(fakes, f"coverage of reals by {who}, {space}", of_reals, found.coverage_interval(), n)
            around = (found.density - reach, found.density + reach)
            yield _measurement(fakes, f"density of {who} among reals, {space}", found.density, around, n)
        yield from _missing(fakes, space, seen.missing, seen.verdict())


def _missing(fakes: AuditedFakes, space: str, seen: MissingModes, verdict: str) -> Iterator[Measurement]:
    """The test of missing modes with what it is held against, and its power."""
    rows = {
        "reals without fakes": seen.share,
        "the same of reals drawn anew": seen.of_reals,
        "the same without half of the reals, at most": seen.limit,
        "power to find one or two modes of ten": seen.power,
    }
    for name, value in rows.items():
        said = verdict if value is seen.share else None
        yield Measurement(subject=fakes.called, name=f"{name}, {space}", value=value, count=seen.samples, verdict=said)


def _measurement(
    fakes: AuditedFakes, name: str, value: float, interval: tuple[float, float], count: int
) -> Measurement:
    return Measurement(subject=fakes.called, name=name, value=value, low=interval[0], high=interval[1], count=count)
