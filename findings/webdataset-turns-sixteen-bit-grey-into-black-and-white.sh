#!/usr/bin/env bash
# A grey PNG of 16 bits (a depth map, a scan) comes out of WebDataset's decoders, "pil" too, as black and white: Pillow's
# convert, which they call, clips 16-bit values at 255 instead of scaling them, so all but the lowest 1/256 of the range
# is 1.0. One would expect the high byte, as Pillow itself gives for a colour PNG of 16 bits (checked below), or an
# error. The same convert("RGB") is in torchvision's ImageFolder. Seen with webdataset 1.0.2, Pillow 13.0.0. Hurt: a GAN
# that learns, and is scored on, silhouettes. Leave the field undecoded and open it with Pillow, which keeps 16 bits.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile webdataset==1.0.2 numpy==2.4.6 pillow==13.0.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import io
import struct
import warnings
import zlib

import numpy as np
import PIL
import webdataset
from PIL import Image

warnings.simplefilter("ignore")
print("webdataset", webdataset.__version__, "Pillow", PIL.__version__)


def png(values, colour_type):
    """A 16-bit PNG of one row."""
    row = b"\0" + np.asarray(values, ">u2").tobytes()
    n_pixels = len(values) // (3 if colour_type == 2 else 1)
    header = struct.pack(">IIBBBBB", n_pixels, 1, 16, colour_type, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(row), b"IEND"]
    framed = (struct.pack(">I", len(each) - 4) + each + struct.pack(">I", zlib.crc32(each)) for each in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def shown(values):
    return " ".join(f"{value:.2f}" for value in values)


ramp = np.arange(8) * 65535 // 7
with webdataset.TarWriter("depth.tar") as writer:
    writer.write({"__key__": "0", "png": png(ramp, 0)})
for how in ("rgb", "l"):
    (sample,) = webdataset.WebDataset("depth.tar", shardshuffle=False).decode(how)
    grey = sample["png"].reshape(8, -1)[:, 0]
    print(f"{how}: {shown(grey)}, stored {shown(ramp / 65535)}")
    assert grey.tolist() == [0, 1, 1, 1, 1, 1, 1, 1]
colour = np.asarray(Image.open(io.BytesIO(png(np.repeat(ramp, 3), 2))))[0, :, 0] / 255
print("the same ramp as colours, opened by Pillow:", shown(colour))
assert np.abs(colour - ramp / 65535).max() < 0.01
PYTHON

# seen:
#   webdataset 1.0.2 Pillow 13.0.0
#   rgb: 0.00 1.00 1.00 1.00 1.00 1.00 1.00 1.00, stored 0.00 0.14 0.29 0.43 0.57 0.71 0.86 1.00
#   l: 0.00 1.00 1.00 1.00 1.00 1.00 1.00 1.00, stored 0.00 0.14 0.29 0.43 0.57 0.71 0.86 1.00
#   the same ramp as colours, opened by Pillow: 0.00 0.14 0.29 0.43 0.57 0.71 0.86 1.00
