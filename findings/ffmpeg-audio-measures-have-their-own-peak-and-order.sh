#!/usr/bin/env bash
# FFmpeg (9.0.2, as imageio-ffmpeg 0.8.1 bundles it) has audio measures apsnr, asdr and asisdr. From its psnr, ssim
# and libvmaf filters one expects: first input distorted, second reference. asdr divides by the power of the *first*
# input, so the familiar order gives the SDR of the reference against the output: 5.39 dB for 8.12 here. apsnr's peak
# is not 1: a pair of float or 16-bit files reads 150.5 dB too high, a pair of double files 1392.6 dB too high. A gate
# of "PSNR above 60 dB" passes anything; an SDR table made this way rewards loud outputs. Give asdr the reference
# first; subtract 150.515 from apsnr or compute it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    imageio-ffmpeg==0.8.1 soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import re
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

ffmpeg, folder = imageio_ffmpeg.get_ffmpeg_exe(), Path(sys.argv[1])
print("imageio-ffmpeg", imageio_ffmpeg.__version__, "FFmpeg", imageio_ffmpeg.get_ffmpeg_version().split("-")[0])


def measure(name: str, first: Path, second: Path) -> float:
    command = [ffmpeg, "-hide_banner", "-i", str(first), "-i", str(second), "-lavfi", name, "-f", "null", "-"]
    log = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.search(r"SI-SDR ch0: (\S+) dB|(?:PSNR|SDR) ch0: (\S+) dB", log).group(0).split()[-2])


rng = np.random.default_rng(0)
reference = 0.2 * rng.standard_normal(48000).clip(-3, 3)
output = 0.7 * reference + 0.05 * rng.standard_normal(48000) + 0.02
error = np.mean((output - reference) ** 2)
decibel = lambda x: 10 * np.log10(x)  # noqa: E731
for subtype, excess in (("PCM_16", 150.515), ("FLOAT", 150.515), ("DOUBLE", 1392.64)):
    a, b = folder / "output.wav", folder / "reference.wav"
    soundfile.write(a, output, 16000, subtype=subtype)
    soundfile.write(b, reference, 16000, subtype=subtype)
    psnr, usual, turned = measure("apsnr", a, b), measure("asdr", a, b), measure("asdr", b, a)
    print(
        f"{subtype}: apsnr {psnr:.3f} dB (peak 1: {decibel(1 / error):.3f}); asdr output, reference {usual:.3f} dB,"
        f" reference, output {turned:.3f} dB (SDR of the output: {decibel(np.mean(reference**2) / error):.3f})"
    )
    assert abs(psnr - decibel(1 / error) - excess) < 0.05
    assert abs(usual - decibel(np.mean(output**2) / error)) < 0.01
    assert abs(turned - decibel(np.mean(reference**2) / error)) < 0.01
PY

# seen:
#   imageio-ffmpeg 0.8.1 FFmpeg n9.0.2
#   PCM_16: apsnr 172.406 dB (peak 1: 21.888); asdr output, reference 5.394 dB, reference, output 7.891 dB (SDR of the output: 7.891)
#   FLOAT: apsnr 172.406 dB (peak 1: 21.888); asdr output, reference 5.394 dB, reference, output 7.891 dB (SDR of the output: 7.891)
#   DOUBLE: apsnr 1414.530 dB (peak 1: 21.888); asdr output, reference 5.394 dB, reference, output 7.891 dB (SDR of the output: 7.891)
