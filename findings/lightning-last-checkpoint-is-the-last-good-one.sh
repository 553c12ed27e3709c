#!/usr/bin/env bash
# ModelCheckpoint(monitor="fid", save_last=True) writes last.ckpt only when a checkpoint makes it into the top k. If
# FID is best at step 200 of 400, last.ckpt holds step 200 at the end, and fit(ckpt_path="last") goes back there
# without a word. One would expect the newest state, which is what one resumes from. Seen with lightning 2.6.6 and
# save_top_k=1, the default. Hurt: GAN trainings, whose FID wanders for long after its best: a preempted job starts
# again from the same step each time. Use a second ModelCheckpoint without monitor for resuming.
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
        self.fids = [99.0, 9.0, 5.0, 8.0, 7.0]

    def training_step(self, batch, index):
        optimizer_g, optimizer_d = self.optimizers()
        optimizer_g.zero_grad()
        self.manual_backward(-self.generator(torch.ones(1, 1)).sum())
        optimizer_g.step()
        optimizer_d.zero_grad()
        self.manual_backward(self.discriminator(torch.ones(1, 1)).sum())
        optimizer_d.step()

    def configure_optimizers(self):
        networks = (self.generator, self.discriminator)
        return [torch.optim.SGD(network.parameters(), lr=0.1) for network in networks]

    def train_dataloader(self):
        return DataLoader(torch.zeros(200, 1))

    def val_dataloader(self):
        return DataLoader(torch.zeros(1, 1))

    def validation_step(self, batch, index):
        self.log("fid", self.fids[round(self.generator.weight.item() / 0.1 / 50)])  # by how many batches G has seen


QUIET = dict(max_epochs=1, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)

folder = Path(tempfile.mkdtemp(dir="."))
saver = ModelCheckpoint(dirpath=folder, filename="{step}-{fid}", monitor="fid", save_last=True)
trainer = Trainer(callbacks=[saver], logger=False, val_check_interval=50, **QUIET)
trainer.fit(GAN())
last = torch.load(folder / "last.ckpt", weights_only=False)
print("files:", sorted(file.name for file in folder.iterdir()))
print("trained to step", trainer.global_step, "- last.ckpt holds step", last["global_step"])
assert trainer.global_step == 400
assert last["global_step"] == 200
PYTHON

# seen:
#   lightning 2.6.6 torch 2.13.0+cpu
#   files: ['last.ckpt', 'step=200-fid=5.0.ckpt']
#   trained to step 400 - last.ckpt holds step 200
