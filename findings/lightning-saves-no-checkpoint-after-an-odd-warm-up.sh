#!/usr/bin/env bash
# ModelCheckpoint(every_n_train_steps=100) saves where global_step, which counts each optimizer's step, divides by
# 100. If G alone trains for an odd number of batches (a warm-up before the adversarial loss) and then G and D step
# once a batch each, global_step is odd after every batch from then on: not one checkpoint is written, no warning is
# given. With an even warm-up, or none, there are four here. One would expect a checkpoint every 50 batches with a
# shift. Seen with lightning 2.6.6. Hurt: VQGAN-like trainings with disc_start; with three steps a batch, likewise,
# only every third is hit. Save by batches from a callback of one's own, or by epochs or time.
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

    def __init__(self, warm_up):
        super().__init__()
        self.automatic_optimization = False
        self.generator, self.discriminator = nn.Linear(1, 1, bias=False), nn.Linear(1, 1)
        nn.init.zeros_(self.generator.weight)
        self.warm_up = warm_up

    def training_step(self, batch, index):
        optimizer_g, optimizer_d = self.optimizers()
        optimizer_g.zero_grad()
        self.manual_backward(-self.generator(torch.ones(1, 1)).sum())
        optimizer_g.step()
        if index < self.warm_up:
            return
        optimizer_d.zero_grad()
        self.manual_backward(self.discriminator(torch.ones(1, 1)).sum())
        optimizer_d.step()

    def configure_optimizers(self):
        networks = (self.generator, self.discriminator)
        return [torch.optim.SGD(network.parameters(), lr=0.1) for network in networks]

    def train_dataloader(self):
        return DataLoader(torch.zeros(200, 1))


QUIET = dict(max_epochs=1, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)

seen = {}
for warm_up in (0, 50, 51):
    folder = Path(tempfile.mkdtemp(dir="."))
    saver = ModelCheckpoint(dirpath=folder, filename="{step}", every_n_train_steps=100, save_top_k=-1)
    trainer = Trainer(callbacks=[saver], logger=False, **QUIET)
    trainer.fit(GAN(warm_up))
    seen[warm_up] = sorted(file.stem for file in folder.iterdir())
    print(f"{warm_up:2} batches of G alone, global_step {trainer.global_step} at the end, saved: {seen[warm_up]}")
assert seen[0] == ["step=100", "step=200", "step=300", "step=400"]
assert seen[50] == ["step=100", "step=200", "step=300"]
assert seen[51] == []
PYTHON

# seen:
#   lightning 2.6.6 torch 2.13.0+cpu
#    0 batches of G alone, global_step 400 at the end, saved: ['step=100', 'step=200', 'step=300', 'step=400']
#   50 batches of G alone, global_step 350 at the end, saved: ['step=100', 'step=200', 'step=300']
#   51 batches of G alone, global_step 349 at the end, saved: []
