#!/usr/bin/env bash
# A checkpoint that MMEngine's EMAHook has a hand in has "state_dict" and "ema_state_dict", and the names are the
# wrong way round for whoever reads them plainly: state_dict is the average, ema_state_dict (keys module.*, a counter
# "steps") is the raw network of the last iteration. The hook swaps them on saving so that its own loader needs no
# knowledge of EMA. One would expect what params_ema, g_ema, model_ema mean elsewhere. Seen with mmengine 0.10.7.
# Hurt: converters and evaluators that prefer an "ema" key, as most do, score the raw weights of trainings with that
# hook and call them EMA. Take state_dict.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 mmengine==0.10.7
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import tempfile
import warnings

import mmengine
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader

warnings.simplefilter("ignore")
print("mmengine", mmengine.__version__, "torch", torch.__version__)


class Generator(BaseModel):
    """One weight that grows by 1 an iteration."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1, bias=False)
        nn.init.zeros_(self.layer.weight)

    def forward(self, x, mode="loss"):
        return {"loss": -self.layer(torch.ones(1, 1)).sum()}


folder = tempfile.mkdtemp(dir=".")
runner = Runner(
    model=Generator(), work_dir=folder, train_dataloader=DataLoader([{"x": torch.zeros(1)} for _ in range(50)]),
    train_cfg={"by_epoch": True, "max_epochs": 1}, optim_wrapper={"optimizer": {"type": "SGD", "lr": 1.0}},
    custom_hooks=[{"type": "EMAHook", "momentum": 0.1}], default_scope="mmengine", log_level="ERROR",
)
runner.train()
saved = torch.load(f"{folder}/epoch_1.pth", weights_only=False)
plain, ema = saved["state_dict"]["layer.weight"].item(), saved["ema_state_dict"]["module.layer.weight"].item()
print(f"raw weight after 50 iterations 50.0; average 41.05; state_dict {plain:.2f}; ema_state_dict {ema:.2f}")
print("keys:", list(saved["state_dict"]), list(saved["ema_state_dict"]))
assert round(plain, 2) == 41.05
assert round(ema, 2) == 50.0
PYTHON

# seen:
#   mmengine 0.10.7 torch 2.13.0+cpu
#   raw weight after 50 iterations 50.0; average 41.05; state_dict 41.05; ema_state_dict 50.00
#   keys: ['layer.weight'] ['steps', 'module.layer.weight']
