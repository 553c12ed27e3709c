"""Numbers of the losses of separated sources, by hand and from libraries."""

import math

import torch


def tensor(*values: object) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# M Y - Y = (-1, 0), M R = (1.5, 4): |M R|^2 = 18.25, |R|^2 = 25, <M R, R> = 4.5 + 16
MASKED = {"mask": tensor([0.5, 1.0]), "target": tensor([2.0, 1.0]), "residual": tensor([3.0, 4.0])}
TURNED = 2 - 2 * 20.5 / (math.sqrt(18.25) * 5)
MIXED = {"mask": tensor([0.5, 1.0]), "mixture": tensor([4.0, 2.0]), "target": tensor([1.0, 3.0])}
SILENT = {"mask": tensor([0.0, 0.0]), "target": tensor([2.0, 1.0]), "residual": tensor([3.0, 4.0])}
# two samples: the second lets nothing of (0, 2) through
TWO = {
    "mask": tensor([0.5, 1.0], [1.0, 0.0]),
    "target": tensor([2.0, 1.0], [1.0, 1.0]),
    "residual": tensor([3.0, 4.0], [0.0, 2.0]),
}
TOGETHER = 2 - 2 * 20.5 / math.sqrt(18.25 * (25 + 4))

# <f, r> / |r|^2 = 1 / 2, so a r = (1, 0) and the error is (0, -1): 0 dB; and 1 : 1/4 for the second
WAVES = {"real": tensor([[2.0, 0.0]], [[1.0, 1.0]]), "fake": tensor([[1.0, 1.0]], [[1.5, 0.5]])}
STEREO = {"real": tensor([[2.0, 0.0], [1.0, 1.0]]), "fake": tensor([[1.0, 1.0], [1.5, 0.5]])}
OFFSET = {"real": tensor([[1.0, 3.0]]), "fake": tensor([[2.0, 5.0]])}

GOLDEN = (
    {
        "loss": "component", "batch": MASKED, "expected": 0.2 * 18.25 / 2 + 0.8 * TURNED / 2,
        "source": "by hand: the separation weighs nothing",
    },
    {
        "loss": "component", "batch": MASKED, "settings": {"alpha": 0.1}, "source": "by hand: weights 0.1, 0.1, 0.8",
        "expected": 0.1 * 1 / 2 + 0.1 * 18.25 / 2 + 0.8 * TURNED / 2,
    },
    {
        "loss": "component", "batch": MASKED, "settings": {"alpha": 0.8}, "source": "by hand: weights 0, 1/2, 1/2",
        "expected": 0.5 * 18.25 / 2 + 0.5 * TURNED / 2,
    },
    {
        "loss": "component", "batch": SILENT, "settings": {}, "expected": 0.8 * 1 / 2,
        "source": "by hand: nothing gets through, a distance of 1",
    },
    {
        "loss": "component", "convention": "two_term", "batch": MASKED, "expected": 0.8 * 1 / 2 + 0.2 * 18.25 / 2,
        "source": "by hand: weights 0.8 and 0.2",
    },
    {
        "loss": "component", "convention": "auralflow_page", "batch": TWO, "source": "by hand: norms over both samples",
        "expected": 0.2 * 18.25 / 4 + 0.8 * TOGETHER / 4,
    },
    {
        "loss": "component", "convention": "xu2019", "batch": TWO, "source": "by hand: norms over both samples",
        "expected": 0.1 * (1 + 1) / 4 + 0.1 * 18.25 / 4 + 0.8 * TOGETHER / 4,
    },
    {
        "loss": "component", "convention": "xu2019_two_term", "batch": MASKED, "expected": (1 + 18.25) / 4,
        "source": "by hand: halves of 1/2 and of 18.25/2",
    },
    {
        "loss": "mask_mse", "batch": MIXED, "expected": 1.0, "source": "by hand: 2 - 1 and 2 - 3",
    },
    {
        "loss": "mask_mse", "convention": "ideal_ratio", "expected": (0.25**2 + 0.5**2) / 2,
        "batch": MIXED, "source": "by hand: 0.5 - 1/4 and 1 - 3/2",
    },
    {
        "loss": "si_sdr", "batch": WAVES, "expected": (0 + 10 * math.log10(4)) / 2,
        "source": "by hand: 1 : 1, and (1, 1) : (-1/2, 1/2)",
    },
    {
        "loss": "si_sdr", "batch": STEREO, "settings": {}, "expected": (0 + 10 * math.log10(4)) / 2,
        "source": "by hand: the mean of both channels",
    },
    {
        "loss": "si_sdr", "convention": "auralflow", "batch": STEREO, "expected": -10 * math.log10((1 + 2) / (1 + 0.5)),
        "source": "by hand: energies of both channels",
    },
    {
        "loss": "si_sdr", "convention": "negative", "batch": WAVES, "expected": -5 * math.log10(4),
        "source": "by hand: minus the first",
    },
    {
        "loss": "si_sdr", "batch": OFFSET, "settings": {}, "expected": 10 * math.log10(28.9 / 0.1),
        "source": "by hand: a = 17 / 10, a r = (1.7, 5.1)",
    },
    {
        "loss": "si_sdr", "convention": "zero_mean", "expected": 10 * math.log10(4.5 / 13.5),
        "batch": {"real": tensor([[1.0, 3.0, 2.0]]), "fake": tensor([[2.0, 5.0, 8.0]])},
        "source": "by hand: (-1, 1, 0) and (-3, 0, 3): a = 3/2, an error of (3/2, 3/2, -3)",
    },
    {
        "loss": "si_sdr", "convention": "auraloss", "expected": 10 * math.log10(3.0),
        "batch": {"real": tensor([[1.0, 3.0, 2.0]]), "fake": tensor([[2.0, 5.0, 8.0]])},
        "source": "by hand: minus the above",
    },
    {
        "loss": "snr", "batch": WAVES, "expected": (10 * math.log10(2) + 10 * math.log10(4)) / 2,
        "source": "by hand: 4 : 2 and 2 : 0.5",
    },
    {
        "loss": "snr", "convention": "zero_mean", "batch": OFFSET, "expected": 10 * math.log10(2 / 0.5),
        "source": "by hand: (-1, 1) and (-1.5, 1.5)",
    },
    {
        "loss": "snr", "convention": "auraloss", "batch": OFFSET, "expected": -10 * math.log10(4),
        "source": "by hand: minus the above",
    },
)  # fmt: skip
