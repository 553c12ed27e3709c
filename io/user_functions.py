"""Loss functions of the user's own: FILE.py:FUNCTION. Torch-free; it runs code only because the user named it."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.user_code import import_file, importing_beside
from ganloss_cli.io.writing import refuse_output

FORM = "FILE.py:FUNCTION or FILE.py:Class(weight=1.0)"
_SPEC = re.compile(r"(?P<file>.+?\.py):(?P<call>.+)", re.DOTALL)
# What a file is made of, as far as a function in it may need that; loops and calls are its own business.
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Try)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign)


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    """What FILE.py:FUNCTION or FILE.py:Class(...) said, taken apart."""

    file: Path
    name: str
    arguments: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] | None = None  # None where no parentheses were given


@dataclass(frozen=True, kw_only=True)
class LoadedFunction:
    """A function ready to be called.

    Args:
        function: what to call; for a class its instance.
        module: that it is from.
        parameters: of a call.
        unused: keyword arguments that neither a constructor nor the call takes.
        remaining: keyword arguments for the call.
        failed: statements of the file that failed, line and error, where it could not be imported whole.
    """

    function: Callable[..., Any]
    module: types.ModuleType
    parameters: tuple[inspect.Parameter, ...]
    unused: tuple[str, ...]
    remaining: Mapping[str, Any]
    failed: tuple[tuple[int, str], ...]


def parse_function(text: str) -> FunctionSpec:
    """Take FILE.py:FUNCTION apart.

    Args:
        text: "losses.py:psnr", "losses.py:GANLoss(mode='lsgan')"; arguments are literals.

    Raises:
        UsageError: it is something else.
        InputError: there is no such file.
    """
    match = _SPEC.fullmatch(text)
    wrong = UsageError(f"{text}: expected {FORM}")
    if not match:
        raise wrong
    try:
        call = ast.parse(match["call"].strip(), mode="eval").body
        arguments: tuple[Any, ...] = ()
        keywords: dict[str, Any] | None = None
        if isinstance(call, ast.Call):
            arguments = tuple(ast.literal_eval(value) for value in call.args)
            keywords = {keyword.arg or "**": ast.literal_eval(keyword.value) for keyword in call.keywords}
            call = call.func
    except (SyntaxError, ValueError) as error:
        raise wrong from error
    name = ast.unparse(call)
    if not all(part.isidentifier() for part in name.split(".")):
        raise wrong
    file = Path(match["file"]).expanduser()
    if not file.is_file():
        raise InputError(f"{file}: no such file", hint=f"give {FORM}")
    refuse_output(file, file.stat())
    return FunctionSpec(file=file, name=name, arguments=arguments, keywords=keywords)


def load_function(spec: FunctionSpec, keywords: Mapping[str, Any], *, definitions_only: bool) -> LoadedFunction:
    """Import the file and make what is to be called.

    Args:
        spec: the file and the name in it.
        keywords: arguments that the user gave, for the constructor of a class or for each call.
        definitions_only: run imports, functions, classes and assignments, and nothing else, each as far as it goes.

    Raises:
        InputError: no such name, or nothing that can be called.
        Exception: whatever the user's code raises.
    """
    with importing_beside(spec.file):
        module, failed = _definitions(spec.file) if definitions_only else (import_file(spec.file), ())
        found: Any = module
        for part in spec.name.split("."):
            if not hasattr(found, part):
                raise InputError(f"{spec.file}: no '{spec.name}' in it; it defines {_functions(module)}")
            found = getattr(found, part)
        function, remaining = _callable(found, spec, dict(keywords))
    parameters = _parameters(function)
    taken = {parameter.name for parameter in parameters}
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    unused = tuple(name for name in remaining if name not in taken and not open_ended)
    return LoadedFunction(
        function=function, module=module, parameters=parameters, unused=unused, remaining=remaining, failed=failed
    )


def _callable(found: Any, spec: FunctionSpec, keywords: dict[str, Any]) -> tuple[Callable[..., Any], dict[str, Any]]:
    """The function itself, or the instance that a class or a factory makes; with the arguments that are left."""
    if not callable(found):
        raise InputError(f"{spec.file}: '{spec.name}' is a {type(found).__name__}, which cannot be called")
    is_class = isinstance(found, type)
    if not is_class and spec.keywords is None and not _is_factory(found):
        return found, keywords
    taken = {parameter.name for parameter in _parameters(found)}
    own = {name: keywords.pop(name) for name in list(keywords) if name in taken}
    made = found(*spec.arguments, **{**(spec.keywords or {}), **own})
    if not callable(made):
        raise InputError(f"{spec.file}: {spec.name}() gave a {type(made).__name__}, which cannot be called")
    return made, keywords


def _is_factory(found: Callable[..., Any]) -> bool:
    """Whether it is a function that takes nothing, so that it can only make the loss."""
    return isinstance(found, types.FunctionType) and not _parameters(found)


def _parameters(function: Callable[..., Any]) -> tuple[inspect.Parameter, ...]:
    """Of a call; of a module its forward's, unless it has a call of its own; of a metric with *args its update's."""
    called_by_torch = str(getattr(type(function).__call__, "__module__", "")).startswith("torch.")
    of_instance = called_by_torch and not isinstance(function, (type, types.FunctionType))
    target = getattr(function, "forward", function) if of_instance else function
    try:
        parameters = tuple(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):
        return ()
    if all(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in parameters):
        update = getattr(function, "update", None)
        if update is not None:
            return tuple(inspect.signature(update).parameters.values())
    return parameters


def _functions(module: types.ModuleType) -> str:
    names = [
        name for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", None) == module.__name__
    ]  # fmt: skip
    return ", ".join(names) or "no function"


def _definitions(file: Path) -> tuple[types.ModuleType, tuple[tuple[int, str], ...]]:
    """The module as far as its definitions go, with the statements among them that failed."""
    spec = importlib.util.spec_from_file_location(f"_ganloss_user_{file.stem}", file)
    if spec is None:
        raise InputError(f"{file}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    failed = []
    for statement in _statements(file):
        code = compile(ast.Module(body=[statement], type_ignores=[]), str(file), "exec")
        try:
            exec(code, module.__dict__)  # noqa: S102  the user named the file
        except Exception as error:  # noqa: BLE001  theirs: it is told, and the next statement may do without
            failed.append((statement.lineno, f"{type(error).__name__}: {error}"))
    return module, tuple(failed)


def _statements(file: Path) -> Iterable[ast.stmt]:
    tree = ast.parse(file.read_bytes(), filename=str(file))
    return [statement for statement in tree.body if isinstance(statement, (*_DEFINITIONS, *_ASSIGNMENTS))]
