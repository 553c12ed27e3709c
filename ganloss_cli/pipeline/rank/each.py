"""Every checkpoint on the same data, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ganloss_cli.errors import GanlossError, InputError, UsageError
from ganloss_cli.io.checkpoints import State
from ganloss_cli.pipeline.data.cache import Decoded
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request, evaluate_selected
from ganloss_cli.pipeline.evaluate.outline import Outline
from ganloss_cli.pipeline.evaluate.spread import Key, Spread, spreads
from ganloss_cli.pipeline.run.plan import select_losses
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a report is made of."""

    outline: Outline
    tally: Tally


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What the first run that succeeds settles for all others, where nothing was named.

    Args:
        losses: as typed; None where they are those of a recipe.
        recipe: its name.
    """

    losses: tuple[str, ...] | None = None
    recipe: str | None = None


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What one state came to.

    Args:
        state: its files.
        report: None where it could not be evaluated.
        seen: what the report is made of.
        error: why it could not be.
    """

    state: State
    report: Report | None = None
    seen: Seen | None = None
    error: GanlossError | None = None

    @cached_property
    def spreads(self) -> dict[Key, Spread]:
        """What its values are means of."""
        return spreads(self.seen.outline, self.seen.tally) if self.seen else {}

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
        watched: is told how far each run is.
        settled: which losses are computed; None as long as no run has said so.
    """

    request: Request
    decoded: Decoded = field(default_factory=Decoded)
    watched: Progress | None = None
    settled: Settled | None = None

    def __post_init__(self) -> None:
        if self.request.losses or self.request.recipe:
            self.settled = Settled(recipe=self.request.recipe)

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
        found: list[Evaluated] = []
        for state in reversed(states):
            found.append(self.one(state))
            raise_common(found, more=len(found) < len(states))
            done(found[-1])
        return found[::-1]

    def one(self, state: State) -> Evaluated:
        """One state; where it cannot be evaluated, why.

        Args:
            state: its files.

        Raises:
            GanlossError: it was named by itself and cannot be read.
        """
        seen: list[Seen] = []
        try:
            report = self._report(
                replace(self.request, ckpt=state.files),
                lambda outline, tally: seen.append(Seen(outline=outline, tally=tally)),
            )
        except GanlossError as error:
            if state.alone and not isinstance(error, UsageError):
                raise
            return Evaluated(state=state, error=error)
        found = Evaluated(state=state, report=report, seen=next(iter(seen), None))
        self.settled = self.settled or _settled(found)
        return found

    def _report(self, request: Request, seen: Callable[[Outline, Tally], None]) -> Report:
        settled, watched = self.settled or Settled(), self.watched
        if settled.losses is not None:
            chosen = tuple(each for each in select_losses(self.request)[0] if each.typed in settled.losses)
            return evaluate_selected(request, chosen, False, watched, kept=self.decoded, seen=seen)
        return evaluate_request(replace(request, recipe=settled.recipe), watched, kept=self.decoded, seen=seen)


def _settled(first: Evaluated) -> Settled:
    """By default the same losses for all: those that apply to the newest, or of the recipe that it was trained with."""
    if first.seen is not None and first.seen.outline.recipe is not None:
        return Settled(recipe=first.seen.outline.recipe.name)
    return Settled(losses=tuple(result.typed for result in first.report.results) if first.report else ())


def raise_common(found: Sequence[Evaluated], *, more: bool) -> None:
    """Raise what fails every state and is not about one: the data, or the command line.

    Args:
        found: what the newest ones came to, these first.
        more: whether there are others.

    Raises:
        GanlossError: it does.
    """
    if any(each.report for each in found):
        return
    common = [each.error for each in found if each.error is not None and not each.its_own_fault]
    alike = len(common) > 1 and isinstance(common[0], InputError) and str(common[0]) == str(common[1])
    if common and (alike or (not more and len(common) == len(found))):
        raise common[0]
