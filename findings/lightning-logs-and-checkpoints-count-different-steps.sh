#!/usr/bin/env bash
# In a GAN by manual optimization the step of a logged value is the index of the batch, while the checkpoint's name
# and its global_step count every optimizer's step. The values logged beside the checkpoint "step=200" stand in the
# row "step 99" of the log, and the row "step 199" is of the weights in "step=400". One would expect one counter. Seen
# with lightning 2.6.6 and its CSVLogger. Hurt: whoever picks the checkpoint of the step with the best FID: it holds
# the weights of half as many batches. Multiply the log's step + 1 by the number of optimizer steps a batch, or log
# the global step as a value.
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
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
print("lightning", lightning.__version__, "torch", torch.__version__)


class GAN(LightningModule):
    """Two optimizers that step by hand; the generator's one weight grows by 0.1 a batch."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.discriminator = nn.Linear(1, 1, bias=False), nn.Linear(1, 1)
        nn.init.zeros_(self.generator.weight)

    def training_step(self, batch, index):
        optimizer_g, optimizer_d = self.optimizers()
        optimizer_g.zero_grad()
        self.manual_backward(-self.generator(torch.ones(1, 1)).sum())
        optimizer_g.step()
        optimizer_d.zero_grad()
        self.manual_backward(self.discriminator(torch.ones(1, 1)).sum())
        optimizer_d.step()
        self.log("g_weight", self.generator.weight.sum())

    def configure_optimizers(self):
        networks = (self.generator, self.discriminator)
        return [torch.optim.SGD(network.parameters(), lr=0.1) for network in networks]

    def train_dataloader(self):
        return DataLoader(torch.zeros(200, 1))


QUIET = dict(max_epochs=1, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)

folder = Path(tempfile.mkdtemp(dir="."))
logger = CSVLogger(folder)
saver = ModelCheckpoint(dirpath=folder / "kept", filename="{step}", every_n_train_steps=100, save_top_k=-1)
Trainer(callbacks=[saver], logger=logger, log_every_n_steps=50, **QUIET).fit(GAN())
lines = (Path(logger.log_dir) / "metrics.csv").read_text().split()
column = {name: index for index, name in enumerate(lines[0].split(","))}
rows = [line.split(",") for line in lines[1:]]
logged = {int(row[column["step"]]): round(float(row[column["g_weight"]]), 2) for row in rows}
kept = {}
for file in (folder / "kept").iterdir():
    held = torch.load(file, weights_only=False)
    kept[held["global_step"]] = round(held["state_dict"]["generator.weight"].item(), 2)
print("G's weight by the log's step:      ", logged)
print("G's weight by the checkpoint's step:", dict(sorted(kept.items())))
assert logged == {49: 5.0, 99: 10.0, 149: 15.0, 199: 20.0}
assert kept == {100: 5.0, 200: 10.0, 300: 15.0, 400: 20.0}
PYTHON

# seen:
#   lightning 2.6.6 torch 2.13.0+cpu
#   G's weight by the log's step:       {49: 5.0, 99: 10.0, 149: 15.0, 199: 20.0}
#   G's weight by the checkpoint's step: {100: 5.0, 200: 10.0, 300: 15.0, 400: 20.0}
