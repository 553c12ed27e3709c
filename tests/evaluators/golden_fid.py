"""Frechet distances of a few features in three dimensions, by torch-fidelity called by hand."""

import torch

RANDOM = torch.Generator().manual_seed(0)
REAL = torch.randn(12, 3, generator=RANDOM, dtype=torch.float64)
FAKE = 0.7 * torch.randn(9, 3, generator=RANDOM, dtype=torch.float64) + 0.3
SETS = {"real_features": [[REAL]], "fake_features": [[FAKE]]}
SOURCE = "torch-fidelity 0.4.0 fid_statistics_to_metric called by hand"

# nine and twelve frames, three a recording
FRAMES = {"real_features": [[REAL.view(4, 3, 3)]], "fake_features": [[FAKE.view(3, 3, 3)]]}

GOLDEN = (
    {"loss": "fad", "batch": FRAMES, "expected": 2.407743646991494, "source": SOURCE},
    {"loss": "fad", "convention": "population", "batch": FRAMES, "expected": 2.3675628523898924, "source": SOURCE},
    {
        "loss": "fad",
        "convention": "infinity",
        "batch": SETS,
        "expected": 1.8656499641394813,
        "source": SOURCE,
        "tolerance": 1e-6,
    },
    {"loss": "fid", "batch": SETS, "expected": 2.407743646991494, "source": SOURCE},
    {"loss": "fid", "convention": "population", "batch": SETS, "expected": 2.3675628523898924, "source": SOURCE},
)
