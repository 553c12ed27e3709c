"""Numbers of the divergences and the other losses of latents, by hand and from torch.distributions."""

import math

import torch
from torch.nn import functional


def tensor(*values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


MU, SIGMA = tensor([1.0, 0.0], [2.0, -1.0]), tensor([1.0, 2.0], [0.5, 1.0])
# mu^2 + sigma^2 - ln sigma^2 - 1, halved: element by element
KL = ((1 + 1 - 0 - 1) / 2, (0 + 4 - math.log(4) - 1) / 2, (4 + 0.25 - math.log(0.25) - 1) / 2, (1 + 1 - 0 - 1) / 2)

# VITS: one channel more than frames are valid; logs are log sigma
Z_P, M_P = tensor([[1.0, 2.0], [0.0, 0.0]]), tensor([[0.0, 0.0], [0.0, 1.0]])
LOGS_P, LOGS_Q = tensor([[0.0, 0.0], [math.log(2), 0.0]]), tensor([[0.0, 0.0], [0.0, -1.0]])
FIRST_FRAME = (0 - 0 - 0.5 + 0.5 * 1) + (math.log(2) - 0 - 0.5 + 0)
SECOND_FRAME = (0 - 0 - 0.5 + 0.5 * 4) + (0 + 1 - 0.5 + 0.5 * 1)
VITS = {"z_p": Z_P, "m_p": M_P, "logs_p": LOGS_P, "logs_q": LOGS_Q}

# two samples of one symbol and of two, of which the second is padding; two draws
DURATIONS = {"l_length": tensor([4.0, 6.0], [5.0, 7.0]), "x_mask": tensor([[1.0, 0.0]], [[1.0, 0.0]])}

# two recordings of two frames and of one
PITCHES = {
    "log_f0": tensor([[1.0, 2.0]], [[3.0, 0.0]]), "pred_log_f0": tensor([[1.5, 2.0]], [[2.0, 9.0]]),
    "x_mask": tensor([[1.0, 1.0]], [[1.0, 0.0]]),
}  # fmt: skip

EVEN, QUARTER = tensor([0.5, 0.5]), tensor([0.25, 0.75])
SCORES, OTHER_SCORES = tensor([1.0, -2.0, 0.5], [0.0, 3.0, 1.0]), tensor([0.3, 0.1, -1.0], [2.0, 2.5, -0.5])


def prior(_name: str, _shape: tuple[int, ...], _kind: str) -> torch.Tensor:
    return tensor([0.0], [2.0])


# codes 0 and 1 against draws 0 and 2 of the prior, one number each
CODES = {"z_q": tensor([0.0], [1.0]), "random": prior}
CROSS = (1 + math.exp(-1) + math.exp(-4) + math.exp(-1)) / 4
QUANTISED = {"latents": tensor([1.0, 2.0], [0.0, 0.0]), "z_q": tensor([0.0, 0.0], [0.0, 2.0])}

GOLDEN = (
    {
        "loss": "kl", "batch": {"mu": MU, "sigma": SIGMA}, "expected": sum(KL) / 2,
        "source": "by hand: (mu^2 + sigma^2 - ln sigma^2 - 1) / 2",
    },
    {
        "loss": "kl", "batch": {"mu": MU, "log_sigma": SIGMA.log()}, "settings": {}, "expected": sum(KL) / 2,
        "source": "by hand: the same from log sigma",
    },
    {
        "loss": "kl", "batch": {"mu": MU, "logvar": 2 * SIGMA.log()}, "settings": {}, "expected": sum(KL) / 2,
        "source": "by hand: the same from log sigma^2",
    },
    {
        "loss": "kl", "convention": "vae_example", "batch": {"mu": MU, "sigma": SIGMA}, "expected": sum(KL),
        "source": "by hand: over both samples",
    },
    {
        "loss": "kl", "convention": "auralflow", "batch": {"mu": MU, "sigma": SIGMA}, "expected": sum(KL) / 4,
        "source": "by hand: four elements",
    },
    {
        "loss": "kl", "convention": "log_sigma_as_logvar", "batch": {"mu": tensor([0.0]), "log_sigma": tensor([2.0])},
        "expected": (math.exp(2) - 2 - 1) / 2, "source": "by hand: exp(2) is taken for sigma^2",
    },
    {
        "loss": "kl", "convention": "two_gaussians", "source": "by hand: ln(4 / 2) + (4 + 9) / (2 16) - 1 / 2",
        "batch": {"mu": tensor([1.0]), "sigma": tensor([2.0]), "m_p": tensor([4.0]), "logs_p": tensor([math.log(4)])},
        "expected": math.log(2) + 13 / 32 - 0.5,
    },
    {
        "loss": "kl_vits", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])}, "source": "by hand: two valid frames",
        "expected": (FIRST_FRAME + SECOND_FRAME) / 2,
    },
    {
        "loss": "kl_vits", "settings": {}, "batch": VITS | {"z_mask": tensor([[1.0, 0.0]])}, "expected": FIRST_FRAME,
        "source": "by hand: one valid frame",
    },
    {
        "loss": "kl_vits", "convention": "channel_mask", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "expected": (FIRST_FRAME + SECOND_FRAME) / 4, "source": "by hand: two channels",
    },
    {
        "loss": "duration", "batch": DURATIONS, "expected": 4.5, "source": "by hand: (4 + 5) nats over 2 valid symbols",
    },
    {
        "loss": "duration", "convention": "spread", "batch": DURATIONS, "expected": math.sqrt(2),
        "source": "by hand: draws of 9 / 2 and 13 / 2, whose deviation is 2 / sqrt 2",
    },
    {
        "loss": "lf0", "batch": PITCHES, "expected": 1.25 / 3, "source": "by hand: (0.25 + 0 + 1) over 3 frames",
    },
    {
        "loss": "kl_categorical", "batch": {"target": EVEN.log(), "estimate": QUARTER.log()},
        "expected": 0.5 * math.log(0.5 / 0.25) + 0.5 * math.log(0.5 / 0.75), "source": "by hand: p ln(p / q)",
    },
    {
        "loss": "kl_categorical", "convention": "mean", "batch": {"target": SCORES, "estimate": OTHER_SCORES},
        "expected": float(functional.kl_div(OTHER_SCORES.log_softmax(1), SCORES.softmax(1), reduction="batchmean")) / 3,
        "source": "torch 2.13 functional.kl_div, divided by three classes",
    },
    {
        "loss": "kl_categorical", "convention": "blog", "batch": {"target": EVEN.log(), "estimate": QUARTER.log()},
        "expected": (0.5 * (math.log(0.5) - 0.25) + 0.5 * (math.log(0.5) - 0.75)) / 2,
        "source": "by hand: p (ln p - q), two classes",
    },
    {
        "loss": "kl_categorical", "settings": {"given": "probabilities"}, "source": "by hand: 0 ln 0 = 0",
        "batch": {"target": tensor([1.0, 0.0]), "estimate": tensor([0.5, 0.5])}, "expected": math.log(2),
    },
    {
        "loss": "mmd", "batch": CODES, "source": "by hand: k = exp(-d^2)",
        "expected": (2 + 2 * math.exp(-4)) / 4 + (2 + 2 * math.exp(-1)) / 4 - 2 * CROSS,
    },
    {
        "loss": "mmd", "convention": "unbiased", "batch": CODES, "source": "by hand: only the pairs",
        "expected": math.exp(-4) + math.exp(-1) - 2 * CROSS,
    },
    {
        "loss": "mmd", "convention": "ignite", "batch": CODES | {"z_q": tensor([5.0], [6.0])},
        "source": "by hand: exp(-d^2 / 2) of d^2 4, 1 and 25, 36, 9, 16",
        "expected": math.sqrt(
            math.exp(-2) + math.exp(-0.5) - (math.exp(-12.5) + math.exp(-18) + math.exp(-4.5) + math.exp(-8)) / 2
        ),
    },
    {
        "loss": "mmd", "convention": "wae", "batch": CODES, "source": "by hand: C / (C + d^2), C = 2 s",
        "expected": sum(
            c / (c + 4) + c / (c + 1) - 2 * (1 + c / (c + 1) + c / (c + 4) + c / (c + 1)) / 4
            for c in (0.2, 0.4, 1, 2, 4, 10, 20)
        ),
    },
    {
        "loss": "vq_commit", "batch": QUANTISED, "expected": ((1 + 4) / 2 + (0 + 4) / 2) / 2,
        "source": "by hand: mean squares",
    },
    {
        "loss": "vq_commit", "convention": "oord2017", "batch": QUANTISED, "expected": 0.25 * ((1 + 4) + (0 + 4)) / 2,
        "source": "by hand: a quarter of the squared norms",
    },
    {
        "loss": "kl", "convention": "logvar_as_log_sigma", "batch": {"mu": tensor([0.0]), "logvar": tensor([1.0])},
        "expected": (math.exp(2) - 2 - 1) / 2, "source": "by hand: 1 is taken for log sigma",
    },
    {
        "loss": "kl_vits", "convention": "rvc_logged", "source": "by hand: squares a hundredfold, far above 9",
        "batch": VITS | {"z_p": 10 * Z_P, "z_mask": tensor([[1.0, 1.0]])}, "expected": 9.0,
    },
    {
        "loss": "kl_vits", "convention": "log_variance", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "source": "by hand: logs ln(2) / 2 and -1 / 2",
        "expected": ((-0.5 + 0.5) + (math.log(2) / 2 - 0.5) + (-0.5 + 2) + (0.5 - 0.5 + 0.5)) / 2,
    },
    {
        "loss": "kl_vits", "convention": "sigma_as_variance", "source": "by hand: a square of 1 over sigma = 2",
        "batch": VITS | {"m_p": tensor([[0.0, 0.0], [1.0, 1.0]]), "z_mask": tensor([[1.0, 1.0]])},
        "expected": ((-0.5 + 0.5) + (-0.5 + 2) + (math.log(2) - 0.5 + 0.5 / 2) + (1 - 0.5 + 0.5)) / 2,
    },
    {
        "loss": "kl_vits", "convention": "whole_square", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "expected": ((-0.5 + 1) + (-0.5 + 4) + (math.log(2) - 0.5) + (1 - 0.5 + 1)) / 2,
        "source": "by hand: squares 1, 4, 0 and 1",
    },
    {
        "loss": "kl_vits", "convention": "exchanged", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "expected": ((-0.5 + 0.5) + (-0.5 + 2) + (-math.log(2) - 0.5) + (-1 - 0.5 + 0.5 * math.exp(2))) / 2,
        "source": "by hand: the last square over exp(-1)^2",
    },
    {
        "loss": "kl_vits", "convention": "ratio_exchanged", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "expected": ((-0.5 + 0.5) + (-0.5 + 2) + (-math.log(2) - 0.5) + (-1 - 0.5 + 0.5)) / 2,
        "source": "by hand: -ln(2) and -1",
    },
    {
        "loss": "kl_vits", "convention": "variance_twice", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "expected": (FIRST_FRAME + SECOND_FRAME + 0.5 * (1 + 1 + 1 / 4 + math.exp(-2))) / 2,
        "source": "by hand: ratios of variances 1, 1, 1 / 4 and exp(-2)",
    },
    {
        "loss": "kl_vits", "convention": "no_mask", "batch": VITS | {"z_mask": tensor([[1.0, 0.0]])},
        "expected": (FIRST_FRAME + SECOND_FRAME) / 2, "source": "by hand: both frames, one of them padding",
    },
    {
        "loss": "kl_vits", "convention": "mask_below_only", "batch": VITS | {"z_mask": tensor([[1.0, 0.0]])},
        "expected": FIRST_FRAME + SECOND_FRAME, "source": "by hand: both frames over one",
    },
    {
        "loss": "kl_vits", "convention": "element_mean", "batch": VITS | {"z_mask": tensor([[1.0, 0.0]])},
        "expected": FIRST_FRAME / 4, "source": "by hand: two channels, two frames",
    },
    {
        "loss": "kl_vits", "convention": "undivided", "batch": VITS | {"z_mask": tensor([[1.0, 1.0]])},
        "expected": FIRST_FRAME + SECOND_FRAME, "source": "by hand: two valid frames",
    },
    {
        "loss": "kl_vits", "convention": "sample_mean",
        "batch": {name: torch.cat([value, value]) for name, value in VITS.items()}
        | {"z_mask": tensor([[1.0, 1.0]], [[1.0, 0.0]])},
        "expected": ((FIRST_FRAME + SECOND_FRAME) / 2 + FIRST_FRAME) / 2,
        "source": "by hand: two frames of one sample, one of the other",
    },
    {
        "loss": "kl_categorical", "convention": "reverse", "batch": {"target": EVEN.log(), "estimate": QUARTER.log()},
        "expected": 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5), "source": "by hand: q ln(q / p)",
    },
)  # fmt: skip
