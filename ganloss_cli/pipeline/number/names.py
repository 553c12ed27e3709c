"""The losses that a name in a log may mean, and their conventions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ganloss_cli.evaluators.catalogue import (
    Loss,
    Selected,
    Side,
    adversarial_losses,
    catalogue,
    find_loss,
    select,
    synonyms,
)
from ganloss_cli.evaluators.recipes.published import losses_logged_as
from ganloss_cli.records.request import Request

# What logs call the whole loss of a side, whatever its kind.
SIDES: Mapping[Side, str] = {
    "discriminator": "d d_loss loss_d errd d_losses loss_disc disc_loss discriminator",
    "generator": "g g_loss loss_g errg g_losses loss_gen gen_loss generator",
}


def losses_named(name: str) -> tuple[Loss, ...]:
    """The losses that a name in a log may mean: a loss, another word for one, or what training codes log it as.

    Args:
        name: "d_bce", "wasserstein", "errD", "loss_disc_all".

    Raises:
        UsageError: nothing is called that; with a suggestion.
    """
    key = name.strip().lower().replace("-", "_")
    known = catalogue()
    if name in known:
        return (known[name],)
    side = next((side for side, words in SIDES.items() if key in words.split()), None)
    if side is not None:
        return adversarial_losses(side)
    logged = losses_logged_as(name)
    found = [known[loss] for loss in logged if loss in known]
    return tuple(found) or (find_loss(synonyms().get(key, key)),)


def conventions_of(losses: Iterable[str], request: Request) -> list[Selected]:
    """Every convention of losses that is no mere alias.

    Args:
        losses: their names.
        request: with the settings that were changed.
    """
    chosen = select([f"{name}:all" for name in losses], request.settings)
    return [entry for entry in chosen if entry.convention.alias_of is None]
