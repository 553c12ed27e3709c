#!/usr/bin/env bash
# Under torch.autocast one expects losses to be computed in float32. With CPU autocast to bfloat16 (torch 2.13.0)
# BCEWithLogits, MSE, L1 and Huber are; the same logistic loss written as softplus(-x).mean(), StyleGAN's spelling,
# stays bfloat16, and so do means of hinge and Wasserstein terms. A loss near 1.386 can then only be 1.3828, 1.3906,
# ...: steps of .0078, while the float32 spelling on the same scores reads four more digits. Equilibrium (2 ln 2) is
# never shown, curves have plateaus, and a gate of 1 % is about the step. Convert scores with .float() before the
# loss.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import torch
from torch.nn import functional as F

print("torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
layer, real, fake = torch.nn.Linear(16, 1), torch.randn(4096, 16), torch.randn(4096, 16)
spelled, kinds = [], {}
for scale in (0.01, 0.05, 0.1, 0.12, 0.15):
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        d_real, d_fake = layer(scale * real), layer(scale * fake)
        softplus = F.softplus(-d_real).mean() + F.softplus(d_fake).mean()
        ones, zeros = torch.ones_like(d_real), torch.zeros_like(d_fake)
        bce = F.binary_cross_entropy_with_logits(d_real, ones) + F.binary_cross_entropy_with_logits(d_fake, zeros)
        hinge, mse, l1 = F.relu(1 - d_real).mean(), F.mse_loss(d_real, ones), F.l1_loss(d_real, ones)
    spelled.append((softplus.item(), bce.item()))
    print(f"scores scaled by {scale}: softplus {softplus.item():.6f}, BCE with logits {bce.item():.6f}")
kinds = {
    n: str(v.dtype)[6:] for n, v in {"softplus": softplus, "hinge": hinge, "BCE": bce, "MSE": mse, "L1": l1}.items()
}
print("types:", kinds)
assert kinds == {"softplus": "bfloat16", "hinge": "bfloat16", "BCE": "float32", "MSE": "float32", "L1": "float32"}
assert all(value * 128 == int(value * 128) for value, _ in spelled) and len({round(v, 5) for _, v in spelled}) == 5
PY

# seen:
#   torch 2.13.0
#   scores scaled by 0.01: softplus 1.390625, BCE with logits 1.388823
#   scores scaled by 0.05: softplus 1.390625, BCE with logits 1.389349
#   scores scaled by 0.1: softplus 1.390625, BCE with logits 1.390298
#   scores scaled by 0.12: softplus 1.390625, BCE with logits 1.390765
#   scores scaled by 0.15: softplus 1.390625, BCE with logits 1.391556
#   types: {'softplus': 'bfloat16', 'hinge': 'bfloat16', 'BCE': 'float32', 'MSE': 'float32', 'L1': 'float32'}
