"""Static rules about what stands around a loss in a training script."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ganloss_cli.evaluators.checks.loss_source import Scope, Spotted, argument, called, constant, rule

_BATCH_SIZES = {"batch_size", "batchsize", "bs", "BATCH_SIZE"}
_OF_THE_BATCH = re.compile(r"\.size\(|\.shape\[|len\(")
_BACKBONES = re.compile(r"vgg\d+(_bn)?|alexnet|resnet\d+|squeezenet\w*")


@rule("warning")
def labels_of_fixed_size(scope: Scope) -> Iterator[Spotted]:
    """Labels for a full batch: the last batch of an epoch is smaller."""
    for call in scope.calls("ones", "zeros", "full"):
        if not call.args:
            continue
        shape = call.args[0]
        size = shape.elts[0] if isinstance(shape, (ast.Tuple, ast.List)) and shape.elts else shape
        name = size.attr if isinstance(size, ast.Attribute) else size.id if isinstance(size, ast.Name) else ""
        if (
            name not in _BATCH_SIZES
            or _OF_THE_BATCH.search(scope.text(size))
            or name in {p.arg for p in scope.parameters}
        ):
            continue
        target = _target_of(scope, call)
        if "label" in target or "valid" in target or "target" in target:
            message = f"'{target}' is made for {ast.unparse(size)} samples: the last batch may hold fewer"
            yield Spotted(call, message, hint="use torch.ones_like(output)")


def _target_of(scope: Scope, call: ast.Call) -> str:
    for node in scope.nodes():
        if isinstance(node, ast.Assign) and any(part is call for part in ast.walk(node.value)):
            return ast.unparse(node.targets[0])
    return ""


@rule("warning")
def gradient_of_what_needs_none(scope: Scope) -> Iterator[Spotted]:
    """A gradient with respect to points that nothing here makes differentiable."""
    if scope.function is None or "requires_grad" in (ast.get_source_segment(scope.file.source, scope.function) or ""):
        return
    for call in scope.calls():
        if not ast.unparse(call.func).endswith("autograd.grad"):
            continue
        inputs = argument(call, 1, "inputs")
        if inputs is None or not isinstance(inputs, ast.Name):
            continue
        if scope.assigned(inputs.id, inputs.lineno) is not None:
            message = (
                f"'{inputs.id}' requires no gradient unless something that the caller gives does, and then this raises"
            )
            hint = f"say {inputs.id}.requires_grad_(True) before the discriminator gets it"
            yield Spotted(call, message, hint=hint)


@rule("note")
def graph_kept(scope: Scope) -> Iterator[Spotted]:
    """backward(retain_graph=True): the graph of every step stays in memory as long as the loss does."""
    for call in scope.calls("backward"):
        if constant(argument(call, 1, "retain_graph")) is True:
            yield Spotted(
                call,
                "the graph is kept after the step, and with it the memory of the batch",
                hint="leave out retain_graph=True",
            )


@rule("warning")
def uniform_latents(scope: Scope) -> Iterator[Spotted]:
    """Latents from torch.rand, which is uniform on [0, 1), where N(0, 1) is meant."""
    inputs = {
        argument_.id for call in scope.calls() for argument_ in call.args
        if isinstance(argument_, ast.Name) and re.fullmatch(r"(net)?_?g(en|enerator|an)?(_\w+)?", called(call).lower())
    }  # fmt: skip
    for node in scope.nodes():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call):
            name = node.targets[0].id
            if name in inputs and ast.unparse(node.value.func) == "torch.rand" and re.search(r"noise|latent|^z", name):
                yield Spotted(
                    node,
                    f"'{name}' is uniform on [0, 1): torch.rand is not torch.randn",
                    hint="draw latents with torch.randn",
                )


@rule("warning")
def backbone_in_training(scope: Scope) -> Iterator[Spotted]:
    """A pretrained network that is neither frozen nor in eval mode."""
    if "requires_grad" in scope.file.source or ".eval()" in scope.file.source:
        return
    for call in scope.calls():
        if _BACKBONES.fullmatch(called(call)):
            message = f"{called(call)} is neither frozen nor in eval mode: its weights are trained along"
            yield Spotted(call, message, hint="say .eval().requires_grad_(False)")


@rule("warning")
def backbone_without_normalisation(scope: Scope) -> Iterator[Spotted]:
    """A network of ImageNet that gets images as they are."""
    if re.search(r"Normalize\(|0\.485|103\.9|123\.6|mean=", scope.file.source):
        return
    for call in scope.calls():
        if _BACKBONES.fullmatch(called(call)):
            message = f"{called(call)} was trained on normalised images, and nothing in the file normalises them"
            yield Spotted(call, message, hint="subtract (0.485, 0.456, 0.406), divide by (0.229, 0.224, 0.225)")


@rule("note")
def device_is_fixed(scope: Scope) -> Iterator[Spotted]:
    """A device that the function names itself."""
    for call in scope.calls():
        fixed = (
            called(call) == "cuda" and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != "torch"
        )
        named = called(call) in ("to", "device") and call.args and str(constant(call.args[0])).startswith("cuda")
        if scope.function is not None and (fixed or named):
            yield Spotted(call, f"'{ast.unparse(call)}' works on a GPU only", hint="use the device of an input: .to(x)")
