"""The texts that options take, checked and parsed before anything heavy is imported."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.gates import parse_gates
from ganloss_cli.records.request import StatedNumber


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
    check_exists(option, [Path(file)])
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


def whole(least: int, option: str, text: str) -> int:
    """A whole number of at least `least`."""
    if not re.fullmatch(r"\d{1,18}", text, re.ASCII) or int(text) < least:
        raise UsageError(f"{option}: expected a whole number of at least {least}, got {text!r}")
    return int(text)


def outputs(formats: Mapping[str, str], option: str, texts: Iterable[str]) -> tuple[tuple[Path, str], ...]:
    """Files, each with the one of these formats that its suffix stands for."""
    paths = [Path(text) for text in texts]
    for path in paths:
        if path.suffix.lower() not in formats:
            raise UsageError(f"{option} {path}: expected a suffix of {', '.join(formats)}; got {path.suffix!r}")
    return tuple((path, formats[path.suffix.lower()]) for path in paths)


def stated_numbers(_: str, texts: Iterable[str]) -> tuple[StatedNumber, ...]:
    """Several of them."""
    return tuple(map(stated_number, texts))


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


def gates(_: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Conditions such as "ssim<0.9", unchanged once checked."""
    parse_gates(texts)
    return tuple(texts)


def truth(option: str, value: object) -> bool:
    """True or False, which only Python's own are."""
    if not isinstance(value, bool):
        raise UsageError(f"{option}: expected True or False, got {value!r}")
    return value


def check_exists(option: str, paths: Iterable[Path]) -> None:
    """Refuse paths that are not there, before seconds go into importing.

    Raises:
        InputError: the first that is missing.
    """
    for path in paths:
        if not path.exists():
            raise InputError(f"{path}: no such file or folder ({option})")
