#!/usr/bin/env bash
# TIFF greyscale may be stored "white is zero" (PhotometricInterpretation 0; scanners and medical exports do it). One
# expects a reader either to turn it round or not to. Pillow 13.0.0 and OpenCV 5.0.0 turn 8-bit files round and leave
# 16-bit files as they are; tifffile 2026.3.3 and imageio 2.38.1 (through it) leave both. So the same picture at 8 and
# 16 bits loads as a negative of itself with one library, and an 8-bit one as a negative between two libraries,
# without a word. SSIM, PSNR and FID of a set converted at different depths are then of negatives. Check the tag
# before comparing; convert to "black is zero" once.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    pillow==13.0.0 opencv-python-headless==5.0.0.93 imageio==2.38.1 tifffile==2026.3.3 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import sys
from pathlib import Path

import cv2
import imageio.v3
import numpy as np
import PIL
import tifffile
from PIL import Image

print(
    "Pillow",
    PIL.__version__,
    "OpenCV",
    cv2.__version__,
    "tifffile",
    tifffile.__version__,
    "imageio",
    imageio.__version__,
)
stored = np.arange(256).reshape(16, 16)
readers = {
    "Pillow": lambda p: np.asarray(Image.open(p)),
    "OpenCV": lambda p: cv2.imread(str(p), cv2.IMREAD_UNCHANGED),
    "tifffile": tifffile.imread,
    "imageio": imageio.v3.imread,
}
seen = {}
for kind, step in ((np.uint8, 1), (np.uint16, 257)):
    values, path = (stored * step).astype(kind), Path(sys.argv[1]) / "white.tif"
    tifffile.imwrite(path, values, photometric="miniswhite")
    for name, read in readers.items():
        loaded = read(path)
        turned = np.array_equal(loaded, np.iinfo(kind).max - values)
        assert turned or np.array_equal(loaded, values)
        seen[name, kind.__name__] = turned
        print(
            f"{kind.__name__}, stored {values[0, :3]}: {name} loads {loaded[0, :3]}, {'turned round' if turned else 'as stored'}"
        )
assert [key for key, turned in seen.items() if turned] == [("Pillow", "uint8"), ("OpenCV", "uint8")], seen
PY

# seen:
#   Pillow 13.0.0 OpenCV 5.0.0 tifffile 2026.3.3 imageio 2.38.1
#   uint8, stored [0 1 2]: Pillow loads [255 254 253], turned round
#   uint8, stored [0 1 2]: OpenCV loads [255 254 253], turned round
#   uint8, stored [0 1 2]: tifffile loads [0 1 2], as stored
#   uint8, stored [0 1 2]: imageio loads [0 1 2], as stored
#   uint16, stored [  0 257 514]: Pillow loads [  0 257 514], as stored
#   uint16, stored [  0 257 514]: OpenCV loads [  0 257 514], as stored
#   uint16, stored [  0 257 514]: tifffile loads [  0 257 514], as stored
#   uint16, stored [  0 257 514]: imageio loads [  0 257 514], as stored
