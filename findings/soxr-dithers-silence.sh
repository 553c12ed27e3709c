#!/usr/bin/env bash
# soxr 1.1.0 is what librosa.load and many vocoder pipelines resample with. Fed int16, one expects digital silence to
# stay digital silence and a constant to stay that constant. It dithers its int16 output: about a quarter of the
# samples of a silent clip become -1 or +1, a noise floor near -96 dBFS. Trimming by "== 0", counts of silent clips,
# log-mel values of pauses (their floor is lower than this noise) and byte-for-byte comparison with a float pipeline
# change; int32 and float input are not dithered. Convert to float first, and round once at the end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check soxr==1.1.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import numpy as np
import soxr

print("soxr", soxr.__version__, "numpy", np.__version__)
seen = {}
for kind in (np.int16, np.int32, np.float32):
    silence = soxr.resample(np.zeros(44100, kind), 44100, 16000)
    seen[kind] = float(np.mean(silence != 0))
    print(
        f"{kind.__name__} silence, 44100 to 16000 Hz: {100 * seen[kind]:.1f} % of samples not 0,"
        f" values {np.unique(silence)}"
    )
constant = soxr.resample(np.full(44100, 1000, np.int16), 44100, 16000)[1000:-1000]
print("int16 constant 1000, away from the ends:", np.unique(constant))
noise = soxr.resample(np.zeros(44100, np.int16), 44100, 16000) / 32768
print(f"noise of the silent clip: {20 * np.log10(np.sqrt(np.mean(noise**2))):.1f} dBFS")
assert 0.15 < seen[np.int16] < 0.35 and seen[np.int32] == seen[np.float32] == 0
assert set(np.unique(constant)) == {999, 1000, 1001}
PY

# seen:
#   soxr 1.1.0 numpy 2.4.6
#   int16 silence, 44100 to 16000 Hz: 23.3 % of samples not 0, values [-1  0  1]
#   int32 silence, 44100 to 16000 Hz: 0.0 % of samples not 0, values [0]
#   float32 silence, 44100 to 16000 Hz: 0.0 % of samples not 0, values [0.]
#   int16 constant 1000, away from the ends: [ 999 1000 1001]
#   noise of the silent clip: -96.6 dBFS
