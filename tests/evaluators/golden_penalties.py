"""Numbers of the penalties, by hand: on networks whose gradients are known."""

import math

import torch
from torch import Tensor


def tensor(*values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def parts(judged: Tensor) -> list[Tensor]:
    """Gradient (2 a, 2 b) from the first part, in two patches, and (3, 0) from the second."""
    return [judged**2, 3 * judged[:, 0]]


def squares(judged: Tensor) -> list[Tensor]:
    """Gradient 2 x."""
    return [(judged**2).flatten(1).sum(1)]


def draws(**drawn: Tensor) -> object:
    return lambda name, shape, kind: drawn[name.split(".")[1]]


SAMPLES = tensor([1.0, 2.0], [0.0, -3.0])
R = {"real": SAMPLES, "discriminator": parts}
SQUARED = ((5**2 + 4**2) + (3**2 + 6**2)) / 2

# half-way between (3, 0) and (1, 0), a quarter of the way from (0, 0) to (0, 4): slopes 4 and 2
BETWEEN = {
    "real": tensor([3.0, 0.0], [0.0, 4.0]), "fake": tensor([1.0, 0.0], [0.0, 0.0]), "discriminator": squares,
    "random": draws(alpha=tensor(0.5, 0.25)),
}  # fmt: skip
# two channels of one row of two pixels: gradients (2, 0) and (4, 4)
PIXELS = tensor([[[1.0, 2.0]], [[0.0, 2.0]]])
ON_PIXELS = {"real": PIXELS, "fake": PIXELS, "discriminator": squares, "random": draws(alpha=tensor(0.7))}

# standard deviation 1; the disturbed samples are (0.5, 0) and (2.25, 2.25)
AROUND = {
    "real": tensor([0.0, 0.0], [2.0, 2.0]), "discriminator": squares,
    "random": draws(alpha=tensor(1.0, 0.5), noise=tensor([1.0, 0.0], [1.0, 1.0])),
}  # fmt: skip
# mean real 1/2, mean fake 1/2
ANCHORED = {"real_logits": tensor(2.0, -1.0), "fake_logits": tensor(1.0, 0.0)}


def synthesis(styles: Tensor) -> Tensor:
    """The first number fills a picture of 2 x 2, the second counts twice at its upper left."""
    patterns = tensor([[1.0, 1.0], [1.0, 1.0]], [[2.0, 0.0], [0.0, 0.0]])
    return torch.einsum("nd,dhw->nhw", styles.flatten(2).sum(1) if styles.dim() > 2 else styles, patterns)[:, None]


# noise / sqrt(4): gradients (2, 1) and (1, 0)
PATHS = {
    "latents": tensor([0.3, 0.1], [5.0, 6.0]), "generator": synthesis,
    "random": draws(noise=tensor([[[1.0, 1.0], [1.0, 1.0]]], [[[0.0, 0.0], [0.0, 2.0]]])),
}  # fmt: skip
# three styles, each with that gradient: their mean is the same
STYLES = PATHS | {"latents": tensor([[0.0, 1.0]] * 3, [[2.0, 3.0]] * 3)}

A_HUNDREDTH = 0.01 * (math.sqrt(5) + 1) / 2

GOLDEN = (
    {"loss": "r1", "batch": R, "expected": SQUARED, "source": "by hand: gradients of a^2 + b^2 + 3 a"},
    {
        "loss": "r1", "convention": "lazy", "batch": R, "expected": 10 / 2 * 16 * SQUARED,
        "source": "by hand: gamma / 2 * 16",
    },
    {
        "loss": "r2", "batch": {"fake": SAMPLES, "discriminator": parts}, "expected": SQUARED,
        "source": "by hand: gradients of a^2 + b^2 + 3 a",
    },
    {"loss": "gp", "batch": BETWEEN, "expected": (3**2 + 1**2) / 2, "source": "by hand: slopes 4 and 2"},
    {
        "loss": "gp", "convention": "zero_centred", "batch": BETWEEN, "expected": (4**2 + 2**2) / 2,
        "source": "by hand: slopes 4 and 2",
    },
    {
        "loss": "gp", "convention": "lucidrains", "batch": BETWEEN, "source": "by hand: slopes 6, 8 and 2, 0",
        "expected": 10 * ((6**2 + 8**2) / 2 + (2**2 + 0**2) / 2),
    },
    {
        "loss": "gp", "convention": "wgan_lp", "batch": BETWEEN, "settings": {"centre": 3.0}, "expected": 1**2 / 2,
        "source": "by hand: only slope 4 is above 3",
    },
    {
        "loss": "gp", "convention": "unit_range", "batch": BETWEEN, "expected": (7**2 + 3**2) / 2,
        "source": "by hand: slopes 8 and 4",
    },
    {
        "loss": "gp", "convention": "basicsr", "batch": ON_PIXELS, "source": "by hand: norms 2 and 4 sqrt(2) of pixels",
        "expected": ((2 - 1) ** 2 + (math.sqrt(32) - 1) ** 2) / 2,
    },
    {
        "loss": "dragan", "batch": AROUND, "expected": (0 + (4.5 * math.sqrt(2) - 1) ** 2) / 2,
        "source": "by hand: slopes 1 and 4.5 sqrt(2)",
    },
    {
        "loss": "dragan", "settings": {"std": 2.0}, "batch": AROUND, "source": "by hand: slopes 2 and 5 sqrt(2)",
        "expected": (1**2 + (5 * math.sqrt(2) - 1) ** 2) / 2,
    },
    {
        "loss": "lecam", "batch": ANCHORED, "expected": (1.5**2 + 0) / 2 + (0 + 0.5**2) / 2,
        "source": "by hand: beyond 1/2",
    },
    {
        "loss": "lecam", "convention": "paper", "batch": ANCHORED, "expected": 1.5**2 + 0.5**2,
        "source": "by hand: both ways from 1/2",
    },
    {
        "loss": "lecam", "settings": {"average_real": 3.0, "average_fake": -1.0}, "batch": ANCHORED,
        "expected": (3**2 + 0) / 2 + (2**2 + 3**2) / 2, "source": "by hand: reals beyond -1, fakes below 3",
        "terms": {"real.0": 4.5, "fake.0": 6.5},
    },
    {
        "loss": "path_length", "batch": PATHS, "expected": ((math.sqrt(5) - 1) / 2) ** 2,
        "source": "by hand: lengths sqrt(5) and 1, each half their difference from the mean",
    },
    {
        "loss": "path_length", "settings": {"mean_path_length": 2.0}, "batch": PATHS,
        "expected": ((math.sqrt(5) - 2) ** 2 + 1) / 2, "source": "by hand: lengths sqrt(5) and 1 from 2",
    },
    {
        "loss": "path_length", "convention": "first_step", "batch": PATHS,
        "expected": ((math.sqrt(5) - A_HUNDREDTH) ** 2 + (1 - A_HUNDREDTH) ** 2) / 2,
        "source": "by hand: from a hundredth of the mean length",
    },
    {
        "loss": "path_length", "settings": {"scale": 1.0}, "batch": STYLES, "expected": ((math.sqrt(5) - 1) / 2) ** 2,
        "source": "by hand: the mean over three equal styles",
    },
    {
        "loss": "lecam", "convention": "mean", "expected": (1.5**2 / 2 + 0.5**2 / 2 + 0) / 2,
        "source": "by hand: the second part gives 0",
        "batch": {role: (tensor_, 0 * tensor_) for role, tensor_ in ANCHORED.items()},
    },
)  # fmt: skip
