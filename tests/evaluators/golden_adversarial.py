"""Numbers of the adversarial losses and of what logs print beside them, by hand."""

import math

import torch

# Two sub-discriminators, the second with two patches; three reals and two fakes, for nothing pairs them.
REAL = (
    torch.tensor([2.0, 0.5, 1.0], dtype=torch.float64),
    torch.tensor([[1.0, -1.0], [0.0, 3.0], [1.0, 1.0]], dtype=torch.float64),
)
FAKE = (torch.tensor([-1.0, 0.0], dtype=torch.float64), torch.tensor([[0.5, -2.0], [-0.5, 1.0]], dtype=torch.float64))
BOTH = {"real_logits": REAL, "fake_logits": FAKE}
ONLY_FAKE = {"fake_logits": FAKE}
PROBABILITIES = {
    "real_logits": (torch.tensor([0.9, 0.5], dtype=torch.float64),),
    "fake_logits": (torch.tensor([0.2, 0.0], dtype=torch.float64),),
}


def softplus(score: float) -> float:
    return math.log1p(math.exp(score))


def sigmoid(score: float) -> float:
    return 1 / (1 + math.exp(-score))


LSGAN_REAL = {"real.0": (1 + 0.25 + 0) / 3, "real.1": ((0 + 4) / 2 + (1 + 4) / 2 + 0) / 3}
LSGAN_FAKE = {"fake.0": (1 + 0) / 2, "fake.1": ((0.25 + 4) / 2 + (0.25 + 1) / 2) / 2}
LSGAN_G = {"fake.0": (4 + 1) / 2, "fake.1": ((0.25 + 9) / 2 + (2.25 + 0) / 2) / 2}
BCE_REAL = {
    "real.0": (softplus(-2) + softplus(-0.5) + softplus(-1)) / 3,
    "real.1": (softplus(-1) + softplus(1) + softplus(0) + softplus(-3) + softplus(-1) + softplus(-1)) / 6,
}
BCE_FAKE = {
    "fake.0": (softplus(-1) + softplus(0)) / 2,
    "fake.1": (softplus(0.5) + softplus(-2) + softplus(-0.5) + softplus(1)) / 4,
}
BCE_G = {
    "fake.0": (softplus(1) + softplus(0)) / 2,
    "fake.1": (softplus(-0.5) + softplus(2) + softplus(0.5) + softplus(-1)) / 4,
}
HINGE_REAL = {"real.0": (0 + 0.5 + 0) / 3, "real.1": ((0 + 2) / 2 + (1 + 0) / 2 + 0) / 3}
HINGE_FAKE = {"fake.0": (0 + 1) / 2, "fake.1": ((1.5 + 0) / 2 + (0.5 + 2) / 2) / 2}
MEANS = {"real.0": 3.5 / 3, "real.1": (0 + 1.5 + 1) / 3, "fake.0": -0.5, "fake.1": (-0.75 + 0.25) / 2}
# sigmoid(0) = 1/2 and sigmoid(ln 3) = 3/4
HALVES = {
    "real_logits": torch.tensor([0.0], dtype=torch.float64),
    "fake_logits": torch.tensor([math.log(3)], dtype=torch.float64),
}
FAKE_HALF = {"fake_logits": HALVES["fake_logits"]}


def plus(*tables: dict[str, float]) -> float:
    return sum(value for table in tables for value in table.values())


GOLDEN = (
    {
        "loss": "d_lsgan", "batch": BOTH, "expected": plus(LSGAN_REAL, LSGAN_FAKE), "terms": LSGAN_REAL | LSGAN_FAKE,
        "source": "by hand: (score - 1)^2 and score^2",
    },
    {
        "loss": "d_lsgan", "convention": "cyclegan", "batch": BOTH, "expected": plus(LSGAN_REAL, LSGAN_FAKE) / 2,
        "source": "by hand: half",
    },
    {
        "loss": "d_lsgan", "convention": "parallel_wavegan", "batch": BOTH,
        "expected": plus(LSGAN_REAL, LSGAN_FAKE) / 2, "source": "by hand: two sub-discriminators",
    },
    {
        "loss": "d_lsgan", "convention": "pearson", "batch": BOTH, "source": "by hand: (score + 1)^2 of the fakes",
        "expected": (plus(LSGAN_REAL) + (0 + 1) / 2 + ((2.25 + 1) / 2 + (0.25 + 4) / 2) / 2) / 2,
    },
    {
        "loss": "g_lsgan", "batch": ONLY_FAKE, "expected": plus(LSGAN_G), "terms": LSGAN_G,
        "source": "by hand: (score - 1)^2",
    },
    {
        "loss": "g_lsgan", "convention": "studiogan", "batch": ONLY_FAKE, "expected": plus(LSGAN_G) / 2,
        "source": "by hand: half",
    },
    {
        "loss": "d_bce", "batch": BOTH, "expected": plus(BCE_REAL, BCE_FAKE), "terms": BCE_REAL | BCE_FAKE,
        "source": "by hand: -log sigmoid(s) = log(1 + exp(-s))",
    },
    {
        "loss": "d_bce", "convention": "one_sided_smoothing", "batch": BOTH,
        "expected": plus(BCE_REAL, BCE_FAKE) + 0.1 * (MEANS["real.0"] + MEANS["real.1"]),
        "source": "by hand: labelling with 0.9 adds a tenth of the score, log(1 + e^s) - log(1 + e^-s) = s",
    },
    {
        "loss": "d_bce", "settings": {"scores": "probabilities"}, "batch": PROBABILITIES,
        "expected": (-math.log(0.9) - math.log(0.5)) / 2 + (-math.log(0.8) + 0) / 2,
        "source": "by hand: -log p and -log(1 - p)",
    },
    {
        "loss": "d_bce", "settings": {"scores": "probabilities"}, "source": "by hand: logarithms end at -100",
        "batch": {"real_logits": torch.tensor([0.0, 1.0]), "fake_logits": torch.tensor([1.0, 1.0])},
        "expected": 50 + 100,
    },
    {
        "loss": "d_bce", "convention": "sigmoid_twice", "source": "by hand: log(1 + exp(-p)) at p = 0.9 and 0.2",
        "settings": {"scores": "probabilities"}, "expected": softplus(-0.9) + softplus(0.2),
        "batch": {"real_logits": torch.tensor([0.9]).double(), "fake_logits": torch.tensor([0.2]).double()},
        "tolerance": 1e-6,
    },
    {
        "loss": "g_bce", "batch": ONLY_FAKE, "expected": plus(BCE_G), "terms": BCE_G,
        "source": "by hand: log(1 + exp(-s))",
    },
    {
        "loss": "g_bce", "source": "by hand: finite far out, log(1 + e^1000) = 1000",
        "batch": {"fake_logits": torch.tensor([-1000.0, 1000.0]).double()}, "expected": 500.0,
    },
    {
        "loss": "g_minimax", "batch": ONLY_FAKE, "expected": -plus(BCE_FAKE),
        "terms": {name: -value for name, value in BCE_FAKE.items()}, "source": "by hand: -log(1 + exp(s))",
    },
    {
        "loss": "g_minimax", "convention": "tfgan", "batch": ONLY_FAKE, "expected": -plus(BCE_FAKE) - 2 * softplus(-1),
        "source": "by hand: minus a side of reals that scores 1",
    },
    {
        "loss": "d_hinge", "batch": BOTH, "expected": plus(HINGE_REAL, HINGE_FAKE), "terms": HINGE_REAL | HINGE_FAKE,
        "source": "by hand: max(0, 1 - s) and max(0, 1 + s)",
    },
    {
        "loss": "d_hinge", "convention": "lucidrains", "batch": BOTH, "source": "by hand: max(0, 1 + s) of the reals",
        "expected": (3 + 1.5 + 2) / 3 + (2 / 2 + 5 / 2 + 4 / 2) / 3 + (2 + 1) / 2 + ((0.5 + 3) / 2 + (1.5 + 0) / 2) / 2,
    },
    {"loss": "g_hinge", "batch": ONLY_FAKE, "expected": 0.5 + 0.25, "source": "by hand: minus the means"},
    {
        "loss": "g_hinge", "convention": "vocos", "batch": ONLY_FAKE, "source": "by hand: max(0, 1 - s), two of them",
        "expected": ((2 + 1) / 2 + ((0.5 + 3) / 2 + (1.5 + 0) / 2) / 2) / 2,
    },
    {
        "loss": "d_wgan", "batch": BOTH, "expected": (-0.5 - 0.25) - (3.5 / 3 + 2.5 / 3),
        "terms": {name: value if name[0] == "f" else -value for name, value in MEANS.items()},
        "source": "by hand: mean of the fakes - mean of the reals",
    },
    {
        "loss": "d_wgan", "convention": "progressive_gan", "batch": BOTH, "source": "by hand: 0.001 s^2 of the reals",
        "expected": (-0.75 - 2) + 0.001 * ((4 + 0.25 + 1) / 3 + (1 + 4.5 + 1) / 3),
    },
    {"loss": "g_wgan", "batch": ONLY_FAKE, "expected": 0.75, "source": "by hand: minus the means"},
    {
        "loss": "g_wgan", "convention": "leftthomas", "batch": ONLY_FAKE, "expected": 2.75,
        "source": "by hand: 1 more for each of two",
    },
    {
        "loss": "real_score", "batch": {"real_logits": REAL}, "expected": (3.5 / 3 + 2.5 / 3) / 2,
        "source": "by hand: mean of the means",
    },
    {
        "loss": "real_score", "convention": "sign", "batch": {"real_logits": REAL},
        "expected": (1 + (0 + 0.5 + 1) / 3) / 2, "source": "by hand: the sign of 0 is 0",
    },
    {
        "loss": "fake_score", "batch": ONLY_FAKE, "expected": (-0.5 - 0.25) / 2, "source": "by hand: mean of the means"
    },
    {
        "loss": "fake_score", "convention": "sigmoid", "batch": ONLY_FAKE, "source": "by hand: 1 / (1 + exp(-s))",
        "expected": ((sigmoid(-1) + 0.5) / 2 + (sigmoid(0.5) + sigmoid(-2) + sigmoid(-0.5) + sigmoid(1)) / 4) / 2,
    },
    {
        "loss": "d_accuracy", "batch": BOTH, "source": "by hand: a score of 0 is half right",
        "expected": ((1 + (0.5 + 0.75 + 1) / 3) / 2 + (0.75 + (0.5 + 0.5) / 2) / 2) / 2,
        "terms": {"real": (1 + 0.75) / 4, "fake": (0.75 + 0.5) / 4},
    },
    {
        "loss": "d_accuracy", "settings": {"scores": "probabilities"}, "batch": PROBABILITIES,
        "expected": (0.75 + 1) / 2, "source": "by hand: a probability of 0.5 is half right",
    },
    {
        "loss": "d_accuracy", "convention": "mean_score", "batch": BOTH, "source": "by hand: of 0 -> half right",
        "expected": ((1 + (0.5 + 1 + 1) / 3) / 2 + (0.75 + (1 + 0) / 2) / 2) / 2,
    },
    {
        "loss": "d_lsgan", "convention": "one_sided_smoothing", "batch": HALVES, "source": "by hand: reals want 0.9",
        "expected": 0.9**2 + math.log(3) ** 2,
    },
    {
        "loss": "d_lsgan", "convention": "swapped_labels", "batch": HALVES, "source": "by hand: reals want 0, fakes 1",
        "expected": 0 + (math.log(3) - 1) ** 2,
    },
    {
        "loss": "d_lsgan", "convention": "sigmoid", "batch": HALVES, "expected": 0.5**2 + 0.75**2,
        "source": "by hand: of 1/2 and 3/4",
    },
    {
        "loss": "g_lsgan", "convention": "sigmoid", "batch": FAKE_HALF, "expected": 0.25**2,
        "source": "by hand: of 3/4",
    },
    {
        "loss": "g_lsgan", "convention": "pearson", "batch": FAKE_HALF,
        "expected": math.log(3) ** 2 / 2, "source": "by hand: half of the squared score",
    },
    {
        "loss": "d_bce", "convention": "tfgan", "batch": HALVES, "source": "by hand: 0.875 -log(1/2) + 0.125 -log(1/2)",
        "expected": math.log(2) - math.log(0.25),
    },
    {
        "loss": "d_bce", "convention": "swapped_labels", "batch": HALVES, "expected": math.log(2) - math.log(0.75),
        "source": "by hand: -log(1 - 1/2) and -log(3/4)",
    },
    {
        "loss": "d_bce", "convention": "minus_one_label", "batch": HALVES,
        "expected": math.log(2) + math.log(0.75) - 2 * math.log(0.25),
        "source": "by hand: -log(1/2), and -t log(3/4) - (1 - t) log(1/4) at t = -1",
    },
    {
        "loss": "d_bce", "convention": "blog_formula", "batch": HALVES, "expected": -math.log(2) - math.log(0.25),
        "source": "by hand: log(1/2) - log(1/4)",
    },
    {
        "loss": "g_bce", "convention": "smoothed", "batch": FAKE_HALF,
        "expected": -0.9 * math.log(0.75) - 0.1 * math.log(0.25), "source": "by hand: -0.9 log(3/4) - 0.1 log(1/4)",
    },
    {
        "loss": "g_bce", "convention": "sigmoid_twice", "batch": FAKE_HALF,
        "expected": softplus(-0.75), "source": "by hand: log(1 + exp(-3/4))",
    },
    {
        "loss": "g_minimax", "convention": "sigmoid_twice", "batch": FAKE_HALF,
        "expected": -softplus(0.75), "source": "by hand: -log(1 + exp(3/4))",
    },
    {
        "loss": "g_minimax", "convention": "basicsr_multiscale", "batch": ONLY_FAKE, "expected": -plus(BCE_FAKE) / 2,
        "source": "by hand: two sub-discriminators",
    },
    {
        "loss": "d_hinge", "convention": "sigmoid", "batch": HALVES, "expected": 0.5 + 1.75,
        "source": "by hand: 1 - 1/2 and 1 + 3/4",
    },
    {
        "loss": "g_hinge", "convention": "sigmoid", "batch": FAKE_HALF, "expected": -0.75,
        "source": "by hand: minus 3/4",
    },
    {
        "loss": "real_score", "convention": "sum", "batch": {"real_logits": REAL}, "expected": 3.5 / 3 + 2.5 / 3,
        "source": "by hand: sum of the means",
    },
    {
        "loss": "real_score", "convention": "sigmoid", "batch": {"real_logits": HALVES["real_logits"]}, "expected": 0.5,
        "source": "by hand: sigmoid(0)",
    },
    {
        "loss": "fake_score", "convention": "sum", "batch": ONLY_FAKE, "expected": -0.5 - 0.25,
        "source": "by hand: sum of the means",
    },
    {
        "loss": "fake_score", "convention": "sign", "batch": ONLY_FAKE, "expected": (-0.5 + 0) / 2,
        "source": "by hand: signs -1, 0 and 1, -1, -1, 1",
    },
    {
        "loss": "d_accuracy", "convention": "least_squares", "batch": BOTH, "source": "by hand: on the sides of 1/2",
        "expected": ((2.5 / 3 + (0.5 + 0.5 + 1) / 3) / 2 + (1 + (0.75 + 0.5) / 2) / 2) / 2,
    },
)  # fmt: skip
