#!/usr/bin/env bash
# Two facts of torch 2.13.0's spectral norm. torch.nn.utils.spectral_norm is expected to give weights of norm 1 as
# soon as it is applied, as parametrizations.spectral_norm does; it starts from a random vector and iterates only in
# training passes, so in eval mode before the first training pass here the norm is 20 (linear, 64 x 64) or 68
# (convolution, 64 x 64 x 3 x 3). Wrapping a trained discriminator and scoring it in eval scales every layer up. And
# with parametrizations, reading layer.weight in training mode runs an iteration and changes the stored vector, so
# logging weight norms changes the run. Pass some batches in train mode, or use parametrizations, and read weights in
# eval mode.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import torch
from torch.nn.utils import parametrizations, spectral_norm

print("torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
layers = {
    "linear": (lambda: torch.nn.Linear(64, 64), torch.zeros(1, 64)),
    "convolution": (lambda: torch.nn.Conv2d(64, 64, 3), torch.zeros(1, 64, 8, 8)),
}
seen = {}
for name, (make, batch) in layers.items():
    for way in (spectral_norm, parametrizations.spectral_norm):
        layer = way(make()).eval()
        layer(batch)
        before = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item()
        layer.train()
        for _ in range(50):
            layer(batch)
        layer.eval()(batch)
        after = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item()
        seen[name, way.__module__.rsplit(".", 1)[1]] = before
        print(
            f"{name}, {way.__module__}: norm in eval mode {before:.2f} at first, {after:.2f} after 50 training passes"
        )
        assert abs(after - 1) < 0.05
layer = parametrizations.spectral_norm(torch.nn.Linear(64, 64))
vector = layer.parametrizations.weight[0]._u.clone()
with torch.no_grad():
    layer.weight.norm()
moved = (layer.parametrizations.weight[0]._u - vector).norm().item()
print(f"reading .weight once in training mode moves the stored vector by {moved:.4f}")
assert seen["linear", "spectral_norm"] > 5 and seen["convolution", "spectral_norm"] > 30
assert max(seen["linear", "parametrizations"], seen["convolution", "parametrizations"]) < 1.1 and moved > 1e-4
PY

# seen:
#   torch 2.13.0
#   linear, torch.nn.utils.spectral_norm: norm in eval mode 20.48 at first, 1.00 after 50 training passes
#   linear, torch.nn.utils.parametrizations: norm in eval mode 1.00 at first, 1.00 after 50 training passes
#   convolution, torch.nn.utils.spectral_norm: norm in eval mode 67.73 at first, 1.00 after 50 training passes
#   convolution, torch.nn.utils.parametrizations: norm in eval mode 1.02 at first, 1.00 after 50 training passes
#   reading .weight once in training mode moves the stored vector by 0.0383
