#!/usr/bin/env bash
# torch.distributed.checkpoint's HuggingFaceStorageWriter, given {"conv.weight": tensor, "step": 1000}, writes a file
# named model-00001-of-00001.safetensors that begins with a torch zip archive of the number and that nothing can open:
# not safetensors, not the reader of the same module. The index beside it lists both keys and the call reports
# success. One would expect the number in the file's metadata, a refusal, or that it is left out. Seen with torch
# 2.13.0 and safetensors 0.8.0. Hurt: whoever passes the training state that every other DCP writer takes; the loss
# shows when the weights are needed. Save tensors alone with this writer, counters beside it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 safetensors==0.8.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import json
import logging
import tempfile
import warnings
from pathlib import Path

import safetensors
import torch
import torch.distributed.checkpoint as dcp
from safetensors import safe_open
from torch.distributed.checkpoint import HuggingFaceStorageReader, HuggingFaceStorageWriter
from torch.distributed.checkpoint.api import CheckpointException

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
print("torch", torch.__version__, "safetensors", safetensors.__version__)


def keys_of(file):
    try:
        with safe_open(file, "pt") as opened:
            return sorted(opened.keys())
    except safetensors.SafetensorError as error:
        return f"unreadable: {error}"


def own_reader(folder):
    wanted = {"conv.weight": torch.zeros(3)}
    try:
        dcp.load(wanted, storage_reader=HuggingFaceStorageReader(folder))
    except CheckpointException:
        return "unreadable"
    return wanted["conv.weight"].tolist()


seen = {}
for name, state in {
    "tensors alone": {"conv.weight": torch.ones(3)},
    "with a step": {"conv.weight": torch.ones(3), "step": 1000},
}.items():
    folder = tempfile.mkdtemp(dir=".")
    dcp.save(state, storage_writer=HuggingFaceStorageWriter(folder))
    [file] = Path(folder).glob("*.safetensors")
    index = json.loads((Path(folder) / "model.safetensors.index.json").read_text())
    seen[name] = (keys_of(file), own_reader(folder), sorted(index["weight_map"]), file.read_bytes()[:2])
    print(f"{name}: safetensors: {seen[name][0]}; DCP's reader: {seen[name][1]}; index: {seen[name][2]}; starts with {seen[name][3]}")
assert seen["tensors alone"][:3] == (["conv.weight"], [1.0, 1.0, 1.0], ["conv.weight"])
assert seen["with a step"][0].startswith("unreadable") and seen["with a step"][1].startswith("unreadable")
assert seen["with a step"][2:] == (["conv.weight", "step"], b"PK")
PYTHON

# seen:
#   torch 2.13.0+cpu safetensors 0.8.0
#   tensors alone: safetensors: ['conv.weight']; DCP's reader: [1.0, 1.0, 1.0]; index: ['conv.weight']; starts with b'\xb8\x00'
#   with a step: safetensors: unreadable: Error while deserializing header: header too large; DCP's reader: unreadable; index: ['conv.weight', 'step']; starts with b'PK'
