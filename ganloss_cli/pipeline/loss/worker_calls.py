"""What the child process of `ganloss audit loss` does with the user's function: one call at a time, told as data."""

from __future__ import annotations

import contextlib
import io
import math
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.catalogue import Loss, find_loss
from ganloss_cli.evaluators.test_inputs.kinds import Form, Probe
from ganloss_cli.evaluators.test_inputs.networks import ProbeBackbone
from ganloss_cli.evaluators.test_inputs.numbers import Draws
from ganloss_cli.evaluators.test_inputs.scenes import scene
from ganloss_cli.io.user_functions import LoadedFunction, load_function, parse_function
from ganloss_cli.pipeline.loss.call_inputs import copied, drawing_from, in_dtype, mapped, require_gradient, same, varied
from ganloss_cli.pipeline.loss.returned_values import described, gradient_norms, precision_of, total_of

DTYPES = {"float64": torch.float64, "float32": torch.float32, "float16": torch.float16}


class WorkerFunction:
    """The user's function with the inputs that it is probed with.

    Args:
        loaded: the function.
        loss: that it is held against.
    """

    def __init__(self, loaded: LoadedFunction, loss: Loss) -> None:
        self._loaded = loaded
        self._loss = loss

    @classmethod
    def load(cls, asked: Mapping[str, Any]) -> tuple[WorkerFunction | None, dict[str, Any]]:
        """Import the file, and tell what the function takes.

        Args:
            asked: "function", "keywords", "definitions_only", "loss" and "globals", names at module level that are
                to be the backbone.
        """
        loss = find_loss(asked["loss"])
        spec = parse_function(asked["function"])
        printed = _Counter()
        try:
            with printed.counting():
                loaded = load_function(spec, asked["keywords"], definitions_only=asked["definitions_only"])
        except GanlossError as error:
            return None, {"refused": error.message}
        except BaseException as error:  # noqa: BLE001  theirs, SystemExit too; it is told
            return None, {"raised": _raised(error, spec.file), "imported": False}
        for name in asked["globals"]:
            if not hasattr(loaded.module, name):
                message = f"{spec.file}: {spec.name} has no parameter '{name}', nor has the file that name"
                return None, {"refused": message}
            setattr(loaded.module, name, ProbeBackbone())
        parameters = [
            {
                "name": parameter.name, "kind": parameter.kind.name.lower(),
                "required": parameter.default is parameter.empty,
                "annotation": "" if parameter.annotation is parameter.empty else str(parameter.annotation),
            }
            for parameter in loaded.parameters
        ]  # fmt: skip
        answer = {
            "parameters": parameters, "unused": list(loaded.unused), "failed": list(loaded.failed),
            "printed": printed.count, "line": _line(loaded.function, spec.file),
        }  # fmt: skip
        return cls(loaded, loss), answer

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Make one call, or the calls whose sum is the loss.

        Args:
            asked: "probe", "form", "calls" (each a list of [parameter or None, input or literal]), "dtype",
                "variation", "grad", the inputs whose gradients are wanted, and "reading", of what is returned.
        """
        probe, form = Probe(**asked["probe"]), Form(**asked["form"])
        try:
            given = dict(scene(self._loss, probe, form).given)
        except Exception as error:  # noqa: BLE001  this form cannot hold this probe
            return {"impossible": str(error)}
        given = varied(given, asked["variation"], probe)
        given = {name: in_dtype(DTYPES[asked["dtype"]], value) for name, value in given.items()}
        wanted = {name: require_gradient(given, name) for name in asked["grad"]}
        before = {name: copied(value) for name, value in given.items()}
        printed = _Counter()
        draws = Draws(probe.samples)
        file = Path(self._loaded.module.__file__ or "")
        with warnings.catch_warnings(record=True) as warned, printed.counting(), drawing_from(draws):
            warnings.simplefilter("always")
            try:
                results = [self._call(call, given) for call in asked["calls"]]
                answer = described(results)
                if asked["grad"]:
                    answer["gradients"], answer["reached"] = gradient_norms(results, wanted, asked["reading"])
                if asked.get("gradcheck"):
                    answer["gradcheck"] = self._gradcheck(asked, given, results)
            except BaseException as error:  # noqa: BLE001  theirs, SystemExit too; it is told
                answer = {"raised": _raised(error, file)}
        answer["modified"] = [name for name, value in before.items() if not same(value, given[name])]
        answer["printed"] = printed.count
        answer["warned"] = [str(warning.message) for warning in warned][:8]
        answer["draws"] = [[kind, count, times] for (kind, count), times in draws.seen.items()]
        return answer

    def _call(self, call: Sequence[Any], given: Mapping[str, Any]) -> Any:
        arguments, keywords = [], dict(self._loaded.remaining)
        for name, value in call:
            handed = given[value["input"]] if "input" in value else value["literal"]
            if name is None:
                arguments.append(handed)
            else:
                keywords[name] = handed
        return self._loaded.function(*arguments, **keywords)

    def _gradcheck(self, asked: Mapping[str, Any], given: Mapping[str, Any], results: Sequence[Any]) -> str | None:
        """What torch's gradcheck says against the function; None where it finds nothing wrong."""
        leaves: list[Tensor] = []

        def collect(tensor: Tensor) -> Tensor:
            leaves.append(tensor.detach().clone().requires_grad_())
            return tensor

        for name in asked["gradcheck"]:
            mapped(given[name], collect)

        def value(*tensors: Tensor) -> Tensor:
            following = iter(tensors)
            replaced = {name: mapped(given[name], lambda _: next(following)) for name in asked["gradcheck"]}
            with drawing_from(Draws(len(tensors[0]))):
                made = [self._call(call, {**given, **replaced}) for call in asked["calls"]]
                return total_of(made, asked["reading"])

        return _mismatch(value, leaves, torch.finfo(precision_of(results)).eps)


def _mismatch(value: Callable[..., Tensor], leaves: Sequence[Tensor], epsilon: float) -> str | None:
    """What gradcheck says of a value, at both step sizes: one that is computed in float32 has no digits for the small.

    A mean over many elements has a slope that is nearly 0 everywhere, so it is measured in units of its own slope.
    `epsilon` is the rounding of the value, which the numerical derivative divides by the step.
    """
    total = value(*leaves)
    slopes = torch.autograd.grad(total, leaves, allow_unused=True)
    slope = math.sqrt(sum(float(each.double().square().sum()) for each in slopes if each is not None))
    if not 0 < slope < math.inf:
        return None
    message, rounding = None, 16 * epsilon * abs(float(total)) / slope
    for step, relative in ((1e-6, 1e-3), (1e-3, 3e-2)):
        try:
            torch.autograd.gradcheck(
                lambda *tensors: value(*tensors) / slope, leaves,
                fast_mode=True, eps=step, atol=1e-4 * relative + rounding / step, rtol=relative, nondet_tol=1e-9,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001  its own way to say no
            message = message or " ".join(str(error).split())[:300]
        else:
            return None
    return message


class _Counter(io.TextIOWrapper):
    """Standard output and error that count what is printed, and keep nothing of it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="replace", write_through=True)
        self.count = 0

    def write(self, text: str) -> int:
        """Count it; bytes for `buffer` are few."""
        self.count += len(text)
        return len(text)

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        with contextlib.redirect_stdout(self), contextlib.redirect_stderr(self):
            yield


def _raised(error: BaseException, file: Path) -> dict[str, Any]:
    """What was raised, and in which line of the user's file."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename and Path(frame.filename) == file.resolve()]
    lines += [frame.lineno for frame in frames if frame.filename == str(file)]
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).name == file.name:
        lines = [error.lineno]
    text = " ".join(str(error).split())
    return {"type": type(error).__name__, "text": text[:300], "line": lines[-1] if lines else None}


def _line(function: Callable[..., Any], file: Path) -> int | None:
    """Where it is defined; None where that is another file."""
    for candidate in (function, getattr(type(function), "forward", None), type(function).__call__):
        code = getattr(candidate, "__code__", None)
        if code is not None and Path(code.co_filename).resolve() == file.resolve():
            return int(code.co_firstlineno)
    return None
