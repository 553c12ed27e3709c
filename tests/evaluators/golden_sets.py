"""Distances of sets of pictures through a network of a formula: pictures resized by each library called by hand."""

import torch
from torch import Tensor

from ganloss_cli.evaluators.seen_pictures import SeenPictures


def pictures(count: int, phase: float) -> Tensor:
    """Of 8 bits, on [0, 1]."""
    waves = torch.sin(torch.arange(count * 3 * 40 * 36, dtype=torch.float64) ** 1.3 * 0.05 + phase)
    return ((waves + 1) * 127.5).round().view(count, 3, 40, 36) / 255


def look(prepared: Tensor) -> dict[str, Tensor]:
    """A few of the 299 x 299 places, which resizers fill otherwise."""
    rows = prepared[:, :, 20::131, 10::97].flatten(1)
    return {"64": rows[:, :3], "192": rows[:, 3:8], "768": rows[:, :8], "2048": rows, "logits_unbiased": 3 * rows,
            "logits": 3 * rows + torch.linspace(-1, 1, rows.shape[1]).to(rows)}  # fmt: skip


REAL, FAKE = pictures(14, 0.0), pictures(11, 1.0)
SETS = {"real_features": SeenPictures(REAL, look), "fake_features": SeenPictures(FAKE, look)}
FIDELITY, CLEAN = "torch-fidelity 0.4.0 called by hand", "clean-fid 0.1.35 called by hand"
PYTORCH = "pytorch-fid 0.3.0 called by hand"
FIGURES = {
    ("fid", ""): (4.775568133431447, FIDELITY),
    ("fid", "pytorch_fid"): (5.019035377736897, PYTORCH),
    ("fid", "clean_fid"): (7.844495322426402, CLEAN),
    ("fid", "clean_fid_quantized"): (7.84141262243792, CLEAN),
    ("fid", "pytorch_quantized"): (5.021895141388672, CLEAN),
    ("fid", "torch_fidelity_64"): (0.07275895651463704, FIDELITY),
    ("fid", "pytorch_fid_64"): (0.13603569862629694, PYTORCH),
    ("fid", "torch_fidelity_192"): (0.6979342771553902, FIDELITY),
    ("fid", "pytorch_fid_192"): (0.3073139887322158, PYTORCH),
    ("fid", "torch_fidelity_768"): (0.9982509769543482, FIDELITY),
    ("fid", "pytorch_fid_768"): (0.7472727673267912, PYTORCH),
    ("kid", ""): (-0.08718398086821175, FIDELITY),
    ("kid", "clean_fid"): (-0.10427021506142008, FIDELITY),
    ("isc", ""): (1.0363645378380668, FIDELITY),
    ("isc", "with_bias"): (1.039293563969129, FIDELITY),
    ("fid", "infinity"): (4.165016934840792, f"{PYTORCH}, a line by numpy's lstsq"),
}
# rows in three dimensions, the fakes closer together
RANDOM = torch.Generator().manual_seed(0)
ROWS = {
    "real_features": [[torch.randn(12, 3, generator=RANDOM, dtype=torch.float64)]],
    "fake_features": [[0.7 * torch.randn(9, 3, generator=RANDOM, dtype=torch.float64) + 0.8]],
}
SHARES = {"": 2 / 7, "precision": 1.0, "recall": 1 / 6}
OF_ROWS = tuple(
    {
        "loss": "prc", "batch": ROWS, "expected": expected, "source": FIDELITY, "tolerance": 1e-6,
        **({"convention": convention} if convention else {"terms": {"precision": 1.0, "recall": 1 / 6}}),
    }
    for convention, expected in SHARES.items()
)  # fmt: skip

GOLDEN = tuple(
    {
        "loss": loss, "batch": {name: SETS[name] for name in (SETS if loss != "isc" else ("fake_features",))},
        "expected": expected, "source": source, "tolerance": 1e-6, **({"convention": convention} if convention else {}),
    }
    for (loss, convention), (expected, source) in FIGURES.items()
) + OF_ROWS  # fmt: skip
