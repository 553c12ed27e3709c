"""What discriminators say of the samples of an audit, gathered step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.checks.discriminators import difference
from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedJudge, Scores, Shares
from ganloss_cli.evaluators.checks.separation import Z95, Floats
from ganloss_cli.evaluators.statistics import Moments
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.checkpoint.what_if import described, probes_of, sample_scores
from ganloss_cli.pipeline.data.batching import chunks
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.pipeline.run.facts import first_samples
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.pipeline.run.roles import Domain, MissingError, Origin
from ganloss_cli.records.checkpoint import Measurement

SATURATED = 0.49  # |p - 1/2| beyond which a score counts as saturated
# the loss it was trained with is not known, so its distance from equilibrium is told for each that has one
LOSSES = ("d_bce", "d_lsgan", "d_hinge")


@dataclass(kw_only=True)
class _Side:
    """Scores of one side as they come in."""

    scores: list[Tensor] = field(default_factory=list)  # (S, n) each
    lowest: float = float("inf")
    highest: float = float("-inf")
    n_elements: int = 0
    n_saturated: int = 0
    n_positive: int = 0

    def see(self, logits: Sequence[Tensor], probabilities: bool) -> None:
        if not logits or not logits[0].shape[0]:
            return
        self.scores.append(sample_scores(logits))
        for each in logits:
            values = each.float()
            p = values if probabilities else torch.sigmoid(values)
            self.lowest, self.highest = min(self.lowest, float(values.min())), max(self.highest, float(values.max()))
            self.n_elements += values.numel()
            self.n_saturated += int(((p - 0.5).abs() > SATURATED).sum())
            self.n_positive += int((p > 0.5).sum())

    def matrix(self, rows: int) -> Floats:
        return torch.cat(self.scores, dim=1).numpy() if self.scores else np.empty((rows, 0))

    def shares(self) -> Shares | None:
        if not self.n_elements:
            return None
        return Shares(saturated=self.n_saturated / self.n_elements, positive=self.n_positive / self.n_elements)


@dataclass(kw_only=True)
class _Watched:
    """One discriminator, where its reals and fakes come from, and what it said so far."""

    built: BuiltNetwork
    domain: Domain | None
    origins: Mapping[str, Origin]
    sides: dict[str, _Side]
    losses: dict[str, dict[str, Moments]] = field(default_factory=dict)  # loss -> term -> its values

    def compute_losses(self, logits: Mapping[str, Sequence[Tensor]]) -> None:
        """Take in what the losses of a discriminator are on some samples."""
        scores = self.built.scores
        for name in LOSSES if scores and logits.keys() == {"real", "fake"} else ():
            if scores == "probabilities" and name == "d_hinge":
                continue
            loss = find_loss(name)
            batch = Batch(real_logits=logits["real"], fake_logits=logits["fake"])
            terms = loss(batch, {**loss.settings, **({"scores": scores} if "scores" in loss.settings else {})})
            if isinstance(terms, Mapping):
                for term, values in terms.items():
                    self.losses.setdefault(name, {}).setdefault(term, Moments()).update(values)

    def over_equilibrium(self) -> Iterator[Measurement]:
        """Each loss over its value when the discriminator can tell nothing."""
        for name, terms in self.losses.items():
            loss = find_loss(name)
            means = [moments.compute().mean for moments in terms.values()]
            known = {**loss.settings, **({"scores": self.built.scores} if "scores" in loss.settings else {})}
            balance = loss.equilibrium_at(len(self.sides["real"].scores[0]), known)
            if balance and None not in means:
                value = sum(mean for mean in means if mean is not None) / balance
                yield Measurement(subject=self.built.role, name=f"{name} over its equilibrium", value=value)


class JudgesSeen:
    """Every discriminator of a run that reals can be fed to.

    Args:
        forward: the networks.
        groups: the samples.
        mixing: networks that compare samples -> why.
    """

    def __init__(self, forward: Forward, groups: tuple[Group, ...], mixing: Mapping[str, str]) -> None:
        self.forward = forward
        self.groups = groups
        self.mixing = mixing
        self.watched = list(_watched(forward))

    def see(self, step: Step) -> None:
        """Take in the scores of some samples."""
        for entry in self.watched:
            logits = {side: step.produce(origin, entry.domain, "raw") for side, origin in entry.origins.items()}
            for side, each in logits.items():
                entry.sides[side].see(each, entry.built.scores == "probabilities")
            entry.compute_losses(logits)

    def finished(
        self, step: Step, held_out: tuple[Forward, tuple[Group, ...]] | None
    ) -> tuple[list[AuditedJudge], list[Measurement]]:
        """What was seen, with probes on some samples.

        Args:
            step: the samples to probe.
            held_out: networks and reals of `--holdout`.
        """
        judges: list[AuditedJudge] = []
        measurements: list[Measurement] = []
        for entry in self.watched:
            holdout = _holdout_scores(entry, held_out) if held_out else None
            judge = _judge(entry, step, holdout, self.mixing)
            judges.append(judge)
            measurements += [*measured(judge), *entry.over_equilibrium()]
        return judges, measurements


def _watched(forward: Forward) -> Iterator[_Watched]:
    domains: tuple[Domain | None, ...] = ("A", "B") if "real_A" in forward.graph.spaces else (None,)
    for domain in domains:
        origins = {}
        for side in ("real", "fake"):
            try:
                origins[side] = forward.graph.origin(f"{side}_logits", domain)
            except MissingError:
                continue
        network = origins["real"].network if "real" in origins else None
        if network is not None:
            yield _Watched(
                built=forward.model.get(network, "raw"),
                domain=domain,
                origins=origins,
                sides={side: _Side() for side in ("real", "fake")},
            )


def _judge(entry: _Watched, step: Step, holdout: Floats | None, mixing: Mapping[str, str]) -> AuditedJudge:
    real_side, fake_side = entry.sides["real"], entry.sides["fake"]
    real = real_side.matrix(0)
    probed = probes_of(step, entry.built, entry.origins, entry.domain)
    return AuditedJudge(
        called=entry.built.role,
        scores=entry.built.scores,  # type: ignore[arg-type]  # one of the two words, or None
        range_told=entry.built.range_origin != "assumed",
        assumed=described(entry.built.range, entry.built.channels),
        real=real,
        fake=fake_side.matrix(len(real)),
        lowest=min(real_side.lowest, fake_side.lowest),
        highest=max(real_side.highest, fake_side.highest),
        real_shares=real_side.shares(),
        fake_shares=fake_side.shares(),
        candidates=probed.candidates,
        as_assumed=probed.as_assumed,
        reach=probed.reach,
        gradient_norm=probed.gradient_norm,
        regrouped=probed.regrouped,
        mixes=mixing.get(entry.built.role),
        in_train_mode=probed.in_train_mode,
        holdout=holdout,
    )


def _holdout_scores(entry: _Watched, held_out: tuple[Forward, tuple[Group, ...]]) -> Floats | None:
    """Scores of reals that were not trained on; None for a discriminator that also wants an input."""
    forward, groups = held_out
    if entry.built.conditional:
        return None
    origin = forward.graph.origin("real_logits")
    side = _Side()
    request = forward.request
    nothing = [chunk.empty() for chunk in first_samples(groups)]
    for chunk in chunks(groups[origin.space], request.batch_size, request.workers):
        pieces = (*nothing[: origin.space], chunk, *nothing[origin.space + 1 :])
        side.see(forward.step(groups, pieces).produce(origin, None, "raw"), entry.built.scores == "probabilities")
    return side.matrix(len(entry.sides["real"].scores[0]))


def measured(judge: AuditedJudge) -> Iterator[Measurement]:
    """The numbers of a discriminator as an instrument."""
    real, fake = judge.overall.real, judge.overall.fake

    def one(name: str, value: float | None, reach: float | None = None, count: int | None = None) -> Measurement:
        low, high = (value - reach, value + reach) if value is not None and reach is not None else (None, None)
        return Measurement(subject=judge.called, name=name, value=value, low=low, high=high, count=count)

    for name, side, shares in (("real", real, judge.real_shares), ("fake", fake, judge.fake_shares)):
        if shares is not None:
            error = Z95 * float(side.std(ddof=1)) / len(side) ** 0.5 if len(side) > 1 else None
            yield one(f"mean score of {name}", float(side.mean()), error, len(side))
            yield one(f"{name} scores with the right sign", shares.positive if name == "real" else 1 - shares.positive)
            yield one(f"{name} scores saturated", shares.saturated)
    sides = [("AUC of real against fake", judge.overall)]
    sides += [(f"AUC of sub-discriminator {k}", one) for k, one in enumerate(judge.of_each()) if len(judge.real) > 1]
    sides += [("AUC in train mode", judge.in_train_mode)] if judge.in_train_mode else []
    if judge.candidates and judge.as_assumed:
        fed = {f"as fed, {judge.assumed}": judge.as_assumed, **judge.candidates}
        sides += [(f"AUC with reals {name}", scores) for name, scores in fed.items()]
    yield from (_area(judge, name, scores) for name, scores in sides if scores.area())
    if judge.gradient_norm is not None and len(judge.gradient_norm):
        yield one(
            "median gradient norm at fakes", float(np.median(judge.gradient_norm)), None, len(judge.gradient_norm)
        )
    if judge.holdout is not None and judge.holdout.shape[1] > 1:
        unseen = judge.holdout.mean(axis=0)
        gap, error = difference(real, unseen)
        yield one("real minus unseen real", gap, Z95 * error, len(real) + len(unseen))
        if len(fake) >= LEAST_SAMPLES:
            gap, error = difference(fake[::2], fake[1::2])
            yield one("half of the fakes minus the other", gap, Z95 * error, len(fake))


def _area(judge: AuditedJudge, name: str, scores: Scores) -> Measurement:
    area = scores.area()
    if area is None:
        raise AssertionError("asked for an area that does not exist")
    n = len(scores.real) + len(scores.fake)
    return Measurement(subject=judge.called, name=name, value=area.value, low=area.low, high=area.high, count=n)
