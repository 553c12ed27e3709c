#!/usr/bin/env bash
# diffusers' EMAModel.save_pretrained() writes a network whose batch normalisation has never seen data: running_mean
# 0, running_var 1, num_batches_tracked 0. The average holds parameters only; saving builds a new network from the
# config and copies those in, so every buffer is as the constructor left it. One would expect the trained network's
# buffers, as torch's AveragedModel keeps them. No warning. Seen with diffusers 0.42.1. Hurt: any ModelMixin generator
# or encoder with BatchNorm, spectral norm or an EMA codebook: the EMA folder scores far worse than the raw one. Copy
# the buffers over before saving, or copy_to() the trained network and save that.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 diffusers==0.42.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile
import warnings

import diffusers
import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from diffusers.training_utils import EMAModel
from torch import nn

warnings.simplefilter("ignore")
diffusers.logging.set_verbosity_error()
print("diffusers", diffusers.__version__, "torch", torch.__version__)


class Encoder(ModelMixin, ConfigMixin):
    @register_to_config
    def __init__(self, channels=2):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, channels, 1), nn.BatchNorm2d(channels)

    def forward(self, images):
        return self.norm(self.conv(images))


torch.manual_seed(0)
trained = Encoder()
ema = EMAModel(trained.parameters(), decay=0.9, model_cls=Encoder, model_config=trained.config)
for _ in range(200):
    trained(torch.randn(8, 3, 8, 8) + 3)
    ema.step(trained.parameters())
raw_folder, ema_folder = tempfile.mkdtemp(dir="."), tempfile.mkdtemp(dir=".")
trained.save_pretrained(raw_folder)
ema.save_pretrained(ema_folder)
raw, averaged = Encoder.from_pretrained(raw_folder).eval(), Encoder.from_pretrained(ema_folder).eval()
images = torch.randn(8, 3, 8, 8) + 3
for name, network in (("raw", raw), ("EMA", averaged)):
    norm = network.norm
    print(f"{name}: running_mean {[round(v, 2) for v in norm.running_mean.tolist()]}, running_var "
          f"{[round(v, 2) for v in norm.running_var.tolist()]}, batches {norm.num_batches_tracked.item()}")
print("same weights:", torch.allclose(raw.conv.weight, averaged.conv.weight, atol=1e-6))
print("largest difference of the outputs:", round((raw(images) - averaged(images)).abs().max().item(), 1))
assert torch.allclose(raw.conv.weight, averaged.conv.weight, atol=1e-6)
assert raw.norm.num_batches_tracked == 200 and raw.norm.running_mean.abs().min() > 0.1
assert averaged.norm.running_mean.tolist() == [0, 0] and averaged.norm.running_var.tolist() == [1, 1]
assert averaged.norm.num_batches_tracked == 0 and (raw(images) - averaged(images)).abs().max() > 1
PYTHON

# seen:
#   diffusers 0.42.1 torch 2.13.0+cpu
#   raw: running_mean [-0.52, -1.02], running_var [0.33, 0.25], batches 200
#   EMA: running_mean [0.0, 0.0], running_var [1.0, 1.0], batches 0
#   same weights: True
#   largest difference of the outputs: 2.5
