"""The user's function and the catalogue on the same test inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.resemblance import RANKS, Likeness, likenesses
from ganloss_cli.evaluators.test_inputs.kinds import Form, Probe, probes_for
from ganloss_cli.pipeline.loss.convention_values import convention_values
from ganloss_cli.pipeline.loss.parameters import ParameterBinding
from ganloss_cli.pipeline.loss.worker_process import MOST_DEATHS, Died, LossProcess

# Two correct implementations differ by their roundings: constants such as windows are often made in float32.
_TOLERANCES: Mapping[str, float] = {"float64": 2e-5, "float32": 3e-4}
# A window whose sum is 1 up to 1e-7 moves a variance by as much, and SSIM's constant for it is 9e-4.
_OF_WINDOWS: Mapping[str, float] = {"float64": 1e-4, "float32": 1e-3}
# Five scales multiply it. Libraries that treat odd sides alike are 6e-7 apart, and differ by 1e-5 and more otherwise.
_OF_SCALES: Mapping[str, float] = {"float64": 1e-5, "float32": 3e-4}
ReturnedPart = Literal[
    "value", "sum", "last"
]  # of several numbers that are returned: the first, all together, the last


def tolerance_of(loss: Loss, dtype: str) -> float:
    """How far apart two correct implementations of a loss may be, relative to the value.

    Args:
        loss: of the catalogue.
        dtype: in which they are compared.
    """
    if loss.multi_scale:
        return _OF_SCALES[dtype]
    return (_OF_WINDOWS if loss.family == "structural" else _TOLERANCES)[dtype]


@dataclass(frozen=True, kw_only=True)
class FunctionCall:
    """One call of the function, as its process is asked for it.

    Args:
        probe: the inputs.
        form: how they are handed over.
        dtype: of them.
        variation: "swapped", "reversed", "sample 2", "column" or "shorter".
        grad: inputs whose gradients are wanted.
        gradcheck: inputs that torch's gradcheck is run on.
        reading: of the return value, for gradients.
        again: make the call although it was made before.
    """

    probe: Probe
    form: Form
    dtype: str = "float64"
    variation: str = ""
    grad: tuple[str, ...] = ()
    gradcheck: tuple[str, ...] = ()
    reading: ReturnedPart = "value"
    again: bool = False


@dataclass(frozen=True, kw_only=True)
class CallResult:
    """What came of one call.

    Args:
        probe: the input's name.
        numbers: the number, by how the return value is read; empty where there is none.
        raised: "TypeError: ...", where it raised.
        line: of the user's file where it did.
        died: where it took the process with it.
        impossible: where the form cannot hold the probe.
        answer: everything the child told.
    """

    probe: str
    numbers: Mapping[ReturnedPart, float] = field(default_factory=dict)
    raised: str | None = None
    line: int | None = None
    died: Died | None = None
    impossible: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float | None:
        """The number, or the first of several."""
        return self.numbers.get("value")


@dataclass(frozen=True, kw_only=True)
class FunctionComparison:
    """The function's values in one form beside those of every convention.

    Args:
        form: of the inputs.
        dtype: of the inputs.
        reading: of the return value.
        outcomes: probe -> what came of it.
        published: convention -> probe -> value.
        counts: probe -> what sums run over.
        found: conventions, the closest first.
    """

    form: Form
    dtype: str
    reading: ReturnedPart
    outcomes: Mapping[str, CallResult]
    published: Mapping[str, Mapping[str, float]]
    counts: Mapping[str, Mapping[str, float]]
    found: Sequence[Likeness]

    @property
    def best(self) -> Likeness:
        """The closest convention."""
        return self.found[0]


class FunctionCalls:
    """Calls to the function, each answered once.

    Args:
        process: holds the function.
        loss: it is held against.
        binding: how it is called.
    """

    def __init__(self, process: LossProcess, loss: Loss, binding: ParameterBinding) -> None:
        self.process = process
        self.loss = loss
        self.binding = binding
        self._answered: dict[FunctionCall, CallResult] = {}
        self._published: dict[tuple[object, ...], tuple[Mapping[str, float], Mapping[str, float]]] = {}

    @property
    def given_up(self) -> bool:
        """Whether it has died too often to be called again."""
        return self.process.deaths >= MOST_DEATHS

    def made(self, call: FunctionCall) -> CallResult:
        """What came of a call, which is made once."""
        if call not in self._answered:
            self._answered[call] = self._made(call)
        return self._answered[call]

    def _made(self, call: FunctionCall) -> CallResult:
        name = call.probe.name
        if self.given_up:
            return CallResult(probe=name, died=Died(trouble="given_up", message="it was not called any more"))
        answer = self.process.ask({**asdict(call), "calls": self.binding.calls})
        if isinstance(answer, Died):
            return CallResult(probe=name, died=answer)
        if raised := answer.get("raised"):
            message = f"{raised['type']}: {raised['text']}" if raised["text"] else raised["type"]
            return CallResult(probe=name, raised=message, line=raised["line"], answer=answer)
        readings: tuple[ReturnedPart, ...] = get_args(ReturnedPart) if "value" in answer else ()
        numbers = {reading: float(answer[reading]) for reading in readings}
        return CallResult(probe=name, numbers=numbers, impossible="impossible" in answer, answer=answer)

    def compared(self, form: Form, dtype: str, probes: Sequence[Probe] | None = None) -> FunctionComparison | None:
        """The function beside every convention, on all probes or on some; None where no convention takes this form.

        Args:
            form: of the inputs.
            dtype: of the inputs.
            probes: by default all.
        """
        probes = probes_for(self.loss) if probes is None else probes
        outcomes = {probe.name: self.made(FunctionCall(probe=probe, form=form, dtype=dtype)) for probe in probes}
        several = any(outcome.answer.get("leaves", 1) > 1 for outcome in outcomes.values())
        readings: tuple[ReturnedPart, ...] = get_args(ReturnedPart) if several else ("value",)
        regular = [probe.name for probe in probes if probe.regular and not outcomes[probe.name].impossible]
        compared = []
        for reflected in (False, True) if "random" in self.loss.needs else (False,):
            published, counts = self.published(probes, form, reflected=reflected)
            for reading in readings:
                observed = {name: o.numbers[reading] for name, o in outcomes.items() if reading in o.numbers}
                found = likenesses(self.loss, observed, published, counts, regular, tolerance_of(self.loss, dtype))
                compared.append(
                    FunctionComparison(
                        form=form, dtype=dtype, reading=reading, outcomes=outcomes, published=published, counts=counts,
                        found=found,
                    )
                )  # fmt: skip
        return min((one for one in compared if one.found), key=preference, default=None)

    def published(
        self, probes: Sequence[Probe], form: Form, *, reflected: bool = False
    ) -> tuple[dict[str, dict[str, float]], dict[str, Mapping[str, float]]]:
        """What every convention gives on the probes, each computed once; see `convention_values`."""
        by_convention: dict[str, dict[str, float]] = {
            row.name: {} for row in self.loss.conventions if row.alias_of is None
        }
        counts = {}
        for probe in probes:
            key = (probe, form, reflected)
            if key not in self._published:
                inputs = self.binding.inputs
                self._published[key] = convention_values(self.loss, probe, form, inputs, reflected=reflected)
            values, counts[probe.name] = self._published[key]
            for name, value in values.items():
                by_convention[name][probe.name] = value
        return by_convention, counts


def preference(comparison: FunctionComparison) -> tuple[int, bool, float]:
    """The lower, the closer to a convention that is no mistake."""
    best = comparison.best
    per_sample = "samples" in best.extents  # a list of maps taken for a batch looks like a sum over samples
    return 2 * RANKS[best.relation] + per_sample, best.convention.mistake is not None, best.departure
