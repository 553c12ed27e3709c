"""The texts that options take, checked and parsed before anything heavy is imported."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.gates import parse_gates
from ganloss_cli.records.request import Request, StatedNumber

FORMATS = ("table", "json", "csv", "markdown", "github", "junit")
FORMATS_BY_SUFFIX = {".json": "json", ".csv": "csv", ".md": "markdown", ".txt": "table", ".xml": "junit"}
# formats that people look at; what the others hold is told on standard error as well, where it matters
SHOWN_FORMATS = ("table", "markdown", "github")
# the parameter that holds a role's path -> the role; Python's own names and capitals are kept out of signatures
ROLE_PARAMETERS = {
    "real": "real", "fake": "fake", "input_": "input", "latents": "latents", "label": "label", "pitch": "pitch",
    "mixture": "mixture", "target": "target", "estimate": "estimate", "residual": "residual", "mask": "mask",
    "real_a": "real_A", "real_b": "real_B", "fake_a": "fake_A", "fake_b": "fake_B",
}  # fmt: skip
# the field of a request -> the parameter that holds it, where they differ
_PARAMETERS = {"networks": "network", "range": "range_", "workers": "num_workers"}


def request_from(given: Mapping[str, Any], command: Sequence[str], *, needs_data: bool = True) -> Request:
    """The request that the options of a command make, each checked as far as its text tells.

    Args:
        given: the options' values by parameter name; a command may lack some.
        command: the command line, for the report.
        needs_data: whether a command line without data and networks is a mistake.

    Raises:
        UsageError: a text that an option cannot take, or nothing to evaluate.
        InputError: a path that does not exist.
    """
    chosen: dict[str, Any] = {}
    for field in fields(Request):
        if field.name in ("roles", "command"):
            continue
        parameter = _PARAMETERS.get(field.name, field.name)
        if parameter not in given:
            continue
        value = given[parameter]
        if field.name in PARSERS and value is not None:
            value = PARSERS[field.name](f"--{parameter.rstrip('_').replace('_', '-')}", value)
        chosen[field.name] = tuple(value or ()) if field.default == () else value
    roles = {role: given[name] for name, role in ROLE_PARAMETERS.items() if given[name] is not None}
    request = Request(**chosen, roles=roles, command=tuple(command))
    _check(request, needs_data)
    return request


def _check(request: Request, needs_data: bool) -> None:
    parse_gates(request.fail_if)
    if needs_data and not (request.ckpt or request.disc or request.networks or request.data or request.roles):
        raise UsageError("nothing to evaluate", hint="give --data PATH, and --ckpt PATH where networks take part")
    _check_exists("--ckpt", request.ckpt)
    _check_exists("--disc", request.disc)
    _check_exists("--data", [request.data] if request.data else [])


def checkpoints(named: Sequence[Path] | None, ckpt: Sequence[Path] | None) -> tuple[Path, ...]:
    """The checkpoints of a command that takes them as arguments, and as --ckpt like every other command.

    Args:
        named: without an option.
        ckpt: with one.

    Raises:
        UsageError: there are none.
    """
    if paths := (*(named or ()), *(ckpt or ())):
        return paths
    raise UsageError("missing argument 'PATH'", hint="name a checkpoint: a file or a folder")


def low_high(option: str, text: str) -> tuple[float, float]:
    """Two numbers, the lower one first.

    Args:
        option: its name, for the message.
        text: "-1,1".

    Raises:
        UsageError: it is something else.
    """
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UsageError(
            f"{option}: expected LOW,HIGH with LOW below HIGH, got {text!r}", hint=f"for example {option} -1,1"
        )
    return low, high


def network_ranges(option: str, texts: Sequence[str]) -> Sequence[str]:
    """Ranges with or without a role, unchanged once checked.

    Args:
        option: its name, for the message.
        texts: "-1,1", "generator=0,1".
    """
    for text in texts:
        role, equals, range_ = text.rpartition("=")
        if equals and not role:
            raise UsageError(f"{option}: no role before the = of {text!r}", hint=f"for example {option} generator=0,1")
        low_high(option, range_)
    return texts


def words(option: str, texts: Iterable[str]) -> tuple[str, ...]:
    """A repeatable list whose values may hold several words, separated by commas.

    Args:
        option: its name, for the message.
        texts: "ssim,psnr", "fm".

    Raises:
        UsageError: a text holds no word, as an unset shell variable would; it must not mean the default.
    """
    found: list[str] = []
    for text in texts:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if not parts:
            raise UsageError(f"{option}: expected at least one name, got {text!r}")
        found.extend(parts)
    return tuple(found)


def shape(option: str, text: str) -> tuple[int, ...]:
    """A shape without its batch axis.

    Args:
        option: its name, for the message.
        text: "128", "128x1x1" or "128,1,1".
    """
    if not re.fullmatch(r"[1-9]\d*([x,][1-9]\d*)*", text):
        raise UsageError(f"{option}: expected a shape like 128 or 128x1x1, got {text!r}")
    return tuple(int(part) for part in re.split("[x,]", text))


def size(option: str, text: str) -> str:
    """A size of images, "64" or "64x48", unchanged once checked."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise UsageError(f"{option}: expected a side like 64 or WIDTHxHEIGHT like 64x48, got {text!r}")
    return text


def named_file(option: str, text: str) -> str:
    """A name and a file, "vgg19=vgg19.pth", unchanged once the file is there; which names are known is found out later.

    Args:
        option: its name, for the message.
        text: NAME=FILE.

    Raises:
        UsageError: a side is missing.
        InputError: there is no such file.
    """
    name, equals, file = text.partition("=")
    if not (name and equals and file):
        raise UsageError(f"{option}: expected NAME=FILE, got {text!r}", hint=f"for example {option} vgg19=vgg19.pth")
    _check_exists(option, [Path(file)])
    return text


def device(option: str, text: str) -> str:
    """A device's name, unchanged once checked; whether the machine has it is found out later."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", text):
        raise UsageError(f"{option}: expected one of auto, cpu, cuda, cuda:N, mps; got {text!r}")
    return text


def pattern(option: str, text: str) -> str:
    """A regular expression, unchanged once it compiles."""
    try:
        re.compile(text)
    except re.error as error:
        raise UsageError(f"{option}: {text!r} is not a regular expression: {error}") from None
    return text


def positive(option: str, text: str) -> float:
    """A finite number above zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise UsageError(f"{option}: expected a number above 0, got {text!r}")
    return number


def not_negative(option: str, text: str) -> float:
    """A finite number of at least zero."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise UsageError(f"{option}: expected a number of at least 0, got {text!r}")
    return number


def renames(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Names of any kind by what they are to be called.

    Args:
        option: its name, for the message.
        texts: each "THEIRS=OURS".

    Raises:
        UsageError: a side is missing, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        theirs, equals, ours = text.rpartition("=")
        if not (equals and theirs and ours):
            raise UsageError(f"{option}: expected THEIRS=OURS, got {text!r}")
        if theirs in found:
            raise UsageError(f"{option}: {theirs!r} is given twice, as {found[theirs]!r} and as {ours!r}")
        found[theirs] = ours
    return found


def one_of(choices: Sequence[str], option: str, text: str) -> str:
    """A word of a closed set, which the message names in full."""
    if text not in choices:
        raise UsageError(f"{option}: expected one of {', '.join(choices)}; got {text!r}")
    return text


def whole(least: int, option: str, text: str, *, most: int | None = None) -> int:
    """A whole number of at least `least`, and of at most `most` where that is given."""
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or int(text) < least:
        raise UsageError(f"{option}: expected a whole number of at least {least}, got {text!r}")
    if most is not None and int(text) > most:
        raise UsageError(f"{option}: expected a whole number of at most {most}, got {text}")
    return int(text)


def output_format(path: Path, by_suffix: Mapping[str, str] = FORMATS_BY_SUFFIX) -> str:
    """The format that a suffix of `--output` stands for.

    Raises:
        UsageError: it stands for none; the message names all that do.
    """
    try:
        return by_suffix[path.suffix.lower()]
    except KeyError:
        known = ", ".join(by_suffix)
        raise UsageError(f"--output {path}: expected a suffix of {known}; got {path.suffix!r}") from None


def stated_number(text: str) -> StatedNumber:
    """A loss and the number that a log states for it.

    Args:
        text: "d_bce=1.386"; how many digits there are decides what counts as the same number.

    Raises:
        UsageError: it is something else, or the number is not finite.
    """
    name, _, digits = text.rpartition("=")
    try:
        number = Decimal(digits.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not (name.strip() and number.is_finite()):
        raise UsageError(f"{text}: expected NAME=VALUE with a number", hint="for example d_bce=1.386")
    exponent = number.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return StatedNumber(name=name.strip(), text=digits.strip(), value=float(number), tolerance=float(half))


def _check_exists(option: str, paths: Sequence[Path]) -> None:
    """Refuse paths that are not there, before seconds go into importing.

    Raises:
        InputError: the first that is missing.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder ({option})")


def _choices() -> dict[str, tuple[str, ...]]:
    """The closed sets, as the types of a request's fields declare them."""
    found = {}
    for name, hint in get_type_hints(Request).items():
        members = [hint, *get_args(hint)] if get_origin(hint) in (Literal, Union, UnionType) else []
        for member in members:
            if get_origin(member) is Literal:
                found[name] = get_args(member)
    return found


CHOICES = _choices()

_MOST_WORKERS = 256  # threads, which are all started
_COUNTS = {
    "sample_rate": 1, "tile": 1, "modcrop": 1, "max_pixels": 1, "samples": 1, "limit": 1, "batch_size": 1, "worst": 1,
    "seed": 0,
}  # fmt: skip
_TEXTS: dict[str, Callable[[str, Any], Any]] = {
    "range": low_high, "network_range": network_ranges, "losses": words, "latent_shape": shape, "resize": size,
    "device": device, "pair_by": pattern, "segment": positive, "backbone": named_file,
}  # fmt: skip
# the field of a request -> what checks and parses its text, given the option's name
PARSERS: dict[str, Callable[[str, Any], Any]] = {
    **_TEXTS,
    **{name: partial(whole, least) for name, least in _COUNTS.items()},
    "workers": partial(whole, 0, most=_MOST_WORKERS),
    **{name: partial(one_of, choices) for name, choices in CHOICES.items()},
}
