"""Numbers of perceptual and style distance, by hand, on backbones that give their input back."""

import torch
from torch import Tensor


def pixels(*colours: tuple[float, float, float]) -> Tensor:
    """One image of one pixel each."""
    return torch.tensor(colours, dtype=torch.float64).view(-1, 3, 1, 1)


def itself_and_twice(images: Tensor) -> list[Tensor]:
    return [images, 2 * images]


def five_times(images: Tensor) -> list[Tensor]:
    return [images] * 5


# ImageNet's mean, so that it is prepared as zero; and one away by 1, 2 and 0 of its deviations
MEAN, AWAY = (0.485, 0.456, 0.406), (0.485 + 0.229, 0.456 + 2 * 0.224, 0.406)
PAIR = {"real": pixels(MEAN), "fake": pixels(AWAY)}
FIVE = PAIR | {"backbone": five_times}
STEPS = (0.229, 0.448)
SQUARE = (STEPS[0] ** 2 + STEPS[1] ** 2) / 3
PIX2PIXHD = 1 / 32 + 1 / 16 + 1 / 8 + 1 / 4 + 1

GOLDEN = (
    {
        "loss": "perceptual", "batch": PAIR | {"backbone": itself_and_twice}, "expected": 5 / 3 + 20 / 3,
        "source": "by hand: (1 + 4 + 0) / 3, and four times that of the doubled map",
    },
    {
        "loss": "perceptual", "convention": "esrgan", "batch": FIVE, "expected": 1.0,
        "source": "by hand: (1 + 2) / 3 = 1, of the last map alone",
    },
    {
        "loss": "perceptual", "convention": "realesrgan", "batch": FIVE, "expected": 3.2,
        "source": "by hand: (1 + 2) / 3 = 1, times 0.1 + 0.1 + 1 + 1 + 1",
    },
    {
        "loss": "perceptual", "convention": "pix2pixhd", "batch": FIVE, "expected": PIX2PIXHD * 2 * sum(STEPS) / 3,
        "source": "by hand: steps twice as large on [-1, 1]",
    },
    {
        "loss": "perceptual", "convention": "leftthomas", "batch": FIVE, "expected": SQUARE,
        "source": "by hand: the last map, on [0, 1]",
    },
    {
        "loss": "perceptual", "convention": "ledig2017", "batch": FIVE, "expected": 5 / 3 / 12.75**2,
        "source": "by hand: the last map, features divided by 12.75",
    },
    {
        "loss": "perceptual", "convention": "blog", "source": "by hand: two samples added up",
        "batch": {"real": pixels(MEAN, MEAN), "fake": pixels(AWAY, AWAY), "backbone": five_times},
        "expected": 2 * SQUARE,
    },
    {
        "loss": "gram", "batch": PAIR | {"backbone": itself_and_twice}, "expected": 25 / 9 + 16 * 25 / 9,
        "source": "by hand: (1 2; 2 4) / 3 against zero, and four times that of the doubled map",
    },
    {
        "loss": "gram", "convention": "gatys2016", "batch": FIVE, "expected": 25 / 9 / 4,
        "source": "by hand: five fifths of a quarter",
    },
    {
        "loss": "gram", "convention": "basicsr", "batch": FIVE, "expected": 5 * 3 / 9,
        "source": "by hand: (1 + 2 + 2 + 4) / 3 over nine entries, five times",
    },
    {
        "loss": "gram", "convention": "basicsr_l2", "batch": FIVE, "expected": 5 * 25 / 81,
        "source": "by hand: 25 / 9 over nine entries, five times",
    },
)  # fmt: skip
