#!/usr/bin/env bash
# WebP has a lossless mode, and data sets of sprites, icons and cut-outs are stored in it with alpha. One expects
# lossless to return every value. Pillow 13.0.0, OpenCV 5.0.0 and imageio 2.38.1 all let the encoder overwrite the
# colour under fully transparent pixels; PNG keeps it. A pipeline that then drops alpha (convert("RGB"), most loaders)
# trains on and scores other pictures: here a PSNR of 8 dB between a picture and its "lossless" copy. Pillow keeps the
# values with exact=True; OpenCV offers no such flag. Flatten onto a background before storing, or compare RGBA and
# say so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    pillow==13.0.0 opencv-python-headless==5.0.0.93 imageio==2.38.1 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import io

import cv2
import imageio.v3 as imageio
import numpy as np
import PIL
from PIL import Image

print("Pillow", PIL.__version__, "OpenCV", cv2.__version__, "numpy", np.__version__)
picture = np.random.default_rng(0).integers(0, 256, (64, 64, 4), dtype=np.uint8)
picture[:32, :, 3] = 0
picture[32:, :, 3] = 255


def through_pillow(form: str, **settings: bool) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **settings)
    return np.asarray(Image.open(file))


copies = {
    "PNG, Pillow": through_pillow("PNG"),
    "WebP lossless, Pillow": through_pillow("WEBP", lossless=True),
    "WebP lossless, Pillow, exact": through_pillow("WEBP", lossless=True, exact=True),
    "WebP lossless, OpenCV": cv2.imdecode(
        cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, 101])[1], cv2.IMREAD_UNCHANGED
    ),
    "WebP lossless, imageio": imageio.imread(imageio.imwrite("<bytes>", picture, extension=".webp", lossless=True)),
}
same = {}
for name, copy in copies.items():
    error = np.mean((picture[..., :3].astype(float) - copy[..., :3]) ** 2)
    same[name] = bool(error == 0)
    opaque = np.array_equal(picture[32:], copy[32:])
    print(
        f"{name}: opaque part equal {opaque}, PSNR of RGB {10 * np.log10(255**2 / error) if error else np.inf:.2f} dB"
    )
    assert opaque and np.array_equal(picture[..., 3], copy[..., 3])
assert [name for name, equal in same.items() if equal] == ["PNG, Pillow", "WebP lossless, Pillow, exact"]
PY

# seen:
#   Pillow 13.0.0 OpenCV 5.0.0 numpy 2.4.6
#   PNG, Pillow: opaque part equal True, PSNR of RGB inf dB
#   WebP lossless, Pillow: opaque part equal True, PSNR of RGB 7.82 dB
#   WebP lossless, Pillow, exact: opaque part equal True, PSNR of RGB inf dB
#   WebP lossless, OpenCV: opaque part equal True, PSNR of RGB 7.82 dB
#   WebP lossless, imageio: opaque part equal True, PSNR of RGB 7.82 dB
