"""Speech through the field's libraries: their numbers, what is resampled, and what they do not say of silence."""

import importlib.util
import math
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.evaluators.losses import loudness, mcd, pesq, stoi

REAL_DATA = Path(os.environ.get("GANLOSS_REAL_DATA", "")) / "audio" / "vctk-demand"
SPEECH = ("pesq", "stoi", "estoi", "mcd", "loudness")
RATE = 16000


def needs(*packages: str) -> pytest.MarkDecorator:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


def voice(seconds: float, seed: int = 0) -> torch.Tensor:
    time = torch.arange(int(seconds * RATE), dtype=torch.float64) / RATE
    harmonics = torch.stack([torch.sin(2 * math.pi * k * (110 + 10 * seed) * time) / k for k in range(1, 12)]).sum(0)
    return (0.2 * harmonics * torch.sin(2 * math.pi * 2 * time).clamp(min=0))[None, None]


def noisy(clean: torch.Tensor, strength: float = 0.02) -> torch.Tensor:
    return clean + strength * torch.randn(clean.shape, generator=torch.Generator().manual_seed(1), dtype=clean.dtype)


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    """Three recordings, one of which is longer."""
    for k in range(3):
        clean = voice(1.5 + (k == 2), seed=k)
        for role, wave in (("real", clean), ("fake", noisy(clean, 0.01 * (k + 1)))):
            (tmp_path / role).mkdir(exist_ok=True)
            soundfile.write(tmp_path / role / f"{k}.wav", wave[0, 0].numpy(), RATE)
    return tmp_path


@needs("pesq", "pystoi", "pysptk", "fastdtw", "pyloudnorm", "scipy")
def test_on_files_each_number_is_the_library_s_own_called_by_hand(pair: Path) -> None:
    from fastdtw import fastdtw
    from pesq import pesq as theirs
    from pyloudnorm import Meter
    from pysptk import mcep
    from pysptk.sptk import hamming
    from pystoi import stoi as intelligible
    from scipy.spatial.distance import euclidean

    folder = REAL_DATA if REAL_DATA.is_dir() else pair
    clean, degraded = (folder / "clean", folder / "noisy") if REAL_DATA.is_dir() else (pair / "real", pair / "fake")
    names = sorted(path.name for path in clean.glob("*.wav"))[:1]

    def by_hand(r: np.ndarray, f: np.ndarray) -> dict[str, float]:
        cepstra = [
            np.stack([mcep(x[k : k + 1024] * hamming(1024), 23, 0.42, eps=1e-6, etype=1)
                      for k in range(0, len(x) - 1023, 256)])
            for x in (r, f)
        ]  # fmt: skip
        path = np.array(fastdtw(cepstra[1], cepstra[0], dist=euclidean)[1])
        warped = ((cepstra[0][path[:, 1]] - cepstra[1][path[:, 0]]) ** 2).sum(1)
        level = Meter(RATE).integrated_loudness
        return {
            "pesq": theirs(RATE, r, f, "wb"), "pesq:nb": theirs(RATE, r, f, "nb"), "stoi": intelligible(r, f, RATE),
            "estoi": intelligible(r, f, RATE, extended=True),
            "mcd": float(np.mean(10 / np.log(10) * np.sqrt(2 * warped))), "loudness": abs(level(f) - level(r)),
        }  # fmt: skip

    expected = [by_hand(*(soundfile.read(side / name)[0] for side in (clean, degraded))) for name in names]

    report = evaluate(real=clean, fake=degraded, losses=list(expected[0]), per_sample=True, limit=1, batch_size=1)

    assert report.samples is not None
    for sample, hand in zip(report.samples, expected, strict=True):
        assert dict(sample.values) == pytest.approx(hand, rel=1e-6)


@needs("pesq", "pystoi", "pyloudnorm")
def test_a_report_names_library_and_resampling_and_no_batch_size_changes_a_number(pair: Path) -> None:
    losses = ["pesq", "stoi", "loudness"]

    one, three = (
        evaluate(data=pair, losses=losses, sample_rate=24000, batch_size=size, per_sample=True) for size in (1, 3)
    )

    assert [r.library.split()[0] for r in one.results if r.library] == ["pesq", "pystoi", "pyloudnorm"]
    assert [r.value for r in one.results] == [r.value for r in three.results]
    assert [f.message for f in one.findings if f.check == "resampled_for_a_loss"] == [
        "pesq: resampled from 24000 to 16000 Hz by soxr", "stoi: resampled from 24000 to 10000 Hz by pystoi",
    ]  # fmt: skip


@needs("pesq")
def test_a_raw_score_is_what_p_862_maps() -> None:
    clean = voice(1.5)

    raw, mapped = (
        float(pesq(clean, noisy(clean), sample_rate=RATE, mode="nb", score=score)) for score in ("raw", "mos_lqo")
    )

    # P.862.1, equation 1
    assert 0.999 + 4 / (1 + math.exp(-1.4945 * raw + 4.6607)) == pytest.approx(mapped, rel=1e-6)
    assert float(pesq(clean, clean, sample_rate=RATE, mode="nb", score="raw")) == pytest.approx(4.5, abs=0.06)


@needs("pesq")
@pytest.mark.parametrize("silent", ["real", "fake", "both"])
def test_silence_has_no_pesq_and_the_sample_is_named(pair: Path, silent: str) -> None:
    for role in ("real", "fake") if silent == "both" else (silent,):
        soundfile.write(pair / role / "1.wav", np.zeros(24000), RATE)

    report = evaluate(data=pair, losses=["pesq"])

    assert report.results[0].non_finite_samples == ("1",)
    (told,) = (finding for finding in report.findings if finding.check == "non_finite_loss")
    assert told.hint == "no speech was found: PESQ is not defined for silence"


@needs("pesq")
def test_what_pesq_cannot_take_is_refused_with_what_would_do() -> None:
    short = voice(0.2)

    with pytest.raises(InputError, match=r"0\.2 s is less than a quarter of a second"):
        pesq(short, short, sample_rate=RATE)
    with pytest.raises(UsageError, match="the waveforms have 8000 Hz") as caught:
        pesq(voice(1.0), voice(1.0), sample_rate=8000)
    assert caught.value.hint == "wide band needs 16000 Hz: take pesq:nb"
    assert float(pesq(voice(1.0), voice(1.0), sample_rate=8000, mode="nb")) > 4.5


@needs("pystoi")
def test_a_clip_too_short_for_stoi_has_none_where_pystoi_gives_a_hundred_thousandth() -> None:
    short = voice(0.3)

    assert math.isnan(float(stoi(short, short, sample_rate=RATE)))


@needs("pysptk", "fastdtw")
def test_a_gain_moves_the_energy_coefficient_alone() -> None:
    clean = voice(1.0) + noisy(torch.zeros(1, 1, RATE, dtype=torch.float64))

    with_energy = float(mcd(clean, 0.5 * clean, sample_rate=RATE, aligned=False))
    without = float(mcd(clean, 0.5 * clean, sample_rate=RATE, aligned=False, first=1))

    # c0 is half of the log power: ln 2, times 10 sqrt(2) / ln 10
    assert with_energy == pytest.approx(math.log(2) * 10 * math.sqrt(2) / math.log(10), rel=1e-2)
    assert without < 0.05 * with_energy


@needs("pysptk", "fastdtw")
def test_a_sample_rate_without_an_analysis_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(UsageError, match="no analysis at 12000 Hz, only at 8000, 16000"):
        mcd(voice(1.0), voice(1.0), sample_rate=12000)


@needs("pyloudnorm")
def test_six_decibels_are_six_loudness_units() -> None:
    tone = voice(1.0)

    assert float(loudness(tone, 2 * tone, sample_rate=RATE)) == pytest.approx(20 * math.log10(2), rel=1e-6)


@needs("pystoi")
def test_a_number_that_is_estoi_is_told_from_stoi(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (result,) = evaluate(data=pair, losses=["estoi"]).results

    status = main(["audit", "number", f"stoi={result.value:.4f}", "--data", str(pair)])

    assert status == ExitStatus.DONE
    assert "stoi:extended, a known mistake: it is ESTOI" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("name", SPEECH)
def test_without_its_package_a_loss_names_the_extra(
    name: str, pair: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    optional = ("pesq", "pystoi", "pysptk", "fastdtw", "pyloudnorm")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name in optional else found(name, *rest)
    )

    assert main(["eval", "--data", str(pair), "--losses", name]) == ExitStatus.USAGE
    told = capsys.readouterr().err
    assert f"error: {name} needs the package" in told
    assert "pip install 'ganloss[speech]'" in told
    assert main(["losses", name]) == ExitStatus.DONE
    assert evaluate(data=pair, losses=["si_sdr", "all"]).not_applicable[name].startswith("needs the package")
