"""Static rules about arrays: axes of norms, strides, roots, loops."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ganloss_cli.evaluators.checks.loss_source import Scope, Spotted, argument, called, constant, rule


@rule("error")
def penalty_norm_over_one_axis(scope: Scope) -> Iterator[Spotted]:
    """The norm of a gradient over channels only: each pixel's is near 0."""
    for call in scope.calls():
        of, axes = _normed(call)
        if of is not None and axes in (1, (1,), [1]) and _is_gradient(scope, of):
            message = "the norm of the gradient runs over one axis: each pixel's is near 0, whatever is learned"
            yield Spotted(call, message, hint="flatten it first: gradients.flatten(1).norm(2, dim=1)")


def _normed(call: ast.Call) -> tuple[ast.expr | None, object]:
    """What x.norm(2, axes) or torch.norm(x, 2, axes) takes the norm of, and over which axes."""
    if called(call) not in ("norm", "vector_norm"):
        return None, None
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    if owner is None or ast.unparse(owner) in ("torch", "torch.linalg", "linalg"):
        return argument(call, 0, "input", "x"), constant(argument(call, 2, "dim", "axis"))
    return owner, constant(argument(call, 1, "dim", "axis"))


def _is_gradient(scope: Scope, node: ast.expr) -> bool:
    made = scope.resolved(node)
    while isinstance(made, ast.Subscript):
        made = made.value
    return isinstance(made, ast.Call) and ast.unparse(made.func).endswith("autograd.grad")


@rule("error")
def create_graph_missing(scope: Scope) -> Iterator[Spotted]:
    """A penalty on a gradient that cannot be differentiated itself."""
    if scope.function is None or not any(isinstance(n, ast.Return) and n.value is not None for n in scope.nodes()):
        return
    for call in scope.calls():
        if ast.unparse(call.func) in ("torch.autograd.grad", "autograd.grad"):
            graph = argument(call, 4, "create_graph")
            if graph is None or constant(graph) is False:
                message = "torch.autograd.grad without create_graph=True: the penalty trains nothing"
                yield Spotted(call, message, hint="give create_graph=True")


@rule("error")
def norm_over_three_axes(scope: Scope) -> Iterator[Spotted]:
    """torch.linalg.norm over more axes than a matrix has."""
    for call in scope.calls():
        axes = constant(argument(call, 2, "dim"))
        n_axes = len(axes) if isinstance(axes, (list, tuple)) else 1
        if n_axes > 2 and ast.unparse(call.func) in ("torch.linalg.norm", "linalg.norm"):
            message = f"torch.linalg.norm takes one or two axes, not {n_axes}: it raises"
            yield Spotted(call, message, hint="use torch.linalg.vector_norm")


@rule("warning")
def weight_is_zero(scope: Scope) -> Iterator[Spotted]:
    """A weight 1 - alpha - beta that the defaults make zero."""
    defaults = scope.defaults
    for node in scope.nodes():
        names = _taken_from_one(node)
        values = [defaults.get(name) for name in names]
        numbers = [value for value in values if isinstance(value, (int, float))]
        if len(numbers) == 2 and abs(1 - sum(numbers)) < 1e-9:
            told = " and ".join(f"{name} = {value}" for name, value in zip(names, numbers, strict=True))
            message = f"'{ast.unparse(node)}' is 0 with the defaults {told}: its term does nothing"
            yield Spotted(node, message)


def _taken_from_one(node: ast.AST) -> list[str]:
    """The names a and b of an expression 1 - a - b."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and isinstance(node.left, ast.BinOp)):
        return []
    inner = node.left
    if not isinstance(inner.op, ast.Sub) or constant(inner.left) != 1:
        return []
    names = [part.id for part in (inner.right, node.right) if isinstance(part, ast.Name)]
    return names if len(names) == 2 else []


@rule("error")
def root_inside_decibels(scope: Scope) -> Iterator[Spotted]:
    """10 log10 of a root: half the decibels."""
    for node in scope.nodes():
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)):
            continue
        for factor, other in ((node.left, node.right), (node.right, node.left)):
            of = argument(other, 0) if isinstance(other, ast.Call) and called(other) == "log10" else None
            if of is not None and constant(factor) in (10, -10) and _has_root(scope, of):
                message = "10 log10 is taken of a root: half the decibels of 10 log10(peak^2 / MSE)"
                yield Spotted(node, message, hint="take 20 log10 of it, or leave out the root")


def _has_root(scope: Scope, expression: ast.expr) -> bool:
    """Whether a root is in it that no square undoes."""
    nodes = list(ast.walk(expression))
    squared = {
        id(n.left) for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow) and constant(n.right) == 2
    }
    return any(_is_root(scope.resolved(n)) for n in nodes if isinstance(n, ast.expr) and id(n) not in squared)


def _is_root(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return constant(node.right) == 0.5
    return isinstance(node, ast.Call) and called(node) == "sqrt"


@rule("warning")
def pooling_at_its_own_stride(scope: Scope) -> Iterator[Spotted]:
    """A padded pooling without a stride, which is the size of its window by default."""
    for call in scope.calls():
        if not re.fullmatch(r"(avg|max)_pool[123]d|(Avg|Max)Pool[123]d", called(call)):
            continue
        first = 1 if called(call)[0].islower() else 0
        stride, padding = argument(call, first + 1, "stride"), argument(call, first + 2, "padding")
        if stride is None and padding is not None and constant(padding) not in (0, None):
            name = ast.unparse(call.func)
            message = f"'{name}' has no stride: it is the window's size by default, so windows do not overlap"
            yield Spotted(call, message, hint="give stride=1 where every position counts")


@rule("warning")
def product_of_vectors_only(scope: Scope) -> Iterator[Spotted]:
    """torch.dot, which takes no batch."""
    for call in scope.calls():
        if ast.unparse(call.func) == "torch.dot":
            yield Spotted(
                call,
                "torch.dot takes vectors only: a batch raises",
                hint="use (a * b).sum(-1), or torch.nn.functional.cosine_similarity",
            )


@rule("warning")
def loop_over_the_batch(scope: Scope) -> Iterator[Spotted]:
    """A loop over "feature maps" that is one over the batch: .features(x) is one tensor."""
    for node in scope.nodes():
        if not (isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and called(node.iter) == "zip"):
            continue
        for part in node.iter.args:
            made = scope.resolved(part)
            if isinstance(made, ast.Call):
                maker = scope.resolved(made.func)
                if (isinstance(maker, ast.Attribute) and maker.attr == "features") or called(made).endswith("features"):
                    message = (
                        f"'{ast.unparse(part)}' is one tensor: the loop runs over the batch, not over feature maps"
                    )
                    yield Spotted(node, message, hint="collect the maps of the layers in a list")
                    break
