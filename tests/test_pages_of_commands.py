"""The page of every command: what it shows are the numbers of the JSON that the same run wrote, and none is missing."""

import json
import math
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lxml import html

from ganloss_cli.cli import main

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_data"
PAIR = ("--ckpt", str(SAMPLES / "g.pt"), "--data", str(SAMPLES / "imgs"))
N = 16

# command -> its words, and the numbers of its JSON that its page has to show, as paths with * for every entry
COMMANDS = {
    "eval": (
        ("eval", *PAIR, "--limit", "2", "--losses", "d_bce,ssim", "--per-sample", "--fail-if", "ssim<0"),
        ("results.*.value", "results.*.standard_error", "results.*.minimum", "results.*.maximum", "samples.*.ssim"),
    ),
    "eval of scores": (
        ("eval", "--data", "scores.npz", "--losses", "d_bce,g_bce"),
        ("results.*.value", "separation.*.roc.*.area", "separation.*.calibration_error"),
    ),
    "compare": (
        ("compare", "a.npz", "b.npz"),
        ("keys.*.max_absolute", "keys.*.max_relative", "keys.*.a", "keys.*.b", "drift.*.relative.*"),
    ),
    "audit checkpoint": (
        ("audit", "checkpoint", *PAIR, "--only", "blind_discriminator", "--scores", "logits"),
        ("measurements.*.value", "separation.*.roc.*.area", "separation.*.calibration_error"),
    ),
    "audit log": (
        ("audit", "log", "log.csv", "--data", "scores.npz", "--map", "D=d_bce"),
        ("numbers.*.logged", "numbers.*.recomputed", "numbers.*.equilibrium"),
    ),
    "audit number": (
        ("audit", "number", "d_bce=0.5", "--data", "scores.npz"),
        ("numbers.*.value", "candidates.*.value"),
    ),
    "audit loss": (
        ("audit", "loss", str(SAMPLES / "losses.py:psnr_loss"), "--as", "psnr"),
        ("probes.*.value", "probes.*.expected"),
    ),
    "rank": (
        ("rank", "run", "--data", str(SAMPLES / "imgs"), "--limit", "2", "--losses", "ssim,d_lsgan", "--by", "ssim"),
        ("results.*.value",),
    ),
}  # fmt: skip
EVERY = pytest.mark.parametrize("command", COMMANDS)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the commands read."""
    drawn = np.random.default_rng(0)
    np.savez(tmp_path / "scores.npz",
             real_logits=drawn.normal(1, 1, (N, 1)), fake_logits=drawn.normal(-1, 1, (N, 1)))  # fmt: skip
    steps = {f"loss_{k}": np.array(1.0 + k) for k in range(3)}
    np.savez(tmp_path / "a.npz", **steps)
    np.savez(tmp_path / "b.npz", **{key: value * (1 + 1e-4) for key, value in steps.items()})
    (tmp_path / "log.csv").write_text("step,D\n1,1.5\n2,nan\n3,0.75\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both(words: tuple[str, ...], folder: Path) -> tuple[dict[str, Any], html.HtmlElement]:
    """The JSON and the page of one run."""
    main([*words, "-q", "-o", "a.json", "-o", "a.html"])
    return json.loads((folder / "a.json").read_text("utf-8")), html.parse(folder / "a.html").getroot()


def at(value: Any, path: str) -> Iterator[float]:
    """The numbers at a path."""
    for name, _, rest in [path.partition(".")] if path else []:
        for entry in (value if name == "*" else [value.get(name)]) or []:
            yield from at(entry, rest)
    if not path and value is not None:
        yield value


def numbers(value: Any) -> Iterator[float]:
    """All numbers of a document."""
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from numbers(entry)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


@EVERY
@pytest.mark.usefixtures("losses_in_this_process")
def test_a_page_shows_the_numbers_of_the_json_and_no_others(command: str, folder: Path) -> None:
    if command == "rank":
        runpy.run_path(str(SAMPLES / "trajectory.py"))["main"](folder / "run")
    words, paths = COMMANDS[command]

    document, page = both(words, folder)

    shown = {float(value) for value in page.xpath("//data/@value | //@data-value")}
    wanted = {path: {*at(document, path)} for path in paths}
    assert {path: values - shown for path, values in wanted.items()} == {path: set() for path in paths}
    assert all(wanted.values())
    # a log's own values are drawn, and stand in the log
    of_the_log = {1.5, 0.75} if command == "audit log" else set()
    assert shown <= {*numbers(document), *of_the_log}
    assert all(map(math.isfinite, shown))
