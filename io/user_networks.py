"""Networks of the user's own: ROLE=FILE.py:Class(ngf=64)."""

from __future__ import annotations

import ast
import inspect
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints.contents.naming import read_name, role_of
from ganloss_cli.io.networks.loading import load_strictly, try_load
from ganloss_cli.io.user_code import import_file, importing_beside, run_theirs

_FORM = "ROLE=FILE.py:Class or ROLE=FILE.py:Class(ngf=64)"
_SPEC = re.compile(r"(?P<role>[^=:]+)=(?P<file>.+?\.py):(?P<call>.+)", re.DOTALL)
ROLES = (
    "generator", "discriminator", "generator_AB", "generator_BA", "discriminator_A", "discriminator_B",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Spec:
    """What the option said, taken apart."""

    text: str
    role: str
    file: Path
    name: str
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]


def load_user_network(spec: str) -> tuple[str, nn.Module]:
    """The module that the user's own class or function makes.

    The file is imported as Python would import it from its folder: `from .blocks import X` and `import blocks` work
    beside it, and up through packages with an __init__.py. What it prints goes to stderr.

    Args:
        spec: "ROLE=FILE.py:Class(ngf=64)"; arguments are literals, and the parentheses may be left out.

    Returns:
        The role in product.md's words ("mpd", "msd" ... for one of several sub-discriminators), and the module with the
        weights its constructor gave it.

    Raises:
        UsageError: the option is not of that form, or its role is none.
        InputError: no such file or class, or the user's code fails.
    """
    parsed = _parse(spec)
    if not parsed.file.is_file():
        raise InputError(f"{parsed.file}: no such file", hint=f"give --network {_FORM}")
    with importing_beside(parsed.file):
        module = run_theirs(lambda: import_file(parsed.file), f"{parsed.file}: cannot be imported")
        maker = getattr(module, parsed.name, None)
        if maker is None:
            raise InputError(f"{parsed.file}: no '{parsed.name}' in it; its networks are {_networks_in(module)}")
        network = _make(maker, parsed)
    if not isinstance(network, nn.Module):
        raise InputError(f"{parsed.file}: {parsed.name} gave a {type(network).__name__}, not a torch.nn.Module")
    return parsed.role, network


def load_into(module: nn.Module, state_dict: Mapping[str, Tensor], where: str) -> None:
    """Load a checkpoint's weights into a module whose names may have a prefix more or less.

    Args:
        module: receives them.
        state_dict: name -> tensor.
        where: the file and the network's name in it, for the error.

    Raises:
        InputError: missing or unexpected keys except batch-norm counters, or shapes that differ.
    """
    for candidate in _spellings(state_dict, tuple(module.state_dict())):
        if try_load(module, candidate) is None:
            return
    takes = _parameters(type(module))
    hint = f"make it as it was trained, with --network ROLE=FILE.py:{type(module).__name__}(...): it takes {takes}"
    load_strictly(module, state_dict, where, hint=hint if takes else None)


def _spellings(state_dict: Mapping[str, Tensor], wanted: tuple[str, ...]) -> Iterator[Mapping[str, Tensor]]:
    """As it is, without the prefix that all its keys share, with the one that all wanted keys share, and both."""
    yield state_dict
    had, want = _common_prefix(tuple(state_dict)), _common_prefix(wanted)
    if had:
        yield {key.removeprefix(had): value for key, value in state_dict.items()}
    if want:
        yield {want + key: value for key, value in state_dict.items()}
    if had and want:
        yield {want + key.removeprefix(had): value for key, value in state_dict.items()}


def _common_prefix(keys: tuple[str, ...]) -> str:
    heads = {key.partition(".")[0] for key in keys if "." in key}
    return f"{heads.pop()}." if len(heads) == 1 and all("." in key for key in keys) else ""


def _parse(text: str) -> _Spec:
    match = _SPEC.fullmatch(text)
    if not match:
        raise UsageError(f"--network '{text}': expected {_FORM}")
    try:
        call = ast.parse(match["call"].strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"--network '{text}': '{match['call']}' is not a name with arguments", hint=f"give {_FORM}"
        ) from error
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    if isinstance(call, ast.Call):
        arguments = tuple(_literal(argument, text) for argument in call.args)
        keywords = {_keyword(keyword, text): _literal(keyword.value, text) for keyword in call.keywords}
        call = call.func
    if not isinstance(call, ast.Name):
        raise UsageError(f"--network '{text}': '{match['call']}' is not a name with arguments", hint=f"give {_FORM}")
    role = _role(match["role"].strip(), text)
    file = Path(match["file"]).expanduser()
    return _Spec(text=text, role=role, file=file, name=call.id, arguments=arguments, keywords=keywords)


def _literal(node: ast.expr, text: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise UsageError(
            f"--network '{text}': '{ast.unparse(node)}' is not a literal; expected a number, a string, a list ...",
            hint="quote strings inside the parentheses: --network \"generator=FILE.py:Class(norm='batch')\"",
        ) from error


def _keyword(keyword: ast.keyword, text: str) -> str:
    if keyword.arg is None:
        raise UsageError(f"--network '{text}': '**' is not possible here", hint="write the arguments out")
    return keyword.arg


def _role(word: str, text: str) -> str:
    name = read_name(word, whole=True)
    # as an option D_A is product.md's discriminator_A, but a G_A is nobody's until it says AB or BA
    if name is None or (name.kind == "generator" and name.domain in ("A", "B")):
        raise UsageError(
            f"--network '{text}': '{word}' is no role; expected one of {', '.join(ROLES)}, mpd, msd",
            hint=f"give {_FORM}",
        )
    return name.sub or role_of(name, naming="discogan", literal=True, where=text, called=word)


def _make(maker: Any, spec: _Spec) -> Any:
    if isinstance(maker, nn.Module) and not spec.arguments and not spec.keywords:
        return maker
    if not callable(maker):
        raise InputError(f"{spec.file}: '{spec.name}' is a {type(maker).__name__}, not a class or a function")
    try:
        return run_theirs(lambda: maker(*spec.arguments, **spec.keywords), f"{spec.file}: {spec.name} cannot be built")
    except InputError as error:
        takes = _parameters(maker)
        raise InputError(error.message, hint=error.hint or (f"it takes {takes}" if takes else None)) from error


def _parameters(maker: Any) -> str:
    """What a class or a function of theirs takes: "ndf=8, norm='batch'"; empty where that is nothing."""
    try:
        parameters = inspect.signature(maker).parameters.values()
    except (TypeError, ValueError):  # what is made in C tells nothing
        return ""
    named = [p.replace(annotation=p.empty) for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return ", ".join(map(str, named))


def _networks_in(module: types.ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, nn.Module) and value.__module__ == module.__name__
    ]
    return ", ".join(names) or "none"
