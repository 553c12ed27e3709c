#!/usr/bin/env bash
# with accelerator.accumulate(D): ... and then with accelerator.accumulate(G): ... in one iteration,
# gradient_accumulation_steps=2: both contexts advance one counter, so D always falls on "accumulate" and G always on
# "step". D's optimizer.step() is skipped for ever and G steps every iteration on half a gradient. One would expect
# each to step every second iteration. No warning; d_loss goes on being logged. Seen with accelerate 1.15.0, torch
# 2.13.0. Hurt: every GAN loop written that way with an even number: the discriminator stays at its random start.
# Enter one accumulate(G, D) per iteration around both halves.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 accelerate==1.15.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import accelerate
import torch
from accelerate import Accelerator
from torch import nn

print("accelerate", accelerate.__version__, "torch", torch.__version__)


def updates(steps, together):
    """How often the weights of D and of G change in 40 iterations."""
    accelerator = Accelerator(gradient_accumulation_steps=steps, cpu=True)
    d, g = nn.Linear(1, 1), nn.Linear(1, 1)
    d, g, d_sgd, g_sgd = accelerator.prepare(d, g, torch.optim.SGD(d.parameters(), lr=0.1), torch.optim.SGD(g.parameters(), lr=0.1))
    count = {"D": 0, "G": 0}

    def turn(name, network, optimizer):
        before = network.weight.item()
        accelerator.backward(network(torch.ones(1, 1)).sum())
        optimizer.step()
        optimizer.zero_grad()
        count[name] += network.weight.item() != before

    for _ in range(40):
        if together:
            with accelerator.accumulate(d, g):
                turn("D", d, d_sgd)
                turn("G", g, g_sgd)
        else:
            with accelerator.accumulate(d):
                turn("D", d, d_sgd)
            with accelerator.accumulate(g):
                turn("G", g, g_sgd)
    return count


seen = {(steps, together): updates(steps, together) for steps in (1, 2, 4) for together in (True, False)}
for (steps, together), count in seen.items():
    print(f"gradient_accumulation_steps={steps}, {'one context ' if together else 'two contexts'}: updates in 40 iterations {count}")
assert seen[2, True] == {"D": 20, "G": 20} and seen[4, True] == {"D": 10, "G": 10}
assert seen[2, False] == {"D": 0, "G": 40} and seen[4, False] == {"D": 0, "G": 20}
PYTHON

# seen:
#   accelerate 1.15.0 torch 2.13.0+cpu
#   gradient_accumulation_steps=1, one context : updates in 40 iterations {'D': 40, 'G': 40}
#   gradient_accumulation_steps=1, two contexts: updates in 40 iterations {'D': 40, 'G': 40}
#   gradient_accumulation_steps=2, one context : updates in 40 iterations {'D': 20, 'G': 20}
#   gradient_accumulation_steps=2, two contexts: updates in 40 iterations {'D': 0, 'G': 40}
#   gradient_accumulation_steps=4, one context : updates in 40 iterations {'D': 10, 'G': 10}
#   gradient_accumulation_steps=4, two contexts: updates in 40 iterations {'D': 0, 'G': 20}
