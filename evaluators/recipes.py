"""Published training totals as data: which terms a repository adds up, with what weights, and what it calls them."""

from __future__ import annotations

from collections.abc import Mapping


def documented_weights(loss: str) -> Mapping[float, str]:
    """The weights that recipes give a loss, with whose each is.

    Args:
        loss: its name in the catalogue.
    """
    return {}


def losses_logged_as(name: str) -> tuple[str, ...]:
    """The losses that some training code logs under a name.

    Args:
        name: as it stands in a log.
    """
    return ()
