#!/usr/bin/env bash
# accelerator.save_model() into a folder that holds an earlier, unsharded save leaves the old model.safetensors beside
# the new model-0000k-of-0000n.safetensors and their index, and load_checkpoint_in_model() on that folder takes the
# old file: weights of the earlier save, no message. One would expect what was saved last; huggingface_hub's
# save_torch_model, tried beside it, deletes the old file. Seen with accelerate 1.15.0, safetensors 0.8.0. Hurt:
# whoever lowers max_shard_size, or lets a growing model pass it, and saves to the same folder: the numbers published
# are those of the old weights. Empty the folder first, or load by the index file.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 accelerate==1.15.0 safetensors==0.8.0 huggingface_hub==2.4.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import tempfile
from pathlib import Path

import accelerate
import torch
from accelerate import Accelerator, load_checkpoint_in_model
from huggingface_hub import load_torch_model, save_torch_model
from torch import nn

print("accelerate", accelerate.__version__, "torch", torch.__version__)


def network(value):
    made = nn.Sequential(*(nn.Linear(64, 64) for _ in range(8)))
    for weight in made.parameters():
        nn.init.constant_(weight, value)
    return made


def loaded(save, load):
    """Weights 1 saved whole, then weights 2 in shards, into one folder; the files, and the weight that comes back."""
    folder = tempfile.mkdtemp(dir=".")
    save(network(1.0), folder)
    save(network(2.0), folder, max_shard_size="40KB")
    back = network(0.0)
    load(back, folder)
    return sorted(file.name for file in Path(folder).iterdir()), back[0].weight.mean().item()


by_accelerate = loaded(Accelerator(cpu=True).save_model, load_checkpoint_in_model)
by_hub = loaded(save_torch_model, load_torch_model)
print("accelerate:      saved last 2.0, loaded", by_accelerate[1], by_accelerate[0])
print("huggingface_hub: saved last 2.0, loaded", by_hub[1], by_hub[0])
assert by_hub[1] == 2.0 and "model.safetensors" not in by_hub[0]
assert by_accelerate[1] == 1.0 and {"model.safetensors", "model.safetensors.index.json"} <= set(by_accelerate[0])
PYTHON

# seen:
#   accelerate 1.15.0 torch 2.13.0+cpu
#   accelerate:      saved last 2.0, loaded 1.0 ['model-00001-of-00004.safetensors', 'model-00002-of-00004.safetensors', 'model-00003-of-00004.safetensors', 'model-00004-of-00004.safetensors', 'model.safetensors', 'model.safetensors.index.json']
#   huggingface_hub: saved last 2.0, loaded 2.0 ['model-00001-of-00004.safetensors', 'model-00002-of-00004.safetensors', 'model-00003-of-00004.safetensors', 'model-00004-of-00004.safetensors', 'model.safetensors.index.json']
