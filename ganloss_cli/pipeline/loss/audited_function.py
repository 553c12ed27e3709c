"""A function that is being looked at: its calls, its values, and what the closest convention gives."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ganloss_cli.evaluators.test_inputs.kinds import Probe, kind_of, probes_for
from ganloss_cli.pipeline.loss.comparison import (
    CallResult,
    FunctionCall,
    FunctionCalls,
    FunctionComparison,
    tolerance_of,
)
from ganloss_cli.pipeline.loss.failed_calls import SourcePlace
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import Severity


class AuditedFunction:
    """What every check of a function's behaviour needs.

    Args:
        calls: makes further calls.
        comparison: what is known of its values, on every probe.
        place: of the function.
        name: of the function; one that is called a loss is minimised.
    """

    def __init__(self, calls: FunctionCalls, comparison: FunctionComparison, place: SourcePlace, name: str) -> None:
        self.calls, self.comparison, self.place = calls, comparison, place
        self.name = name
        self.loss = calls.loss
        self.inputs = calls.binding.inputs
        self.probes = {probe.name: probe for probe in probes_for(self.loss)}
        self.kind = kind_of(self.loss)
        self.usual: Probe = next(probe for probe in self.probes.values() if probe.regular)
        self.departs = comparison.best.relation in ("departs", "unknown factor")
        self.layout = comparison.form.layout
        form, dtype, reading = comparison.form, comparison.dtype, comparison.reading
        self._usual_call = FunctionCall(probe=self.usual, form=form, dtype=dtype, reading=reading)
        self.tolerance = tolerance_of(calls.loss, comparison.dtype)

    @property
    def called(self) -> str:
        """The closest convention."""
        return f"{self.loss.name}:{self.comparison.best.convention.name}"

    @property
    def is_minimised(self) -> bool:
        """Whether its name says that it is a loss."""
        return "loss" in self.name.lower()

    @property
    def usual_value(self) -> float | None:
        """On the first of the regular probes."""
        return self.value(self.comparison.outcomes[self.usual.name])

    @property
    def scale(self) -> float:
        """How large its values are."""
        value = self.usual_value
        return abs(value) if value is not None and math.isfinite(value) else 0.0

    def finding(
        self, check: str, severity: Severity, message: str, hint: str | None = None, **evidence: Any
    ) -> Finding:
        """A finding about the function."""
        return self.place.finding(check, severity, message, hint=hint, **evidence)

    def call(self, probe: Probe, *, layout: str | None = None, **how: Any) -> CallResult:
        """One more call in the form that was found, or in another layout; see `FunctionCall`."""
        form = self.comparison.form if layout is None else replace(self.comparison.form, layout=layout)
        return self.calls.made(replace(self._usual_call, probe=probe, form=form, **how))

    def value(self, outcome: CallResult) -> float | None:
        """The number of a call, as its return value is read."""
        return outcome.numbers.get(self.comparison.reading)

    def expected(self, probe: str) -> float | None:
        """What the closest convention gives, with the function's factor."""
        best = self.comparison.best
        value = self.comparison.published[best.convention.name].get(probe)
        return None if value is None else best.expected(value, self.comparison.counts[probe])

    def expected_of(self, layout: str, probe: Probe) -> float | None:
        """What the closest convention gives in another layout, with the function's factor."""
        best = self.comparison.best
        published, counts = self.calls.published([probe], replace(self.comparison.form, layout=layout))
        value = published[best.convention.name].get(probe.name)
        return None if value is None else best.expected(value, counts[probe.name])

    def default(self, probe: str) -> float | None:
        """What the loss itself gives."""
        return self.comparison.published[self.loss.default.name].get(probe)
