#!/usr/bin/env bash
# torch's interpolate(mode="area") and OpenCV's INTER_AREA are both said to average the area a pixel covers, and agree
# at 512 to 256. One expects them to agree at 512 to 299 (Inception's size) or 224 as well. OpenCV 5.0.0 weights
# partly covered pixels by their share; torch 2.13.0 averages whole pixels, those at the edges counted fully and
# twice, so its windows overlap. On a textured picture the two are up to 38 levels apart (31 dB PSNR), more than many
# a method's gain; Pillow's BOX is a third answer (whole pixels, not twice). Name the library beside "area".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 opencv-python-headless==5.0.0.93 pillow==13.0.0
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import cv2
import numpy as np
import PIL
import torch
from PIL import Image

print("torch", torch.__version__.split("+")[0], "OpenCV", cv2.__version__, "Pillow", PIL.__version__)
rng = np.random.default_rng(0)
picture = rng.integers(0, 256, (512, 512)).astype(np.float32)
picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
picture = 255 * (picture - picture.min()) / np.ptp(picture)


def exact(side: int) -> np.ndarray:
    edges = np.arange(side + 1) * (512 / side)
    cover = np.clip(
        np.minimum(edges[1:, None], np.arange(1, 513)) - np.maximum(edges[:-1, None], np.arange(512)), 0, None
    )
    cover /= cover.sum(1, keepdims=True)
    return cover @ picture.astype(float) @ cover.T


seen = {}
for side in (256, 384, 299, 224):
    by = {
        "torch": torch.nn.functional.interpolate(torch.from_numpy(picture)[None, None], size=(side, side), mode="area")[
            0, 0
        ].numpy(),
        "OpenCV": cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA),
        "Pillow BOX": np.asarray(Image.fromarray(picture).resize((side, side), Image.BOX)),
    }
    seen[side] = {name: float(np.abs(v - exact(side)).max()) for name, v in by.items()}
    psnr = 10 * np.log10(255**2 / max(np.mean((by["torch"] - by["OpenCV"]) ** 2), 1e-9))
    print(
        f"512 to {side}: torch against OpenCV {min(psnr, 999):.1f} dB; largest difference from the exact areas: "
        + ", ".join(f"{name} {value:.2f}" for name, value in seen[side].items())
    )
assert max(seen[256].values()) < 1e-3
assert all(seen[side]["OpenCV"] < 0.01 and seen[side]["torch"] > 10 for side in (384, 299, 224))
PY

# seen:
#   torch 2.13.0 OpenCV 5.0.0 Pillow 13.0.0
#   512 to 256: torch against OpenCV 138.1 dB; largest difference from the exact areas: torch 0.00, OpenCV 0.00, Pillow BOX 0.00
#   512 to 384: torch against OpenCV 30.7 dB; largest difference from the exact areas: torch 36.09, OpenCV 0.00, Pillow BOX 37.02
#   512 to 299: torch against OpenCV 30.7 dB; largest difference from the exact areas: torch 38.30, OpenCV 0.00, Pillow BOX 36.31
#   512 to 224: torch against OpenCV 31.3 dB; largest difference from the exact areas: torch 36.52, OpenCV 0.00, Pillow BOX 28.88
