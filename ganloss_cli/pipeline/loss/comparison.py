"""The user's function and the catalogue on the same probing inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.resemblance import Likeness, likenesses
from ganloss_cli.evaluators.test_inputs.kinds import Form, Probe, probes_for
from ganloss_cli.pipeline.loss.binding import Binding
from ganloss_cli.pipeline.loss.process import MOST_DEATHS, Died, LossProcess
from ganloss_cli.pipeline.loss.published import published_values

# Two correct implementations differ by their roundings: constants such as windows are often made in float32.
_TOLERANCES: Mapping[str, float] = {"float64": 2e-5, "float32": 3e-4}
# A window whose sum is 1 up to 1e-7 moves a variance by as much, and SSIM's constant for it is 9e-4.
_OF_WINDOWS: Mapping[str, float] = {"float64": 1e-4, "float32": 1e-3}
# Five scales multiply it: piq 0.8.0, pytorch-msssim 1.0.0 and float64 are up to 4e-4 apart; other borders are 1.5e-3.
_OF_SCALES: Mapping[str, float] = {"float64": 6e-4, "float32": 1e-3}
Reading = Literal["value", "sum", "last"]  # of several numbers that are returned: the first, all together, the last


def tolerance_of(loss: Loss, dtype: str) -> float:
    """How far apart two correct implementations of a loss may be, relative to the value.

    Args:
        loss: of the catalogue.
        dtype: in which they are compared.
    """
    if loss.name == "ms_ssim":
        return _OF_SCALES[dtype]
    return (_OF_WINDOWS if loss.family == "structural" else _TOLERANCES)[dtype]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one call.

    Args:
        probe: the input's name.
        value: the number, or the first of several; None where there is none.
        total: the sum of several.
        last: of several.
        raised: "TypeError: ...", where it raised.
        line: of the user's file where it did.
        died: where it took the process with it.
        impossible: where the form cannot hold the probe.
        answer: everything the child told.
    """

    probe: str
    value: float | None = None
    total: float | None = None
    last: float | None = None
    raised: str | None = None
    line: int | None = None
    died: Died | None = None
    impossible: bool = False
    answer: Mapping[str, Any]

    def read(self, reading: Reading) -> float | None:
        """The number, as the return value is read."""
        return {"value": self.value, "sum": self.total, "last": self.last}[reading]


@dataclass(frozen=True, kw_only=True)
class Comparison:
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
    reading: Reading
    outcomes: Mapping[str, Outcome]
    published: Mapping[str, Mapping[str, float]]
    counts: Mapping[str, Mapping[str, float]]
    found: Sequence[Likeness]

    @property
    def best(self) -> Likeness:
        """The closest convention."""
        return self.found[0]


class Probing:
    """Calls to the function, each answered once.

    Args:
        process: holds the function.
        loss: it is held against.
        binding: how it is called.
    """

    def __init__(self, process: LossProcess, loss: Loss, binding: Binding) -> None:
        self.process = process
        self.loss = loss
        self.binding = binding
        self._answered: dict[tuple[object, ...], Outcome] = {}
        self._published: dict[tuple[object, ...], tuple[Mapping[str, float], Mapping[str, float]]] = {}

    @property
    def given_up(self) -> bool:
        """Whether it has died too often to be called again."""
        return self.process.deaths >= MOST_DEATHS

    def call(
        self,
        probe: Probe,
        form: Form,
        *,
        dtype: str = "float64",
        variation: str = "",
        grad: Sequence[str] = (),
        gradcheck: Sequence[str] = (),
        reading: Reading = "value",
        again: bool = False,
    ) -> Outcome:
        """Call it once.

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
        key = (probe, form, dtype, variation, tuple(grad), tuple(gradcheck), reading, again)
        if key not in self._answered:
            self._answered[key] = self._called(probe, form, dtype, variation, grad, gradcheck, reading)
        return self._answered[key]

    def _called(
        self, probe: Probe, form: Form, dtype: str, variation: str, grad: Sequence[str], gradcheck: Sequence[str],
        reading: Reading,
    ) -> Outcome:  # fmt: skip
        if self.given_up:
            return Outcome(
                probe=probe.name, died=Died(trouble="given_up", told="it was not called any more"), answer={}
            )
        request = {
            "probe": asdict(probe), "form": asdict(form), "calls": self.binding.calls, "dtype": dtype,
            "variation": variation, "grad": list(grad), "gradcheck": list(gradcheck), "reading": reading,
        }  # fmt: skip
        answer = self.process.ask(request)
        if isinstance(answer, Died):
            return Outcome(probe=probe.name, died=answer, answer={})
        if "impossible" in answer:
            return Outcome(probe=probe.name, impossible=True, answer=answer)
        if raised := answer.get("raised"):
            told = f"{raised['type']}: {raised['text']}" if raised["text"] else raised["type"]
            return Outcome(probe=probe.name, raised=told, line=raised["line"], answer=answer)
        if "value" not in answer:
            return Outcome(probe=probe.name, answer=answer)
        value, total, last = (float(answer[reading]) for reading in ("value", "sum", "last"))
        return Outcome(probe=probe.name, value=value, total=total, last=last, answer=answer)

    def compared(self, form: Form, dtype: str, probes: Sequence[Probe] | None = None) -> Comparison | None:
        """The function beside every convention, on all probes or on some; None where no convention takes this form.

        Args:
            form: of the inputs.
            dtype: of the inputs.
            probes: by default all.
        """
        probes = probes_for(self.loss) if probes is None else probes
        outcomes = {probe.name: self.call(probe, form, dtype=dtype) for probe in probes}
        candidates = []
        for reflected in (False, True) if "random" in self.loss.needs else (False,):
            published, counts = self.published(probes, form, reflected=reflected)
            for reading in _readings(outcomes):
                observed = {name: v for name, outcome in outcomes.items() if (v := outcome.read(reading)) is not None}
                regular = [probe.name for probe in probes if probe.regular and not outcomes[probe.name].impossible]
                found = likenesses(self.loss, observed, published, counts, regular, tolerance_of(self.loss, dtype))
                if found:
                    candidates.append(
                        Comparison(
                            form=form,
                            dtype=dtype,
                            reading=reading,
                            outcomes=outcomes,
                            published=published,
                            counts=counts,
                            found=found,
                        )
                    )
        return min(candidates, key=preference, default=None)

    def published(
        self, probes: Sequence[Probe], form: Form, *, reflected: bool = False
    ) -> tuple[dict[str, dict[str, float]], dict[str, Mapping[str, float]]]:
        """What every convention gives on the probes, each computed once; see `published_values`."""
        by_convention: dict[str, dict[str, float]] = {
            row.name: {} for row in self.loss.conventions if row.alias_of is None
        }
        counts = {}
        for probe in probes:
            key = (probe, form, reflected)
            if key not in self._published:
                self._published[key] = published_values(
                    self.loss, probe, form, self.binding.inputs, reflected=reflected
                )
            values, extents = self._published[key]
            for name, value in values.items():
                by_convention[name][probe.name] = value
            counts[probe.name] = extents
        return by_convention, counts


def _readings(outcomes: Mapping[str, Outcome]) -> Sequence[Reading]:
    several = any(outcome.answer.get("leaves", 1) > 1 for outcome in outcomes.values())
    return ("value", "sum", "last") if several else ("value",)


def preference(comparison: Comparison) -> tuple[int, bool, float]:
    """The lower, the closer to a convention that is no mistake."""
    best = comparison.best
    rank = ("exact", "factor", "unknown factor", "departs").index(best.relation)
    per_sample = "samples" in best.extents  # a list of maps taken for a batch looks like a sum over samples
    return 2 * rank + per_sample, best.convention.mistake is not None, best.departure
