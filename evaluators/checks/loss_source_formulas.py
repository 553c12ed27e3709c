"""Static rules about formulas: what goes into a function that expects something else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ganloss_cli.evaluators.checks.loss_source import Scope, Spotted, argument, called, constant, rule

_CRITERION = re.compile(r"loss|criterion|bce|mse|crit|adv|entropy", re.IGNORECASE)
_KEEP_VALUES = {"to", "cuda", "type_as", "float", "detach", "requires_grad_"}  # methods of a tensor


@rule("error")
def labels_swapped(scope: Scope) -> Iterator[Spotted]:
    """Reals that are labelled 0."""
    for call in scope.calls():
        given, label = argument(call, 0, "input"), argument(call, 1, "target")
        if given is None or label is None or not _CRITERION.search(ast.unparse(call.func)):
            continue
        words = re.findall(r"real|fake", ast.unparse(given).lower())
        if set(words) == {"real"} and _label(scope, label) == 0:
            message = f"'{ast.unparse(given)}' is compared with the label 0: reals are labelled as fakes"
            yield Spotted(call, message, hint="label reals 1 and fakes 0")
    for node in scope.nodes():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id.lower(), _label(scope, node.value)
            if (name in ("real_label", "real_labels") and value == 0) or (
                name in ("fake_label", "fake_labels") and value == 1
            ):
                message = f"'{node.targets[0].id}' is {value:g}: reals and fakes have each other's label"
                yield Spotted(node, message, hint="label reals 1 and fakes 0", severity="warning")


def _label(scope: Scope, node: ast.expr) -> float | None:
    """The one number that a tensor of labels holds."""
    node = scope.resolved(node)
    value = constant(node)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(node, ast.Call):
        name = called(node)
        if name in ("zeros", "zeros_like"):
            return 0.0
        if name in ("ones", "ones_like"):
            return 1.0
        if name in ("full", "full_like"):
            filled = constant(argument(node, 1, "fill_value"))
            return float(filled) if isinstance(filled, (int, float)) else None
        if isinstance(node.func, ast.Attribute) and name in _KEEP_VALUES:
            return _label(scope, node.func.value)
        if name == "Variable" and node.args:
            return _label(scope, node.args[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        factors = [constant(side) for side in (node.left, node.right)]
        return 0.0 if 0 in factors else None
    return None


@rule("error")
def sigmoid_before_logits(scope: Scope) -> Iterator[Spotted]:
    """A probability where a logit is wanted: the sigmoid is taken twice."""
    for call in scope.calls():
        given = argument(call, 0, "input")
        if given is None:
            continue
        wants_logits = called(call) in ("binary_cross_entropy_with_logits", "softplus", "logsigmoid") or _is_made_by(
            scope, call.func, "BCEWithLogitsLoss"
        )
        if wants_logits and _ends_in(scope, given, "sigmoid", "Sigmoid"):
            message = f"'{ast.unparse(call.func)}' takes logits, and gets a sigmoid: it is taken twice"
            yield Spotted(call, message, hint="give it the raw scores")


@rule("warning")
def sigmoid_before_hinge(scope: Scope) -> Iterator[Spotted]:
    """A hinge of probabilities: its margins are never reached."""
    for call in scope.calls("relu", "ReLU", "clamp"):
        if call.args and "sigmoid(" in scope.text(call.args[0]).lower():
            yield Spotted(
                call, "a hinge gets a sigmoid: its margins at -1 and 1 are never reached", hint="give it the raw scores"
            )


@rule("warning")
def sigmoid_in_model(scope: Scope) -> Iterator[Spotted]:
    """A network that ends in a sigmoid beside a loss that takes logits."""
    if "BCEWithLogitsLoss" not in scope.file.source and "binary_cross_entropy_with_logits" not in scope.file.source:
        return
    if scope.function is not None:  # once for the file, wherever in it the network is made
        return
    for call in (node for node in ast.walk(scope.file.tree) if isinstance(node, ast.Call)):
        if (
            called(call) == "Sequential"
            and call.args
            and isinstance(call.args[-1], ast.Call)
            and called(call.args[-1]) == "Sigmoid"
        ):
            message = "the network ends in a sigmoid, and the file's loss takes logits: it is taken twice"
            yield Spotted(call.args[-1], message, hint="leave out the nn.Sigmoid()")


@rule("error")
def divergence_of_probabilities(scope: Scope) -> Iterator[Spotted]:
    """KLDivLoss of probabilities: it wants the logarithm of the estimate."""
    for call in _divergences(scope):
        given = argument(call, 0, "input")
        if given is not None and _ends_in(scope, given, "softmax", "sigmoid", "Softmax", "softmin"):
            message = f"KLDivLoss takes log-probabilities, and gets '{ast.unparse(given)}', which are probabilities"
            yield Spotted(call, message, hint="give it log_softmax(...)")


@rule("warning")
def divergence_averaged_over_classes(scope: Scope) -> Iterator[Spotted]:
    """KLDivLoss with its default reduction, which averages over classes too."""
    for call in scope.calls("KLDivLoss", "kl_div"):
        reduction = argument(call, 2 if called(call) == "KLDivLoss" else 4, "reduction")
        if reduction is None or constant(reduction) == "mean":
            message = "the default reduction divides by the number of classes as well"
            yield Spotted(call, message, hint="give reduction='batchmean'")


def _divergences(scope: Scope) -> Iterator[ast.Call]:
    for call in scope.calls():
        if called(call) == "kl_div" or _is_made_by(scope, call.func, "KLDivLoss"):
            yield call


def _is_made_by(scope: Scope, function: ast.expr, maker: str) -> bool:
    """Whether what is called is an instance of a class: nn.BCELoss()(x, y), or a name for one."""
    made = scope.resolved(function)
    return isinstance(made, ast.Call) and called(made) == maker


def _ends_in(scope: Scope, node: ast.expr, *names: str) -> bool:
    """Whether the value is the result of one of these functions."""
    made = scope.resolved(node)
    return isinstance(made, ast.Call) and (
        called(made) in names or any(_is_made_by(scope, made.func, n) for n in names)
    )


@rule("warning")
def logarithm_of_a_sigmoid(scope: Scope) -> Iterator[Spotted]:
    """log(sigmoid(x)), which is infinite where the sigmoid rounds to 0."""
    for call in scope.calls("log"):
        if call.args:
            inner = call.args[0]
            made = scope.resolved(inner)
            if isinstance(made, ast.BinOp) and isinstance(made.op, ast.Sub) and constant(made.left) == 1:
                made = scope.resolved(made.right)
            if isinstance(made, ast.Call) and called(made) == "sigmoid":
                yield Spotted(
                    call,
                    "the logarithm of a sigmoid is infinite where the sigmoid rounds to 0 or 1",
                    hint="use torch.nn.functional.logsigmoid or softplus",
                )
