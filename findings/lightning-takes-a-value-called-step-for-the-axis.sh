#!/usr/bin/env bash
# self.log("step", value) draws no curve: Lightning takes the value out of the record and uses it, cut to an integer,
# as the step of everything logged with it. A progressive GAN that logs its growth stage under that name writes rows
# 0, 1, 2, 3 in place of 49, 99, 149, 199. One would expect a curve of that name. No warning. Seen with lightning
# 2.6.6 and its CSVLogger. Hurt: whoever joins the log with checkpoints, or two runs, by step: the rows of one stage
# lie on one point. Give the value another name.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 lightning==2.6.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile
import warnings
from pathlib import Path

import lightning
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
print("lightning", lightning.__version__, "torch", torch.__version__)


class GAN(LightningModule):
    """Two optimizers that step by hand; the generator's one weight grows by 0.1 a batch."""

    def __init__(self, name):
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.discriminator = nn.Linear(1, 1, bias=False), nn.Linear(1, 1)
        nn.init.zeros_(self.generator.weight)
        self.name = name

    def training_step(self, batch, index):
        optimizer_g, optimizer_d = self.optimizers()
        optimizer_g.zero_grad()
        self.manual_backward(-self.generator(torch.ones(1, 1)).sum())
        optimizer_g.step()
        optimizer_d.zero_grad()
        self.manual_backward(self.discriminator(torch.ones(1, 1)).sum())
        optimizer_d.step()
        self.log("g_weight", self.generator.weight.sum())
        self.log(self.name, float(index // 60))

    def configure_optimizers(self):
        networks = (self.generator, self.discriminator)
        return [torch.optim.SGD(network.parameters(), lr=0.1) for network in networks]

    def train_dataloader(self):
        return DataLoader(torch.zeros(200, 1))


QUIET = dict(max_epochs=1, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)

seen = {}
for name in ("stage", "step"):
    logger = CSVLogger(tempfile.mkdtemp(dir="."))
    Trainer(logger=logger, enable_checkpointing=False, log_every_n_steps=50, **QUIET).fit(GAN(name))
    lines = (Path(logger.log_dir) / "metrics.csv").read_text().split()
    columns = lines[0].split(",")
    seen[name] = (sorted(columns), [int(line.split(",")[columns.index("step")]) for line in lines[1:]])
    print(f"growth stage logged as {name!r}: columns {seen[name][0]}, steps {seen[name][1]}")
assert seen["stage"] == (["epoch", "g_weight", "stage", "step"], [49, 99, 149, 199])
assert seen["step"] == (["g_weight", "step"], [0, 1, 2, 3])
PYTHON

# seen:
#   lightning 2.6.6 torch 2.13.0+cpu
#   growth stage logged as 'stage': columns ['epoch', 'g_weight', 'stage', 'step'], steps [49, 99, 149, 199]
#   growth stage logged as 'step': columns ['g_weight', 'step'], steps [0, 1, 2, 3]
