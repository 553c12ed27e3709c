#!/usr/bin/env bash
# auraloss 0.4.0 weights waveforms with FIRFilter("aw"), "the A-weighting of IEC 61672", before its STFT losses
# (perceptual_weighting=True, as Stable Audio's auto-encoder is trained). One expects that curve within a decibel or two
# at any sample rate, as of any A-weighting filter: the standard's own tolerance is 2 dB at 50 Hz. Its 101 taps and the
# bilinear transform give it only in the middle. At 44.1 kHz a hum of 50 Hz is taken down by 19 dB in place of 30, and
# 20 Hz by 20 in place of 50; at 22.05 kHz, the rate of most vocoders, 10 kHz is taken down by 22 dB in place of 2.5, so
# the loss hardly hears the top of the band. Hum and offset move such a loss far more than the ear says, and losses at
# two sample rates are of two curves.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6 scipy==1.17.1
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps auraloss==0.4.0
"$work/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import numpy as np
from auraloss.perceptual import FIRFilter

print("auraloss", version("auraloss"), "scipy", version("scipy"))


def standard(f):
    """A(f) of IEC 61672-1 in decibels."""
    a, b, c, d = (pole**2 for pole in (20.598997, 107.65265, 737.86223, 12194.217))
    return 20 * np.log10(d * f**4 / ((f**2 + a) * np.sqrt((f**2 + b) * (f**2 + c)) * (f**2 + d))) + 2.0


def filtered(f, rate):
    """What auraloss's filter does to a tone, in decibels."""
    taps = FIRFilter("aw", fs=rate).fir.weight.numpy().ravel().astype(float)
    return 20 * np.log10(abs(np.sum(taps * np.exp(-2j * np.pi * f / rate * np.arange(taps.size)))))


off = {}
for rate in (22050, 44100):
    for f in (20, 50, 1000, 4000, 10000):
        found, wanted = filtered(f, rate), standard(f)
        off[rate, f] = found - wanted
        print(f"{rate} Hz, tone of {f:5} Hz: {found:6.1f} dB, by the standard {wanted:6.1f} dB")
assert abs(off[44100, 1000]) < 0.3 and abs(off[22050, 4000]) < 0.5
assert off[44100, 20] > 25 and off[44100, 50] > 9 and off[22050, 10000] < -15
PY

# seen:
#   auraloss 0.4.0 scipy 1.17.1
#   22050 Hz, tone of    20 Hz:  -31.0 dB, by the standard  -50.4 dB
#   22050 Hz, tone of    50 Hz:  -27.1 dB, by the standard  -30.3 dB
#   22050 Hz, tone of  1000 Hz:   -0.0 dB, by the standard    0.0 dB
#   22050 Hz, tone of  4000 Hz:    0.8 dB, by the standard    1.0 dB
#   22050 Hz, tone of 10000 Hz:  -22.2 dB, by the standard   -2.5 dB
#   44100 Hz, tone of    20 Hz:  -19.8 dB, by the standard  -50.4 dB
#   44100 Hz, tone of    50 Hz:  -19.2 dB, by the standard  -30.3 dB
#   44100 Hz, tone of  1000 Hz:   -0.1 dB, by the standard    0.0 dB
#   44100 Hz, tone of  4000 Hz:    0.9 dB, by the standard    1.0 dB
#   44100 Hz, tone of 10000 Hz:   -4.0 dB, by the standard   -2.5 dB
