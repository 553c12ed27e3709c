"""Each check of a discriminator: scores that show what is wrong, and scores that are as they should be."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ganloss_cli.evaluators.checks import find_check
from ganloss_cli.evaluators.checks.observed import AuditedDiscriminator, AuditedRun, Scores, Shares

RANDOM = np.random.default_rng(0)


def normal(mean: float, n: int = 200, deviation: float = 1.0) -> np.ndarray:
    return RANDOM.normal(mean, deviation, n)


def judge(real_mean: float = 1.0, fake_mean: float = -1.0, **more: object) -> AuditedDiscriminator:
    """A discriminator that returns logits of unit spread about two means."""
    scores = Scores(real=normal(real_mean), fake=normal(fake_mean))
    made = AuditedDiscriminator(
        called="discriminator", scores="logits", range_told=False, assumed="[-1, 1]",
        real=scores.real[None], fake=scores.fake[None], lowest=-4.0, highest=4.0,
        real_shares=Shares(saturated=0.1, positive=0.8), fake_shares=Shares(saturated=0.1, positive=0.2),
        as_assumed=scores, in_train_mode=scores, regrouped=1e-6, reach=np.ones(64), gradient_norm=np.ones(64),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def probabilities(real: float, fake: float, **more: object) -> AuditedDiscriminator:
    """A discriminator that returns probabilities about two means."""
    sides = [np.clip(normal(mean, deviation=0.05), 0.001, 0.999)[None] for mean in (real, fake)]
    return judge(scores="probabilities", real=sides[0], fake=sides[1], lowest=0.0, highest=1.0, **more)


def with_candidate(assumed: float, candidate: float, *, told: bool = False) -> AuditedDiscriminator:
    """Reals score `assumed` as they are fed and `candidate` in [0, 1], fakes 0."""
    fake = normal(0)
    return judge(
        as_assumed=Scores(real=normal(assumed), fake=fake),
        candidates={"[0, 1]": Scores(real=normal(candidate), fake=fake)},
        range_told=told,
    )


def sub_discriminators(*means: float) -> AuditedDiscriminator:
    return judge(
        real=np.stack([normal(mean) for mean in means]), fake=np.stack([normal(-mean) for mean in means]),
    )  # fmt: skip


BROKEN: list[tuple[str, Callable[[], AuditedDiscriminator | AuditedRun], str]] = [
    ("inverted_polarity", lambda: judge(-1, 1), "warning"),
    ("wrong_input_range", lambda: with_candidate(-3, 2), "warning"),
    ("wrong_input_range", lambda: with_candidate(-3, 2, told=True), "note"),
    ("wrong_input_range", lambda: with_candidate(0.5, 3), "note"),
    ("probabilities_taken_for_logits", lambda: judge(lowest=0.01, highest=0.99), "warning"),
    ("probabilities_taken_for_logits", lambda: judge(lowest=0.01, highest=0.99, scores=None), "note"),
    ("logits_taken_for_probabilities", lambda: judge(scores="probabilities"), "error"),
    ("non_finite_scores", lambda: judge(real=np.array([[1.0, np.nan, 2.0]])), "error"),
    (
        "saturated_discriminator",
        lambda: probabilities(
            0.99, 0.01, real_shares=Shares(saturated=1, positive=1), fake_shares=Shares(saturated=0.99, positive=0)
        ),
        "warning",
    ),
    (
        "saturated_discriminator",
        lambda: judge(real_shares=Shares(saturated=1, positive=1), fake_shares=Shares(saturated=0.99, positive=0)),
        "note",
    ),
    ("discriminator_has_won", lambda: judge(5, -5), "note"),
    ("blind_discriminator", lambda: judge(0, 0), "note"),
    ("blind_sub_discriminator", lambda: sub_discriminators(1, -1, 1), "warning"),
    ("worse_than_chance", lambda: probabilities(0.15, 0.05), "warning"),
    ("no_gradient_for_generator", lambda: judge(reach=np.zeros(64)), "warning"),
    ("batch_coupled_scores", lambda: judge(regrouped=0.4), "warning"),
    ("batch_coupled_scores", lambda: judge(regrouped=0.4, mixes="compares the samples in groups of 4"), "note"),
    ("train_and_eval_disagree", lambda: judge(in_train_mode=Scores(real=normal(9), fake=normal(7))), "warning"),
    ("train_and_eval_disagree", lambda: judge(in_train_mode=Scores(real=normal(0), fake=normal(0))), "warning"),
    ("overfitted_discriminator", lambda: judge(holdout=normal(0)[None]), "warning"),
    ("fp16_activations", lambda: AuditedRun(called="generator", largest={"conv": 2e4}), "note"),
    ("fp16_activations", lambda: AuditedRun(called="generator", largest={"conv": 1e5}), "warning"),
]  # fmt: skip
HEALTHY: list[tuple[str, Callable[[], AuditedDiscriminator | AuditedRun]]] = [
    *((name, judge) for name in dict.fromkeys(row[0] for row in BROKEN) if name != "fp16_activations"),
    # the scores of an overfitted discriminator on reals that it has not seen
    ("inverted_polarity", lambda: judge(-0.3, 0.3)),
    # no fakes at all, and too few of them
    ("inverted_polarity", lambda: judge(fake=np.empty((1, 0)))),
    ("discriminator_has_won", lambda: judge(real=np.ones((1, 3)), fake=np.zeros((1, 3)))),
    # a candidate that merely extrapolates: scores a hundred spreads from anything else
    ("wrong_input_range", lambda: with_candidate(0, 100)),
    ("wrong_input_range", lambda: with_candidate(2, -1)),
    # a critic has no bound, and no probability that its scores stand for
    ("saturated_discriminator", lambda: judge(50, 40, scores=None)),
    (
        "saturated_discriminator",
        lambda: judge(real_shares=Shares(saturated=1, positive=0), fake_shares=Shares(saturated=1, positive=0)),
    ),
    ("probabilities_taken_for_logits", lambda: probabilities(0.7, 0.3)),
    # least squares lives about [0, 1] but not within
    ("probabilities_taken_for_logits", lambda: judge(1, 0, lowest=-0.1, highest=1.1)),
    ("logits_taken_for_probabilities", lambda: probabilities(0.7, 0.3)),
    ("worse_than_chance", lambda: probabilities(0.7, 0.3)),
    ("blind_sub_discriminator", lambda: sub_discriminators(1, 2, 1)),
    ("overfitted_discriminator", lambda: judge(holdout=normal(1)[None])),
    ("fp16_activations", lambda: AuditedRun(called="generator", largest={"conv": 30.0})),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "severity"), BROKEN, ids=[row[0] for row in BROKEN])
def test_scores_that_show_something_wrong_are_found(
    name: str, make: Callable[[], AuditedDiscriminator], severity: str
) -> None:
    findings = list(find_check(name).findings(make()))

    assert [(finding.check, finding.severity) for finding in findings] == [(name, severity)]
    assert findings[0].evidence


@pytest.mark.parametrize(("name", "make"), HEALTHY, ids=[row[0] for row in HEALTHY])
def test_scores_as_they_should_be_are_left_alone(name: str, make: Callable[[], AuditedDiscriminator]) -> None:
    assert list(find_check(name).findings(make())) == []


def test_overfitting_is_told_with_its_error_and_the_control_on_the_fakes() -> None:
    (finding,) = find_check("overfitted_discriminator").findings(judge(holdout=normal(0)[None]))

    evidence = finding.evidence
    assert evidence["real_gap"] == pytest.approx(1, abs=0.3)
    assert evidence["real_gap_standard_error"] == pytest.approx((2 / 200) ** 0.5, rel=0.1)  # two means of 200, sd 1
    assert abs(evidence["fake_gap"]) < 3 * evidence["fake_gap_standard_error"]
    assert evidence["share_of_distance"] == pytest.approx(0.5, abs=0.15)
