#!/usr/bin/env bash
# torch.distributed.checkpoint.state_dict.get_optimizer_state_dict() of an Adam that has not stepped yet takes a
# hidden step with zero gradients to create the moments. The weights stay, but the counter is 1 from then on, so bias
# correction is one step ahead: the same three gradients that move a weight by 0.0010, 0.0020, 0.0030 move it by
# 0.00074, 0.0016, 0.0025 once the state has been saved. One would expect that saving changes nothing. Seen with torch
# 2.13.0. Hurt: trainings whose discriminator starts late (disc_start), since every checkpoint until then is written
# by an optimizer that idles; a run that saves and one that does not differ. Save D's optimizer only once it has
# stepped.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict

print("torch", torch.__version__)


def path_of_a_weight(save_first):
    torch.manual_seed(0)
    net = nn.Linear(4, 4)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    start = net.weight.detach().clone()
    if save_first:
        state = get_optimizer_state_dict(net, adam)["state"]["weight"]
        print("saved before the first step: step", state["step"].item(), "exp_avg", state["exp_avg"].abs().sum().item())
        assert state["step"].item() == 1.0
    path = []
    for _ in range(3):
        adam.zero_grad()
        net(torch.ones(2, 4)).sum().backward()
        adam.step()
        path.append(round((net.weight - start)[0, 0].item(), 6))
    return path


untouched, saved = path_of_a_weight(False), path_of_a_weight(True)
print("never saved:", untouched)
print("saved once: ", saved)
assert untouched == [-0.001, -0.002, -0.003]
assert saved == [-0.000744, -0.001603, -0.002512]
PYTHON

# seen:
#   torch 2.13.0+cpu
#   saved before the first step: step 1.0 exp_avg 0.0
#   never saved: [-0.001, -0.002, -0.003]
#   saved once:  [-0.000744, -0.001603, -0.002512]
