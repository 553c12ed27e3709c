#!/usr/bin/env bash
# torch.distributed.checkpoint.load() asks the optimizer it is given for its keys and reads those alone. An Adam that
# has not stepped has no moments, so none are asked for: the call succeeds, weights and learning rate come back, and
# exp_avg, exp_avg_sq and the step counter stay empty without a word. One would expect the moments, or an error for
# what the file holds and nobody took. Seen with torch 2.13.0. Hurt: whoever resumes a GAN by passing the optimizers
# themselves: the first updates run on empty moments, at the learning rate of the old run. Use
# get_state_dict()/set_state_dict(), which fill the state in first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import tempfile
import warnings

import torch
import torch.distributed.checkpoint as dcp
from torch import nn

warnings.simplefilter("ignore")
print("torch", torch.__version__)


def pair():
    torch.manual_seed(0)
    net = nn.Linear(4, 4)
    return net, torch.optim.Adam(net.parameters(), lr=2e-4)


net, adam = pair()
for _ in range(500):
    adam.zero_grad()
    net(torch.ones(2, 4)).sum().backward()
    adam.step()
folder = tempfile.mkdtemp(dir=".")
dcp.save({"net": net, "adam": adam}, checkpoint_id=folder)
held = [key for key in dcp.FileSystemReader(folder).read_metadata().state_dict_metadata if "exp_avg" in key]

resumed, resumed_adam = pair()
resumed_adam.param_groups[0]["lr"] = 9.0
dcp.load({"net": resumed, "adam": resumed_adam}, checkpoint_id=folder)
print("moments in the file:", sorted(held))
print("weights restored:", torch.equal(net.weight, resumed.weight), " lr restored:", resumed_adam.param_groups[0]["lr"])
print("Adam's state before saving:", len(adam.state), "tensors' worth; after loading:", len(resumed_adam.state))
assert len(held) == 4
assert torch.equal(net.weight, resumed.weight) and resumed_adam.param_groups[0]["lr"] == 2e-4
assert len(adam.state) == 2 and len(resumed_adam.state) == 0
PYTHON

# seen:
#   torch 2.13.0+cpu
#   moments in the file: ['adam.state.0.exp_avg', 'adam.state.0.exp_avg_sq', 'adam.state.1.exp_avg', 'adam.state.1.exp_avg_sq']
#   weights restored: True  lr restored: 0.0002
#   Adam's state before saving: 2 tensors' worth; after loading: 0
