#!/usr/bin/env bash
# diffusers' VQModel with norm_type="spatial" (MoVQ; what its VQGAN example trains by default) has 32 groups in every
# norm of the decoder, whatever norm_num_groups says: that setting reaches the encoder's norms alone. One would expect
# it to hold for both halves, as it does with norm_type="group". The saved weights have the same names and shapes for
# any number of groups, so who rebuilds the decoder from config.json loads them without a word and decodes other
# pictures. Seen with diffusers 0.42.1. Hurt: a VQModel of 8 groups, rebuilt by its configuration, was off by 2.4 times
# the scale of its pictures.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 diffusers==0.42.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import diffusers
import torch
from diffusers import VQModel
from torch import nn

print("diffusers", diffusers.__version__, "torch", torch.__version__)


def groups(half):
    """The numbers of groups in the norms of a half."""
    return sorted({layer.num_groups for layer in half.modules() if isinstance(layer, nn.GroupNorm)})


seen = {}
for norm_type in ("group", "spatial"):
    model = VQModel(block_out_channels=(32,), norm_num_groups=8, norm_type=norm_type)
    seen[norm_type] = groups(model.encoder), groups(model.decoder)
    print(f"norm_num_groups=8, norm_type={norm_type}: encoder {seen[norm_type][0]}, decoder {seen[norm_type][1]}")
assert seen == {"group": ([8], [8]), "spatial": ([8], [32])}
PYTHON

# seen:
#   diffusers 0.42.1 torch 2.13.0+cpu
#   norm_num_groups=8, norm_type=group: encoder [8], decoder [8]
#   norm_num_groups=8, norm_type=spatial: encoder [8], decoder [32]
