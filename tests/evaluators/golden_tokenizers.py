"""Numbers of what auto-encoders with a discriminator compute, by hand."""

import math

import torch


class Signs:
    """One map of two channels: how far the first channel lies above zero, and how far below."""

    linear = (torch.tensor([0.25, 0.5], dtype=torch.float64),)

    def __call__(self, images, channels=None, /):
        first = images[:, :1]
        return [torch.cat([first.relu(), (-first).relu()], dim=1)]


def pixels(value):
    return torch.full((1, 3, 2, 2), value, dtype=torch.float64)


# -0.5 and 0.5 on [-1, 1]: the pixels are 1 apart, and the directions of the maps are (0, 1) and (1, 0)
PAIR = {"real": pixels(0.25), "fake": pixels(0.75), "backbone": Signs()}
# 12 elements: the mean distance has the slope 1/12 at each, LPIPS has none, and -D has -3
ADAPTED = {
    "real": pixels(-0.5), "fake": pixels(0.5), "backbone": Signs(), "last_layer": lambda slopes: slopes.flatten(1),
    "discriminator": lambda images: [3 * images.flatten(1).sum(1)],
}  # fmt: skip
WEIGHT = math.sqrt(1 / 12) / (3 * math.sqrt(12) + 1e-4)

GOLDEN = (
    {"loss": "nll", "batch": PAIR, "expected": 1.75, "source": "by hand: |-0.5 - 0.5| + 0.25 + 0.5"},
    {
        "loss": "nll", "batch": PAIR, "settings": {"perceptual_weight": 2.0}, "expected": 2.5,
        "source": "by hand: 1 + 2 * 0.75",
    },
    {
        "loss": "nll", "convention": "latent_diffusion", "batch": PAIR, "settings": {"logvar": math.log(2)},
        "expected": 12 * (1.75 / 2 + math.log(2)), "source": "by hand: 12 elements, each 1.75 / exp(s) + s",
    },
    {"loss": "nll", "convention": "lpips", "batch": PAIR, "expected": 0.75, "source": "by hand: 0.25 + 0.5"},
    {"loss": "adaptive_weight", "batch": ADAPTED, "expected": WEIGHT, "source": "by hand: a ratio of norms"},
    {
        "loss": "adaptive_weight", "batch": ADAPTED | {"discriminator": lambda images: [0 * images.flatten(1).sum(1)]},
        "expected": math.sqrt(1 / 12) / 1e-4, "source": "by hand: of a discriminator without a slope",
    },
    {
        "loss": "adaptive_weight", "settings": {"added": 0.0}, "expected": 1e4, "source": "by hand: the most it can be",
        "batch": ADAPTED | {"discriminator": lambda images: [1e-7 * images.flatten(1).sum(1)]},
    },
    {
        "loss": "code_kl", "batch": {"code_logits": torch.tensor([[math.log(3), 0.0]], dtype=torch.float64)},
        "expected": 0.75 * math.log(1.5) + 0.25 * math.log(0.5), "source": "by hand: of 3/4 and 1/4 from 1/2 each",
    },
)  # fmt: skip
