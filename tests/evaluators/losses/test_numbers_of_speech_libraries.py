"""A number that a library of speech made, called by hand with each option, is traced to its convention."""

import importlib.util
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.commands.option_values import stated_number
from ganloss_cli.errors import ExitStatus
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.pipeline.number.audit import traced_number
from ganloss_cli.pipeline.number.candidates import ConventionValue, formulas_for
from ganloss_cli.pipeline.number.ranking import ranked

RATE = 16000
Signal = npt.NDArray[np.float64]
Measure = Callable[[Signal, Signal], float]


def voice(k: int) -> Signal:
    """Syllables of a buzz whose pitch glides, with the noise of breath between them."""
    time = np.arange(int(1.5 * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(110 + 20 * k + 30 * np.sin(2 * np.pi * 0.7 * time)) / RATE
    buzz = sum(np.sin(j * phase) / j for j in range(1, 12))
    breath = 0.002 * np.random.default_rng(k).standard_normal(len(time))
    return 0.2 * buzz * np.sin(2 * np.pi * 2 * time).clip(min=0) + breath


def degraded(k: int) -> Signal:
    return 0.7 * np.roll(voice(k), 40) + 0.01 * np.random.default_rng(9 + k).standard_normal(int(1.5 * RATE))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    for role, made in (("real", voice), ("fake", degraded)):
        (folder / role).mkdir()
        for k in range(2):
            soundfile.write(folder / role / f"{k}.wav", made(k), RATE, subtype="FLOAT")
    return folder


def by_pesq(mode: str, *, swapped: bool = False) -> Measure:
    def measure(real: Signal, fake: Signal) -> float:
        from pesq import pesq

        return float(pesq(RATE, fake, real, mode) if swapped else pesq(RATE, real, fake, mode))

    return measure


def raw(mode: str, slope: float, offset: float) -> Measure:
    """P.862 before P.862.1's or P.862.2's mapping, y = 0.999 + 4 / (1 + exp(-slope x + offset))."""
    return lambda real, fake: (offset - math.log(4 / (by_pesq(mode)(real, fake) - 0.999) - 1)) / slope


def by_pystoi(*, extended: bool, times: float = 1.0) -> Measure:
    def measure(real: Signal, fake: Signal) -> float:
        from pystoi import stoi

        return times * float(stoi(real, fake, RATE, extended=extended))

    return measure


def by_pysptk(first: int, *, aligned: bool, constant: float = 10 * math.sqrt(2) / math.log(10)) -> Measure:
    def cepstra(signal: Signal) -> Signal:
        import pysptk

        window = pysptk.hamming(1024)
        return np.stack([
            pysptk.mcep(signal[k : k + 1024] * window, 23, 0.42, eps=1e-6, etype=1)[first:]
            for k in range(0, len(signal) - 1023, 256)
        ])  # fmt: skip

    def measure(real: Signal, fake: Signal) -> float:
        from fastdtw import fastdtw
        from scipy.spatial.distance import euclidean

        r, f = cepstra(real), cepstra(fake)
        if aligned:
            path = np.array(fastdtw(f, r, dist=euclidean)[1])
            f, r = f[path[:, 0]], r[path[:, 1]]
        return constant * float(np.sqrt(((r - f) ** 2).sum(1)).mean())

    return measure


def by_pyloudnorm(figure: Callable[[float, float], float], weighting: str = "K-weighting") -> Measure:
    def measure(real: Signal, fake: Signal) -> float:
        import pyloudnorm

        level = pyloudnorm.Meter(RATE, filter_class=weighting).integrated_loudness
        return figure(float(level(real)), float(level(fake)))

    return measure


def pitch_by(tracker: str, signal: Signal) -> Signal:
    """In Hz, 0 where there is no voice."""
    if tracker == "pyin":
        import librosa

        pitch, voiced, _ = librosa.pyin(signal, fmin=50, fmax=550, sr=RATE, frame_length=2048)
        return np.where(voiced, pitch, 0.0)
    import pyworld

    if tracker == "harvest":
        return np.asarray(pyworld.harvest(signal, RATE, f0_floor=50.0, f0_ceil=550.0)[0])
    rough, times = pyworld.dio(signal, RATE, f0_floor=50.0, f0_ceil=550.0)
    return np.asarray(pyworld.stonemask(signal, rough, times, RATE))


def cents(tracker: str) -> Measure:
    def measure(real: Signal, fake: Signal) -> float:
        r, f = pitch_by(tracker, real), pitch_by(tracker, fake)
        both = (r > 0) & (f > 0)
        return float(np.sqrt(np.mean((1200 * np.log2(r[both] / f[both])) ** 2)))

    return measure


def voicing(tracker: str, *, f1: bool = False) -> Measure:
    def measure(real: Signal, fake: Signal) -> float:
        r, f = pitch_by(tracker, real) > 0, pitch_by(tracker, fake) > 0
        return float(2 * (r & f).sum() / (r.sum() + f.sum())) if f1 else float((r != f).mean())

    return measure


def sureness(real: Signal, fake: Signal) -> float:
    import librosa

    r, f = (librosa.pyin(side, fmin=50, fmax=550, sr=RATE, frame_length=2048)[2] for side in (real, fake))
    return float(np.sqrt(np.mean((r - f) ** 2)))


DECIBELS = 10 / math.log(10)
# convention -> the number by hand, and the packages that make it
MADE: Mapping[str, tuple[Measure, tuple[str, ...]]] = {
    "pesq:wb": (by_pesq("wb"), ("pesq",)),
    "pesq:nb": (by_pesq("nb"), ("pesq",)),
    "pesq:wb_raw": (raw("wb", 1.3669, 3.8224), ("pesq",)),
    "pesq:nb_raw": (raw("nb", 1.4945, 4.6607), ("pesq",)),
    "pesq:swapped": (by_pesq("wb", swapped=True), ("pesq",)),
    "stoi:taal2011": (by_pystoi(extended=False), ("pystoi",)),
    "stoi:percent": (by_pystoi(extended=False, times=100), ("pystoi",)),
    "stoi:extended": (by_pystoi(extended=True), ("pystoi",)),
    "estoi:jensen2016": (by_pystoi(extended=True), ("pystoi",)),
    "estoi:percent": (by_pystoi(extended=True, times=100), ("pystoi",)),
    "mcd:espnet": (by_pysptk(0, aligned=True), ("pysptk", "fastdtw")),
    "mcd:frames": (by_pysptk(0, aligned=False), ("pysptk", "fastdtw")),
    "mcd:without_c0": (by_pysptk(1, aligned=True), ("pysptk", "fastdtw")),
    "mcd:kubichek1993": (by_pysptk(1, aligned=False), ("pysptk", "fastdtw")),
    "mcd:without_root": (by_pysptk(0, aligned=True, constant=DECIBELS), ("pysptk", "fastdtw")),
    "mcd:distance": (by_pysptk(0, aligned=True, constant=1.0), ("pysptk", "fastdtw")),
    "loudness:difference": (by_pyloudnorm(lambda r, f: abs(f - r)), ("pyloudnorm",)),
    "loudness:deman": (by_pyloudnorm(lambda r, f: abs(f - r), "DeMan"), ("pyloudnorm",)),
    "loudness:fake": (by_pyloudnorm(lambda r, f: f), ("pyloudnorm",)),
    "loudness:real": (by_pyloudnorm(lambda r, f: r), ("pyloudnorm",)),
    **{f"f0_rmse:{tracker}": (cents(tracker), (package,)) for tracker, package in (
        ("pyin", "librosa"), ("harvest", "pyworld"), ("dio", "pyworld"))},
    **{f"vuv_error:{tracker}": (voicing(tracker), (package,)) for tracker, package in (
        ("pyin", "librosa"), ("harvest", "pyworld"), ("dio", "pyworld"))},
    "vuv_error:f1": (voicing("pyin", f1=True), ("librosa",)),
    "periodicity:pyin": (sureness, ("librosa",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def candidates(files: Path) -> dict[str, list[ConventionValue]]:
    """Every convention whose library is there, as `audit number` holds them against a number."""
    losses = [find_loss(name) for name in dict.fromkeys(typed.partition(":")[0] for typed in MADE)]
    typed = [f"{loss.name}:{row.name}" for loss in losses for row in loss.usable]
    report = evaluate(data=files, losses=typed)
    found: dict[str, list[ConventionValue]] = {}
    for result in report.results:
        loss = find_loss(result.loss)
        row = ConventionValue(loss=loss, convention=loss.convention(result.convention), result=result)
        found.setdefault(loss.name, []).append(row)
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("made", [(typed,) for typed in MADE], ids=lambda made: made[0])
def test_a_number_of_each_library_with_each_option_is_named(
    made: tuple[str], files: Path, candidates: dict[str, list[ConventionValue]]
) -> None:
    measure, packages = MADE[made[0]]
    if missing := [name for name in packages if importlib.util.find_spec(name) is None]:
        pytest.skip(f"needs {', '.join(missing)}")
    loss = made[0].partition(":")[0]
    pairs = [[soundfile.read(files / role / f"{k}.wav")[0] for role in ("real", "fake")] for k in range(2)]
    value = float(np.mean([measure(*pair) for pair in pairs]))
    number = stated_number(f"{loss}={value:.5g}")

    found = traced_number(number, ranked(formulas_for(number, candidates[loss], 1e-6), 1e-6), 1e-6).candidates

    # two filters of loudness may agree in five digits: then both are named
    named = [one for one in found if one.within_rounding and one.factor == 1]
    assert made[0] in {name for one in named for name in (f"{one.loss}:{one.convention}", *one.same)}
    assert found[0].within_rounding


def test_every_convention_that_a_library_here_makes_is_tried() -> None:
    """But those of crepe, which no machine of the tests has, and of a whole set, which has no other recording here."""
    losses = dict.fromkeys(typed.partition(":")[0] for typed in MADE)
    rows = [(find_loss(name), row) for name in losses for row in find_loss(name).conventions]
    own = [f"{loss.name}:{row.name}" for loss, row in rows if row.settings.get("tracker") != "crepe"]

    assert [typed for typed in own if typed not in MADE] == []


STEADY = ("pesq", "pesq:nb_raw", "stoi", "estoi", "mcd:frames", "loudness", "f0_rmse:dio", "vuv_error:harvest")


def test_neither_batch_size_nor_workers_nor_shards_change_a_digit(files: Path, tmp_path: Path) -> None:
    """Of a recording with a second of zeros too, where pystoi draws noise."""
    for role in ("real", "fake"):
        (tmp_path / role).mkdir()
        for k in range(3):
            wave = soundfile.read(files / role / f"{k % 2}.wav")[0]
            wave[RATE // 4 : RATE] *= role == "real" or k != 2
            soundfile.write(tmp_path / role / f"{k}.wav", wave, RATE, subtype="FLOAT")
    usable = {f"{name}:{row.name}" for name in map(base, STEADY) for row in find_loss(name).usable}
    losses = [
        typed for typed in STEADY if (typed if ":" in typed else f"{typed}:{find_loss(typed).default.name}") in usable
    ]
    if not losses:
        pytest.skip("needs a library of speech")
    asked = ["--data", str(tmp_path), "--losses", ",".join(losses), "--quiet", "-o"]

    plain, *others = (
        values(tmp_path / f"{size}.json", ["eval", *asked, str(tmp_path / f"{size}.json"), "--batch-size", size, *more])
        for size, *more in (("3",), ("1",), ("2", "--num-workers", "2"))
    )
    parts = [tmp_path / f"part{k}.json" for k in (1, 2)]
    for k, part in enumerate(parts, start=1):
        assert main(["eval", *asked, str(part), "--shard", f"{k}/2"]) == ExitStatus.DONE
    merged = values(tmp_path / "whole.json", ["merge", *map(str, parts), "--quiet", "-o", str(tmp_path / "whole.json")])

    assert len(plain) == len(losses)
    for found in (*others, merged):
        assert found == plain


def base(typed: str) -> str:
    return typed.partition(":")[0]


def values(file: Path, words: list[str]) -> dict[str, float]:
    assert main(words) == ExitStatus.DONE
    return {result["typed"]: result["value"] for result in json.loads(file.read_text(encoding="utf-8"))["results"]}
