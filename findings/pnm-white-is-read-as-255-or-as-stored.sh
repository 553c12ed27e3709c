#!/usr/bin/env bash
# PGM and PPM say in their header what white is (maxval). 10-bit cameras write 1023, some tools 100. One expects a
# reader to return the values as stored, or scaled to its type, and two readers to do the same. Pillow 13.0.0 scales
# to the full range (grey above 255: to 65535 in mode I; colour: to 8 bits); OpenCV 5.0.0 returns the stored values
# unscaled, and with its default flags shifts 10-bit data right by 8 as if it had 16: white becomes 3 of 255. An
# evaluation that assumes 255 or 65535 sees a nearly black set: PSNR between any two such sets is above 38 dB. Read
# maxval yourself and divide by it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import sys
from pathlib import Path

import cv2
import numpy as np
import PIL
from PIL import Image

print("Pillow", PIL.__version__, "OpenCV", cv2.__version__)

for maxval in (100, 1023):
    grey = np.array([0, 1, maxval // 2, maxval])
    for magic, suffix, values in (("P5", "pgm", grey), ("P6", "ppm", np.repeat(grey, 3))):
        path = Path(sys.argv[1]) / f"picture.{suffix}"
        path.write_bytes(
            f"{magic}\n4 1\n{maxval}\n".encode() + values.astype(">u2" if maxval > 255 else np.uint8).tobytes()
        )
        read = (np.asarray(Image.open(path)), cv2.imread(str(path), cv2.IMREAD_UNCHANGED), cv2.imread(str(path)))
        first = [v.reshape(4, -1)[:, 0].tolist() for v in read]
        print(
            f"maxval {maxval}, {suffix}, stored {grey.tolist()}: Pillow {first[0]},"
            f" OpenCV unchanged {first[1]}, default {first[2]}"
        )
        assert first[1] == grey.tolist() and first[0][3] == (65535 if (maxval, suffix) == (1023, "pgm") else 255)
        assert first[2] == (grey >> 8 if maxval > 255 else grey).tolist()
PY

# seen:
#   Pillow 13.0.0 OpenCV 5.0.0
#   maxval 100, pgm, stored [0, 1, 50, 100]: Pillow [0, 3, 128, 255], OpenCV unchanged [0, 1, 50, 100], default [0, 1, 50, 100]
#   maxval 100, ppm, stored [0, 1, 50, 100]: Pillow [0, 3, 128, 255], OpenCV unchanged [0, 1, 50, 100], default [0, 1, 50, 100]
#   maxval 1023, pgm, stored [0, 1, 511, 1023]: Pillow [0, 64, 32735, 65535], OpenCV unchanged [0, 1, 511, 1023], default [0, 0, 1, 3]
#   maxval 1023, ppm, stored [0, 1, 511, 1023]: Pillow [0, 0, 127, 255], OpenCV unchanged [0, 1, 511, 1023], default [0, 0, 1, 3]
