"""The factors under which published code shows a loss: what every audit may multiply a convention by."""

from __future__ import annotations

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.recipes.published import documented_weights


def catalogued_factors(loss: Loss) -> dict[float, str]:
    """Every factor but 1 that is catalogued for a loss, with whose it is. A scale is never fitted.

    Halves and doubles are anybody's; then come the factors of conventions that are no mistake, and the weights of
    totals. Of equal factors the first is named.

    Args:
        loss: of the catalogue.
    """
    known = {0.5: "half", 2.0: "twice"}
    for row in loss.conventions:
        if row.factor is not None and row.mistake is None:
            known.setdefault(row.factor, f"the factor of {loss.name}:{row.name}")
    for weight, meaning in {**loss.usual_weights, **documented_weights(loss.name)}.items():
        known.setdefault(weight, meaning)
    return known
