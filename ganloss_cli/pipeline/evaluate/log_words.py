"""In a recipe everything is called as its log calls it: samples and findings too, not the results alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ganloss_cli.evaluators.recipes.terms import Recipe, Term
from ganloss_cli.records.evidence import LOSS
from ganloss_cli.records.report import Finding, SampleValues


@dataclass(frozen=True, kw_only=True)
class WordsOfTheLog:
    """A recipe as a dictionary from losses to names of its log.

    Args:
        recipe: whose log it is.
        settings: of the recipe.
    """

    recipe: Recipe
    settings: Mapping[str, float]

    def samples(self, samples: Sequence[SampleValues]) -> tuple[SampleValues, ...]:
        """The samples with the values that the log would have of each; of a part of a loss no sample has one."""
        return tuple(replace(sample, values=dict(self._values(sample))) for sample in samples)

    def worst(self, worst: Mapping[str, Sequence[SampleValues]]) -> dict[str, tuple[SampleValues, ...]]:
        """The worst samples by names of the log."""
        return {term.logged: self.samples(rows) for key, rows in worst.items() for term in self._whole(key)}

    def findings(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The findings; those about one loss once for every term that is made of it."""
        for finding in findings:
            terms = [term for term in self.recipe.terms if term.key == finding.evidence.get(LOSS)]
            for term in terms:
                message = finding.message.replace(term.key, term.logged, 1)
                yield replace(finding, message=message, evidence={**finding.evidence, LOSS: term.logged})
            if not terms:
                yield finding

    def _values(self, sample: SampleValues) -> Iterator[tuple[str, float | None]]:
        for key, value in sample.values.items():
            for term in self._whole(key):
                yield term.logged, None if value is None else value * term.logged_factor(self.settings)

    def _whole(self, key: str) -> list[Term]:
        """The terms that are all of a loss."""
        return [term for term in self.recipe.terms if term.key == key and term.part is None and term.domain is None]
