#!/usr/bin/env bash
# An EMA of the generator "with decay .9999" is expected to move by 1e-4 a step. Two common classes given that decay
# do not, for most of a training. diffusers 0.42.1's EMAModel, with use_ema_warmup=False (the default), uses (1 + n) /
# (10 + n) until that passes .9999, at step 90 000. ema-pytorch 0.8.3's EMA by default is a plain copy for 100 steps
# and then updates at every tenth step, with decay 1 - (1 + n)^(-2/3), .9935 at step 2 000. On weights that equal
# their step number, the three averages at step 2 000 are far apart. FIDs "of the EMA with .9999" from two code bases
# are of different networks. Report the effective decay; set min_decay or the warm-up arguments to get a constant one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 ema-pytorch==0.8.3 safetensors==0.8.0 huggingface-hub==2.4.0 regex==2026.11.19 \
    requests==2.34.2 importlib-metadata==10.2.0 pillow==13.0.0 packaging==26.4
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps diffusers==0.42.1
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
from importlib.metadata import version

import torch
from diffusers.training_utils import EMAModel
from ema_pytorch import EMA

print(
    "diffusers", version("diffusers"), "ema-pytorch", version("ema-pytorch"), "torch", torch.__version__.split("+")[0]
)
network = torch.nn.Linear(1, 1, bias=False)
network.weight.data.zero_()
of_diffusers, of_ema_pytorch, constant = EMAModel(network.parameters(), decay=0.9999), EMA(network, beta=0.9999), 0.0
for step in range(1, 2001):
    network.weight.data.fill_(float(step))
    of_diffusers.step(network.parameters())
    of_ema_pytorch.update()
    constant = 0.9999 * constant + 0.0001 * step
    if step == 95:
        early = of_ema_pytorch.ema_model.weight.item()
seen = of_diffusers.shadow_params[0].item(), of_ema_pytorch.ema_model.weight.item(), constant
print(
    f"weight 2000 after 2000 steps: constant .9999 gives {seen[2]:.1f}, diffusers {seen[0]:.1f}, ema-pytorch {seen[1]:.1f}"
)
decays = {n: of_diffusers.get_decay(n) for n in (100, 1000, 10_000, 89_000, 90_000)}
print("diffusers' decay at step:", {n: round(d, 5) for n, d in decays.items()})
print(
    f"ema-pytorch at step 95: {early:.0f} (still a copy), decay at 2000: {float(of_ema_pytorch.get_current_decay()):.4f}"
)
assert abs(seen[2] - 187.4) < 1 and 1700 < seen[0] < 1900 and 1000 < seen[1] < 1150
assert abs(decays[1000] - 0.99108) < 1e-4 and decays[89_000] < 0.9999 <= decays[90_000] + 1e-9
PY

# seen:
#   diffusers 0.42.1 ema-pytorch 0.8.3 torch 2.13.0
#   weight 2000 after 2000 steps: constant .9999 gives 187.4, diffusers 1800.0, ema-pytorch 1074.9
#   diffusers' decay at step: {100: 0.91743, 1000: 0.99108, 10000: 0.9991, 89000: 0.9999, 90000: 0.9999}
#   ema-pytorch at step 95: 91 (still a copy), decay at 2000: 0.9935
