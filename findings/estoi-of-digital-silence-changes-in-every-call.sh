#!/usr/bin/env bash
# ESTOI is a formula, and pystoi's stoi(..., extended=True) takes no seed, so one expects the same pair to have the same
# number; it has, to the last digits, as long as no 0.4 s of a recording are exactly zero. Noise gates, codecs with
# silence suppression, padding and failed generators leave such zeros. There pystoi 0.4.1 divides what is 0 by a norm that
# is 0, having added noise of NumPy's global generator of 2e-16 to both: what it correlates is that noise. The number
# changes from call to call in its third digit, so that two systems, or two runs of one, differ by it; a silent recording
# has an ESTOI, of either sign. Plain STOI does not change. Seed NumPy before each call, or leave such clips out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check pystoi==0.4.1 numpy==2.4.6 scipy==1.17.1
"$work/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import numpy as np
from pystoi import stoi

print("pystoi", version("pystoi"), "numpy", np.__version__)
rate = 10000
time = np.arange(3 * rate) / rate
noise = np.random.default_rng(0).standard_normal(len(time))
clean = noise * (1 + np.sin(2 * np.pi * 4 * time))  # speech has such a rhythm
noisy = clean + np.random.default_rng(1).standard_normal(len(time))
gated = noisy.copy()
gated[rate : 2 * rate] = 0
spread = {}
for name, degraded in {"noisy": noisy, "a second of zeros in it": gated, "silence": np.zeros_like(clean)}.items():
    for extended in (False, True):
        values = [stoi(clean, degraded, rate, extended=extended) for _ in range(5)]
        spread[name, extended] = max(values) - min(values)
        print(f"{name:24} {'ESTOI' if extended else 'STOI ':5} {' '.join(f'{value:8.5f}' for value in values)}")
assert all(of < 1e-9 for (name, extended), of in spread.items() if not extended)
assert spread["noisy", True] < 1e-9
assert spread["a second of zeros in it", True] > 1e-4
assert spread["silence", True] > 1e-4
PY

# seen:
#   pystoi 0.4.1 numpy 2.4.6
#   noisy                    STOI   0.84592  0.84592  0.84592  0.84592  0.84592
#   noisy                    ESTOI  0.47189  0.47189  0.47189  0.47189  0.47189
#   a second of zeros in it  STOI   0.48638  0.48638  0.48638  0.48638  0.48638
#   a second of zeros in it  ESTOI  0.30046  0.29989  0.29739  0.29765  0.30107
#   silence                  STOI   0.00000  0.00000  0.00000  0.00000  0.00000
#   silence                  ESTOI -0.00538 -0.00224 -0.00085 -0.00490 -0.00109
