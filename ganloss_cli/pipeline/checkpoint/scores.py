"""The scores of one discriminator as they come in, and the losses that they make."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Loss, adversarial_losses, find_loss
from ganloss_cli.evaluators.checks.observed import Shares
from ganloss_cli.evaluators.checks.separation import Floats
from ganloss_cli.evaluators.statistics import Moments
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.pipeline.run.forward import Step
from ganloss_cli.pipeline.run.roles import Domain, Origin
from ganloss_cli.records.checkpoint import Measurement

SATURATED = 0.49  # |p - 1/2| beyond which a score counts as saturated


@dataclass(kw_only=True)
class SideScores:
    """Scores of one side as they come in."""

    scores: list[Tensor] = field(default_factory=list)  # (S, n) each
    lowest: float = float("inf")
    highest: float = float("-inf")
    n_elements: int = 0
    n_saturated: int = 0
    n_positive: int = 0

    def keep(self, logits: Sequence[Tensor], probabilities: bool) -> None:
        """Take in the scores of some samples, one tensor a sub-discriminator."""
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
        """(S, N), or (rows, 0) without scores."""
        return torch.cat(self.scores, dim=1).numpy() if self.scores else np.empty((rows, 0))

    def shares(self) -> Shares | None:
        """Shares of the single scores, where there are any."""
        if not self.n_elements:
            return None
        return Shares(saturated=self.n_saturated / self.n_elements, positive=self.n_positive / self.n_elements)


@dataclass(kw_only=True)
class Observed:
    """One discriminator, where its reals and fakes come from, and its scores so far."""

    built: BuiltNetwork
    domain: Domain | None
    origins: Mapping[str, Origin]
    sides: dict[str, SideScores]
    losses: dict[str, dict[str, Moments]] = field(default_factory=dict)  # loss -> term -> its values

    def logits(self, step: Step) -> dict[str, list[Tensor]]:
        """What it returns for the samples of a step, by side."""
        outputs = {side: step.produce(origin, self.domain, "raw") for side, origin in self.origins.items()}
        return {side: [each.detach().cpu() for each in logits] for side, logits in outputs.items()}

    def keep(self, logits: Mapping[str, Sequence[Tensor]]) -> None:
        """Take in scores of some samples, and what the losses of a discriminator are on them."""
        scores = self.built.scores
        for side, each in logits.items():
            self.sides[side].keep(each, scores == "probabilities")
        for loss in comparable_losses(scores) if scores and logits.keys() == {"real", "fake"} else ():
            batch = Batch(real_logits=logits["real"], fake_logits=logits["fake"])
            terms = loss(batch, self._settings(loss))
            if isinstance(terms, Mapping):
                for term, values in terms.items():
                    self.losses.setdefault(loss.name, {}).setdefault(term, Moments()).update(values)

    def over_equilibrium(self) -> Iterator[Measurement]:
        """Each loss over its value when the discriminator can tell nothing."""
        for name, terms in self.losses.items():
            means = [moments.compute().mean for moments in terms.values()]
            loss = find_loss(name)
            balance = loss.equilibrium_at(len(self.sides["real"].scores[0]), self._settings(loss))
            if balance and None not in means:
                value = sum(mean for mean in means if mean is not None) / balance
                yield Measurement(subject=self.built.role, name=f"{name} over its equilibrium", value=value)

    def _settings(self, loss: Loss) -> dict[str, Any]:
        return {**loss.settings, "scores": self.built.scores} if "scores" in loss.settings else {**loss.settings}


@functools.cache
def comparable_losses(scores: str) -> tuple[Loss, ...]:
    """Losses that are told over their equilibrium, for the one that a discriminator was trained with is not known.

    Args:
        scores: "logits" or "probabilities"; of an undecided discriminator those are one half, and a loss that takes
            scores as they are must be at rest there.
    """
    return tuple(
        loss
        for loss in adversarial_losses("discriminator")
        if not loss.equal_counts and loss.equilibrium_at(1, loss.settings)
        if scores == "logits" or "scores" in loss.settings or loss.balanced_score_at(loss.settings) == 0.5
    )


def sample_scores(logits: Sequence[Tensor]) -> Tensor:
    """One score a sub-discriminator and sample, the mean over patches; (S, N), float64 on the CPU."""
    return torch.stack([each.detach().cpu().double().reshape(len(each), -1).mean(dim=1) for each in logits])
