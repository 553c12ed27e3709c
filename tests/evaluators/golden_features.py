"""Numbers of feature matching, by hand."""

import torch


def constant(value: float, *shape: int) -> torch.Tensor:
    return torch.full((2, *shape), value, dtype=torch.float64)


# Two sub-discriminators with three and two maps, the logit map last. Distances 1, 2, 4 and 8, 16 in every element.
REAL = (
    (constant(3, 2, 5), constant(0, 4), constant(-1, 1)),
    (constant(5, 3, 3), constant(1, 1, 2)),
)
FAKE = (
    (constant(4, 2, 5), constant(-2, 4), constant(3, 1)),
    (constant(-3, 3, 3), constant(17, 1, 2)),
)
MAPS = {"real_features": REAL, "fake_features": FAKE}

# On a line: with k = 2 the neighbourhoods of 0, 1, 3, 7 reach 3, 2, 3 and 6 to either side.
LINE = torch.tensor([0.0, 1.0, 3.0, 7.0], dtype=torch.float64)
ON_A_LINE = {"real": LINE.view(-1, 1, 1, 1), "fake": torch.tensor([-2.5, 10.0]).double().view(-1, 1, 1, 1)}
# the last maps but one, averaged over two positions, are those reals and the fakes 0.5 and 20
SEEN = {
    "real_features": ((torch.stack([LINE - 1, LINE + 1], 1).view(-1, 1, 2), torch.zeros(4, 1)),),
    "fake_features": ((torch.tensor([[0.0, 1.0], [20.0, 20.0]]).double().view(-1, 1, 2), torch.zeros(2, 1)),),
}

GOLDEN = (
    {"loss": "coverage", "batch": ON_A_LINE, "expected": 2 / 4, "source": "by hand: 0 and 7 have a fake near them"},
    {
        "loss": "density", "batch": ON_A_LINE, "expected": (1 + 1) / 2 / 2,
        "source": "by hand: either fake lies in one neighbourhood, k = 2, two fakes",
    },
    {
        "loss": "coverage", "convention": "features", "batch": ON_A_LINE | SEEN, "expected": 3 / 4,
        "source": "by hand: 0.5 lies near 0, 1 and 3, and 20 near none",
    },
    {
        "loss": "density", "convention": "features", "batch": ON_A_LINE | SEEN, "expected": 3 / 2 / 2,
        "source": "by hand: one fake lies in three neighbourhoods, k = 2, two fakes",
    },
    {"loss": "fm", "batch": MAPS, "expected": 2 * (1 + 2 + 4 + 8 + 16), "source": "by hand: twice all"},
    {"loss": "fm", "convention": "dac", "batch": MAPS, "expected": 1 + 2 + 8, "source": "by hand: no logit maps"},
    {
        "loss": "fm", "convention": "parallel_wavegan", "batch": MAPS, "expected": ((1 + 2) / 2 + 8) / 2,
        "source": "by hand: mean of means, no logit maps",
    },
    {
        "loss": "fm", "convention": "audiocraft", "batch": MAPS, "expected": ((1 + 2 + 4) / 3 + (8 + 16) / 2) / 2,
        "source": "by hand: mean of means",
    },
    {
        "loss": "fm", "convention": "blog", "batch": MAPS, "expected": (1 + 2 + 8) / 3,
        "source": "by hand: mean of three maps",
    },
    {
        "loss": "fm", "convention": "dac", "settings": {"features_have_logits": False}, "batch": MAPS,
        "expected": 1 + 2 + 4 + 8 + 16, "source": "by hand: there are no logit maps to leave out",
    },
    {
        "loss": "fm", "convention": "melgan", "batch": MAPS, "expected": 0.8 * ((1 + 2) + 8) / 2,
        "source": "by hand: 4 / 5 of each map, two sub-discriminators",
    },
    {
        "loss": "fm", "convention": "pix2pixhd", "batch": MAPS, "expected": 10 * (4 / 2 * (1 + 2) + 4 / 1 * 8) / 2,
        "source": "by hand: 4 over the number of hidden maps",
    },
    {
        "loss": "fm_moment", "batch": MAPS, "expected": 1 + 4 + 16 + 64 + 256, "source": "by hand: squares of the five"
    },
    {
        "loss": "fm_moment", "settings": {}, "expected": (2 - 1) ** 2, "source": "by hand: means 2 and 1",
        "batch": {
            "real_features": ((torch.tensor([[1.0], [3.0]]).double(),),),
            "fake_features": ((torch.tensor([[0.0], [0.0], [3.0]]).double(),),),
        },
    },
    {
        "loss": "fm_moment", "convention": "hidden", "batch": MAPS, "expected": 1 + 4 + 64,
        "source": "by hand: no logit maps",
    },
    {
        "loss": "fm_moment", "convention": "improved_gan_mnist", "batch": MAPS, "expected": 4 + 64,
        "source": "by hand: the last hidden maps",
    },
    {
        "loss": "fm_moment", "convention": "improved_gan_cifar", "batch": MAPS, "expected": 2 + 8,
        "source": "by hand: their absolute differences",
    },
    {
        "loss": "fm_moment", "convention": "salimans2016", "batch": MAPS, "expected": 4 * 4 + 9 * 64,
        "source": "by hand: summed over 4 and over 9 elements",
    },
)  # fmt: skip
