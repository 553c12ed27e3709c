"""Whole command lines, with the mutant among what they read."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from random import Random

import numpy as np
import soundfile
import torch
from byte_mutations import mutated_bytes
from checkpoint_seeds import checkpoint_seeds, saved, trainings
from data_seeds import data_seeds
from media_mutations import mutated_text
from mutations import mutated
from pickle_mutations import TEXTS
from PIL import Image

SAMPLE = Path(__file__).parents[2] / "sample_data" / "g.pt"
SOURCE = b"""import torch
from torch import nn

class Net(nn.Sequential):
    def __init__(self, n=1):
        super().__init__(nn.Conv2d(3, 3, 1, bias=n > 0))

def l1(real, fake):
    return (real - fake).abs().mean()
"""
# kind of mutant -> lines with {x} for it; what else they name lies in the folder that `whole_files` fills
LINES = {
    "checkpoint": (
        "inspect {x} --tensors --tree --hash", "inspect {x} --rescue --tensors", "inspect x -o o.json -o o.md",
        "audit checkpoint {x}", "audit checkpoint {x} --rescue --real r.npy --range 0,1",
        "eval -c {x} --real r.npy --range 0,1 --losses l1,g_bce --rescue", "eval -c {x} -d d.pt --real real --rescue",
        "eval -c g.pt -d {x} --real real --rescue --losses d_bce,fm,r1 --scores logits",
        "eval -c {x} --input real --real real --tile 8 --losses ssim", "eval -c {x} --real r.npy --dry-run",
        "eval --network G=n.py:Net -c {x} --input real --real fake --losses psnr --range 0,1",
        "eval -c {x} --real a.wav", "eval -c {x} --data a.wav --over batch",
        "audit number l1=0.5 -c {x} --input real --real fake --rescue",
        "audit log log.csv -c {x} -d d.pt --real real --rescue --no-reasons", "compare {x} t.npy", "compare {x} {x}",
    ),
    "image": (
        "eval --real {x} --fake {x} --alpha drop", "eval --real x --fake fake --losses l1,ssim,psnr --resize 16",
        "eval -c g.pt --input {x} --real {x} --alpha white --modcrop 2 --losses l1", "eval --data man.csv --per-sample",
        "audit number psnr=20 --real {x} --fake {x} --alpha drop", "eval --real {x} --fake real --unpaired",
        "audit checkpoint g.pt --real real --holdout x --alpha drop", "eval --real x --aligned AB --losses l1",
    ),
    "sound": (
        "eval --real {x} --fake {x} --losses si_sdr,snr,mel", "eval --real {x} --fake a.wav --segment 0.005",
        "eval --real {x} --fake {x} --sample-rate 8000 --channels mono --losses l1", "eval --data man.csv --worst 1",
        "eval --mixture {x} --target {x} --estimate a.wav", "audit number si_sdr=3 --real {x} --fake a.wav",
    ),
    "tensors": (
        "eval --data {x}", "eval --data {x} --map real=fake --per-sample", "compare {x} {x} --rtol 0.1",
        "compare {x} t.npy", "compare t.npy {x}", "eval --real {x} --fake {x} --range 0,1 --losses l1,ssim,d_bce",
        "audit number d_bce=1.4 --data {x}", "eval --data {x} --over batch -b 1 --losses all",
        "compare {x} report.json", "report {x}", "report report.json {x} -f markdown",
        "eval -c g.pt --input real --label {x} --real fake", "audit log log.csv --data {x}",
    ),
    "manifest": (
        "eval --data {x} --losses l1", "eval --data {x} --dry-run", "audit number l1=0.5 --data {x}",
        "audit checkpoint g.pt --data {x}", "audit log log.csv --data {x}", "eval -c g.pt --data {x} --limit 1",
    ),
    "log": (
        "audit log {x}", "audit log {x} --list", "audit log x", "audit log {x} --step 1 --map loss_g=l1 --data man.csv",
        "audit log {x} -c g.pt -d d.pt --real real --no-reasons", "audit log {x} --recipe cyclegan --strict",
        "compare {x} {x}", "eval --data {x}",
    ),
    "beside": ("inspect x", "eval -c x/g.pt --input real --real fake --losses l1", "audit checkpoint x/g.pt",
               "eval -c x/v.pt --real a.wav --losses mel,l1", "eval -c x/v.pt --real a.wav --recipe bigvgan"),
    "source": (
        "audit loss {x}:l1 --as l1 --total-timeout 6", "eval --network G={x}:Net -c g.pt --input real --real fake",
    ),
    "words": (
        "losses {x}", "losses --recipes {x}", "audit checks {x}", "eval --real real --fake fake --losses {x}",
        "eval --real real --fake fake --set {x}=1", "eval --real real --fake fake --fail-if {x}", "audit number {x}",
        "eval --real real --fake fake --pair-by {x}", "compare t.npy t.npy --map {x}", "inspect {x}",
        "eval -c g.pt --arch {x} --arch-args {x} --input real --real real", "audit loss {x} --as {x}",
        "eval --real real --fake fake --recipe {x}", "audit log log.csv --map {x} --only {x}", "{x}", "eval {x}",
        "eval --real real --fake fake --range {x}", "eval --real real --fake fake --resize {x} --seed {x}",
    ),
}  # fmt: skip
MANY = 8  # a source is audited in a process of its own, which imports torch
_OPTIONS = {
    "eval": ("--limit 1", "-b 1", "--seed 7", "--quantize", "--dtype float64", "--num-workers 2", "--worst 2",
             "--per-sample", "--fail-if l1<0.1", "-o o.json -o o.csv -o o.md", "-o o.xml -o o.html", "-q"),
    "inspect": ("-o o.json", "--naming cyclegan", "-q"),
    "compare": ("-o o.json -o o.xml -o o.html", "--atol 1", "--profile forward", "-q"),
    "report": ("-o o.json -o o.md -o o.html", "-q"),
    "audit": ("-o o.json -o o.md", "-q"),
}  # fmt: skip
_FORMATS = ("table", "json", "csv", "markdown", "github", "junit", "sarif", "html")


def mutants() -> tuple[dict[str, bytes], list[bytes]]:
    """The files that mutants are made of, by kind and name, and pieces to mix in."""
    found = {f"checkpoint {name}": data for name, data in checkpoint_seeds().items()}
    found |= data_seeds() | {"source of a loss": SOURCE, "words on a command line": b""}
    return found, list(found.values())


def line_of(found: dict[str, bytes], others: list[bytes], chance: Random) -> tuple[str, list[str], bytes, str]:
    """One command line: its name, its words, the mutant and where it lies."""
    kind = chance.choice([kind for kind in LINES for _ in range(1 if kind == "source" else MANY)])
    name = chance.choice([name for name in found if name.split()[0] == kind])
    line = chance.choice(LINES[kind])
    data = _mutant(kind, found[name], others, chance)
    place = f"x/{_file_name(kind, name)}"
    word = data.decode("utf-8", "replace").replace("\0", "") if kind == "words" else place
    words = [word if part == "{x}" else part.replace("{x}", word) for part in line.split()]
    command = words[0]
    if command in _OPTIONS and chance.random() < 0.5:
        words += chance.choice(_OPTIONS[command]).split()
    if chance.random() < 0.6:
        words += ["--format", chance.choice(_FORMATS)]
    return f"{line}, {name}", words, data, place


def _mutant(kind: str, data: bytes, others: list[bytes], chance: Random) -> bytes:
    if kind == "source":
        return mutated_text(data, chance)
    if kind == "words":
        word = chance.choice((b"l1", b"ssim:half", b"d_bce=1.4", b"real=fake", b"0,1", b"16", b"cyclegan", *TEXTS))
        return mutated_bytes(word, [*TEXTS], chance)[:2000] if chance.random() < 0.7 else word
    return mutated(data, others, chance)


def _file_name(kind: str, name: str) -> str:
    """What such a file is called; readers look into it, but folders and settings go by names."""
    if kind == "beside":
        return name.split()[1]
    suffix = {"log": {"csv": ".csv", "jsonl": ".jsonl", "npy": ".npy", "events": ".tfevents.1"}, "source": {}}
    usual = {"log": ".log", "source": ".py", "checkpoint": ".pt", "tensors": ".npz", "image": ".png", "sound": ".wav"}
    return "0" + suffix.get(kind, {}).get(name.split()[1], usual.get(kind, ""))


def whole_files(folder: Path) -> None:
    """Fill a folder with what the command lines name beside the mutant."""
    rng = np.random.default_rng(0)
    for role in ("real", "fake"):
        (folder / role).mkdir()
        for k in range(2):
            Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(folder / role / f"{k}.png")
    trained = torch.load(SAMPLE, weights_only=True)
    for name, content in (("g.pt", trained["generator"]), ("d.pt", trained["discriminator"])):
        (folder / name).write_bytes(saved(content))
    (folder / "x").mkdir()
    shutil.copy(folder / "g.pt", folder / "x")
    vocoder = next(data for name, data in trainings().items() if name.endswith("g_00000100"))
    (folder / "x" / "v.pt").write_bytes(vocoder)
    (folder / "man.csv").write_text("name,real,fake\na,x/0.png,fake/0.png\nb,real/1.png,fake/1.png\n")
    (folder / "log.csv").write_text("epoch,loss_g,loss_d,l1\n1,0.5,1.25,0.25\n2,0.25,1.5,0.125\n")
    (folder / "n.py").write_bytes(SOURCE)
    (folder / "report.json").write_bytes(data_seeds()["tensors report"])
    np.save(folder / "t.npy", np.ones((2, 3), "f4"))
    np.save(folder / "r.npy", rng.random((2, 1, 16, 16), "f4"))
    sound = io.BytesIO()
    soundfile.write(sound, rng.standard_normal(3000) / 4, 16_000, "PCM_16", format="WAV")
    (folder / "a.wav").write_bytes(sound.getvalue())
