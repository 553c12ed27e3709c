"""What names say: which role a network has, whether its weights are averaged, and after how many steps it was saved.

Torch-free. The same reading serves keys of a file ("netG_A2B"), file names ("latest_net_G_A.pth") and options ("G_AB").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ganloss_cli.errors import UsageError

Naming = Literal["cyclegan", "discogan"]
Kind = Literal["generator", "discriminator"]

SUB_DISCRIMINATORS = ("mpd", "msd", "mrd", "mbd", "msstftd", "combd", "sbd")
_AVERAGED_GENERATOR = "ge"  # of lucidrains, whose raw one is G
_GENERATORS = ("generator", "gen", "g", _AVERAGED_GENERATOR)
# HiFi-GAN calls its discriminators' file do_00005000; elsewhere "do" is a word
_DISCRIMINATORS = (
    r"multi[a-z]*_?[a-z]*_?disc(?:riminator)?s?",  # multiperioddisc, multi_scale_discriminator
    "discriminator", "disc", "dis", "critic", "d", r"do(?=_\d)", *SUB_DISCRIMINATORS,
)  # fmt: skip
_DOMAINS = {"a2b": "AB", "atob": "AB", "ab": "AB", "b2a": "BA", "btoa": "BA", "ba": "BA", "a": "A", "b": "B"}

_ROLE = re.compile(
    rf"(?<![a-z0-9])(?:net|model)?(?:(?P<generator>{'|'.join(_GENERATORS)})|(?P<discriminator>{'|'.join(_DISCRIMINATORS)}))"
    rf"(?:[_-]?(?P<domain>{'|'.join(_DOMAINS)}))?(?![a-z0-9])",
    re.IGNORECASE,
)
# generator_test is GAN_stability's average, g_running rosinality's
_AVERAGED = re.compile(r"(?<![a-z])(?:ema|averaged|running|shadow|swa)(?![a-z])|generator_test", re.IGNORECASE)
_JUNYANZ = re.compile(r"(?:^|_)net_[GD]_[AB]$")  # latest_net_G_A, 200_net_D_B
_DISCOGAN = re.compile(r"^(?:generator|discriminator)_[AB]$|^model_(?:gen|dis)_[AB](?:-\d+)?$")

_COUNTED = re.compile(
    r"(?:step|iter|iteration|epoch)s?=(\d+)|(?<![a-z0-9])(\d+)(?:steps?|iters?|epochs?)(?![a-z0-9])"
    r"|(?<![a-z])e\d+[_-]s(\d+)(?![a-z0-9])",  # of GPT-SoVITS and RVC
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9.])(?:(?:epoch|ep|steps?|iter|it|ba)?(\d+)|model(\d{4,}))(?![A-Za-z0-9]|\.\d)", re.IGNORECASE
)
# 20250131-120000, 2025-01-31_12-00: when a file was written is no step
_DATE = re.compile(
    r"(?<!\d)20\d\d([-_]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?:[-_T ]?[0-2]\d(?:[-_h:]?[0-5]\d){1,2})?(?!\d)"
)
_SERIAL = re.compile(
    r"(?<![a-z])(?:model|nets|networks|checkpoint|ckpt|snapshot|epoch|ep|step|iter|iteration)(?![a-z])", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Name:
    """What one name says of a network.

    Args:
        kind: generator or discriminator.
        domain: "AB" and "BA" say between which domains; "A" and "B" mean different things in different repositories.
        sub: the sub-discriminator it is: "mpd", "msd" ...
        averaged: whether the weights are a moving average.
        origin: whose naming this style is, where only one repository writes so.
    """

    kind: Kind
    domain: Literal["A", "B", "AB", "BA"] | None = None
    sub: str | None = None
    averaged: bool = False
    origin: Naming | None = None


def read_name(text: str, *, whole: bool = False) -> Name | None:
    """What a name says, or None where it names no role or two different ones.

    Args:
        text: a key of a file, or the stem of a file name.
        whole: the role must be all there is, but for a mark of averaging: "generator_ema" but not "generator_head".
    """
    matches = list(_ROLE.finditer(text))
    if not matches:
        return None
    if whole:
        matches = [match for match in matches if not without_average(text.replace(match.group(), "", 1))]
    found = {(bool(match["generator"]), _DOMAINS.get((match["domain"] or "").lower())) for match in matches}
    if len(found) != 1:
        return None
    word = (matches[0]["discriminator"] or "").lower()
    origin: Naming | None = "cyclegan" if _JUNYANZ.search(text) else "discogan" if _DISCOGAN.search(text) else None
    return Name(
        kind="generator" if matches[0]["generator"] else "discriminator",
        domain=found.pop()[1],  # type: ignore[arg-type]
        sub=word if word in SUB_DISCRIMINATORS or word.startswith("multi") else None,
        averaged=is_averaged(text) or (matches[0]["generator"] or "").lower() == _AVERAGED_GENERATOR,
        origin=origin,
    )


def any_role(names: Iterable[str]) -> bool:
    """Whether any of these names says one of a role; of thousands, in one pass over all of them."""
    return bool(_ROLE.search("\n".join(names)))


def any_averaged(names: Iterable[str]) -> bool:
    """Whether any of these names marks an average."""
    return is_averaged("\n".join(names))


def without_role(text: str) -> str:
    """A name without what it says of a role, so that the networks of one state have the same."""
    return _ROLE.sub("", text).strip("_-. ")


def is_averaged(text: str) -> bool:
    """Whether a name marks weights as a moving average of others."""
    return bool(_AVERAGED.search(text))


def without_average(text: str) -> str:
    """A name without its mark of averaging: "encoder" of "encoder_ema"."""
    return _AVERAGED.sub("", text).strip("_-")


def role_of(name: Name, *, naming: Naming | None, literal: bool, where: str, called: str) -> str:
    """The role of product.md's vocabulary that a name stands for.

    CycleGAN's G_A maps A to B and its D_A scores that generator's output, so D_A scores B. DiscoGAN's generator_A makes
    A, and its discriminator_A scores A.

    Args:
        name: what was read off the name.
        naming: whose names these are, where the user said so.
        literal: the same model spells out "AB" elsewhere, so that A and B are the domains themselves.
        where: the file, for the error.
        called: the name as it is written there.

    Raises:
        UsageError: A or B may mean two things and nobody said which.
    """
    if name.domain is None:
        return name.kind
    if name.domain in ("AB", "BA"):
        if name.kind == "generator":
            return f"generator_{name.domain}"
        return f"discriminator_{name.domain[1]}"  # it scores what that generator makes
    origin = naming or name.origin or ("discogan" if literal else None)
    if origin is None:
        meanings = f"CycleGAN's {_meaning(name, 'cyclegan')} or DiscoGAN's {_meaning(name, 'discogan')}"
        raise UsageError(
            f"{where}: '{called}' may be {meanings}",
            hint="say whose names these are with --naming cyclegan or --naming discogan",
        )
    return _meaning(name, origin)


def _meaning(name: Name, origin: Naming) -> str:
    other = "B" if name.domain == "A" else "A"
    if name.kind == "discriminator":
        return f"discriminator_{other if origin == 'cyclegan' else name.domain}"
    return f"generator_{name.domain}{other}" if origin == "cyclegan" else f"generator_{other}{name.domain}"


_PART = re.compile(r"-?\d+-of-\d+$")
_FOLDER = re.compile(
    r"(?!models?[_=-]?\d)(?:(?:global|checkpoint|ckpt|model|save|snapshot|step|iter|iteration|epoch)s?[ _=-]?)+(\d+)"
    r"|(\d{3,})",
    re.IGNORECASE,
)
# RVC, and GPT-SoVITS, write it into the names of the files that they overwrite
_NO_STEPS = (2333333, 233333333333)


def step_in_name(stem: str) -> int | None:
    """The training step in a file name: G--300, netG_epoch_4_100, g_02500000, 200_net_D, step=100000, 010000.

    The last number that stands alone, if the name also names a network or a counter: the 256 of "ffhq-256" and the x4
    of an upscaler are no steps, and neither are the numbers of parts, 00001-of-00002.
    """
    stem = _DATE.sub("", _PART.sub("", stem))
    counted = list(_COUNTED.finditer(stem))
    if counted:
        return int(counted[-1][counted[-1].lastindex or 0])
    numbers = ["".join(pair) for pair in _NUMBER.findall(stem)]
    if numbers and (stem.isdigit() or read_name(stem) is not None or is_averaged(stem) or _SERIAL.search(stem)):
        return int(numbers[-1]) if int(numbers[-1]) not in _NO_STEPS else None
    return None


def step_in_folder(name: str) -> int | None:
    """The training step that a folder's whole name is: checkpoint-1000, global_step200, 010000; not run_3."""
    match = None if _DATE.fullmatch(name) else _FOLDER.fullmatch(name)
    return int(match[1] or match[2]) if match else None
