#!/usr/bin/env bash
# WebDataset's writer cuts a float image to 8 bits where everybody rounds: every pixel that is no multiple of 1/255
# becomes darker, on average by half a grey level, and fakes that were written as floats have a PSNR of 52.9 dB against
# themselves instead of 58.9. One would expect torchvision's save_image (which adds 0.5), and the writer is otherwise
# careful: values outside of [0, 1] are an error. Images that came from 8 bits return unchanged, so a round trip of real
# photographs shows nothing. Seen with webdataset 1.0.2. Hurt: fakes written as float PNG against reals that were files:
# a shift of one side alone, which FID and moments see. Round first: (x * 255).round().astype("uint8").
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile webdataset==1.0.2 numpy==2.4.6 pillow==13.0.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np
import webdataset

warnings.simplefilter("ignore")
print("webdataset", webdataset.__version__)


def through_a_shard(image):
    with webdataset.TarWriter("fakes.tar") as writer:
        writer.write({"__key__": "0", "png": image})
    (sample,) = webdataset.WebDataset("fakes.tar", shardshuffle=False).decode("rgb")
    return sample["png"]


def psnr(a, b):
    return -10 * np.log10(np.mean((a - b) ** 2))


photograph = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.float32) / 255
print("of 8 bits, the same again:", bool((through_a_shard(photograph) == photograph).all()))
fake = np.random.default_rng(1).random((64, 64, 3), dtype=np.float32)
shift, found = (through_a_shard(fake) - fake).mean() * 255, psnr(through_a_shard(fake), fake)
rounded = psnr(np.round(fake * 255) / 255, fake)
print(f"a generator's floats: {shift:.2f} grey levels, {found:.1f} dB; rounded {rounded:.1f} dB")
assert (round(float(shift), 1), round(float(found), 1), round(float(rounded), 1)) == (-0.5, 52.9, 58.9)
PYTHON

# seen:
#   webdataset 1.0.2
#   of 8 bits, the same again: True
#   a generator's floats: -0.50 grey levels, 52.9 dB; rounded 58.9 dB
