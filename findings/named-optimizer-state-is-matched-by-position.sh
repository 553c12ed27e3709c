#!/usr/bin/env bash
# An optimizer built from named_parameters() writes param_names into its state dict, but load_state_dict() does not
# look at them: it goes by position. Where two parameters of one shape have changed places in the code (G_AB before
# G_BA, mpd before msd), each gets the moments of the other, and afterwards the names in the state dict are those of
# the file's order on the wrong tensors. One would expect matching by the names, or an error. Seen with torch 2.13.0.
# Hurt: whoever resumes after moving a block or swapping networks in itertools.chain(); Adam's step sizes are off by
# the ratio of the two gradients. Re-order the state by name in a load_state_dict pre-hook.
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
a, b = nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(3))
before = torch.optim.Adam([("G_AB.weight", a), ("G_BA.weight", b)], lr=2e-4)
a.grad, b.grad = torch.full((3,), 1.0), torch.full((3,), 100.0)
before.step()
state = before.state_dict()
print("names in the file:", state["param_groups"][0]["param_names"])

after = torch.optim.Adam([("G_BA.weight", b), ("G_AB.weight", a)], lr=2e-4)
after.load_state_dict(state)
moments = {"G_AB": after.state[a]["exp_avg"][0].item(), "G_BA": after.state[b]["exp_avg"][0].item()}
print("exp_avg saved:  G_AB 0.1, G_BA 10.0")
print("exp_avg loaded:", {name: round(value, 4) for name, value in moments.items()})
print("names now:", after.param_groups[0]["param_names"], "on tensors (G_BA, G_AB)")
assert state["param_groups"][0]["param_names"] == ["G_AB.weight", "G_BA.weight"]
assert round(moments["G_AB"], 4) == 10.0 and round(moments["G_BA"], 4) == 0.1
assert after.param_groups[0]["param_names"] == ["G_AB.weight", "G_BA.weight"] and after.param_groups[0]["params"][0] is b
PYTHON

# seen:
#   torch 2.13.0+cpu
#   names in the file: ['G_AB.weight', 'G_BA.weight']
#   exp_avg saved:  G_AB 0.1, G_BA 10.0
#   exp_avg loaded: {'G_AB': 10.0, 'G_BA': 0.1}
#   names now: ['G_AB.weight', 'G_BA.weight'] on tensors (G_BA, G_AB)
