#!/usr/bin/env bash
# VMAF's scale ends at 100, so one expects a picture scored against itself to give 100, and its PSNR feature to be
# infinite (as FFmpeg's psnr filter says) or absent. With FFmpeg 9.0.2's bundled libvmaf and default model, a still
# picture or a first frame against itself gives 97.43, because the motion feature is 0 there; psnr_y, psnr_cb and
# psnr_cr are 60 for identical planes, a cap that enters means as if it were a measurement. VMAF is not symmetric:
# swapping output and reference moves this noisy picture from 90 to 49. Who scores single pictures, or averages short
# clips, should put the self-score beside the number and the output first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    imageio-ffmpeg==0.8.1 pillow==13.0.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import json
import subprocess
import sys
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

ffmpeg, folder = imageio_ffmpeg.get_ffmpeg_exe(), Path(sys.argv[1])
print("imageio-ffmpeg", imageio_ffmpeg.__version__, "FFmpeg", imageio_ffmpeg.get_ffmpeg_version().split("-")[0])


def vmaf(output: str, reference: str) -> dict[str, float]:
    measure = "libvmaf=feature=name=psnr:log_fmt=json:log_path=scores.json"
    command = [ffmpeg, "-v", "error", "-i", output, "-i", reference, "-lavfi", measure, "-f", "null", "-"]
    subprocess.run(command, check=True, cwd=folder)
    return json.loads((folder / "scores.json").read_text())["frames"][0]["metrics"]


rng = np.random.default_rng(0)
rows, columns = np.mgrid[0:512, 0:512] / 512
smooth = 128 + 60 * np.sin(9 * rows + 5 * columns**2) + 50 * np.cos(23 * columns * rows)
picture = np.repeat(smooth[..., None], 3, -1)
Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / "clean.png")
Image.fromarray((picture + rng.normal(0, 8, picture.shape)).clip(0, 255).astype(np.uint8)).save(folder / "noisy.png")

itself, right, swapped = vmaf("clean.png", "clean.png"), vmaf("noisy.png", "clean.png"), vmaf("clean.png", "noisy.png")
for name, scores in (("clean against itself", itself), ("noisy against clean", right), ("swapped", swapped)):
    print(f"{name}: VMAF {scores['vmaf']:.3f}, psnr_y {scores['psnr_y']:.3f}, psnr_cb {scores['psnr_cb']:.3f}")
assert 97.3 < itself["vmaf"] < 97.5 and itself["psnr_y"] == itself["psnr_cb"] == 60.0
assert abs(right["psnr_y"] - swapped["psnr_y"]) < 1e-6 and abs(right["vmaf"] - swapped["vmaf"]) > 1
PY

# seen:
#   imageio-ffmpeg 0.8.1 FFmpeg n9.0.2
#   clean against itself: VMAF 97.424, psnr_y 60.000, psnr_cb 60.000
#   noisy against clean: VMAF 89.883, psnr_y 34.840, psnr_cb 35.279
#   swapped: VMAF 49.264, psnr_y 34.840, psnr_cb 35.279
