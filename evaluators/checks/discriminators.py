"""Checks of a discriminator as a measuring instrument: what its scores say, and what they say of its inputs."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedDiscriminator, AuditedRun, Scores
from ganloss_cli.evaluators.checks.registry import Observation, check
from ganloss_cli.evaluators.checks.separation import Area, Floats
from ganloss_cli.evaluators.checks.weights import near_overflow

# below this AUC reals score lower than fakes in three of four pairs: no balance of a healthy game is so far off
INVERTED_AREA = 0.25
WON_AREA, WON_FOR_SURE = 0.99, 0.95
# |p - 1/2| > 0.49 for nearly every patch of both sides (the saturation statistic of reference 4.5 of the audit)
SATURATED_SHARE = 0.95
# a candidate must beat the assumed range by this much, beyond both intervals
CLEARLY_BETTER = 0.2
# scores of another range that lie this many spreads beyond what fakes get are an extrapolation, not a separation
PLAUSIBLE_SPREADS = 10.0
# moving a fake all the way to a real changes the objective by less than this: no step of an optimizer is felt
NO_REACH = 1e-4
# of a standard deviation of the scores; other kernels for other batch sizes stay below it
SAME_SCORE = 1e-2
# train mode against eval mode
OTHER_MODE_AREA = 0.2
OTHER_MODE_SHIFT = 2.0
# share of the real-fake distance that is lost on unseen reals
OVERFITTED_SHARE = 0.1
SIGNIFICANT = 3.0  # standard errors
MANY_SCORES = 64  # so many scores in [0, 1] by chance are not
CHANCE_LOSS = 2 * math.log(2)  # BCE of both sides at p = 1/2


@check(severity="warning")
def inverted_polarity(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """Reals score lower than fakes.

    The discriminator means fake by a high score, as lucidrains' StyleGAN2 does, or the reals are given in a way that it
    was not trained on. Every loss of it is then of the wrong sign. AUC is the chance that a real scores above a fake.
    """
    area = discriminator.overall.area()
    if area is not None and area.high < INVERTED_AREA:
        yield Observation(
            message=f"reals score lower than fakes: AUC {_auc_text(area)}",
            evidence=_evidence(area),
            hint="check --network-range and the order of channels first; if high means fake here, negate the scores",
        )


@check(severity="warning")
def wrong_input_range(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator separates reals from fakes clearly better when reals come in another range or colour order.

    Reals are scored as given and under each of [-1, 1], [0, 1], [0, 255] and with red and blue exchanged; fakes stay as
    the generator makes them. A discriminator tells which normalisation it was trained with: of one MNIST pair the
    right range gives AUC 0.7475 and [0, 1] gives 0.0000. Candidates whose scores lie far beyond those of the fakes are
    extrapolations and do not count. A note, unless nothing tells the range and reals score below fakes as given.
    """
    as_assumed = discriminator.as_assumed
    assumed = as_assumed.area() if as_assumed else None
    if assumed is None or as_assumed is None:
        return
    found = {name: _plausible(scores, as_assumed) for name, scores in discriminator.candidates.items()}
    areas = {name: area for name, area in found.items() if area}
    if not areas:
        return
    best = max(areas, key=lambda name: areas[name].value)
    ahead = areas[best].value - assumed.value
    if ahead < CLEARLY_BETTER or areas[best].low <= max(assumed.high, 0.5):
        return
    yield Observation(
        message=f"separates best with reals as {best} (AUC {_auc_text(areas[best])}), not as {discriminator.assumed}"
        f" ({_auc_text(assumed)})",
        evidence={"assumed": {discriminator.assumed: assumed.value}, "areas": {n: a.value for n, a in areas.items()}},
        hint="give --network-range, or --channel-order, as in training",
        severity="note" if discriminator.range_told or assumed.high >= 0.5 else None,
    )


@check(severity="warning")
def probabilities_taken_for_logits(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """Scores that are taken for logits all lie in [0, 1]: they are probabilities.

    BCE with logits on probabilities squeezes every value into [0.31, 1.31] and its gradient with it. Where nothing
    tells what the discriminator returns, the finding asks for the option.
    """
    if discriminator.scores == "probabilities" or not 0 <= discriminator.lowest <= discriminator.highest <= 1:
        return
    if discriminator.real.size + discriminator.fake.size >= MANY_SCORES:
        yield Observation(
            message=f"all scores lie between {discriminator.lowest:.4g} and {discriminator.highest:.4g}, and "
            + ("they are taken for logits" if discriminator.scores else "nothing tells whether they are probabilities"),
            evidence={"lowest": discriminator.lowest, "highest": discriminator.highest, "scores": discriminator.scores},
            hint="give --scores probabilities, or --scores logits where least squares is what it was trained with",
            severity=None if discriminator.scores else "note",
        )


@check(severity="error")
def logits_taken_for_probabilities(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """Scores that are taken for probabilities lie outside [0, 1].

    Their logarithm is NaN or clamped, so that BCE is not what it says.
    """
    if discriminator.scores == "probabilities" and not (discriminator.lowest >= 0 and discriminator.highest <= 1):
        yield Observation(
            message="scores taken for probabilities lie between"
            f" {discriminator.lowest:.4g} and {discriminator.highest:.4g}",
            evidence={"lowest": discriminator.lowest, "highest": discriminator.highest},
            hint="give --scores logits",
        )


@check(severity="error")
def non_finite_scores(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator returns NaN or infinity for some sample."""
    n = int((~np.isfinite(discriminator.real)).sum() + (~np.isfinite(discriminator.fake)).sum())
    if n:
        yield Observation(
            message=f"{n} of {discriminator.real.size + discriminator.fake.size} scores are NaN or infinite",
            evidence={"non_finite": n},
            hint="look for non-finite weights and for samples out of range",
        )


@check(severity="warning")
def saturated_discriminator(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """Nearly every score is saturated: |p - 1/2| > 0.49, for reals and for fakes.

    A discriminator that is always sure has won, or has forgotten how to doubt: minimax gradients vanish, and BCE is
    decided by the few samples that it gets wrong. Only a note where scores are logits: those of a critic without a
    bound look the same. Scores that do not lie about zero, reals above and fakes below, stand for no p at all.
    """
    if discriminator.scores is None or discriminator.real_shares is None or discriminator.fake_shares is None:
        return
    shares = (discriminator.real_shares.saturated, discriminator.fake_shares.saturated)
    if min(shares) > SATURATED_SHARE and discriminator.real_shares.positive > 0.5 > discriminator.fake_shares.positive:
        yield Observation(
            message=f"{shares[0]:.0%} of the scores of reals and {shares[1]:.0%} of fakes are saturated",
            evidence={"real": shares[0], "fake": shares[1], "beyond": 0.49},
            hint="its losses say little from here on; an earlier checkpoint may be the better instrument",
            severity="note" if discriminator.scores == "logits" else None,
        )


@check(severity="note")
def discriminator_has_won(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator tells nearly every real from every fake: AUC above 0.99, and above 0.95 for sure.

    Usual for vocoders and for image-to-image, where the discriminator stays ahead; for noise to images it means that
    fakes are easy to tell, or that generator and discriminator are not of the same training.
    """
    area = discriminator.overall.area()
    if area is not None and area.value > WON_AREA and area.low > WON_FOR_SURE:
        yield Observation(message=f"separates reals from fakes: AUC {_auc_text(area)}", evidence=_evidence(area))


@check(severity="note")
def blind_discriminator(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """Reals and fakes cannot be told apart by their scores: the interval of the AUC holds 0.5.

    Either the equilibrium that training hopes for, or a discriminator that learned nothing; the fakes tell which.
    """
    area = discriminator.overall.area()
    if area is not None and area.low <= 0.5 <= area.high:
        yield Observation(
            message=f"does not separate reals from fakes: AUC {_auc_text(area)}",
            evidence=_evidence(area),
            hint="look at the fakes: if they are bad, so is this discriminator",
        )


@check(severity="warning")
def blind_sub_discriminator(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """One of several sub-discriminators ranks reals below fakes while the others separate them."""
    areas = [scores.area() for scores in discriminator.of_each()]
    if len(areas) < 2 or any(area is None for area in areas):
        return
    inverted = [k for k, area in enumerate(areas) if area is not None and area.high < INVERTED_AREA]
    separating = [k for k, area in enumerate(areas) if area is not None and area.low > 0.5]
    if inverted and separating:
        yield Observation(
            message=f"sub-discriminators {', '.join(map(str, inverted))} score reals below fakes,"
            f" {', '.join(map(str, separating))} above",
            evidence={"areas": [area.value if area else None for area in areas]},
            hint="check that the weights of every sub-discriminator are its own",
        )


@check(severity="warning")
def worse_than_chance(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator's BCE is above what it would be by always saying one half.

        -log p(real) - log(1 - p(fake)) > 2 log 2, summed over sub-discriminators

    By more than three standard errors, although it separates: the scores are on another offset or scale than BCE
    takes them for. Only for discriminators that return probabilities: of others the loss is not known to be BCE.
    """
    if discriminator.scores != "probabilities" or not (discriminator.lowest >= 0 and discriminator.highest <= 1):
        return
    area = discriminator.overall.area()
    if area is None or area.low <= 0.5:
        return
    value, error = bce_of_probabilities(discriminator)
    chance = CHANCE_LOSS * len(discriminator.real)
    if value - chance > SIGNIFICANT * error:
        yield Observation(
            message=f"BCE is {value:.4g} ± {error:.2g}, above {chance:.4g} for always saying one half",
            evidence={"d_bce": value, "standard_error": error, "chance": chance},
            hint="on samples that it was not trained on this is over-fitting: compare with training data",
        )


@check(severity="warning")
def no_gradient_for_generator(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator is flat around the fakes: nothing of its verdict reaches the generator.

        |d objective / d fake| x distance to a real < 0.0001, for most fakes

    The objective is the score, or -log p where the discriminator returns probabilities.
    """
    reach = discriminator.reach
    if reach is not None and len(reach) and (change := float(np.median(reach))) < NO_REACH:
        yield Observation(
            message=f"moving a fake as far as to a real changes the objective by {change:.2g}",
            evidence={"median_change": change, "least": NO_REACH},
            hint="look for dead channels, and for a sigmoid that is saturated to the last bit",
        )


@check(severity="warning")
def batch_coupled_scores(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """A sample's score depends on the samples beside it: it changes with the batch size or the order.

    Minibatch statistics do that on purpose; no number of such a network means anything without its batch. In eval mode
    nothing else should.
    """
    if discriminator.regrouped is not None and discriminator.regrouped > SAME_SCORE:
        yield Observation(
            message=f"scores change by up to {discriminator.regrouped:.2g} standard deviations in other batches",
            evidence={"largest_change": discriminator.regrouped, "known": discriminator.mixes},
            hint="use the batch size of training, and say it beside every number",
            severity="note" if discriminator.mixes else None,
        )


@check(severity="warning")
def train_and_eval_disagree(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator is another one in train mode: other statistics move its scores or its ranking.

    The losses of training were those of train mode. Where the modes disagree by two standard deviations of the scores,
    or by 0.2 in AUC, numbers of eval mode do not continue the training's log.
    """
    trained, evaluated = discriminator.in_train_mode, discriminator.as_assumed
    if trained is None or evaluated is None:
        return
    spread = max(float(np.std(trained.real)), float(np.std(evaluated.real)), 1e-12)
    shift = abs(float(trained.real.mean() - evaluated.real.mean())) / spread
    areas = (trained.area(), evaluated.area())
    apart = abs(areas[0].value - areas[1].value) if areas[0] and areas[1] else None
    if shift > OTHER_MODE_SHIFT or (apart is not None and apart > OTHER_MODE_AREA):
        told = f", AUC {_auc_text(areas[0])} against {_auc_text(areas[1])}" if areas[0] and areas[1] else ""
        yield Observation(
            message=f"in train mode reals score {trained.real.mean():.4g}, in eval mode"
            f" {evaluated.real.mean():.4g} ({shift:.1f} standard deviations){told}",
            evidence={"shift": shift, "areas": [area.value if area else None for area in areas]},
            hint="compare logs of training with --mode train; refresh the batch statistics before using eval mode",
        )


@check(severity="warning")
def overfitted_discriminator(discriminator: AuditedDiscriminator) -> Iterator[Observation]:
    """The discriminator scores its training reals higher than reals it has not seen (`--holdout`).

        gap = mean D(real) - mean D(holdout),  share = gap / (mean D(real) - mean D(fake))

    Reported where the gap is more than three standard errors and a tenth of the distance between reals and fakes. The
    fakes are the control: both halves of them should score alike.
    """
    if discriminator.holdout is None or discriminator.holdout.shape[1] < LEAST_SAMPLES:
        return
    sides = (discriminator.real, discriminator.fake, discriminator.holdout)
    real, fake, holdout = (scores.mean(axis=0) for scores in sides)
    gap, error = difference(real, holdout)
    distance = float(real.mean() - fake.mean()) if len(fake) else math.nan
    share = gap / distance if distance > 0 else math.nan
    if gap > SIGNIFICANT * error and not share < OVERFITTED_SHARE:
        control = difference(fake[::2], fake[1::2]) if len(fake) >= LEAST_SAMPLES else (math.nan, math.nan)
        of_distance = f", {share:.0%} of the distance to fakes" if math.isfinite(share) else ""
        yield Observation(
            message=f"reals of training score {gap:.4g} ± {error:.2g} above unseen ones{of_distance};"
            f" halves of the fakes differ by {control[0]:.2g} ± {control[1]:.2g}",
            evidence={
                "real_gap": gap,
                "real_gap_standard_error": error,
                "fake_gap": _known(control[0]),
                "fake_gap_standard_error": _known(control[1]),
                "share_of_distance": _known(share),
            },
            hint="its losses on training data look better than they are: augment, or take an earlier checkpoint",
        )


@check(severity="note")
def fp16_activations(run: AuditedRun) -> Iterator[Observation]:
    """What layers return comes close to where float16 ends, 65504, or goes beyond."""
    yield from near_overflow(run.largest, "layer {} returns up to")


def difference(first: Floats, second: Floats) -> tuple[float, float]:
    """Difference of two means and its standard error."""
    error = math.sqrt(float(first.var(ddof=1)) / len(first) + float(second.var(ddof=1)) / len(second))
    return float(first.mean() - second.mean()), error


def bce_of_probabilities(discriminator: AuditedDiscriminator) -> tuple[float, float]:
    """BCE of reals and fakes, summed over sub-discriminators, and its standard error; logarithms clamped as torch's.

    Of patches the mean probability is taken first: by Jensen's inequality a lower bound of the loss over patches.
    """
    real = -np.maximum(np.log(np.maximum(discriminator.real, 1e-44)), -100).sum(axis=0)
    fake = -np.maximum(np.log(np.maximum(1 - discriminator.fake, 1e-44)), -100).sum(axis=0)
    return difference(real, -fake)


def _plausible(scores: Scores, assumed: Scores) -> Area | None:
    """The area of a candidate whose scores of reals are within reach of those that fakes get."""
    area = scores.area()
    if area is None:
        return None
    spread = max(float(np.std(assumed.fake)), float(np.std(assumed.real)), 1e-12)
    away = abs(float(np.median(scores.real)) - float(np.median(assumed.fake))) / spread
    return area if away <= PLAUSIBLE_SPREADS else None


def _auc_text(area: Area) -> str:
    return f"{area.value:.3f} [{area.low:.3f}, {area.high:.3f}]"


def _evidence(area: Area) -> dict[str, float]:
    return {"area": area.value, "low": area.low, "high": area.high, "standard_error": area.standard_error}


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
