"""Numbers of the losses of pairs: by hand, and from libraries."""

import math

import torch


def tensor(*values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# differences 1, -2 and 0.5, 0.05
PAIR = {"real": tensor([1.0, 2.0], [0.5, 1.0]), "fake": tensor([2.0, 0.0], [1.0, 1.05])}
RIGHT_ANGLE = {"real": tensor([3.0, 0.0], [1.0, 1.0]), "fake": tensor([0.0, 2.0], [2.0, 2.0])}
# one image of two rows and three columns
STEPS = {"fake": tensor([[[0.0, 1.0, 3.0], [2.0, 1.0, 0.0]]])}
THERE = {
    "real_A": tensor([1.0, 2.0]), "rec_A": tensor([1.5, 2.0]),
    "real_B": tensor([0.0, 0.0], [1.0, 1.0]), "rec_B": tensor([1.0, 0.0], [1.0, 0.0]),
}  # fmt: skip
STILL = {name.replace("rec", "idt"): values for name, values in THERE.items()}

GOLDEN = (
    {"loss": "l1", "batch": PAIR, "expected": (1.5 + 0.275) / 2, "source": "by hand: (1 + 2) / 2 and (0.5 + 0.05) / 2"},
    {"loss": "l1", "convention": "summed", "batch": PAIR, "expected": 3.55 / 2, "source": "by hand: 3 and 0.55"},
    {"loss": "l1", "convention": "pix2pix", "batch": PAIR, "expected": 177.5, "source": "by hand: 100 x 2 x 0.8875"},
    {"loss": "mse", "batch": PAIR, "expected": (2.5 + 0.12625) / 2, "source": "by hand: 5 / 2 and 0.2525 / 2"},
    {"loss": "mse", "convention": "summed", "batch": PAIR, "expected": 5.2525 / 2, "source": "by hand: 5 and 0.2525"},
    {
        "loss": "mse", "convention": "root", "batch": PAIR, "expected": (math.sqrt(2.5) + math.sqrt(0.12625)) / 2,
        "source": "by hand: the root of each sample's",
    },
    {
        "loss": "huber", "batch": PAIR, "expected": ((0.5 + 1.5) / 2 + (0.125 + 0.00125) / 2) / 2,
        "source": "by hand: 1/2, 2 - 1/2, 0.5^2 / 2, 0.05^2 / 2",
    },
    {
        "loss": "huber", "convention": "tenth", "batch": PAIR,
        "expected": (0.1 * (0.95 + 1.95) / 2 + (0.1 * 0.45 + 0.00125) / 2) / 2,
        "source": "by hand: 0.1 (|d| - 0.05) above 0.1",
    },
    {
        "loss": "huber", "convention": "smooth_l1_tenth", "batch": PAIR,
        "expected": ((0.95 + 1.95) / 2 + (0.45 + 0.0125) / 2) / 2, "source": "by hand: |d| - 0.05 above 0.1",
    },
    {
        "loss": "charbonnier", "batch": {"real": tensor([1.0, 3e-3]), "fake": tensor([1.0, -1e-3])},
        "expected": (1e-3 + math.sqrt(17e-6)) / 2, "source": "by hand: sqrt(0 + 1e-6) and sqrt(16e-6 + 1e-6)",
    },
    {
        "loss": "charbonnier", "convention": "basicsr", "batch": {"real": tensor([1.0]), "fake": tensor([1.0])},
        "expected": 1e-6, "source": "by hand: sqrt(1e-12)",
    },
    {
        "loss": "charbonnier", "convention": "summed", "expected": 1e-3 + math.sqrt(17e-6),
        "batch": {"real": tensor([1.0, 3e-3]), "fake": tensor([1.0, -1e-3])}, "source": "by hand: the two added up",
    },
    {
        "loss": "charbonnier", "convention": "kornia", "expected": (math.sqrt(5) - 1) / 2,
        "batch": {"real": tensor([1.0, 3.0]), "fake": tensor([1.0, 1.0])},
        "source": "by hand: 0 and sqrt(4 + 1) - 1; kornia 0.9.0 gives 0.6180340",
    },
    {"loss": "cosine", "batch": RIGHT_ANGLE, "expected": 0.5, "source": "by hand: orthogonal, and the same direction"},
    {
        "loss": "cosine", "convention": "per_position", "source": "by hand: columns at 90 and 0 degrees",
        "batch": {"real": tensor([[1.0, 1.0], [0.0, 1.0]]), "fake": tensor([[0.0, 2.0], [1.0, 2.0]])}, "expected": 0.5,
    },
    {
        "loss": "tv", "batch": STEPS, "expected": (2 + 0 + 3) / 3 + (1 + 2 + 1 + 1) / 4,
        "source": "by hand: three steps down, four across",
    },
    {
        "loss": "tv", "convention": "leftthomas", "batch": STEPS, "expected": 2 * ((4 + 9) / 3 + (1 + 4 + 1 + 1) / 4),
        "source": "by hand: twice the mean squares",
    },
    {"loss": "tv", "convention": "torchmetrics", "batch": STEPS, "expected": 10.0, "source": "by hand: 5 and 5"},
    {
        "loss": "tv", "convention": "kornia", "batch": {"fake": torch.cat([STEPS["fake"], 3 * STEPS["fake"]], 1)},
        "expected": 20.0, "source": "by hand: 10 and 30 of two channels",
    },
    {"loss": "tv", "convention": "piq", "batch": STEPS, "expected": math.sqrt(20), "source": "by hand: sqrt(13 + 7)"},
    {
        "loss": "tv", "convention": "rof1992", "batch": STEPS, "expected": math.sqrt(5) + 2 + 3 + 1 + 1,
        "source": "by hand: the gradient at each of the six pixels, none beyond the border",
    },
    {
        "loss": "cycle", "batch": THERE, "expected": 0.25 + 0.5, "terms": {"A": 0.25, "B": 0.5},
        "source": "by hand: |0.5| / 2, and 1/2 for both of B",
    },
    {
        "loss": "cycle", "settings": {}, "batch": {name: THERE[name] for name in ("real_B", "rec_B")}, "expected": 0.5,
        "terms": {"B": 0.5}, "source": "by hand: one direction",
    },
    {"loss": "cycle", "convention": "cyclegan", "batch": THERE, "expected": 15.0, "source": "by hand: 10 x 2 x 0.75"},
    {"loss": "cycle", "convention": "mean", "batch": THERE, "expected": 0.375, "source": "by hand: 0.75 / 2"},
    {"loss": "cycle", "convention": "discogan", "batch": THERE, "expected": 0.125 + 0.5, "source": "by hand: squares"},
    {
        "loss": "identity", "batch": STILL, "expected": 0.75, "terms": {"A": 0.25, "B": 0.5},
        "source": "by hand: the same figures",
    },
    {"loss": "identity", "convention": "cyclegan", "batch": STILL, "expected": 7.5, "source": "by hand: 5 x 2 x 0.75"},
)  # fmt: skip
