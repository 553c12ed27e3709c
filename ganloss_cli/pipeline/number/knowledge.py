"""What a number tells by itself, without any data: equilibria, known constants, and values that a loss cannot have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ganloss_cli.evaluators.catalogue import Convention, Loss
from ganloss_cli.evaluators.recipes.published import shown_at_most
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for
from ganloss_cli.records.number import Candidate
from ganloss_cli.records.outcomes import named
from ganloss_cli.records.report import Result
from ganloss_cli.records.request import StatedNumber

MOST_SUB_DISCRIMINATORS = 8  # HiFi-GAN's five periods and three scales
LN2 = math.log(2)
BEYOND_SIGNALS = 70.0  # dB: rounding to 16 bits alone leaves less of a signal
BEYOND_CONSTANTS = 300.0  # dB: a second of full scale beside float64's step has less


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
    elif spelled and any(map(_is_logarithmic, losses)):
        yield f"{number.text} = {spelled}"
    for loss in losses:
        yield from impossible(number, loss)
        yield from [meaning for value, meaning in _constants(loss) if _is(number, value)] or _of_itself(number, loss)


def impossible(number: StatedNumber, loss: Loss) -> Iterator[str]:
    """Why a number cannot be a loss's, and what would make it so.

    Args:
        number: with its digits.
        loss: that it is said to be.
    """
    least, most = loss.span
    if least is not None and number.value < least - number.tolerance:
        yield f"{loss.name} is never {f'below {least:g}' if least else 'negative'}{_exceptions(loss)}"
        if "real_label" in loss.settings and _is_logarithmic(loss):
            # t log p + (1 - t) log(1 - p) keeps its sign for 0 <= t <= 1 alone
            yield f"{loss.name} with targets outside [0, 1], such as -1 for fakes, may be negative: a mistake"
    if most is not None and number.value > most + number.tolerance:
        yield f"{loss.name} is never above {most:g}{_exceptions(loss)}"


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


def _is_logarithmic(loss: Loss) -> bool:
    """Whether a coin's ln 2 means something to it: a discriminator at chance gives a multiple of it."""
    at_chance = None if loss.balanced_score is None else loss.equilibrium_at(1, loss.settings)
    return at_chance is not None and in_words(abs(at_chance), 1e-9) is not None


def _exceptions(loss: Loss) -> str:
    """Conventions of another sign or form, which may pass the bound."""
    turned = [f"{loss.name}:{row.name}" for row in loss.conventions if row.leaves_span and _has_targets(row)]
    return f", except as {', '.join(turned)}" if turned else ""


def _has_targets(row: Convention) -> bool:
    """Whether its labels are probabilities: others are told apart."""
    return all(0 <= row.settings.get(label, 0) <= 1 for label in ("real_label", "fake_label"))


def _constants(loss: Loss) -> Iterator[tuple[float, str]]:
    """Values that have a meaning of their own."""
    unit = f" {loss.unit}" if loss.unit else ""
    for value, meaning in loss.known_values.items():
        yield value, f"{value:.4g}{unit}: {meaning}"
    for value, repository in shown_at_most(loss.name).items():
        yield value, f"{value:g}: {repository} shows no more than {value:g}, whatever the loss is"
    if loss.of_identical_samples is not None and loss.of_identical_samples not in loss.known_values:
        yield loss.of_identical_samples, f"{loss.of_identical_samples:g}: what an identical pair gives"


def _of_itself(number: StatedNumber, loss: Loss) -> Iterator[str]:
    """Which energy a signal has that gives the number beside itself, where a small constant is all that is left."""
    if not BEYOND_SIGNALS < abs(number.value) < BEYOND_CONSTANTS:
        return
    for library, constant in loss.beside_energies.items():
        energy = constant * 10 ** (abs(number.value) / 10)
        yield f"{number.text}: what {library} gives a signal of energy {energy:.3g} beside itself"


def _is(number: StatedNumber, value: float) -> bool:
    return abs(value - number.value) <= number.tolerance * (1 + 1e-9)
