#!/usr/bin/env bash
# Lightning's EMAWeightAveraging(update_every_n_steps=2), or 10, or 100, averages nothing in a GAN with one step of G
# and one of D a batch: global_step counts every optimizer's step, so after each batch it is even, the callback looks
# at global_step - 1, and an odd number is never a multiple of an even one. At the end of fit() the average replaces
# the weights: the trained generator is overwritten by its initial one. One would expect an average over every other
# step. No warning. Seen with lightning 2.6.6, torch 2.13.0. Hurt: every GAN by manual optimization that thins its EMA
# updates; the final model and every checkpoint's state_dict are the random start. Use 1 or an odd number.
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
from lightning.pytorch.callbacks import EMAWeightAveraging
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

    def configure_optimizers(self):
        networks = (self.generator, self.discriminator)
        return [torch.optim.SGD(network.parameters(), lr=0.1) for network in networks]

    def train_dataloader(self):
        return DataLoader(torch.zeros(200, 1))


QUIET = dict(max_epochs=1, accelerator="cpu", enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0)

seen = {}
for every in (1, 2, 3, 10):
    gan, average = GAN(), EMAWeightAveraging(decay=0.9, update_every_n_steps=every)
    trainer = Trainer(callbacks=[average], logger=False, enable_checkpointing=False, default_root_dir=tempfile.mkdtemp(dir="."), **QUIET)
    trainer.fit(gan)
    seen[every] = (average._average_model.n_averaged.item(), round(gan.generator.weight.item(), 2))
    print(f"update_every_n_steps={every:2}: averaged {seen[every][0]:3} times, G's weight after fit {seen[every][1]} (raw: 20.0)")
assert seen[1] == (200, 19.1) and seen[3] == (67, 17.3)
assert seen[2] == (0, 0.0) and seen[10] == (0, 0.0)
PYTHON

# seen:
#   lightning 2.6.6 torch 2.13.0+cpu
#   update_every_n_steps= 1: averaged 200 times, G's weight after fit 19.1 (raw: 20.0)
#   update_every_n_steps= 2: averaged   0 times, G's weight after fit 0.0 (raw: 20.0)
#   update_every_n_steps= 3: averaged  67 times, G's weight after fit 17.3 (raw: 20.0)
#   update_every_n_steps=10: averaged   0 times, G's weight after fit 0.0 (raw: 20.0)
