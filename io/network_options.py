"""What options say of networks: roles in any accepted spelling, and classes of the user's own. Torch-free."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from ganloss_cli.errors import UsageError
from ganloss_cli.io.architectures.backbones import FEATURES
from ganloss_cli.io.checkpoints.contents.naming import read_name, role_of
from ganloss_cli.records.request import UserNetwork

_FORM = "ROLE=FILE.py:Class or ROLE=FILE.py:Class(ngf=64)"
_SPEC = re.compile(r"(?P<role>[^=:]+)=(?P<file>.+?\.py):(?P<call>.+)", re.DOTALL)
ROLES = (
    "generator", "discriminator", "generator_AB", "generator_BA", "discriminator_A", "discriminator_B",
)  # fmt: skip


def network_role(word: str, where: str) -> str:
    """The role that a word stands for: "G", "netG" and "generator" are one.

    Args:
        word: any accepted spelling.
        where: what was typed, for the message.

    Returns:
        The role in product.md's words ("mpd", "msd" ... for one of several sub-discriminators).

    Raises:
        UsageError: it stands for none.
    """
    if word == FEATURES:  # the network of --backbone features=FILE
        return word
    name = read_name(word, whole=True)
    # as an option D_A is product.md's discriminator_A, but a G_A is nobody's until it says AB or BA
    if name is None or (name.kind == "generator" and name.domain in ("A", "B")):
        known = ", ".join(ROLES)
        raise UsageError(f"{where}: '{word}' is no role; expected one of {known}, mpd, msd", hint="give for example G")
    return name.sub or role_of(name, naming="discogan", literal=True, where=where, called=word)


def read_user_network(text: str, option: str = "--network") -> UserNetwork:
    """A class of the user's own, taken apart; nothing of it is run.

    Args:
        text: "ROLE=FILE.py:Class(ngf=64)"; arguments are literals, and the parentheses may be left out.
        option: for the message.

    Raises:
        UsageError: it is not of that form, or its role is none.
    """
    where = f"{option} '{text}'"
    match = _SPEC.fullmatch(text)
    if not match:
        raise UsageError(f"{where}: expected {_FORM}")
    not_a_call = UsageError(f"{where}: '{match['call']}' is not a name with arguments", hint=f"give {_FORM}")
    try:
        call = ast.parse(match["call"].strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise not_a_call from error
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}
    if isinstance(call, ast.Call):
        arguments = tuple(_literal(argument, where) for argument in call.args)
        keywords = {_keyword(keyword, where): _literal(keyword.value, where) for keyword in call.keywords}
        call = call.func
    if not isinstance(call, ast.Name):
        raise not_a_call
    role = network_role(match["role"].strip(), where)
    file = Path(match["file"]).expanduser()
    return UserNetwork(text=text, role=role, file=file, name=call.id, arguments=arguments, keywords=keywords)


def _literal(node: ast.expr, where: str) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise UsageError(
            f"{where}: '{ast.unparse(node)}' is not a literal; expected a number, a string, a list ...",
            hint="quote strings inside the parentheses: --network \"generator=FILE.py:Class(norm='batch')\"",
        ) from error


def _keyword(keyword: ast.keyword, where: str) -> str:
    if keyword.arg is None:
        raise UsageError(f"{where}: '**' is not possible here", hint="write the arguments out")
    return keyword.arg
