"""What a recipe is made of: terms with weights, the totals they add up to, and the names in the logs. Pure data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

Side = Literal["generator", "discriminator"]
Domain = Literal["A", "B"]

# What training on sounds does that an evaluation does not.
SEGMENTS = "training cuts random segments; here whole recordings are used unless --segment cuts them"


@dataclass(frozen=True)
class Term:
    """One number that a training code computes.

        logged = factor x loss
        total  = sum of weight x logged

    Args:
        logged: what it is called in that code's log, or where it is not logged, its variable.
        loss: of the catalogue.
        convention: of that loss; None is the default.
        settings: that differ from the convention's.
        factor: what the loss is multiplied by before it is logged.
        factor_times: settings of the recipe that it is also multiplied by; "1-rate" is one less the setting.
        weight: what the logged number is multiplied by in the total.
        weight_times: the same for settings.
        weight_of: a logged number of the same recipe that it is also multiplied by in the total.
        part: which named terms of the loss it is: "A", or "real" for real.0, real.1 ...; None for all of it.
        domain: of two domains, the one it is about.
        sub: the sub-discriminators it is of, by the name that the checkpoint gives to them: "mpd"; None for all.
        at_most: what the log shows at most; the total takes the number as it is.
        total: the total it belongs to; None where it is only watched.
        constant: whether it is no loss but the product of its factors.
        unavailable: why it cannot be computed here at all.
    """

    logged: str
    loss: str = ""
    convention: str | None = None
    _: KW_ONLY
    settings: Mapping[str, Any] = field(default_factory=dict)
    factor: float = 1.0
    factor_times: tuple[str, ...] = ()
    weight: float = 1.0
    weight_times: tuple[str, ...] = ()
    weight_of: str | None = None
    part: str | None = None
    domain: Domain | None = None
    sub: str | None = None
    at_most: float | None = None
    total: str | None = None
    constant: bool = False
    unavailable: str | None = None

    def logged_factor(self, settings: Mapping[str, float]) -> float:
        """What the loss is multiplied by in the log."""
        return self.factor * _product(self.factor_times, settings)

    def total_weight(self, settings: Mapping[str, float]) -> float:
        """What the logged number is multiplied by in the total."""
        return self.weight * _product(self.weight_times, settings)

    @property
    def typed(self) -> str:
        """The loss and convention as `--losses` takes them."""
        return f"{self.loss}:{self.convention}" if self.convention else self.loss

    @property
    def key(self) -> str:
        """What tells the loss with its convention, settings and sub-discriminators from those of other terms."""
        changed = "".join(f",{name}={value}" for name, value in self.settings.items())
        return f"{self.typed}{changed}{f' of {self.sub}' if self.sub else ''}"


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum that a training code minimises.

    Args:
        logged: its name in the log, or its variable.
        side: whose loss it is.
    """

    logged: str
    side: Side


def sides(discriminator: str, generator: str) -> tuple[Total, Total]:
    """The totals of a code that has one a side.

    Args:
        discriminator: the name of its total in the log, or its variable.
        generator: the same.
    """
    return Total(logged=discriminator, side="discriminator"), Total(logged=generator, side="generator")


@dataclass(frozen=True)
class Recipe:
    """A published training objective.

    Args:
        name: what a person types after --recipe.
        source: "owner/repository@commit file".
        terms: the discriminator's first.
        totals: what they add up to; a term of the same name is that total by itself.
        settings: what the code leaves to its options, at its own defaults.
        batch: the batch size it trains with.
        caveats: where training differs from an evaluation by its nature.
        networks: the architectures that it trains, where its repository trains them in several ways, or others'.
    """

    name: str
    source: str
    _: KW_ONLY
    terms: tuple[Term, ...]
    totals: tuple[Total, ...]
    settings: Mapping[str, float] = field(default_factory=dict)
    batch: int | None = None
    caveats: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [total.logged for total in self.totals]
        strange = sorted({term.total for term in self.terms if term.total is not None} - set(names))
        if strange:
            raise RuntimeError(f"recipe {self.name}: no such total: {strange}")
        used = {name.removeprefix("1-") for term in self.terms for name in (*term.factor_times, *term.weight_times)}
        if used != set(self.settings):
            raise RuntimeError(
                f"recipe {self.name}: settings {sorted(used ^ set(self.settings))} do not match its terms"
            )

    @property
    def repository(self) -> str:
        """The owner and name of its repository."""
        return self.source.partition("@")[0].partition(" ")[0]

    @property
    def told(self) -> str:
        """Its name with its repository's, for there are repositories of one name."""
        return f"{self.name} ({self.repository})"


def _product(names: tuple[str, ...], settings: Mapping[str, float]) -> float:
    return math.prod(1 - settings[name[2:]] if name.startswith("1-") else settings[name] for name in names)
