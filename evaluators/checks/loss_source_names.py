"""Static rules about names: undefined, defined twice, overwritten, never filled."""

from __future__ import annotations

import ast
import builtins
import itertools
import symtable
from collections.abc import Iterator

from ganloss_cli.evaluators.checks.loss_source import Function, Scope, Spotted, called, rule

_OF_MODULES = {"__file__", "__name__", "__doc__", "__path__", "__spec__", "__loader__", "__package__", "__class__"}


@rule("error")
def undefined_name(scope: Scope) -> Iterator[Spotted]:
    """A name that the file never defines."""
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(scope.file.tree)):
        return
    table = symtable.symtable(scope.file.source, "file", "exec")
    known = _defined(table) | set(dir(builtins)) | _OF_MODULES
    own = table if scope.function is None else _table_of(table, scope.function)
    if own is None:
        return
    for symbol in own.get_symbols():
        foreign = symbol.is_global() if scope.function is not None else not symbol.is_assigned()
        if symbol.is_referenced() and foreign and symbol.get_name() not in known:
            node = next((n for n in scope.nodes() if isinstance(n, ast.Name) and n.id == symbol.get_name()), None)
            if node is not None:
                yield Spotted(node, f"'{symbol.get_name()}' is defined nowhere in the file")


def _defined(table: symtable.SymbolTable) -> set[str]:
    names = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    for child in table.get_children():
        names |= {s.get_name() for s in child.get_symbols() if s.is_declared_global() and s.is_assigned()}
        names |= _defined(child) & {s.get_name() for s in child.get_symbols() if s.is_declared_global()}
    return names


def _table_of(table: symtable.SymbolTable, function: Function) -> symtable.SymbolTable | None:
    for child in table.get_children():
        # the table of a decorated function begins at its first decorator on some versions
        lines = {function.lineno, *(decorator.lineno for decorator in function.decorator_list)}
        if child.get_type() == "function" and child.get_name() == function.name and child.get_lineno() in lines:
            return child
        found = _table_of(child, function)
        if found is not None:
            return found
    return None


@rule("warning")
def defined_twice(scope: Scope) -> Iterator[Spotted]:
    """A function that a later one of the same name replaces."""
    seen: dict[str, int] = {}
    for statement in scope.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and not statement.decorator_list:
            if statement.name in seen:
                first = seen[statement.name]
                yield Spotted(statement, f"'{statement.name}' replaces the one of line {first}")
            seen[statement.name] = statement.lineno


@rule("warning")
def overwritten_loss(scope: Scope) -> Iterator[Spotted]:
    """A value that the next line throws away."""
    for body in _bodies(scope):
        for first, second in itertools.pairwise(body):
            name = _assigned_call(first)
            if name is None or _assigned_call(second) != name:
                continue
            # as what is read: what is assigned to stands there as well
            used = {n.id for n in ast.walk(second) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
            if name not in used:
                message = f"'{name}' of line {first.lineno} is thrown away by this line"
                yield Spotted(second, message, hint="delete one of the two, or add them up")


def _bodies(scope: Scope) -> Iterator[list[ast.stmt]]:
    yield list(scope.body)
    for node in scope.nodes():
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield block


def _assigned_call(statement: ast.stmt) -> str | None:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    calls = any(isinstance(node, ast.Call) for node in ast.walk(statement.value))
    target = statement.targets[0]
    return target.id if calls and isinstance(target, ast.Name) else None


@rule("note")
def list_never_filled(scope: Scope) -> Iterator[Spotted]:
    """A list that is made, returned, and never filled."""
    empty = {
        node.targets[0].id: node for node in scope.nodes()
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.List) and not node.value.elts
    }  # fmt: skip
    returned = {
        part.id for node in scope.nodes() if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)
        for part in node.value.elts if isinstance(part, ast.Name)
    }  # fmt: skip
    for name, node in empty.items():
        uses = [use for use in scope.nodes() if isinstance(use, ast.Name) and use.id == name]
        if name in returned and len(uses) == 2:  # where it is made, and where it is returned
            yield Spotted(node, f"'{name}' is returned empty: nothing is ever put into it")


@rule("warning")
def changes_an_argument(scope: Scope) -> Iterator[Spotted]:
    """A parameter that is changed in place: the caller's tensor changes with it."""
    tensors = {p.arg for p in scope.parameters if _may_be_tensor(p)} - {"self"}
    for node in scope.nodes():
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            tensors.discard(node.targets[0].id)  # another tensor of the same name
        name = _changed(node)
        if name in tensors:
            yield Spotted(
                node, f"'{name}' is changed in place, and with it what the caller gave", hint="make a new tensor"
            )


def _may_be_tensor(parameter: ast.arg) -> bool:
    annotation = ast.unparse(parameter.annotation) if parameter.annotation else ""
    return not any(word in annotation for word in ("int", "float", "str", "bool", "list", "dict"))


def _changed(node: ast.AST) -> str | None:
    if isinstance(node, (ast.AugAssign, ast.Assign)):
        target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
        if isinstance(target, ast.Subscript):
            target = target.value
        elif isinstance(node, ast.Assign):
            return None
        return target.id if isinstance(target, ast.Name) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        method = called(node)
        if method.endswith("_") and not method.startswith("_") and method not in ("requires_grad_", "retain_grad_"):
            return node.func.value.id
    return None
