"""What discriminators say of the samples of an audit, gathered step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ganloss_cli.evaluators.checks.discriminators import difference
from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedDiscriminator, Scores, WhatIf
from ganloss_cli.evaluators.checks.score_curves import separation
from ganloss_cli.evaluators.checks.separation import Z95, Floats
from ganloss_cli.pipeline.checkpoint.scores import Observed, SideScores
from ganloss_cli.pipeline.checkpoint.what_if import WhatIfs, described
from ganloss_cli.pipeline.data.batching import Chunk
from ganloss_cli.pipeline.networks.models import BuiltNetwork
from ganloss_cli.pipeline.run.forward import Forward, Step
from ganloss_cli.records.checkpoint import Measurement
from ganloss_cli.records.request import Request
from ganloss_cli.records.separation import Separation


class DiscriminatorScores:
    """Reads the scores of every discriminator that takes reals of the data.

    Args:
        forward: the networks and the data.
        sides: whose scores are read.
    """

    def __init__(self, forward: Forward, sides: Sequence[str] = ("real", "fake")) -> None:
        self.forward = forward
        self.observed: list[Observed] = []
        for domain in forward.graph.domains:
            found = {side: forward.graph.find(f"{side}_logits", domain) for side in sides}
            origins = {side: origin for side, origin in found.items() if origin is not None}
            if "real" in origins and (network := origins["real"].network):
                built, kept = forward.model.get(network, "raw"), {side: SideScores() for side in ("real", "fake")}
                self.observed.append(Observed(built=built, domain=domain, origins=origins, sides=kept))

    def __call__(self, step: Step, _pieces: tuple[Chunk, ...]) -> Callable[[], None]:
        """Read the scores of some samples."""
        seen = [(entry, entry.logits(step)) for entry in self.observed]

        def keep() -> None:
            for entry, logits in seen:
                entry.keep(logits)

        return keep

    @property
    def spaces(self) -> set[int]:
        """The groups of samples that have scores."""
        return {origin.space for entry in self.observed for origin in entry.origins.values()}

    def finished(
        self, what_ifs: WhatIfs, unseen: DiscriminatorScores | None
    ) -> tuple[list[AuditedDiscriminator], list[Measurement]]:
        """What was seen of every discriminator.

        Args:
            what_ifs: what else was tried with them.
            unseen: the scores of reals of `--holdout`.
        """
        seen = [self._finished(entry, what_ifs.of(entry), unseen) for entry in self.observed]
        of_each = zip(seen, self.observed, strict=True)
        return seen, [number for one, entry in of_each for number in (*measured(one), *entry.over_equilibrium())]

    def _finished(self, entry: Observed, tried: WhatIf, unseen: DiscriminatorScores | None) -> AuditedDiscriminator:
        built, real_side, fake_side = entry.built, entry.sides["real"], entry.sides["fake"]
        real = real_side.matrix(0)
        return AuditedDiscriminator(
            called=built.role,
            scores=built.scores,  # type: ignore[arg-type]  # one of the two words, or None
            range_told=built.range_origin != "assumed",
            assumed=described(built.range, built.channels),
            real=real,
            fake=fake_side.matrix(len(real)),
            lowest=min(real_side.lowest, fake_side.lowest),
            highest=max(real_side.highest, fake_side.highest),
            real_shares=real_side.shares(),
            fake_shares=fake_side.shares(),
            mixes=self.forward.model.mixes(built.role),
            holdout=unseen.of_reals(built, len(real)) if unseen else None,
            **vars(tried),
        )

    def of_reals(self, built: BuiltNetwork, rows: int) -> Floats | None:
        """The scores of reals by a discriminator; None for one that also wants an input, which --holdout has not."""
        entry = next((entry for entry in self.observed if entry.built.role == built.role), None)
        return None if entry is None or built.conditional else entry.sides["real"].matrix(rows)


def drawn_of(seen: AuditedDiscriminator, request: Request) -> Separation:
    """What a page draws of a discriminator's scores.

    A linear output is a logit only where --scores says so: least squares and hinge have such outputs as well.
    """
    holdout = None if seen.holdout is None else seen.holdout.mean(axis=0)
    stand_for = seen.scores if seen.scores == request.scores or seen.scores == "probabilities" else None
    return separation(seen.overall, network=seen.called, stand_for=stand_for, holdout=holdout)


def measured(seen: AuditedDiscriminator) -> Iterator[Measurement]:
    """The numbers of a discriminator as an instrument."""
    real, fake = seen.overall.real, seen.overall.fake

    def one(name: str, value: float | None, reach: float | None = None, count: int | None = None) -> Measurement:
        low, high = (value - reach, value + reach) if value is not None and reach is not None else (None, None)
        return Measurement(subject=seen.called, name=name, value=value, low=low, high=high, count=count)

    for name, side, shares in (("real", real, seen.real_shares), ("fake", fake, seen.fake_shares)):
        if shares is not None:
            error = Z95 * float(side.std(ddof=1)) / len(side) ** 0.5 if len(side) > 1 else None
            yield one(f"mean score of {name}", float(side.mean()), error, len(side))
            yield one(f"{name} scores with the right sign", shares.positive if name == "real" else 1 - shares.positive)
            yield one(f"{name} scores saturated", shares.saturated)
    sides = [("AUC of real against fake", seen.overall)]
    sides += [(f"AUC of sub-discriminator {k}", one) for k, one in enumerate(seen.of_each()) if len(seen.real) > 1]
    sides += [("AUC in train mode", seen.in_train_mode)] if seen.in_train_mode else []
    if seen.candidates and seen.as_assumed:
        fed = {f"as fed, {seen.assumed}": seen.as_assumed, **seen.candidates}
        sides += [(f"AUC with reals {name}", scores) for name, scores in fed.items()]
    yield from (_area(seen, name, scores) for name, scores in sides if scores.area())
    if seen.gradient_norm is not None and len(seen.gradient_norm):
        yield one("median gradient norm at fakes", float(np.median(seen.gradient_norm)), None, len(seen.gradient_norm))
    if seen.holdout is not None and seen.holdout.shape[1] > 1:
        unseen = seen.holdout.mean(axis=0)
        gap, error = difference(real, unseen)
        yield one("real minus unseen real", gap, Z95 * error, len(real) + len(unseen))
        if len(fake) >= LEAST_SAMPLES:
            gap, error = difference(fake[::2], fake[1::2])
            yield one("half of the fakes minus the other", gap, Z95 * error, len(fake))


def _area(seen: AuditedDiscriminator, name: str, scores: Scores) -> Measurement:
    area = scores.area()
    if area is None:
        raise AssertionError("asked for an area that does not exist")
    n = len(scores.real) + len(scores.fake)
    return Measurement(subject=seen.called, name=name, value=area.value, low=area.low, high=area.high, count=n)
