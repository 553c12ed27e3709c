"""The folder that the golden command lines run in: the sample data, and small files made by formula in made/.

Files are written without dates or compression, so that every machine makes the same bytes.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from golden_networks import RATE, SAMPLE_DATA, make_networks, numbers
from PIL import Image
from safetensors import safe_open

Arrays = npt.NDArray[np.float64]

N_SCORES = 200
LOSSES = '''
import torch


def half_l1(real, fake):
    """Half the mean absolute error."""
    return 0.5 * (real - fake).abs().mean()


def hinge_of_minus_one(real_scores, fake_scores):
    """The hinge with a margin of its own."""
    return torch.relu(0.7 - real_scores).mean() + torch.relu(1 + fake_scores).mean()
'''


def make_files(folder: Path) -> None:
    """Write the sample data and made/ into an empty folder."""
    shutil.copytree(SAMPLE_DATA, folder / "sample_data", ignore=shutil.ignore_patterns("__pycache__", "*.py[co]"))
    made = folder / "made"
    made.mkdir()
    make_networks(made)
    (made / "losses.py").write_text(LOSSES, encoding="utf-8")
    _pictures(made)
    _layouts(made)
    _sounds(made)
    _scores_and_logs(made)
    _tensors_to_compare(made)
    _refused(made)


def _pictures(made: Path) -> None:
    """Pictures of the size that each network takes, and classes of the smallest."""
    _images(made / "dcgan" / "reals", "r", 6, 64)
    _images(made / "cyclegan" / "data" / "A", "a", 3, 32)
    _images(made / "cyclegan" / "data" / "B", "b", 3, 32)
    _images(made / "holdout", "h", 6, 96)
    _images(made / "small", "s", 4, 16)
    _images(made / "tiny", "t", 4, 8)
    np.save(made / "labels.npy", np.array([0, 2, 1, 2]))


def _images(folder: Path, name: str, count: int, side: int) -> None:
    """Smooth colour pictures with a little noise."""
    folder.mkdir(parents=True)
    ramp = np.linspace(0, 3, side)
    for k in range(count):
        a, b, c = 2 * numbers(f"{name} {k}", 3)
        wave = np.sin(a + (1 + b) * ramp[:, None, None] + (1 + c) * ramp[None, :, None] + np.arange(3))
        picture = 0.5 + 0.4 * wave + 0.05 * numbers(f"{name} noise {k}", side, side, 3)
        Image.fromarray((picture * 255).round().astype(np.uint8)).save(folder / f"{name}{k}.png", compress_level=0)


def _layouts(made: Path) -> None:
    """The sample pictures once more: as a manifest, and as pictures whose halves are input and real."""
    folder = "../sample_data/imgs"
    rows = [f"{folder}/real/{name}.png,{folder}/input/{name}.png" for name in ("rocket_0", "coffee_1", "chelsea_0")]
    (made / "pairs.csv").write_text("\n".join(("real,fake", *rows)) + "\n", encoding="utf-8")
    (made / "aligned").mkdir()
    for name in ("rocket_0", "coffee_1"):
        halves = [np.asarray(Image.open(SAMPLE_DATA / "imgs" / side / f"{name}.png")) for side in ("input", "real")]
        Image.fromarray(np.concatenate(halves, 1)).save(made / "aligned" / f"{name}.png", compress_level=0)


def _sound(path: Path, name: str, length: int) -> Arrays:
    path.parent.mkdir(parents=True, exist_ok=True)
    pitch = 300 + 200 * numbers(name, 1)
    sound = 0.3 * np.sin(2 * np.pi * pitch * np.arange(length) / RATE) + 0.02 * numbers(f"{name} noise", length)
    soundfile.write(path, sound, RATE, "PCM_16")  # one of floats holds the time of its making
    return sound


def _sounds(made: Path) -> None:
    """Two recordings; two songs of two stems, and what a separator made of them."""
    (made / "estimates").mkdir()
    for k in range(2):
        _sound(made / "vocoder" / "wavs" / f"{k}.wav", f"recording {k}", 3210)
        song = made / "songs" / str(k)
        vocals, drums = (_sound(song / f"{stem}.wav", f"{stem} {k}", 4000) for stem in ("vocals", "drums"))
        soundfile.write(song / "mixture.wav", vocals + drums, RATE, "PCM_16")
        soundfile.write(made / "estimates" / f"{k}.wav", vocals + 0.2 * drums, RATE, "PCM_16")


def _scores_and_logs(made: Path) -> None:
    """What a discriminator said, and logs of it: right, off by factors, wrong, as text, with a sum that fails."""
    real, fake = 1 + numbers("real scores", N_SCORES, 1), -1 + 1.5 * numbers("fake scores", N_SCORES, 1)
    scores = {"real_logits.0": real.astype(np.float32), "fake_logits.0": fake.astype(np.float32)}
    np.savez(made / "scores.npz", **scores)
    real, fake = (array.astype(np.float64) for array in scores.values())
    d_real, d_fake, g = (float(np.logaddexp(0, x).mean()) for x in (-real, fake, -fake))
    good = {"D_real": d_real, "D_fake": d_fake, "G_GAN": g, "real_score": float(real.mean())}
    _csv(made / "good.csv", good)
    _csv(made / "factors.csv", {"d_loss": 0.5 * (d_real + d_fake), "g_loss": 2 * g})
    _csv(made / "wrong.csv", {"d_loss": d_real + d_fake, "g_loss": 1.3 * g})
    rows = [{"step": k, "loss/d": 3.0 + (k == 2), "loss/d_real": 1.0 + k, "loss/d_fake": 2.0 - k} for k in range(4)]
    (made / "sums.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    lines = [
        f"(epoch: {k}, iters: 100, time: 0.1, data: 0.2) G_GAN: {g + k:.3f} G_L1: {0.5 * k:.3f} D_real: {d_real:.3f}"
        f" D_fake: {d_fake:.3f}"
        for k in (1, 2, 3)
    ]
    (made / "loss_log.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    # of the sample networks: what the sample data's own log would hold
    _csv(made / "of_images.csv", {"psnr": 24.878, "G_L1": 7.978, "d_loss": 0.2319, "ssim": 0.5}, step=3000)


def _csv(path: Path, numbers: Mapping[str, float], step: int = 100) -> None:
    values = ",".join(repr(number) for number in numbers.values())
    path.write_text(f"step,{','.join(numbers)}\n{step},{values}\n", encoding="utf-8")


def _tensors_to_compare(made: Path) -> None:
    """Two tensor files, two reprod_log files with drift, and numbers that are not finite or all alike."""
    first = numbers("compared", 2, 3, 4).astype(np.float32)
    np.savez(made / "a.npz", same=first, moved=first, left=np.float32(1), lost=np.array([np.nan, 1], np.float32))
    np.savez(made / "b.npz", same=first, moved=first + np.float32(1e-3), lost=np.array([np.nan, 1], np.float32))
    for name, error in (("a", 0.0), ("b", 1e-3)):
        _reprod_log(made / f"drift_{name}.npy", {f"loss_{k}": 1 + error * (k > 2) for k in range(5)})
        _reprod_log(made / f"discogan_{name}.npy", {"gen_loss": 0.7 + error, "dis_loss": 1.4})
        _reprod_log(made / f"pix2pix_{name}.npy", {"D_real": 0.3319 + error, "G_L1": 7.978})
        _report(made / f"report_{name}.json", 0.9 + error)
    pictures = (0.5 + 0.5 * numbers("pictures", 3, 3, 16, 16)).astype(np.float32)
    np.savez(made / "identical.npz", real=pictures, fake=pictures)
    sick = pictures.copy()
    sick[1, 0, 0, 0] = np.nan
    np.savez(made / "nan.npz", real=pictures, fake=sick)
    with safe_open(SAMPLE_DATA / "tensors" / "losses.safetensors", "np") as file:
        reals, fakes = file.get_tensor("real_logits.0"), file.get_tensor("fake_logits.0")
    np.savez(made / "renamed.npz", fmap_real=reals, theirs=fakes)


def _reprod_log(path: Path, numbers: Mapping[str, float]) -> None:
    logged = {key: np.array([number], np.float32) for key, number in numbers.items()}
    np.save(path, np.array(logged, dtype=object), allow_pickle=True)


def _report(path: Path, value: float) -> None:
    """As much of a report as a comparison asks for; the second loss has no value, the third other settings."""
    rows = [
        {"loss": "ssim", "convention": "wang2004", "value": value, "reason": None, "settings": {"window": 11}},
        {"loss": "psnr", "convention": "per_image", "value": None, "reason": "infinite", "settings": {}},
        {"loss": "l1", "convention": "mean", "value": 0.5, "reason": None, "settings": {"scale": value}},
    ]
    document = {"schema_version": "1.0", "dtype": "float32", "fingerprint": "f", "seed": 0, "results": rows}
    path.write_text(json.dumps(document), encoding="utf-8")


def _refused(made: Path) -> None:
    """A pickle that names a function, and files that are none."""
    (made / "names_print.pkl").write_bytes(b"cbuiltins\nprint\n(Vhello\ntR.")
    (made / "cut.safetensors").write_bytes((SAMPLE_DATA / "tensors" / "cycle.safetensors").read_bytes()[:1000])
    (made / "cut.pt").write_bytes((SAMPLE_DATA / "g.pt").read_bytes()[:5000])
