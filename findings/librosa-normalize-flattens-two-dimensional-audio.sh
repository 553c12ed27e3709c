#!/usr/bin/env bash
# librosa 0.11.0's util.normalize is what HiFi-GAN and its forks call for "peak 1". On a clip of shape (channels,
# samples) or (batch, samples), the layout librosa.load(mono=False) and torch use, one expects each clip's peak to
# become 1. Its axis is 0: every *time step* is divided by the largest channel at that step. A (1, n) clip becomes -1,
# 0 and 1, a stereo clip's louder channel becomes a square wave; nothing warns, and the peak is 1 as hoped. A data set
# prepared this way trains and scores on clipped noise. Pass axis=-1 (each channel by its own peak) or axis=None (one
# peak for all).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check librosa==0.11.0 numpy==2.4.6 scipy==1.17.1
"$work/venv/bin/python" -W ignore - <<'PY'
import librosa
import numpy as np

print("librosa", librosa.__version__, "numpy", np.__version__)
time = np.arange(8000) / 8000
tone = 0.3 * np.sin(2 * np.pi * 220 * time + 0.1)
quiet = 0.1 * np.sin(2 * np.pi * 330 * time + 0.2)
rms = lambda x: round(float(np.sqrt(np.mean(x**2))), 4)  # noqa: E731

flat = librosa.util.normalize(tone)
mono = librosa.util.normalize(tone[None])
stereo = librosa.util.normalize(np.stack([tone, quiet]))
print("shape (n,):   peak", round(float(np.abs(flat).max()), 6), "rms", rms(flat))
print("shape (1, n): values", sorted({float(v) for v in np.round(mono, 9).ravel()}), "rms", rms(mono))
print("shape (2, n): larger channel at each step", sorted({float(v) for v in np.round(np.abs(stereo).max(0), 9)}))
right = librosa.util.normalize(tone[None], axis=-1)
print("shape (1, n), axis=-1: rms", rms(right))
assert np.allclose(right[0], flat) and abs(rms(flat) - 0.7071) < 1e-3
assert np.allclose(np.abs(mono), 1) and np.array_equal(np.sign(mono[0]), np.sign(tone))
assert np.allclose(np.abs(stereo).max(0), 1)
PY

# seen:
#   librosa 0.11.0 numpy 2.4.6
#   shape (n,):   peak 1.0 rms 0.7071
#   shape (1, n): values [-1.0, 1.0] rms 1.0
#   shape (2, n): larger channel at each step [1.0]
#   shape (1, n), axis=-1: rms 0.7071
