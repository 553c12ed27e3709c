#!/usr/bin/env bash
# librosa 0.11.0's power_to_db (and so feature.mfcc) cuts at top_db = 80 below the peak. Given a batch (items, ...),
# which librosa has accepted since 0.9, one expects each item to be cut below its own peak, as a call for each item
# does. There is one peak a call: beside a loud clip, a quiet one becomes a constant, and its cepstra are 0 but for
# the first. The distance between two quiet clips then depends on who else is in the batch, and two different quiet
# clips can be at distance 0. nnAudio 0.3.4 takes the peak of each item. Mel-cepstral distances and log-mel losses are
# hurt: call it clip by clip or with top_db=None.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    torch==2.13.0 librosa==0.11.0 numpy==2.4.6 scipy==1.17.1
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps nnAudio==0.3.4
"$work/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import librosa
import numpy as np
import nnAudio.features
import torch

print("librosa", librosa.__version__, "nnAudio", version("nnAudio"), "torch", torch.__version__.split("+")[0])
rng = np.random.default_rng(0)
loud = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
quiet = [1e-6 * rng.standard_normal(22050), 1e-6 * np.cumsum(rng.standard_normal(22050)) / 20]
batch = np.stack([loud, *quiet]).astype(np.float32)

together = librosa.feature.mfcc(y=batch, sr=22050)
alone = np.stack([librosa.feature.mfcc(y=clip, sr=22050) for clip in batch])
distance = lambda c: float(np.sqrt(((c[1] - c[2]) ** 2).sum(0)).mean())  # noqa: E731
layer = nnAudio.features.MFCC(sr=22050, verbose=False)
nn_together = layer(torch.from_numpy(batch)).numpy()
nn_alone = np.concatenate([layer(torch.from_numpy(batch[i : i + 1])).numpy() for i in range(3)])
print(
    "a quiet clip's first cepstra: alone",
    np.round(alone[1, :3, 20], 2),
    "in the batch",
    np.round(together[1, :3, 20], 2),
)
print(
    f"distance of the two quiet clips: librosa alone {distance(alone):.2f}, in the batch {distance(together):.2f};"
    f" nnAudio {distance(nn_alone):.2f} and {distance(nn_together):.2f}"
)
assert distance(alone) > 10 and distance(together) < 1e-3
assert abs(distance(nn_together) - distance(nn_alone)) < 1e-2 and distance(nn_alone) > 10
PY

# seen:
#   librosa 0.11.0 nnAudio 0.3.4 torch 2.13.0
#   a quiet clip's first cepstra: alone [-1.12938e+03  1.22000e+00 -6.80000e-01] in the batch [-443.1    0.     0. ]
#   distance of the two quiet clips: librosa alone 20.85, in the batch 0.00; nnAudio 20.99 and 20.99
