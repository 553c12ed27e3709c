#!/usr/bin/env bash
# TIFF marks alpha as associated (colour already multiplied by it) or unassociated. One expects readers to hand out
# the stored values, or to agree on one convention. For colour 100 under alpha 128: Pillow 13.0.0 divides the
# associated file (199) and leaves the other; OpenCV 5.0.0 multiplies the *unassociated* file (50), even when asked
# for the picture unchanged or without alpha, and leaves the other; tifffile 2026.3.3 leaves both (100). So no two of
# them agree on both, and a PNG of the same RGBA read by OpenCV differs from its TIFF. Renders and cut-outs scored
# across two such readers lose tens of levels at soft edges. Store them without alpha, or as PNG.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    pillow==13.0.0 opencv-python-headless==5.0.0.93 tifffile==2026.3.3 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import sys
from pathlib import Path

import cv2
import numpy as np
import PIL
import tifffile
from PIL import Image

print("Pillow", PIL.__version__, "OpenCV", cv2.__version__, "tifffile", tifffile.__version__)
stored = np.zeros((16, 16, 4), np.uint8)
stored[..., 0], stored[..., 3] = 100, 128
seen = {}
for kind in ("assocalpha", "unassalpha", "png"):
    path = Path(sys.argv[1]) / ("picture.png" if kind == "png" else "picture.tif")
    if kind == "png":
        Image.fromarray(stored).save(path)
    else:
        tifffile.imwrite(path, stored, photometric="rgb", extrasamples=[kind])
    seen[kind] = {
        "Pillow": int(np.asarray(Image.open(path))[0, 0, 0]),
        "OpenCV unchanged": int(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[0, 0, 2]),
        "OpenCV colour": int(cv2.imread(str(path))[0, 0, 2]),
        **({} if kind == "png" else {"tifffile": int(tifffile.imread(path)[0, 0, 0])}),
    }
    print(f"{kind}: red 100 under alpha 128 is read as {seen[kind]}")
assert seen["assocalpha"] == {"Pillow": 199, "OpenCV unchanged": 100, "OpenCV colour": 100, "tifffile": 100}
assert seen["unassalpha"] == {"Pillow": 100, "OpenCV unchanged": 50, "OpenCV colour": 50, "tifffile": 100}
assert seen["png"]["Pillow"] == seen["png"]["OpenCV unchanged"] == seen["png"]["OpenCV colour"] == 100
PY

# seen:
#   Pillow 13.0.0 OpenCV 5.0.0 tifffile 2026.3.3
#   assocalpha: red 100 under alpha 128 is read as {'Pillow': 199, 'OpenCV unchanged': 100, 'OpenCV colour': 100, 'tifffile': 100}
#   unassalpha: red 100 under alpha 128 is read as {'Pillow': 100, 'OpenCV unchanged': 50, 'OpenCV colour': 50, 'tifffile': 100}
#   png: red 100 under alpha 128 is read as {'Pillow': 100, 'OpenCV unchanged': 100, 'OpenCV colour': 100}
