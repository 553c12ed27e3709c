#!/usr/bin/env bash
# diffusers' EMAModel.step() averages parameters that require a gradient and plainly copies the others. A GAN loop
# that freezes G for D's turn (requires_grad_(False)) and calls ema.step(G.parameters()) at the end of the iteration
# therefore has no average at all: the "EMA" equals the raw weights after every step. One would expect the flag to
# matter to autograd alone; torch_ema, beside it, averages frozen parameters. No warning. Seen with diffusers 0.42.1,
# torch_ema 0.3. Hurt: FID "with EMA" is FID without; Lightning's toggle_optimizer freezes in the same way. Call
# ema.step() while G is trainable.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 diffusers==0.42.1 torch_ema==0.3
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import diffusers
import torch
from diffusers.training_utils import EMAModel
from torch import nn
from torch_ema import ExponentialMovingAverage

print("diffusers", diffusers.__version__, "torch", torch.__version__)


def averages(frozen):
    """G's weight is the number of the iteration, 1 to 1000; both averages have decay 0.99."""
    g = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(g.weight)
    ema = EMAModel(g.parameters(), decay=0.99, min_decay=0.99)
    other = ExponentialMovingAverage(g.parameters(), decay=0.99, use_num_updates=False)
    for iteration in range(1, 1001):
        with torch.no_grad():
            g.weight.fill_(iteration)
        g.requires_grad_(not frozen)
        ema.step(g.parameters())
        other.update()
    return round(ema.shadow_params[0].item(), 1), round(other.shadow_params[0].item(), 1)


seen = {frozen: averages(frozen) for frozen in (False, True)}
print("raw weight 1000.0; average of decay 0.99: 901.0")
for frozen, (ema, other) in seen.items():
    print(f"G {'frozen' if frozen else 'trainable'} when the average is updated: diffusers {ema}, torch_ema {other}")
assert seen[False] == (901.0, 901.0)
assert seen[True] == (1000.0, 901.0)
PYTHON

# seen:
#   diffusers 0.42.1 torch 2.13.0+cpu
#   raw weight 1000.0; average of decay 0.99: 901.0
#   G trainable when the average is updated: diffusers 901.0, torch_ema 901.0
#   G frozen when the average is updated: diffusers 1000.0, torch_ema 901.0
