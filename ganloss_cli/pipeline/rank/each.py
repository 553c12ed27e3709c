"""Every checkpoint on the same data, one after the other in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ganloss_cli.errors import GanlossError, InputError, UsageError
from ganloss_cli.evaluators.catalogue import Selected
from ganloss_cli.io.checkpoints import State
from ganloss_cli.pipeline.data.cache import Decoded
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request, evaluate_selected
from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.rank.spread import Key, Spread, spreads
from ganloss_cli.pipeline.run.plan import select_losses
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What one state came to.

    Args:
        state: its files.
        report: None where it could not be evaluated.
        spreads: what its values are means of.
        error: why it could not be.
    """

    state: State
    report: Report | None = None
    spreads: dict[Key, Spread] = field(default_factory=dict)
    error: GanlossError | None = None

    @property
    def step(self) -> int | None:
        """That the files count, else that their names say."""
        records = self.report.checkpoints if self.report else ()
        return next((each.step for each in records if each.step is not None), self.state.step)

    @property
    def its_own_fault(self) -> bool:
        """Whether the message is about its files, not about the data or the command line."""
        return self.error is not None and any(self.error.message.startswith(str(path)) for path in self.state.files)


@dataclass(kw_only=True)
class Series:
    """Runs on the same data. The first that succeeds settles which losses are computed where none are named.

    Args:
        request: every choice but the checkpoints.
        decoded: the data.
    """

    request: Request
    decoded: Decoded = field(default_factory=Decoded)
    _chosen: tuple[Selected, ...] | None = None
    _recipe: str | None = None
    _failed: GanlossError | None = None

    def run(self, states: Sequence[State], done: Callable[[Evaluated], None]) -> list[Evaluated]:
        """Every state, the last one, which is the newest, first.

        Args:
            states: in their order.
            done: is called with each.

        Returns:
            one a state, in their order.

        Raises:
            GanlossError: a state that was named by itself cannot be read; or none can be evaluated, and it is not the
                fault of their files.
        """
        found: dict[int, Evaluated] = {}
        for place in reversed(range(len(states))):
            found[place] = self.one(states[place])
            self._raise_common(list(found.values()), more=place > 0)
            done(found[place])
        return [found[place] for place in range(len(states))]

    def one(self, state: State) -> Evaluated:
        """One state; where it cannot be evaluated, why.

        Args:
            state: its files.

        Raises:
            GanlossError: it was named by itself and cannot be read.
        """
        captured: dict[Key, Spread] = {}

        def seen(outline: Outline, tally: Tally) -> None:
            captured.update(spreads(outline, tally))
            if outline.recipe is not None:
                self._recipe = outline.recipe.name

        try:
            report = self._report(replace(self.request, ckpt=state.files), seen)
        except GanlossError as error:
            if state.alone and not isinstance(error, UsageError):
                raise
            return Evaluated(state=state, error=error)
        self._settle(report)
        return Evaluated(state=state, report=report, spreads=captured)

    def _report(self, request: Request, seen: Callable[[Outline, Tally], None]) -> Report:
        if self._chosen is not None:
            return evaluate_selected(request, self._chosen, False, kept=self.decoded, seen=seen)
        named = replace(request, recipe=request.recipe or self._recipe)
        return evaluate_request(named, kept=self.decoded, seen=seen)

    def _settle(self, report: Report) -> None:
        """By default the same losses for all: those that apply to the newest."""
        if self._chosen is None and not (self.request.losses or self.request.recipe or self._recipe):
            names = {result.typed for result in report.results}
            self._chosen = tuple(each for each in select_losses(self.request)[0] if each.typed in names)

    def _raise_common(self, found: Sequence[Evaluated], *, more: bool) -> None:
        """Raise what fails every state and is not about one: the data, or the command line."""
        if any(each.report for each in found):
            return
        common = [each.error for each in found if each.error is not None and not each.its_own_fault]
        alike = len(common) > 1 and isinstance(common[0], InputError) and str(common[0]) == str(common[1])
        if common and (alike or (not more and len(common) == len(found))):
            raise common[0]
