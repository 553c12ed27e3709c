"""Writes every expected.json from sources other than ganloss, which it does not import: `python expected.py`.

Each holds a list of commands, to be run in this folder, with the values that they print.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from independent import (
    Floats,
    components,
    cosine_distance,
    cross_entropy,
    divergence,
    feature_matching,
    hinge,
    judge_picture,
    judge_sound,
    least_squares,
    logits,
    masked_divergence,
    restore,
    scale_invariant_ratio,
    scores,
    squared_gradients,
    wasserstein,
)
from PIL import Image
from safetensors.torch import load_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

HERE = Path(__file__).resolve().parent
SCIKIT_IMAGE = (
    "ssim and psnr: scikit-image 0.26 in float64, Gaussian window of sigma 1.5, population covariance, valid region"
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a command prints, and where the numbers are from.

    Args:
        folder: of the expected.json.
        command: to be run in this folder, without its --losses.
        source: what computed the values.
        values: by the names that --losses takes.
    """

    folder: str
    command: str
    source: str
    values: Mapping[str, float]

    def content(self) -> dict[str, object]:
        """What expected.json holds of it."""
        names = ",".join(self.values)
        return {"command": f"{self.command} --losses {names}", "source": self.source, "values": dict(self.values)}


def main() -> None:
    """Write the expected.json of each folder."""
    for folder, content in contents().items():
        (HERE / folder / "expected.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def contents() -> dict[str, list[dict[str, object]]]:
    """What each folder's expected.json holds."""
    by_folder: dict[str, list[dict[str, object]]] = {}
    for case in (images("imgs/", "input"), images("imgs/real", "real"), audio(), saved_tensors(), two_domains()):
        by_folder.setdefault(case.folder, []).append(case.content())
    return by_folder


def images(data: str, eaten: str) -> Case:
    """What the generator makes of the pictures in one folder, against the clean pictures.

    Args:
        data: what --data names.
        eaten: the folder that the generator's input is in; a flat folder is its own.
    """
    parts = torch.load(HERE / "g.pt", map_location="cpu", weights_only=True)
    generator, discriminator = (
        {name: tensor.double() for name, tensor in parts[part].items()} for part in ("generator", "discriminator")
    )
    reals = read_pictures("real")
    fakes = restore(generator, read_pictures(eaten))
    real_maps, fake_maps = [judge_picture(discriminator, reals)], [judge_picture(discriminator, fakes)]
    judged = scores(logits(real_maps), logits(fake_maps))
    return Case(
        folder=".",
        command=f"ganloss eval --ckpt g.pt --data {data}",
        source=f"{SCIKIT_IMAGE}; the networks: torch.nn.functional calls over the state dicts in float64 "
        "(independent.py); the rest: numpy in float64",
        values={
            **of_pairs((reals + 1) / 2, (fakes + 1) / 2),
            "fm": feature_matching(real_maps, fake_maps),
            **least_squares(logits(real_maps), logits(fake_maps)),
            "real_score": judged["real_score"],
            "fake_score": judged["fake_score"],
            "r1": squared_gradients(discriminator, reals),
        },
    )


def read_pictures(folder: str) -> Tensor:
    """Every picture of a folder in [-1, 1]; (N, 3, H, W)."""
    paths = sorted((HERE / "imgs" / folder).glob("*.png"))
    pixels = np.stack([np.asarray(Image.open(path), dtype=np.float64) for path in paths])
    return torch.from_numpy(pixels / 127.5 - 1).permute(0, 3, 1, 2)


def of_pairs(reals: Tensor, fakes: Tensor) -> dict[str, float]:
    """Losses of pairs of pictures in [0, 1], (N, 3, H, W) each."""
    pairs = list(zip(reals.permute(0, 2, 3, 1).numpy(), fakes.permute(0, 2, 3, 1).numpy(), strict=True))
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return {
        "ssim": mean(structural_similarity(*pair, data_range=1, channel_axis=-1, **window) for pair in pairs),
        "psnr": mean(peak_signal_noise_ratio(*pair, data_range=1) for pair in pairs),
        "l1": mean(np.abs(real - fake).mean() for real, fake in pairs),
        "mse": mean(((real - fake) ** 2).mean() for real, fake in pairs),
    }


def mean(values: Iterable[float]) -> float:
    """Every sample weighs the same."""
    return float(np.mean(list(values)))


def audio() -> Case:
    """Notes and their late, noisy copies, and a discriminator of the user's own."""
    weights = {name: tensor.double() for name, tensor in load_file(HERE / "audio" / "d.safetensors").items()}
    sounds = [
        (read_wave(path), read_wave(HERE / "audio" / "fake" / path.name))
        for path in sorted((HERE / "audio" / "real").glob("*.wav"))
    ]
    judged = [(judge_sound(weights, real), judge_sound(weights, fake)) for real, fake in sounds]
    adversarial = [
        {**least_squares(logits(real), logits(fake)), **scores(logits(real), logits(fake))} for real, fake in judged
    ]
    return Case(
        folder="audio",
        command="ganloss eval --network discriminator=audio/nets.py:MultiPeriodDiscriminator"
        " --disc audio/d.safetensors --data audio/",
        source="the discriminator: torch.nn.functional calls over the state dict in float64 (independent.py), "
        "one sound at a time; the rest: numpy in float64",
        values={
            "fm": mean(feature_matching(real, fake) for real, fake in judged),
            **{name: mean(losses[name] for losses in adversarial) for name in adversarial[0] if name != "d_accuracy"},
            "l1": mean(np.abs(real - fake).mean() for real, fake in sounds),
            "si_sdr": mean(scale_invariant_ratio(real, fake) for real, fake in sounds),
        },
    )


def read_wave(path: Path) -> Floats:
    """One sound in [-1, 1]; (T,)."""
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64) / 32768


def saved_tensors() -> Case:
    """What a training loop of one generator and one discriminator saved."""
    loaded = read_tensors("losses")
    t = {name: tensor.numpy() for name, tensor in loaded.items()}
    sides = ("real", "fake")
    patches = [[t[f"{side}_logits.{number}"] for number in range(3)] for side in sides]
    maps = [[[loaded[f"{side}_features.{d}.{layer}"] for layer in range(3)] for d in range(2)] for side in sides]
    return Case(
        folder="tensors",
        command="ganloss eval --data tensors/losses.safetensors --range 0,1",
        source=f"{SCIKIT_IMAGE}; the rest: numpy in float64, written down from the papers and projects that "
        "independent.py names",
        values={
            **least_squares(*patches),
            **cross_entropy(*patches),
            **hinge(*patches),
            **wasserstein(*patches),
            **scores(*patches),
            "fm": feature_matching(*maps),
            "kl_vits": masked_divergence(t),
            "kl": divergence(t["mu"], t["sigma"]),
            "component": components(t, separation=0.0, residual=0.2, quality=0.8),
            "component:two_term": components(t, separation=0.8, residual=0.2, quality=0.0),
            **of_pairs(loaded["real"], loaded["fake"]),
            "cosine": cosine_distance(t["real"], t["fake"]),
        },
    )


def two_domains() -> Case:
    """What a CycleGAN's training loop saved."""
    t = {name: tensor.numpy() for name, tensor in read_tensors("cycle").items()}
    return Case(
        folder="tensors",
        command="ganloss eval --data tensors/cycle.safetensors --range 0,1",
        source="numpy in float64: L1 on [0, 1] without weights (arXiv:1703.10593), both domains added",
        values={
            "cycle": sum(mean(np.abs(t[f"real_{domain}"] - t[f"rec_{domain}"])) for domain in "AB"),
            "identity": sum(mean(np.abs(t[f"real_{domain}"] - t[f"idt_{domain}"])) for domain in "AB"),
        },
    )


def read_tensors(name: str) -> dict[str, Tensor]:
    """A file of saved tensors, in float64."""
    loaded = load_file(HERE / "tensors" / f"{name}.safetensors")
    return {role: tensor.double() for role, tensor in loaded.items()}


if __name__ == "__main__":
    main()
