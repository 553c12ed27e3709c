#!/usr/bin/env bash
# torch.cdist (torch 2.13.0) is under precision and recall, density and coverage, nearest-neighbour copy checks and
# MMD kernels. One expects float32 distances good to about 1e-6 of their size, and 0 from a vector to itself. That
# holds up to 25 rows. From 26 rows on it computes |a|^2 + |b|^2 - 2ab: identical 2048-dimensional feature vectors
# come out up to .03 apart, so "distance below 1e-3: memorised" finds copies in a test of 25 samples and none in a run
# of 26; centred features hide it, features with a large common part make it worse. Pass
# compute_mode="donot_use_mm_for_euclid_dist", or use float64.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import torch

print("torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
EXACT = "donot_use_mm_for_euclid_dist"
worst = {}
for shift in (0, 10):
    for rows in (25, 26, 1000):
        features = torch.randn(rows, 2048).abs() + shift
        itself = torch.cdist(features, features).diagonal()
        exact = torch.cdist(features, features, compute_mode=EXACT).diagonal()
        worst[shift, rows] = itself.max().item()
        copies = int((itself < 1e-3).sum())
        print(
            f"common part {shift}, {rows} rows: copies found {copies} of {rows},"
            f" largest distance to itself {worst[shift, rows]:.4f}, exact mode {exact.max().item():.1f}"
        )
        assert exact.max() == 0
assert worst[0, 25] == worst[10, 25] == 0
assert worst[0, 26] > 0.01 and worst[10, 1000] > 0.1
PY

# seen:
#   torch 2.13.0
#   common part 0, 25 rows: copies found 25 of 25, largest distance to itself 0.0000, exact mode 0.0
#   common part 0, 26 rows: copies found 16 of 26, largest distance to itself 0.0312, exact mode 0.0
#   common part 0, 1000 rows: copies found 613 of 1000, largest distance to itself 0.0349, exact mode 0.0
#   common part 10, 25 rows: copies found 25 of 25, largest distance to itself 0.0000, exact mode 0.0
#   common part 10, 26 rows: copies found 15 of 26, largest distance to itself 0.3062, exact mode 0.0
#   common part 10, 1000 rows: copies found 639 of 1000, largest distance to itself 0.3536, exact mode 0.0
