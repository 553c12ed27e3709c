#!/usr/bin/env bash
# scipy 1.17.1's resample_poly is under many STOI, PESQ and SI-SDR scripts that take 48 kHz output to 16 kHz. One
# expects what lies above the new Nyquist frequency to be gone (soxr and resampy: 85 dB or more down 500 Hz above it).
# With its default window a tone at 8.5 kHz is only 14 dB down and returns at 7.5 kHz; one at 9 kHz, 31 dB. A
# vocoder's energy at 8 to 9 kHz then becomes error, or merit, at 7 to 8 kHz, and the same pair scored through two
# resamplers differs by many dB. Resample with soxr, or pass a longer filter as window=.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    numpy==2.4.6 scipy==1.17.1 soxr==1.1.0 resampy==0.4.3
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
from importlib.metadata import version

import numpy as np
import resampy
import soxr
from scipy.signal import resample_poly

print(", ".join(f"{name} {version(name)}" for name in ("scipy", "soxr", "resampy", "numpy")))
time = np.arange(96000) / 48000
ways = {
    "scipy resample_poly": lambda x: resample_poly(x, 1, 3),
    "soxr": lambda x: soxr.resample(x, 48000, 16000),
    "resampy": lambda x: resampy.resample(x, 48000, 16000),
}
seen = {}
for frequency in (7000, 7500, 8500, 9000):
    tone = np.sin(2 * np.pi * frequency * time)
    for name, way in ways.items():
        seen[name, frequency] = 20 * np.log10(np.sqrt(2) * way(tone)[4000:-4000].std())
    print(
        f"tone at {frequency} Hz, 48 to 16 kHz: " + ", ".join(f"{name} {seen[name, frequency]:.1f} dB" for name in ways)
    )


def si_sdr(output: np.ndarray, target: np.ndarray) -> float:
    part = target * (output @ target) / (target @ target)
    return float(10 * np.log10((part @ part) / ((output - part) @ (output - part))))


speech = np.sin(2 * np.pi * 300 * time) + 0.3 * np.sin(2 * np.pi * 2500 * time)
hiss = 0.1 * np.sin(2 * np.pi * 8300 * time)
scores = {name: si_sdr(way(speech + hiss)[4000:-4000], way(speech)[4000:-4000]) for name, way in ways.items()}
print(
    "SI-SDR at 16 kHz of a clip with a whistle at 8.3 kHz: "
    + ", ".join(f"{name} {value:.1f} dB" for name, value in scores.items())
)
assert -16 < seen["scipy resample_poly", 8500] < -12 and seen["soxr", 8500] < -100 and seen["resampy", 8500] < -80
assert scores["soxr"] - scores["scipy resample_poly"] > 40
PY

# seen:
#   scipy 1.17.1, soxr 1.1.0, resampy 0.4.3, numpy 2.4.6
#   tone at 7000 Hz, 48 to 16 kHz: scipy resample_poly -0.3 dB, soxr 0.0 dB, resampy -0.3 dB
#   tone at 7500 Hz, 48 to 16 kHz: scipy resample_poly -1.8 dB, soxr -0.4 dB, resampy -14.5 dB
#   tone at 8500 Hz, 48 to 16 kHz: scipy resample_poly -14.3 dB, soxr -136.4 dB, resampy -87.7 dB
#   tone at 9000 Hz, 48 to 16 kHz: scipy resample_poly -30.6 dB, soxr -146.5 dB, resampy -89.8 dB
#   SI-SDR at 16 kHz of a clip with a whistle at 8.3 kHz: scipy resample_poly 30.7 dB, soxr 135.5 dB, resampy 107.1 dB
