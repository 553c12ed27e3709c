#!/usr/bin/env bash
# vector-quantize-pytorch 1.32.0 returns (quantized, indices, commitment loss). One expects the loss of the batch it
# was given, as from any other loss term. In eval() the returned loss is exactly 0, for VectorQuantize and for every
# level of ResidualVQ, while the codebook is as far from the data as before. A validation curve of a VQ-VAE or of a
# neural codec then lacks its commitment term: total loss drops by it between train and held-out, and a table of
# losses shows a perfect quantizer. Compute mean((quantized - input)^2) yourself when evaluating: the training value
# is that, of the codebook before its update.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check vector-quantize-pytorch==1.32.0
"$work/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import torch
from vector_quantize_pytorch import ResidualVQ, VectorQuantize

print("vector-quantize-pytorch", version("vector-quantize-pytorch"), "torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
features = torch.randn(2, 50, 16)
one, residual = VectorQuantize(dim=16, codebook_size=32), ResidualVQ(dim=16, codebook_size=32, num_quantizers=3)
in_training = one(features)[2].item()
quantized, _, in_eval = one.eval()(features)
distance = (quantized - features).square().mean().item()
print(f"VectorQuantize: train {in_training:.4f}, eval {in_eval.item()}, mean square distance in eval {distance:.4f}")
levels = [[round(v, 4) for v in residual.train(mode)(features)[2].flatten().tolist()] for mode in (True, False)]
print(f"ResidualVQ: train {levels[0]}, eval {levels[1]}")
assert in_training > 0.5 and distance > 0.5
assert in_eval.item() == 0.0 and levels[1] == [0.0, 0.0, 0.0] and min(levels[0]) > 0.5
PY

# seen:
#   vector-quantize-pytorch 1.32.0 torch 2.13.0
#   VectorQuantize: train 0.9963, eval 0.0, mean square distance in eval 0.6808
#   ResidualVQ: train [0.995, 0.9419, 0.8849], eval [0.0, 0.0, 0.0]
