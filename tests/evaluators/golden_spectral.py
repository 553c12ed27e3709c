"""Numbers of the losses of spectrograms, by hand: what a gain does to a logarithm."""

import math

import torch


def noise(samples: int) -> torch.Tensor:
    """Loud in every band, so that no floor is felt."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(samples, 1, 6000, generator=generator, dtype=torch.float64)


LOUD = noise(2)
DOUBLED = {"real": LOUD, "fake": 2 * LOUD}
# the second sample is ten times as loud; fake is three times real in the first and equal in the second
UNEQUAL = {
    "real": LOUD[:1] * torch.tensor([1.0, 10.0]).view(2, 1, 1),
    "fake": LOUD[:1] * torch.tensor([3.0, 10.0]).view(2, 1, 1),
}
TOGETHER = 2 / math.sqrt(1 + 100)

GOLDEN = (
    {
        "loss": "mel", "batch": DOUBLED, "expected": math.log(2), "tolerance": 1e-6,
        "source": "by hand: ln of a gain of 2, less what 1e-9 below a root takes off",
    },
    {
        "loss": "mel", "convention": "melgan", "batch": DOUBLED, "expected": math.log10(2),
        "source": "by hand: log10 of a gain of 2",
    },
    {
        "loss": "mrstft", "batch": DOUBLED, "expected": 1 + math.log(2),
        "terms": {"convergence": 1.0, "magnitude": math.log(2)}, "tolerance": 1e-6,
        "source": "by hand: ||r| - |2 r|| / ||r|| and ln 2, less what the floor takes off",
    },
    {
        "loss": "mrstft", "settings": {}, "batch": UNEQUAL, "expected": (2 + math.log(3)) / 2, "tolerance": 1e-6,
        "source": "by hand: a convergence of 2 for the first sample and 0 for the second",
    },
    {
        "loss": "mrstft", "convention": "parallel_wavegan", "batch": UNEQUAL, "expected": TOGETHER + math.log(3) / 2,
        "tolerance": 1e-6, "source": "by hand: norms over both samples, 2 : sqrt(1 + 100)",
    },
    {"loss": "lsd", "batch": DOUBLED, "expected": math.log10(4), "source": "by hand: log10 of a gain of 4 in power"},
    {
        "loss": "lsd", "convention": "decibels", "batch": DOUBLED, "expected": 10 * math.log10(4),
        "source": "by hand: in decibels",
    },
)  # fmt: skip
