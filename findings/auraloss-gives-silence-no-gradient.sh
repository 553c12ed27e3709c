#!/usr/bin/env bash
# Multi-resolution STFT loss is what pulls a vocoder out of silence: one expects the gradient of a silent output to be
# large, its log magnitudes being furthest off. In auraloss 0.4.0 it is exactly 0: power is clamped from below at 1e-8
# before root and log, and a clamp passes no gradient. The same holds per bin: an output 100 dB below the target gets
# none at all. A generator that falls silent for a frame, or starts near silence, cannot be brought back by this loss,
# and the loss (10.3 here) gives no hint. The reverse pair is unbounded: a silent *target* reads 15 000. Watch the
# share of bins at the floor, or add the constant instead of clamping.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 librosa==0.11.0 scipy==1.17.1
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps auraloss==0.4.0
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
from importlib.metadata import version

import auraloss
import torch

print("auraloss", version("auraloss"), "torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
target, noise = 0.1 * torch.randn(1, 1, 16000), 0.1 * torch.randn(1, 1, 16000)
loss = auraloss.freq.MultiResolutionSTFTLoss()
seen = {}
for decibel in (0, -40, -80, -100, -120, None):
    level = 0.0 if decibel is None else 10 ** (decibel / 20)
    output = (level * noise).requires_grad_()
    value = loss(output, target)
    gradient = torch.autograd.grad(value, output)[0].norm().item()
    seen[decibel] = gradient
    print(
        f"output {'silent' if decibel is None else f'at {decibel} dB of the target'}: loss {value.item():.3f},"
        f" norm of the gradient {gradient:.4g}"
    )
silent_target = loss(target, torch.zeros_like(target)).item()
print(f"silent target: {silent_target:.0f}")
assert seen[None] == seen[-120] == 0 and seen[-40] > 1e-3 and silent_target > 1e4
PY

# seen:
#   auraloss 0.4.0 torch 2.13.0
#   output at 0 dB of the target: loss 1.354, norm of the gradient 0.1782
#   output at -40 dB of the target: loss 5.606, norm of the gradient 10.8
#   output at -80 dB of the target: loss 9.967, norm of the gradient 487
#   output at -100 dB of the target: loss 10.289, norm of the gradient 0
#   output at -120 dB of the target: loss 10.289, norm of the gradient 0
#   output silent: loss 10.289, norm of the gradient 0
#   silent target: 15312
