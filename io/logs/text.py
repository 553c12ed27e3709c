"""Logs that are text: loss_log.txt of CycleGAN, BasicSR, VITS, RVC, coqui, and what else prints NAME: NUMBER."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ganloss_cli.io import reading
from ganloss_cli.io.logs.lines import cells_in, cleaned, counted_in, heading, is_rule, says_validation
from ganloss_cli.io.logs.names import OF_VALIDATION, is_loss_like
from ganloss_cli.io.logs.series import Log, Recorder, count
from ganloss_cli.io.logs.tables import add_row, are_heads

_NUMBER = r"[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?(?:nan|inf(?:inity)?)"
# a word of a name has a letter or a digit: in "train - loss: 0.5" the name is "loss"
_WORD = r"(?=[./()-]{0,80}\w)[\w./()-]{1,80}"
_PAIR = re.compile(
    rf"([a-z_][\w./()-]{{0,80}}(?: {_WORD}){{0,3}}?)\s*[:=]\s*(?:tensor\()?({_NUMBER})(?![\w:.%])(?!,\d)",
    re.IGNORECASE,
)
_PROSE = re.compile(r" [a-z]+(?![^:=\d]*[:=])", re.IGNORECASE)  # "loss: 3 of 5", not "loss: 3 gan loss: 5"
_LIST = re.compile(rf"\[((?:{_NUMBER})(?:,\s*(?:{_NUMBER}))+)\]\s*$", re.IGNORECASE)
# ================ Training Loss (Sun May 12 11:14:37 2019) ================
_SESSION = re.compile(r"=++ [^()]*+\([^()]*+\) =++\s*$")
_COUNTERS = re.compile(
    r"(?:.* )?(?:epochs?|iters?|iteration|steps?|global_step|batch|eta|data|s/b|seed)$|time\b", re.IGNORECASE
)
_LONGEST_LINE = 10_000  # characters; what is longer was not printed for people
# logger.info([x.item() for x in losses] + [global_step, lr]) of jaywalnut310/vits@2e561ba train.py
_VITS = ("loss_disc", "loss_gen", "loss_fm", "loss_mel", "loss_dur", "loss_kl", "step", "lr")
# logger.info(f"Losses: {[...]}, step: ...") of svc-develop-team/so-vits-svc@730930d train.py
_SO_VITS_SVC = ("loss_disc", "loss_gen", "loss_fm", "loss_mel", "loss_kl")
_LOSSES = re.compile(rf"Losses: \[((?:{_NUMBER})(?:, (?:{_NUMBER})){{4}})\](?=, step: \d)", re.IGNORECASE)
# the same of RVC-Boss/GPT-SoVITS s2_train.py; that of its frozen codebook is 0, as no cost of durations is
_GPT_SOVITS = tuple("kl_ssl" if name == "loss_dur" else name for name in _VITS)
# logger.info([global_step, lr]) of RVC-Project/Retrieval-based-Voice-Conversion-WebUI train.py
_RVC = ("step", "lr")

Pair = tuple[str, str]


@dataclass(kw_only=True)
class _Place:
    """Where in the log the reader is: a counter holds until the next one, heads until their table ends.

    `certain` says how often each tag stood on a line that counts, twice as much, or on one that does not.
    """

    session: int = -1
    epoch: int | None = None
    step: int | None = None
    validating: bool = False
    heads: Sequence[str] = ()
    certain: Counter[str] = field(default_factory=Counter)


def read_text(path: Path) -> Log:
    """Every NAME: NUMBER and NAME = NUMBER of a log, with the epoch and the iteration that stand before them.

    The `iters` of CycleGAN and pix2pix begin anew in every epoch and count images: they are no step. What a validation
    prints is "val/NAME". What stands once, on a line without a counter and by no name of a loss, is left out: the
    options and the banners that programs print before a training begins.
    """
    recorder, place = Recorder(path), _Place()
    with io.StringIO(reading.read_text(path, "a log").decode("utf-8-sig", "replace"), newline=None) as file:
        for row, line in enumerate(file):
            if len(line) <= _LONGEST_LINE:
                _read_line(recorder, place, row, line)
    for tag, times in place.certain.items():
        if times == 1 and not is_loss_like(tag, alone=True):
            recorder.leave_out(tag)
    return recorder.log("text", sessions=max(1, place.session + 1))


def _read_line(recorder: Recorder, place: _Place, row: int, line: str) -> None:
    if _SESSION.match(line):
        place.session += 1
        place.epoch = place.step = None
        return
    line = cleaned(line)
    if _is_of_table(recorder, place, row, line):
        return
    counts, rest = _count(place, line)
    if listed := _LIST.search(rest):
        _add_list(recorder, place, row, [text.strip() for text in listed[1].split(",")])
        return
    if listed := _LOSSES.search(line):
        _add(recorder, place, row, list(zip(_SO_VITS_SVC, listed[1].split(", "), strict=True)))
    found = [match for match in _PAIR.finditer(rest) if not _COUNTERS.match(match[1])]
    if not found:
        begins = heading(line)
        place.validating = place.validating if begins is None else begins
        return
    apart = place.validating or says_validation(rest[: found[0].start()])
    known = counts or place.epoch is not None or place.step is not None
    pairs: list[Pair] = []
    for match in found:
        name = _balanced(match[1])
        if known or (is_loss_like(name) and not _PROSE.match(rest, match.end())):
            pairs.append((name, match[2]))
        else:
            recorder.leave_out(name)
    if apart:
        pairs = [(name if says_validation(name) else f"{OF_VALIDATION}{name}", text) for name, text in pairs]
    place.certain.update({name: 2 if counts else 1 for name, _ in pairs})
    _add(recorder, place, row, pairs)


def _balanced(name: str) -> str:
    """A name without a bracket that is opened or closed outside it: of "Generator) rec_loss" the last word."""
    while name.count("(") != name.count(")"):
        _, bracket, rest = name.partition(")" if name.count(")") > name.count("(") else "(")
        if not (rest := rest.strip()):
            return name.removesuffix(bracket)
        name = rest
    return name


def _is_of_table(recorder: Recorder, place: _Place, row: int, line: str) -> bool:
    """Whether a line is one of a table's, which is then taken in."""
    if place.heads and is_rule(line):
        return True
    cells = cells_in(line)
    if are_heads(cells):
        place.heads = cells
    elif len(cells) != len(place.heads):
        place.heads = ()
    elif cells:
        add_row(recorder, place.heads, cells, row, step=place.step, epoch=place.epoch)
    return bool(place.heads)


def _count(place: _Place, line: str) -> tuple[bool, str]:
    """Note the epoch and the iteration that a line says; a validation's own counts are none of the training's."""
    epoch, step, rest = counted_in(line)
    if place.validating:
        further = (step or 0) > (place.step or 0) or (epoch or 0) > (place.epoch or 0)
        if not further:
            return epoch is not None or step is not None, rest
        place.validating = False
    place.epoch = place.epoch if epoch is None else epoch
    place.step = place.step if step is None else step
    return epoch is not None or step is not None, rest


def _add_list(recorder: Recorder, place: _Place, row: int, texts: list[str]) -> None:
    names = {len(_VITS): _VITS, len(_RVC): _RVC}.get(len(texts), ())
    if names == _VITS and float(texts[4]) == 0:
        names = _GPT_SOVITS
    if "step" in names and texts[names.index("step")].isdecimal():
        place.step = count(texts[names.index("step")])
        _add(recorder, place, row, [pair for pair in zip(names, texts, strict=True) if pair[0] != "step"])


def _add(recorder: Recorder, place: _Place, row: int, pairs: Sequence[Pair]) -> None:
    for name, text in pairs:
        written = text.replace(",", "")
        recorder.add(
            name,
            float(written),
            row=row,
            step=place.step,
            epoch=place.epoch,
            session=max(0, place.session),
            text=written,
        )
