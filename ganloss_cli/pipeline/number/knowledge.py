"""What a number tells by itself, without any data: equilibria, known constants, and values that a loss cannot have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for
from ganloss_cli.records.number import Candidate
from ganloss_cli.records.outcomes import named
from ganloss_cli.records.report import Result
from ganloss_cli.records.request import StatedNumber

MOST_SUB_DISCRIMINATORS = 8  # HiFi-GAN's five periods and three scales
# No smaller value is possible under the default convention ...
NOT_NEGATIVE = frozenset({
    "d_bce", "g_bce", "d_lsgan", "g_lsgan", "d_hinge", "d_rsgan", "g_rsgan", "d_ragan", "g_ragan", "d_ralsgan",
    "g_ralsgan", "d_rahinge", "g_rahinge", "d_accuracy", "r1", "r2", "gp", "dragan", "lecam", "path_length", "fm",
    "fm_moment", "perceptual", "gram", "l1", "mse", "huber", "charbonnier", "tv", "cycle", "identity", "gmsd", "mel",
    "mrstft", "lsd", "mask_mse", "kl", "kl_categorical", "vq_commit", "component",
})  # fmt: skip
# ... and no larger one.
AT_MOST = {"ssim": 1.0, "ms_ssim": 1.0, "d_accuracy": 1.0, "g_minimax": 0.0}
LOGARITHMIC = frozenset({"d_bce", "g_bce", "g_minimax", "d_rsgan", "g_rsgan", "d_ragan", "g_ragan"})
LN2 = math.log(2)


def known_values(number: StatedNumber, losses: Sequence[Loss]) -> Iterator[Candidate]:
    """Conventions whose equilibrium is the number, the plainest first.

    Args:
        number: with its digits.
        losses: that its name may mean.
    """
    found = [candidate for loss in losses for candidate in _equilibria(number, loss)]
    yield from sorted(found, key=lambda candidate: (candidate.departures, candidate.mistake is not None))


def remarks(number: StatedNumber, losses: Sequence[Loss]) -> Iterator[str]:
    """What is known of the number alone, a sentence each."""
    spelled = in_words(number.value, number.tolerance)
    at_chance = list(known_values(number, losses))
    if at_chance:
        best = at_chance[0]
        n = best.conditions.get("sub-discriminators", "1")
        counted = "" if n == "1" else f" with {n} sub-discriminators"
        formula = (
            f"{best.loss}:{best.convention}{counted} of a discriminator at chance, which cannot tell real from fake"
        )
        yield f"{number.text}{f' = {spelled}' if spelled else ''}: {named(formula, best.mistake)}"
    elif spelled and any(loss.name in LOGARITHMIC for loss in losses):
        yield f"{number.text} = {spelled}"
    for loss in losses:
        yield from _bounds(number, loss)
        yield from (meaning for value, meaning in _constants(loss.name) if _is(number, value))


def in_words(value: float, tolerance: float) -> str | None:
    """A multiple of ln 2, which is the logarithm of a coin's two sides, as "2 ln 2"; else None."""
    if value <= 0 or tolerance > LN2 / 100:
        return None
    for quarters in (*range(4, 65, 4), 2):
        if abs(value - quarters / 4 * LN2) <= tolerance:
            return "ln 2" if quarters == 4 else f"{quarters / 4:g} ln 2"
    return None


def _equilibria(number: StatedNumber, loss: Loss) -> Iterator[Candidate]:
    for row in loss.conventions if loss.balanced_score is not None else ():
        settings = {**loss.settings, **row.settings}
        for n in range(1, MOST_SUB_DISCRIMINATORS + 1) if row.alias_of is None else ():
            value = loss.equilibrium_at(n, settings)
            if value is not None and _is(number, value):
                conditions = {"discriminator": "at chance"} | ({"sub-discriminators": str(n)} if n > 1 else {})
                result = Result(loss=loss.name, convention=row.name, value=value, count=0)
                at_chance = ConventionValue(loss=loss, convention=row, result=result, conditions=conditions)
                plain = formulas_for(number, [at_chance], 0.0)[0].candidate
                yield replace(plain, within_rounding=True, departures=(n > 1) + (row is not loss.default))
                break


def _bounds(number: StatedNumber, loss: Loss) -> Iterator[str]:
    if loss.name in NOT_NEGATIVE and number.value < -number.tolerance:
        yield f"{loss.name} is never negative{_exceptions(loss)}"
    most = AT_MOST.get(loss.name)
    if most is not None and number.value > most + number.tolerance:
        yield f"{loss.name} is never above {most:g}{_exceptions(loss)}"


def _exceptions(loss: Loss) -> str:
    """Conventions that turn a sign or another form, and so may pass the bound."""
    turned = [
        row.name for row in loss.conventions
        if row.alias_of is None
        and ((row.factor or 0) < 0 or (row.settings.get("scale") or 0) < 0 or row.settings.get("logarithm") is False)
    ]  # fmt: skip
    return f", except as {', '.join(f'{loss.name}:{name}' for name in turned)}" if turned else ""


def _constants(name: str) -> Iterator[tuple[float, str]]:
    """Values that have a meaning of their own."""
    if name in ("d_bce", "g_bce"):
        yield 100.0, "100: torch's BCELoss clamps each logarithm at -100; one side's probabilities are all wrong by 1"
        yield math.log1p(math.exp(-1)), "ln(1 + 1/e): the least that BCE with a second sigmoid can reach for one side"
        yield math.log1p(math.e), "ln(1 + e): the most that BCE with a second sigmoid can reach for one side"
    if name in ("gp", "dragan"):
        yield 1.0, "1: the gradient's norm is 0 everywhere, as with a constant discriminator"
        yield 10.0, "10: lambda = 10 times a gradient's norm of 0 everywhere, as with a constant discriminator"
    if name == "mel":
        yield 75.0, "75: RVC's train.py shows no more than 75, whatever the loss is"
    if name == "kl_vits":
        yield 9.0, "9: RVC's train.py shows no more than 9, whatever the loss is"
    if name == "psnr":
        yield 80.0, "80 dB: what piq and others give for an identical pair, 1e-8 added to the error"
        yield 20 * math.log10(255), "48.13 dB: an error of one grey level of 255 everywhere"
        yield 10 * math.log10(12 * 255**2), "58.92 dB: rounding to 8 bits and nothing else"
    if name in ("ssim", "ms_ssim"):
        yield 1.0, "1: the pair is identical up to the digits given"
    if name in ("l1", "mse", "fm", "huber", "cycle", "identity"):
        yield 0.0, "0: the pair is identical up to the digits given"


def _is(number: StatedNumber, value: float) -> bool:
    return abs(value - number.value) <= number.tolerance * (1 + 1e-9)
