#!/usr/bin/env bash
# audiocraft 1.3.0's MultiScaleDiscriminator (adversaries: [msd]) has an average pool between its sub-discriminators, as
# MelGAN's and HiFi-GAN's have: one expects the second to score half the rate and the third a quarter. The pool is
# called and its result thrown away, so all three score the waveform itself, at thrice the cost of one, and
# downsample_factor changes nothing. A discriminator that was trained so scores something else in code that pools.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6 setuptools==80.9.0
"$work/venv/bin/pip" download -q --disable-pip-version-check --no-deps -d "$work" audiocraft==1.3.0
tar -xzf "$work/audiocraft-1.3.0.tar.gz" -C "$work"
cd "$work/audiocraft-1.3.0"
"$work/venv/bin/python" -W ignore - <<'PY'
import importlib
import sys
import types

import torch

# the package without its __init__ files, which import xformers, spacy and more
for name in ("audiocraft", "audiocraft.modules", "audiocraft.adversarial", "audiocraft.adversarial.discriminators"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [name.replace(".", "/")]
sys.modules["audiocraft.modules"].NormConv1d = importlib.import_module("audiocraft.modules.conv").NormConv1d
msd = importlib.import_module("audiocraft.adversarial.discriminators.msd")

torch.manual_seed(0)
waveform = torch.randn(1, 1, 8192)
for factor in (2, 8):
    network = msd.MultiScaleDiscriminator(downsample_factor=factor, groups=[4, 4, 4, 4])
    lengths = [maps[0].shape[-1] for maps in network(waveform)[1]]
    pooled = network.downsample(waveform).shape[-1]
    print(f"audiocraft 1.3.0, downsample_factor={factor}: pooled {pooled} samples, the three see {lengths}")
    assert lengths == [8192, 8192, 8192] and pooled < 8192 / factor + 2
PY

# seen:
#   audiocraft 1.3.0, downsample_factor=2: pooled 4097 samples, the three see [8192, 8192, 8192]
#   audiocraft 1.3.0, downsample_factor=8: pooled 1025 samples, the three see [8192, 8192, 8192]
