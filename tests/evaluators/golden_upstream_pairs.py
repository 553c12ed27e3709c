"""Numbers of losses of pairs from public code bases, each computed by its own code on the inputs below.

`python tests/evaluators/upstream --upstream DIR` computes them again from clones. Many sources work in float32.
"""


import torch
from torch import Tensor


def pictures(start: float, noise: float) -> Tensor:
    """Two RGB pictures on [0, 1], by a formula; `noise` is how far the copy is from the original."""
    n, c = torch.arange(2, dtype=torch.float64).view(-1, 1, 1, 1), torch.arange(3, dtype=torch.float64).view(-1, 1, 1)
    i, j = torch.arange(26, dtype=torch.float64).view(-1, 1), torch.arange(21, dtype=torch.float64)
    smooth = 0.5 + 0.35 * torch.sin(start + 0.11 * i + 0.07 * (c + 1) * j + n)
    return smooth + noise * torch.cos(0.9 * i + 1.3 * j + c + n)


def signal(start: float, samples: int, channels: int, length: int) -> Tensor:
    """Waveforms with a few tones, a rise and an offset, well inside [-1, 1]."""
    n = torch.arange(samples, dtype=torch.float64).view(-1, 1, 1) + 0.5 * torch.arange(channels).view(-1, 1)
    t = torch.arange(length, dtype=torch.float64)
    tones = sum(torch.sin((0.03 * k**2 + 0.01 * n) * t + k * start) / k for k in (1, 2, 3, 5, 8))
    return 0.2 * tones * (0.3 + t / length) * (1 + n) / 2 + 0.02


REAL, FAKE = pictures(0.3, 0.0), pictures(0.3, 0.06)
MONO = {"real": signal(0.4, 3, 1, 9000), "fake": signal(0.4, 3, 1, 9000) + 0.1 * signal(1.7, 3, 1, 9000)}
STEREO = {"real": signal(0.4, 2, 2, 3000), "fake": 0.8 * signal(0.4, 2, 2, 3000) + 0.1 * signal(1.7, 2, 2, 3000)}
SPECTROGRAMS = {
    "mask": pictures(1.0, 0.1), "target": pictures(2.0, 0.1), "residual": pictures(3.0, 0.1), "mixture": pictures(2.2, 0.1),
}  # fmt: skip
DOMAINS = {"real_A": REAL, "rec_A": FAKE, "real_B": pictures(1.0, 0.0), "rec_B": pictures(1.1, 0.1)}

INPUTS = {
    "PICTURES": {"real": REAL, "fake": FAKE},
    "PICTURE": {"fake": FAKE},
    "MONO": MONO,
    "STEREO": STEREO,
    "MASKED": {name: SPECTROGRAMS[name] for name in ("mask", "target", "residual")},
    "MIXED": {name: SPECTROGRAMS[name] for name in ("mask", "mixture", "target")},
    "DOMAINS": DOMAINS,
    "STILL": {name.replace("rec", "idt"): images for name, images in DOMAINS.items()},
}
SEVEN = (32, 64, 128, 256, 512, 1024, 2048)  # window lengths of DAC
RATES = {"vocos": 24000, "bigvgan_24k": 24000, "dac": 44100, "bigvgan_v2": 24000, "applio": 48000} | {
    f"rvc_{rate}k{logged}": 1000 * rate for rate in (32, 40, 48) for logged in ("", "_logged")
}
# By source: loss, convention, inputs, and the number that the source gives.
FIGURES: dict[str, tuple[tuple[str, str, str, float], ...]] = {
}


def settings(loss: str, convention: str) -> dict[str, int]:
    return {"sample_rate": RATES.get(convention, 22050)} if loss == "mel" else {}


GOLDEN = tuple(
    {
        "loss": loss, "convention": convention, "inputs": inputs, "batch": INPUTS[inputs], "expected": expected,
        "source": source, "settings": settings(loss, convention), "tolerance": 1e-5,
    }
    for source, figures in FIGURES.items()
    for loss, convention, inputs, expected in figures
)  # fmt: skip
