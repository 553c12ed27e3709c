"""How the user's function is called: which parameter takes which input, once or once for each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.batch import LOGIT_ROLES
from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.spellings import SPELLINGS, match_parameters
from ganloss_cli.evaluators.test_inputs.kinds import kind_of
from ganloss_cli.records.loss import MatchedParameter

Value = Mapping[str, Any]  # {"input": name} or {"literal": value}
_POSITIONAL_ONLY, _VARIADIC = "positional_only", ("var_positional", "var_keyword")
_DEVICES = ("device", "dev")


@dataclass(frozen=True, kw_only=True)
class ParameterBinding:
    """The calls whose values add up to the loss.

    Args:
        calls: each a list of (parameter, or None for a positional one; input or literal).
        inputs: everything that they are given.
        parameters: for the report.
    """

    calls: Sequence[Sequence[tuple[str | None, Value]]]
    inputs: frozenset[str]
    parameters: tuple[MatchedParameter, ...]


def bind(
    loss: Loss,
    parameters: Sequence[Mapping[str, Any]],
    mapping: Mapping[str, str],
    keywords: Mapping[str, Any],
    where: str,
) -> ParameterBinding:
    """Match the parameters of a function with the inputs of a loss.

    Args:
        loss: of the catalogue.
        parameters: as the child process names them: "name", "kind", "required", "annotation".
        mapping: parameter -> input, by the user; other names are those of the file.
        keywords: parameters that the user gave values for.
        where: file and function, for messages.

    Raises:
        UsageError: a required parameter that nothing fits, or an input that there is not.
    """
    open_ones = [p for p in parameters if p["kind"] not in _VARIADIC and p["name"] not in keywords]
    required = [p["name"] for p in open_ones if p["required"] and p["name"] not in _DEVICES]
    optional = [p["name"] for p in open_ones if not p["required"]]
    by_user = {theirs: ours for theirs, ours in mapping.items() if theirs in (*required, *optional)}
    known = inputs_of(loss)
    for theirs, ours in by_user.items():
        if ours not in known:
            raise UsageError(
                f"--map {theirs}={ours}: {loss.name} has no input '{ours}', only {', '.join(known)}",
                hint=f"see ganloss losses {loss.name}",
            )
    matches, left = match_parameters(loss, required, optional, by_user)
    if left:
        raise UsageError(
            f"{where}: nothing of {loss.name} fits its parameter{'s' if len(left) > 1 else ''} {', '.join(left)}",
            hint=f"give --map {left[0]}=ONE OF {','.join(known)}, or --kwargs {left[0]}=VALUE",
        )
    if not matches:
        raise UsageError(f"{where}: takes no parameter that {loss.name} could fill", hint="name another function")
    devices: list[tuple[str | None, Value]] = [
        (name, {"literal": "cpu"}) for name in _DEVICES if any(p["name"] == name and p["required"] for p in open_ones)
    ]
    return _calls(loss, matches, {p["name"]: p for p in parameters}, devices)


def inputs_of(loss: Loss) -> tuple[str, ...]:
    """What parameters can be mapped to.

    Args:
        loss: of the catalogue.
    """
    own = [name for name in (*loss.needs, *loss.optional) if name != "random"]
    helpers = [name for name in SPELLINGS[kind_of(loss)] if name not in own]
    labels = ["true", "false", "ones of reals", "zeros of reals", "ones of fakes", "zeros of fakes"]
    return (*own, *helpers, *(labels if kind_of(loss) == "logits" else ()))


def _calls(
    loss: Loss,
    matches: Sequence[MatchedParameter],
    parameters: Mapping[str, Mapping[str, Any]],
    devices: Sequence[tuple[str | None, Value]],
) -> ParameterBinding:
    """One call, or, for a function of one side with labels, one for the reals and one for the fakes."""
    sides = [match.ours for match in matches if match.ours in LOGIT_ROLES]
    labels = next((match for match in matches if match.ours == "labels"), None)
    boolean = labels is not None and _is_boolean(parameters[labels.theirs])
    both = labels is not None and len(sides) == 1 and set(LOGIT_ROLES) <= set(loss.needs)
    rounds: list[Mapping[str, str]] = [{}]
    if labels is not None and both:
        rounds = [
            {sides[0]: "real_logits", "labels": "true" if boolean else "ones of reals"},
            {sides[0]: "fake_logits", "labels": "false" if boolean else "zeros of fakes"},
        ]
    elif labels is not None:
        # what the generator wants: its fakes taken for real
        rounds = [{"labels": "true" if boolean else "ones of fakes"}]
    calls: list[list[tuple[str | None, Value]]] = []
    for names in rounds:
        call: list[tuple[str | None, Value]] = []
        for match in matches:
            only_by_position = parameters[match.theirs]["kind"] == _POSITIONAL_ONLY
            value = {"input": names.get(match.ours, match.ours)}
            call.append((None if only_by_position else match.theirs, value))
        calls.append([*call, *devices])
    shown = []
    for match in matches:
        taken = dict.fromkeys(names.get(match.ours, match.ours) for names in rounds)
        shown.append(replace(match, ours=" then ".join(taken)))
    inputs = frozenset(str(value["input"]) for call in calls for _, value in call if "input" in value)
    return ParameterBinding(calls=calls, inputs=inputs, parameters=tuple(shown))


def _is_boolean(parameter: Mapping[str, Any]) -> bool:
    return "is_real" in parameter["name"] or "bool" in parameter["annotation"]
