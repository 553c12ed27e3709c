"""What waivers say of gates against a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ganloss_cli.errors import UsageError
from ganloss_cli.io.waivers import Waiver, read_waivers
from ganloss_cli.records.report import BaselineGate, Finding
from ganloss_cli.records.request import Request, WorseCondition


@dataclass(frozen=True, kw_only=True)
class Waived:
    """Waivers by the gate that each is of.

    Args:
        waivers: expression of a gate -> its waiver.
        today: which of them have expired follows from it.
    """

    waivers: Mapping[str, Waiver]
    today: date

    @classmethod
    def of(cls, request: Request) -> Waived:
        """The waivers of a run.

        Raises:
            UsageError: one is of no gate: it could never be needed.
            InputError: the file cannot be read.
        """
        found: dict[str, Waiver] = {}
        for waiver in read_waivers(request.waivers) if request.waivers else ():
            own = [each.expression for each in request.fail_if_worse if _is_of(waiver, each)]
            if not own:
                raise UsageError(
                    f"--waivers {request.waivers}: {waiver.what!r} is none of the gates",
                    hint=f"name {' or '.join(repr(each.expression) for each in request.fail_if_worse)}, or remove it",
                )
            found |= dict.fromkeys(own, waiver)
        return cls(waivers=found, today=date.today())

    def expired(self, condition: WorseCondition) -> Iterator[str]:
        """That a gate's waiver has expired, which fails it."""
        waiver = self.waivers.get(condition.expression)
        if waiver is not None and waiver.until < self.today:
            yield f"the waiver expired on {waiver.until}: {waiver.why}"

    def reason(self, condition: WorseCondition) -> str | None:
        """Why a loss may be worse for now; None where it may not."""
        waiver = self.waivers.get(condition.expression)
        return None if waiver is None or waiver.until < self.today else f"{waiver.why} (until {waiver.until})"

    def findings(self, gates: Sequence[BaselineGate]) -> Iterator[Finding]:
        """A note for every waiver that no gate needed."""
        needed = {gate.expression for gate in gates if gate.waived}
        for expression, waiver in self.waivers.items():
            if expression not in needed and waiver.until >= self.today:
                yield Finding(
                    check="waiver_not_needed",
                    severity="note",
                    message=f"{expression}: is not worse, and needs no waiver",
                    evidence={"what": waiver.what, "why": waiver.why, "until": waiver.until.isoformat()},
                    hint="remove it",
                )


def _is_of(waiver: Waiver, condition: WorseCondition) -> bool:
    return waiver.what == condition.loss or waiver.what.split() == condition.expression.split()
