"""The static pass over a file with a loss function: known mistakes with their lines, nothing of the file is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from ganloss_cli.records.evidence import COLUMN, FILE, LINE
from ganloss_cli.records.report import Finding
from ganloss_cli.records.severity import Severity

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Spotted:
    """A mistake in one line.

    Args:
        node: where.
        message: one sentence without a full stop.
        hint: what to do.
        severity: where it is another one than the rule's own.
    """

    node: ast.AST
    message: str
    _: KW_ONLY
    hint: str | None = None
    severity: Severity | None = None


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A function, or what stands at module level, with what rules ask about it.

    Args:
        function: None at module level.
        body: its statements.
        file: that it is in.
    """

    function: Function | None
    body: Sequence[ast.stmt]
    file: SourceFile

    @property
    def name(self) -> str:
        """Of the function; empty at module level."""
        return self.function.name if self.function else ""

    @property
    def parameters(self) -> Sequence[ast.arg]:
        """Of the function."""
        if self.function is None:
            return ()
        spec = self.function.args
        return [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]

    @property
    def defaults(self) -> Mapping[str, object]:
        """Parameters whose default is a literal, with it."""
        if self.function is None:
            return {}
        spec = self.function.args
        positional = [*spec.posonlyargs, *spec.args]
        with_default = positional[len(positional) - len(spec.defaults) :]
        pairs = [*zip(with_default, spec.defaults, strict=True), *zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
        return {parameter.arg: constant(default) for parameter, default in pairs}

    def nodes(self) -> Iterator[ast.AST]:
        """Everything in it but nested functions and classes, in the order of the text."""
        waiting: list[ast.AST] = list(reversed(self.body))
        while waiting:
            node = waiting.pop()
            yield node
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                waiting.extend(reversed(list(ast.iter_child_nodes(node))))

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Every call in it, or those of functions with one of these names."""
        calls = (node for node in self.nodes() if isinstance(node, ast.Call))
        return (call for call in calls if not names or called(call) in names)

    def assigned(self, name: str, before: int) -> ast.expr | None:
        """What a name holds in a line: the last value assigned to it above, here or at module level."""
        values = [value for line, target, value in self._assignments() if target == name and line < before]
        if values:
            return values[-1]
        if any(parameter.arg == name for parameter in self.parameters):
            return None
        at_top = [value for _, target, value in self.file.top._assignments() if target == name]
        return at_top[-1] if at_top and self.function is not None else None

    def _assignments(self) -> Iterator[tuple[int, str, ast.expr]]:
        for node in self.nodes():
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                yield from _targets(node.targets[0], node.value, node.lineno)
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                yield from _targets(node.target, node.value, node.lineno)

    def resolved(self, node: ast.expr) -> ast.expr:
        """The expression behind a name or an attribute of self; itself where nothing is known."""
        for _ in range(4):
            value = None
            if isinstance(node, ast.Name):
                value = self.assigned(node.id, node.lineno)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                value = self.file.attributes.get(node.attr)
            if value is None or value is node:
                return node
            node = value
        return node

    def text(self, node: ast.AST) -> str:
        """The source of an expression, names in it replaced once by what they hold."""
        replaced = [ast.unparse(node)]
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and (value := self.assigned(part.id, part.lineno)) is not None:
                replaced.append(ast.unparse(value))
        return " ; ".join(replaced)


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file that compiles, taken apart."""

    tree: ast.Module
    source: str
    scopes: list[Scope] = field(default_factory=list)
    attributes: dict[str, ast.expr] = field(default_factory=dict)  # what `self.x = ...` assigns, class by class

    @property
    def top(self) -> Scope:
        """What stands at module level."""
        return self.scopes[0]


Rule = Callable[[Scope], Iterator[Spotted]]


@dataclass(frozen=True, kw_only=True)
class NamedRule:
    """A rule with what findings are called."""

    name: str
    rule: Rule
    severity: Severity
    summary: str


_RULES: dict[str, NamedRule] = {}


def rule(severity: Severity) -> Callable[[Rule], Rule]:
    """Register a rule under its function's name, which says what is wrong; the function is returned unchanged.

    Args:
        severity: of its findings in what is audited; elsewhere in the file they are warnings at most.
    """

    def register(function: Rule) -> Rule:
        name = getattr(function, "__name__", "")
        if name in _RULES:
            raise RuntimeError(f"the rule {name!r} is registered twice")
        summary = (function.__doc__ or "").partition("\n")[0]
        _RULES[name] = NamedRule(name=name, rule=function, severity=severity, summary=summary)
        return function

    return register


def rules() -> Mapping[str, NamedRule]:
    """Every rule by name."""
    import ganloss_cli.evaluators.checks  # noqa: F401  they register themselves when imported

    return _RULES


def source_findings(source: str, path: str, name: str) -> list[Finding]:
    """The known mistakes in what is audited, in what calls it, at module level and in what is called there.

    Args:
        source: the text of the file, which compiles.
        path: of the file, for the findings.
        name: of the function, class or variable that is audited; mistakes around it are warnings at most.
    """
    file = parsed(source)
    audited = _audited(file, name)
    at_top = {called(call) for call in file.top.calls()}
    around = [scope for scope in file.scopes if scope is file.top or scope.name in at_top or any(scope.calls(name))]
    found = []
    for named in rules().values():
        for scope in [*audited, *(scope for scope in around if scope not in audited)]:
            for spotted in named.rule(scope):
                severity = spotted.severity or named.severity
                inside = scope in audited
                if not inside and severity == "error":
                    severity = "warning"
                evidence: dict[str, Any] = {FILE: path, LINE: getattr(spotted.node, "lineno", None)}
                evidence |= {COLUMN: getattr(spotted.node, "col_offset", 0) + 1, "within": scope.name or "the file"}
                found.append(
                    Finding(
                        check=named.name,
                        severity=severity,
                        message=spotted.message,
                        evidence=evidence,
                        hint=spotted.hint,
                    )
                )
    return found


def parsed(source: str) -> SourceFile:
    """A file taken apart into its functions and what stands at module level.

    Args:
        source: that compiles.
    """
    tree = ast.parse(source)
    file = SourceFile(tree=tree, source=source)
    file.scopes.append(Scope(function=None, body=tree.body, file=file))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            file.scopes.append(Scope(function=node, body=node.body, file=file))
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
                file.attributes[target.attr] = node.value
    return file


def _audited(file: SourceFile, name: str) -> list[Scope]:
    """The scopes of what is audited: the function with what it calls in this file, or all methods of a class."""
    by_name = {scope.name: scope for scope in file.scopes if scope.function is not None}
    classes = {node.name: node for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)}
    waiting, found = [name], []
    while waiting:
        current = waiting.pop()
        inside = [scope for scope in file.scopes if current in classes and scope.function in classes[current].body]
        inside += [by_name[current]] if current in by_name else []
        for scope in inside:
            if scope not in found:
                found.append(scope)
                waiting += [called(call) for call in scope.calls()]
    return found or [file.top]


def called(call: ast.Call) -> str:
    """The last part of the name that is called: "kl_div" of F.kl_div(...); empty for anything else."""
    function = call.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    """An argument by position or by one of its names."""
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    return call.args[position] if position < len(call.args) else None


def constant(node: ast.expr | None) -> object:
    """The value of a literal, a list or tuple of literals included; None for anything else."""
    if node is None:
        return None
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None


def _targets(target: ast.expr, value: ast.expr, line: int) -> Iterator[tuple[int, str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield line, target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        parts = value.elts if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts) else None
        for position, part in enumerate(target.elts):
            yield from _targets(part, parts[position] if parts else value, line)
