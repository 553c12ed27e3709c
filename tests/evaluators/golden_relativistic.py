"""Numbers of the relativistic losses, by hand."""

import math

import torch


def scores(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def softplus(score: float) -> float:
    return math.log1p(math.exp(score))


# reals score 1 and 2 more than their fakes
PAIRS = {"real_logits": scores(2, 3), "fake_logits": scores(1, 1)}
# means 3 and -1/2: reals lie 2.5 and 4.5 above the mean fake, fakes 4 and 3 below the mean real
FAR = {"real_logits": scores(2, 4), "fake_logits": scores(-1, 0)}
# means 1 and 1/2: reals lie 0 and 1 above the mean fake, fakes 1 and 0 below the mean real
NEAR = {"real_logits": scores(0.5, 1.5), "fake_logits": scores(0, 1)}
# two patches of two samples; the mean fakes are 0 and 4, together 2
PATCHES = {
    "real_logits": torch.tensor([[1.0, 1.0], [1.0, 1.0]]).double(),
    "fake_logits": torch.tensor([[0.0, 4.0], [0.0, 4.0]]).double(),
}

GOLDEN = (
    {
        "loss": "d_rsgan", "batch": PAIRS, "expected": (softplus(-1) + softplus(-2)) / 2,
        "source": "by hand: log(1 + exp(-difference))",
    },
    {
        "loss": "g_rsgan", "batch": PAIRS, "expected": (softplus(1) + softplus(2)) / 2,
        "source": "by hand: log(1 + exp(difference))",
    },
    {
        "loss": "d_ragan", "batch": FAR, "source": "by hand: log(1 + exp(-distance from the mean))",
        "expected": (softplus(-2.5) + softplus(-4.5)) / 2 + (softplus(-4) + softplus(-3)) / 2,
        "terms": {"real.0": (softplus(-2.5) + softplus(-4.5)) / 2, "fake.0": (softplus(-4) + softplus(-3)) / 2},
    },
    {
        "loss": "d_ragan", "convention": "pytorch_gan", "batch": PATCHES, "source": "by hand: means 0 and 4 of patches",
        "expected": ((softplus(-1) + softplus(3)) / 2 + (softplus(-1) + softplus(3)) / 2) / 2,
    },
    {
        "loss": "g_ragan", "batch": FAR, "source": "by hand: log(1 + exp(distance from the mean))",
        "expected": (softplus(2.5) + softplus(4.5)) / 2 + (softplus(4) + softplus(3)) / 2,
    },
    {
        "loss": "g_ragan", "convention": "pytorch_gan", "batch": FAR, "expected": (softplus(4) + softplus(3)) / 2,
        "source": "by hand: the fakes alone",
    },
    {
        "loss": "d_ralsgan", "batch": FAR, "expected": (1.5**2 + 3.5**2) / 2 + (3**2 + 2**2) / 2,
        "source": "by hand: (distance - 1)^2",
    },
    {
        "loss": "g_ralsgan", "batch": FAR, "expected": (3.5**2 + 5.5**2) / 2 + (5**2 + 4**2) / 2,
        "source": "by hand: (distance + 1)^2",
    },
    {
        "loss": "d_rahinge", "batch": NEAR, "expected": (1 + 0) / 2 + (0 + 1) / 2,
        "source": "by hand: max(0, 1 - distance)",
    },
    {
        "loss": "g_rahinge", "batch": NEAR, "expected": (1 + 2) / 2 + (2 + 1) / 2,
        "source": "by hand: max(0, 1 + distance)",
    },
    {
        "loss": "g_rahinge", "convention": "relativistic_gan", "batch": NEAR, "expected": 1.5,
        "source": "by hand: half",
    },
    *(
        {
            "loss": loss, "convention": "mean", "source": "by hand: half of twice the loss of one of two equal parts",
            "batch": {role: (tensor, tensor) for role, tensor in PAIRS.items()}, "expected": expected,
        }
        for loss, expected in (
            ("d_rsgan", (softplus(-1) + softplus(-2)) / 2),
            ("g_rsgan", (softplus(1) + softplus(2)) / 2),
            # reals 1 and 2 above the mean fake, fakes both 1.5 below the mean real
            ("d_ragan", (softplus(-1) + softplus(-2)) / 2 + softplus(-1.5)),
            ("g_ragan", (softplus(1) + softplus(2)) / 2 + softplus(1.5)),
            ("d_ralsgan", (0 + 1) / 2 + 0.25),
            ("g_ralsgan", (4 + 9) / 2 + 6.25),
            ("d_rahinge", 0.0),
            ("g_rahinge", (2 + 3) / 2 + 2.5),
        )
    ),
)  # fmt: skip
