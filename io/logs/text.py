"""Logs that are text: CycleGAN's loss_log.txt, BasicSR, VITS, RVC, and what else prints NAME: NUMBER. Torch-free."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

from ganloss_cli.io import reading
from ganloss_cli.io.logs.series import Log, Recorder, count

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?|[-+]?nan|[-+]?inf"
_PAIR = re.compile(rf"([A-Za-z_][\w./()-]{{0,80}}(?: [\w./()-]{{1,80}}){{0,3}}?)\s*[:=]\s*({_NUMBER})(?![\w:.%])")
_LIST = re.compile(rf"\[((?:{_NUMBER})(?:,\s*(?:{_NUMBER}))+)\]\s*$")
# ================ Training Loss (Sun May 12 11:14:37 2019) ================
_SESSION = re.compile(r"=++ [^()]*+\([^()]*+\) =++\s*$")
_EPOCH = re.compile(r"\bepochs?\b\s*+(?:[:=]\s*+)?(\d+)", re.IGNORECASE)
_STEP = re.compile(r"\b(?:iter|iteration|steps?|global_step)\s*[:=]\s*(\d[\d,]*)", re.IGNORECASE)
# [Epoch 3/200] [Batch 10/938] of PyTorch-GAN, [3/25][10/782] of pytorch/examples
_OF = re.compile(r"\[(?:Epoch )?(\d+)/\d+\]\s*\[(?:Batch )?(\d+)/(\d+)\]")
_COUNTERS = re.compile(
    r"(?:.* )?(?:epochs?|iters?|iteration|steps?|global_step|batch|eta|data|s/b|seed)$|time\b", re.IGNORECASE
)
_LOSS_LIKE = re.compile(r"loss|gan|score|psnr|ssim|penalty|acc", re.IGNORECASE)
_LONGEST_LINE = 10_000  # characters; what is longer was not printed for people
# logger.info([x.item() for x in losses] + [global_step, lr]) of jaywalnut310/vits@2e561ba train.py
_VITS = ("loss_disc", "loss_gen", "loss_fm", "loss_mel", "loss_dur", "loss_kl", "step", "lr")
# logger.info([global_step, lr]) of RVC-Project/Retrieval-based-Voice-Conversion-WebUI train.py
_RVC = ("step", "lr")


@dataclass(kw_only=True)
class _Place:
    """Where in the training the reader is: a counter holds until the next one."""

    session: int = -1
    epoch: int | None = None
    step: int | None = None


def read_text(path: Path) -> Log:
    """Every NAME: NUMBER and NAME=NUMBER of a log, with the epoch and the iteration that stand before them.

    The `iters` of CycleGAN and pix2pix begin anew in every epoch and count images: they are no step.
    """
    recorder, place = Recorder(path), _Place()
    with io.StringIO(reading.read_text(path, "a log").decode("utf-8", "replace"), newline=None) as file:
        for row, line in enumerate(file):
            if len(line) <= _LONGEST_LINE:
                _read_line(recorder, place, row, line)
    return Log(path=path, format="text", series=recorder.series(), sessions=max(1, place.session + 1))


def _read_line(recorder: Recorder, place: _Place, row: int, line: str) -> None:
    if _SESSION.match(line):
        place.session += 1
        place.epoch = place.step = None
        return
    counted = _count(place, line)
    listed = _LIST.search(line)
    if listed:
        texts = [text.strip() for text in listed[1].split(",")]
        names = {len(_VITS): _VITS, len(_RVC): _RVC}.get(len(texts), ())
        if "step" in names and texts[names.index("step")].isdecimal():
            place.step = count(texts[names.index("step")])
            _add(recorder, place, row, [pair for pair in zip(names, texts, strict=True) if pair[0] != "step"])
        return
    pairs = [(name, text) for name, text in _PAIR.findall(line) if not _COUNTERS.match(name)]
    known = counted or place.epoch is not None or place.step is not None
    _add(recorder, place, row, [pair for pair in pairs if known or _LOSS_LIKE.search(pair[0])])


def _count(place: _Place, line: str) -> bool:
    """Note the epoch and the iteration that a line begins with."""
    if match := _OF.search(line):
        epoch, step, steps = (count(text) for text in match.groups())
        place.epoch = epoch
        place.step = None if epoch is None or step is None or steps is None else epoch * steps + step
        return True
    said_epoch, said_step = _EPOCH.search(line), _STEP.search(line)
    if said_epoch:
        place.epoch = count(said_epoch[1])
    if said_step:
        place.step = count(said_step[1].replace(",", ""))
    return bool(said_epoch or said_step)


def _add(recorder: Recorder, place: _Place, row: int, pairs: list[tuple[str, str]]) -> None:
    for name, text in pairs:
        recorder.add(
            name,
            float(text),
            row=row,
            step=place.step,
            epoch=place.epoch,
            session=max(0, place.session),
            text=text,
        )
