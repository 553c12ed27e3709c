#!/usr/bin/env bash
# torch.optim.Adam given the state dict of an AdamW decays weights as AdamW from then on: decoupled_weight_decay
# travels in the parameter groups and load_state_dict() takes it over. One would expect the class to decide; it does
# the other way round, where AdamW given Adam's state stays AdamW. Nothing is printed. Seen with torch 2.13.0. Hurt:
# whoever goes back from AdamW to Adam to match a paper and resumes: with lr 0.1 and weight decay 0.1 a weight without
# gradient falls to 0.990 a step, not 0.900. Set param_groups[i]["decoupled_weight_decay"] after loading.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn

print("torch", torch.__version__)


def after_one_step(optimizer_class, state_from=None):
    """Where a weight of 1 without gradient lands, and which kind of decay did it."""
    weight = nn.Parameter(torch.ones(1))
    optimizer = optimizer_class([weight], lr=0.1, weight_decay=0.1)
    if state_from is not None:
        donor = state_from([nn.Parameter(torch.ones(1))], lr=0.1, weight_decay=0.1)
        optimizer.load_state_dict(donor.state_dict())
    weight.grad = torch.zeros(1)
    optimizer.step()
    return round(weight.item(), 4), optimizer.param_groups[0]["decoupled_weight_decay"]


Adam, AdamW = torch.optim.Adam, torch.optim.AdamW
seen = {
    "Adam": after_one_step(Adam),
    "AdamW": after_one_step(AdamW),
    "Adam <- AdamW's state": after_one_step(Adam, AdamW),
    "AdamW <- Adam's state": after_one_step(AdamW, Adam),
}
for name, (value, decoupled) in seen.items():
    print(f"{name:22} weight 1.0 -> {value}  decoupled_weight_decay={decoupled}")
assert seen["Adam"] == (0.9, False) and seen["AdamW"] == (0.99, True)
assert seen["Adam <- AdamW's state"] == (0.99, True)
assert seen["AdamW <- Adam's state"] == (0.99, True)
PYTHON

# seen:
#   torch 2.13.0+cpu
#   Adam                   weight 1.0 -> 0.9  decoupled_weight_decay=False
#   AdamW                  weight 1.0 -> 0.99  decoupled_weight_decay=True
#   Adam <- AdamW's state  weight 1.0 -> 0.99  decoupled_weight_decay=True
#   AdamW <- Adam's state  weight 1.0 -> 0.99  decoupled_weight_decay=True
