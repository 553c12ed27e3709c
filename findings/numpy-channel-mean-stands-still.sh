#!/usr/bin/env bash
# Mean and deviation of each colour over a data set, the numbers put into Normalize(), are expected to be good to six
# digits in float32: NumPy sums in pairs. It does so only along the last axis in memory. Over pictures stored channels
# last (Pillow's, OpenCV's and TensorFlow's layout), x.mean((0, 1, 2)) adds one value after the other, and from 2^24 on
# a float32 sum stands still: a set of CIFAR-10's size, whose mean is .5000, gives .3277 and a deviation of .314 for
# .289 (NumPy 2.4.6). The same values channels first are right, and so is a set a hundred times smaller, so a test does
# not show it. Log-mel statistics of shape (frames, bands) drift likewise. Pass dtype=np.float64, or use torch.mean.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import numpy as np

print("numpy", np.__version__)
rng = np.random.default_rng(0)
seen = {}
for count in (500, 5_000, 50_000):
    pictures = rng.random((count, 32, 32, 3), dtype=np.float32)
    exact = pictures.mean((0, 1, 2), dtype=np.float64)
    seen[count] = float(np.abs(pictures.mean((0, 1, 2)) - exact).max())
    print(f"{count} pictures, channels last: mean {pictures.mean((0, 1, 2))}, in float64 {exact.round(7)}")
first = pictures.mean((1, 2)).mean(0)
print(f"50000 pictures, each picture's mean first: {first}; deviation channels last {pictures.std((0, 1, 2))}")
assert seen[500] < 1e-4 and seen[50_000] > 0.17 and np.abs(first - exact).max() < 1e-4
assert np.all(pictures.std((0, 1, 2)) > 0.31)
PY

# seen:
#   numpy 2.4.6
#   500 pictures, channels last: mean [0.49998817 0.50035864 0.50065124], in float64 [0.4999966 0.5003608 0.5006452]
#   5000 pictures, channels last: mean [0.5000933  0.49991822 0.49984565], in float64 [0.5000701 0.4999251 0.4998303]
#   50000 pictures, channels last: mean [0.32768 0.32768 0.32768], in float64 [0.4999679 0.4999492 0.4999642]
#   50000 pictures, each picture's mean first: [0.49996597 0.49994922 0.4999658 ]; deviation channels last [0.31413823 0.3141272  0.31411916]
