#!/usr/bin/env bash
# WebDataset takes a file's name up to its FIRST dot for the sample's key and all the rest for the extension.
# fake_psi0.5.png and fake_psi0.7.png are one sample "fake_psi0" with fields "5.png" and "7.png"; a folder of images
# at three truncations packed with tar reads as one image a prefix. One would expect the last dot to count, as
# everywhere else. Neither reading nor counting complains. Seen with webdataset 1.0.2. Hurt: FID and the like over
# fewer samples than the folder has, or pairs of images and labels that are no pairs. No dots in names: psi0p5.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile webdataset==1.0.2 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import io
import tarfile
import warnings

import webdataset

warnings.simplefilter("ignore")
print("webdataset", webdataset.__version__)
NAMES = ["fake_psi0.5.png", "fake_psi0.7.png", "fake_psi1.0.png", "real_0001.png"]
with tarfile.open("images.tar", "w") as tar:
    for name in NAMES:
        entry = tarfile.TarInfo(name)
        entry.size = len(name)
        tar.addfile(entry, io.BytesIO(name.encode()))
samples = {
    sample["__key__"]: sorted(field for field in sample if not field.startswith("__"))
    for sample in webdataset.WebDataset("images.tar", shardshuffle=False)
}
print(len(NAMES), "files:", NAMES)
print(len(samples), "samples:", samples)
assert samples == {"fake_psi0": ["5.png", "7.png"], "fake_psi1": ["0.png"], "real_0001": ["png"]}
PYTHON

# seen:
#   webdataset 1.0.2
#   4 files: ['fake_psi0.5.png', 'fake_psi0.7.png', 'fake_psi1.0.png', 'real_0001.png']
#   3 samples: {'fake_psi0': ['5.png', '7.png'], 'fake_psi1': ['0.png'], 'real_0001': ['png']}
