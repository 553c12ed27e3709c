"""The texts that options take, checked and parsed before anything heavy is imported."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.roles import check_role
from ganloss_cli.records.request import (
    COMPARISONS,
    Backbone,
    GateCondition,
    Range,
    SettingChange,
    StatedNumber,
    StatedPlace,
    UserNetwork,
)

# in a recipe, losses have the names of its log: "loss/g/total", "D(G(z))", "GEN Loss A"
_CONDITION = re.compile(
    r"\s*(?P<loss>[\w(]([^<>=!]*[^\s<>=!])?)\s*(?P<comparison><=|>=|==|!=|<|>)\s*(?P<bound>\S+)\s*", re.ASCII
)


def low_high(option: str, text: str) -> Range:
    """Two numbers, the lower one first.

    Args:
        option: its name, for the message.
        text: "-1,1".

    Raises:
        UsageError: it is something else.
    """
    low, high = ends if len(ends := [_finite(part) for part in text.split(",")]) == 2 else (math.nan, math.nan)
    if not low < high:
        raise UsageError(
            f"{option}: expected LOW,HIGH with LOW below HIGH, got {text!r}", hint=f"for example {option} -1,1"
        )
    return low, high


def user_networks(option: str, texts: Iterable[str]) -> tuple[UserNetwork, ...]:
    """Classes of the user's own, ROLE=FILE.py:Class(arguments)."""
    from ganloss_cli.io.network_options import read_user_network  # as all of io, only where it is needed

    return tuple(read_user_network(text, option) for text in texts)


def places(option: str, texts: Iterable[str]) -> tuple[StatedPlace, ...]:
    """Where in a checkpoint networks lie.

    Args:
        option: its name, for the message.
        texts: "G=best_state.model", "D=last.th:adversary.0".

    Raises:
        UsageError: one is something else.
    """
    found = []
    for text in texts:
        match = re.fullmatch(r"([^=]+)=(?:(.+):)?([^:]+)", text, re.DOTALL)
        if match is None:
            raise UsageError(
                f"{option} {text!r}: expected ROLE=[CKPT:]PLACE", hint=f"for example {option} G=best_state.model"
            )
        role = str(_role(option, match[1], text))
        found.append(StatedPlace(text=text, role=role, place=match[3], ckpt=Path(match[2]) if match[2] else None))
    return tuple(found)


def network_ranges(option: str, texts: Iterable[str]) -> dict[str | None, Range]:
    """Ranges by role, and under None for all others.

    Args:
        option: its name, for the message.
        texts: "-1,1", "generator=0,1".
    """
    found: dict[str | None, Range] = {}
    for text in texts:
        word, equals, range_ = text.rpartition("=")
        if equals and not word:
            raise UsageError(f"{option}: no role before the = of {text!r}", hint=f"for example {option} generator=0,1")
        found[_role(option, word, text)] = low_high(option, range_)
    return found


def architectures(option: str, texts: Iterable[str]) -> dict[str | None, str]:
    """Architectures by role, and under None for all others.

    Args:
        option: its name, for the message.
        texts: "DCGAN", "generator:DCGAN"; "generator=DCGAN" is read as well.
    """
    found: dict[str | None, str] = {}
    for text in texts:
        word, name = re.fullmatch(r"(?:([^:=]*)[:=])?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
        found[_role(option, word, text)] = name
    return found


def architecture_arguments(option: str, texts: Iterable[str]) -> dict[str | None, dict[str, str]]:
    """Hyper-parameters by role, and under None for all.

    Args:
        option: its name, for the message.
        texts: "slope=0.1,end=sigmoid", "discriminator:slope=0.1"; "discriminator=slope=0.1" is read as well.
    """
    found: dict[str | None, dict[str, str]] = {}
    for text in texts:
        word, pairs = re.fullmatch(r"(?:([^:=,]*)[:=](?=[^=,]+=))?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
        settings = found.setdefault(_role(option, word, text), {})
        for pair in pairs.split(","):
            key, equals, value = pair.partition("=")
            if not equals:
                raise UsageError(f"{option} {text}: expected K=V,K=V", hint="for example upsample_rates=8x8x2x2")
            settings[key.strip()] = value.strip()
    return found


def _role(option: str, word: str | None, text: str) -> str | None:
    """The role of a network that a word stands for; None without a word."""
    if not (word and word.strip()):
        return None
    from ganloss_cli.io.network_options import network_role  # as all of io, only where it is needed

    return network_role(word.strip(), f"{option} {text!r}")


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


def size(option: str, text: str) -> int | tuple[int, int]:
    """A size of images: "64" is the short side, "64x48" width and height."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text):
        raise UsageError(f"{option}: expected a side like 64 or WIDTHxHEIGHT like 64x48, got {text!r}")
    width, x, height = text.partition("x")
    return (int(width), int(height)) if x else int(width)


def backbones(option: str, texts: Sequence[str]) -> tuple[Backbone, ...]:
    """Networks that losses look through, each with the file of its weights.

    Args:
        option: its name, for the message.
        texts: "vgg19=vgg19.pth" each.

    Raises:
        UsageError: a side is missing, a network is not known, or two files are named for one.
        InputError: there is no such file.
    """
    from ganloss_cli.io.architectures.backbones import LOOKED_THROUGH  # as all of io, only where it is needed

    found: dict[str, Backbone] = {}
    for text in texts:
        name, _, file = text.partition("=")
        if name not in LOOKED_THROUGH or not file:
            known = " or ".join(f"{known}=FILE" for known in LOOKED_THROUGH)
            raise UsageError(f"{option}: expected {known}, got {text!r}", hint=f"for example {option} vgg19=vgg19.pth")
        if name in found:
            raise UsageError(f"{option}: {name} is named twice, {found[name].file} and {file}")
        check_exists(option, [Path(file)])
        found[name] = Backbone(name=name, file=Path(file))
    return tuple(found.values())


def device(option: str, text: str) -> str:
    """A device's name, unchanged once checked; whether the machine has it is found out later."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", text):
        raise UsageError(f"{option}: expected one of auto, cpu, cuda, cuda:N, mps; got {text!r}")
    return text


def pattern(option: str, text: str) -> re.Pattern[str]:
    """A regular expression."""
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"{option}: {text!r} is not a regular expression: {error}") from None


def positive(option: str, text: str) -> float:
    """A finite number above zero."""
    if not (number := _finite(text)) > 0:
        raise UsageError(f"{option}: expected a number above 0, got {text!r}")
    return number


def not_negative(option: str, text: str) -> float:
    """A finite number of at least zero."""
    if not (number := _finite(text)) >= 0:
        raise UsageError(f"{option}: expected a number of at least 0, got {text!r}")
    return number


def level(option: str, text: str) -> float:
    """A probability of a false alarm: above 0, at most 0.5."""
    if not 0 < (number := _finite(text)) <= 0.5:
        raise UsageError(f"{option}: expected a number above 0 and at most 0.5, got {text!r}")
    return number


def _finite(text: str) -> float:
    """A number; NaN, which no comparison lets pass, for what is none or infinite."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan


def renames(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Names of any kind by what they are to be called: cut at the last =, for theirs may hold one and ours does not.

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


def roles(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Names in files by the role that each is."""
    return {theirs: check_role(ours, f"{option} {theirs}={ours}") for theirs, ours in renames(option, texts).items()}


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


def setting_changes(option: str, texts: Iterable[str]) -> tuple[SettingChange, ...]:
    """Settings with the values that they are to have.

    Args:
        option: its name, for the message.
        texts: "fm.scale=1", "psnr:sr.border=2", "discogan.rate=0.01".

    Raises:
        UsageError: one has no dot before its equals sign.
    """
    return tuple(_setting_change(option, text) for text in texts)


def _setting_change(option: str, text: str) -> SettingChange:
    path, equals, value = text.partition("=")
    target, dot, setting = path.strip().partition(".")
    if not (equals and dot):
        raise UsageError(f"{option} {text}: expected LOSS.SETTING=VALUE", hint=f"for example {option} fm.scale=1")
    return SettingChange(text=text, target=target, setting=setting, value=value.strip())


def gates(option: str, texts: Iterable[str]) -> tuple[GateCondition, ...]:
    """Conditions under which a run fails.

    Args:
        option: its name, for the message.
        texts: "ssim<0.9", "ssim:piq <= 0.9".

    Raises:
        UsageError: one is not LOSS, a comparison and a finite number.
    """
    return tuple(_gate(option, text) for text in texts)


def _gate(option: str, text: str) -> GateCondition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        wanted = f"expected LOSS, one of {' '.join(COMPARISONS)}, and a number"
        raise UsageError(f"{option} {text!r}: {wanted}", hint=f"for example {option} 'ssim<0.9'")
    if math.isnan(bound := _finite(match["bound"])):
        raise UsageError(f"{option} {text!r}: expected a finite number, got {match['bound']!r}")
    return GateCondition(expression=text, loss=match["loss"], comparison=match["comparison"], bound=bound)


def share(option: str, text: str) -> tuple[int, int]:
    """A share and how many there are: "2/8".

    Raises:
        UsageError: it is something else.
    """
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text, re.ASCII)
    index, of = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= of:
        raise UsageError(f"{option}: expected I/N with I from 1 to N, got {text!r}", hint=f"for example {option} 1/4")
    return index, of


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
            from ganloss_cli.io.patterns import hint_for_missing  # as all of io, only where it is needed

            raise InputError(f"{path}: no such file or folder ({option})", hint=hint_for_missing(path))


def check_data(option: str, typed: Path) -> None:
    """The same of a path that may be a pattern of several."""
    if not typed.exists():
        from ganloss_cli.io.patterns import is_pattern, matching

        if is_pattern(typed):
            matching(typed, option)
            return
    check_exists(option, [typed])
