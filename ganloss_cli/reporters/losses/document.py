"""The catalogue of losses as plain records, and as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganloss_cli.reporters.document import Rows, WithRows


@dataclass(frozen=True, kw_only=True)
class ListedConvention:
    """One published convention of a loss; see `ganloss_cli.evaluators.catalogue.Convention`.

    Args:
        example: its value on the shared example; None in a list of all losses, where it is not computed.
    """

    name: str
    settings: Mapping[str, Any]
    source: str
    relation: str
    factor: float | None
    mistake: str | None
    alias_of: str | None
    example: float | None


@dataclass(frozen=True, kw_only=True)
class ListedLoss:
    """One loss; see `ganloss_cli.evaluators.catalogue.Loss`."""

    name: str
    family: str
    summary: str
    formula: str
    needs: tuple[str, ...]
    optional: tuple[str, ...]
    one_of: tuple[str, ...]
    paired: bool
    equal_counts: bool
    settings: Mapping[str, Any]
    unit: str | None
    higher_is_better: bool | None
    span: tuple[float | None, float | None]
    equilibrium: float | None
    no_equilibrium: str | None
    batch_dependent: str | None
    tells: str
    reference: str
    conventions: tuple[ListedConvention, ...]


@dataclass(frozen=True)
class LossesDocument(WithRows):
    """Losses, a line each, beneath their families."""

    record: Sequence[ListedLoss]
    command = "ganloss losses"
    table = "ganloss_cli.reporters.losses.table:render_all"

    def data(self) -> Mapping[str, Any]:
        """The records."""
        return {"losses": self.record}

    def rows(self) -> Rows:
        """A row a convention, the default first."""
        columns = (
            "loss", "convention", "family", "needs", "higher_is_better", "equilibrium", "unit", "relation", "factor",
            "settings", "mistake", "alias_of", "example", "source", "reference",
        )  # fmt: skip
        rows = (
            (
                loss.name, row.name, loss.family, " ".join(loss.needs), loss.higher_is_better, loss.equilibrium,
                loss.unit, row.relation, row.factor, row.settings, row.mistake, row.alias_of, row.example, row.source,
                loss.reference,
            )
            for loss in self.record
            for row in loss.conventions
        )  # fmt: skip
        return Rows(columns=columns, rows=rows)


class ExplainedLoss(LossesDocument):
    """One loss with its formula and every convention."""

    table = "ganloss_cli.reporters.losses.table:render_one"
