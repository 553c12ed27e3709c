#!/usr/bin/env bash
# ModelCheckpoint(monitor="fid", every_n_train_steps=40) with a validation every 100 steps puts into the file's name,
# and ranks by, the FID of the last validation, whatever the weights have done since: "step=240-fid=5.0" was never
# measured, 5.0 belongs to step 200. With save_top_k=1 it is the one file kept, as the best, and the weights that
# scored 5.0 are gone. One would expect a save to wait for its own validation (only the first does) or a refusal. Seen
# with lightning 2.6.6. Hurt: whoever publishes best_model_score beside best_model_path. Let every_n_train_steps be
# left out when a validation value is monitored, so that saving happens at the end of validation.
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

seen = {}
for keep in (-1, 1):
    folder = Path(tempfile.mkdtemp(dir="."))
    saver = ModelCheckpoint(dirpath=folder, filename="{step}-{fid}", monitor="fid", every_n_train_steps=40, save_top_k=keep)
    Trainer(callbacks=[saver], logger=False, val_check_interval=50, **QUIET).fit(GAN())
    seen[keep] = sorted((file.stem for file in folder.iterdir()), key=lambda name: int(name.split("=")[1].split("-")[0]))
    print(f"save_top_k={keep}:", seen[keep], "best:", Path(saver.best_model_path).stem, saver.best_model_score.item())
print("measured: FID 9.0 at step 100, 5.0 at 200, 8.0 at 300, 7.0 at 400")
assert {"step=240-fid=5.0", "step=280-fid=5.0"} <= set(seen[-1]) and "step=200-fid=5.0" not in seen[-1]
assert seen[1] == ["step=240-fid=5.0"]
PYTHON

# seen:
#   lightning 2.6.6 torch 2.13.0+cpu
#   save_top_k=-1: ['step=100-fid=9.0', 'step=120-fid=9.0', 'step=160-fid=9.0', 'step=200-fid=9.0', 'step=240-fid=5.0', 'step=280-fid=5.0', 'step=320-fid=8.0', 'step=360-fid=8.0', 'step=400-fid=8.0'] best: step=240-fid=5.0 5.0
#   save_top_k=1: ['step=240-fid=5.0'] best: step=240-fid=5.0 5.0
#   measured: FID 9.0 at step 100, 5.0 at 200, 8.0 at 300, 7.0 at 400
