#!/usr/bin/env bash
# DISTS is 0 for identical pictures, and DISTS-pytorch 0.1 gives exactly 0 for noise and itself, and for a black picture.
# One expects 0 for any other flat picture too. In float32 a picture of one grey is up to 0.06 from itself, and mostly
# below 0: the package takes a variance as a mean of squared differences and a covariance as a mean of products less a
# product of means, and where there is no contrast the two differ by as much as its constant of 1e-6. Skies, paper, masks
# and crops of background meet it. In float64 it is 0. VGG16's weights do not matter to this; here they are random.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps DISTS-pytorch==0.1
"$work/venv/bin/python" -W ignore - <<'PY'
import copy
import sys
import types
from importlib.metadata import version

import torch
from torch import nn

torch.manual_seed(0)
layers: list[nn.Module] = []
before = 3
for width, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
    for _ in range(count):
        layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
        before = width
    layers.append(nn.MaxPool2d(2))
vision = types.ModuleType("torchvision")  # the package takes VGG16 of it, which would be downloaded
vision.models = types.SimpleNamespace(
    vgg16=lambda **_: types.SimpleNamespace(features=copy.deepcopy(nn.Sequential(*layers)))
)
vision.transforms = types.SimpleNamespace()
sys.modules["torchvision"] = vision
from DISTS_pytorch import DISTS  # noqa: E402

print("DISTS-pytorch", version("DISTS-pytorch"), "torch", torch.__version__.split("+")[0])
single, double = DISTS(), DISTS().double()
noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
print(f"noise and itself {single(noise, noise).item():.6f}")
found = {}
for level in (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0):
    flat = torch.full((1, 3, 64, 64), level)
    found[level], exact = single(flat, flat).item(), double(flat.double(), flat.double()).item()
    print(f"grey {level:g} and itself: float32 {found[level]:9.6f}   float64 {exact:9.6f}")
    assert abs(exact) < 1e-6
assert single(noise, noise).item() == 0
assert found[0.0] == 0
assert min(found.values()) < -0.01, "a flat picture is itself"
PY

# seen:
#   DISTS-pytorch 0.1 torch 2.13.0
#   noise and itself 0.000000
#   grey 0 and itself: float32  0.000000   float64 -0.000000
#   grey 0.1 and itself: float32  0.000344   float64  0.000000
#   grey 0.3 and itself: float32 -0.004591   float64 -0.000000
#   grey 0.5 and itself: float32  0.000000   float64 -0.000000
#   grey 0.7 and itself: float32  0.003673   float64  0.000000
#   grey 0.9 and itself: float32 -0.058761   float64  0.000000
#   grey 1 and itself: float32 -0.000000   float64  0.000000
