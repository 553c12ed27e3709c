#!/usr/bin/env bash
# PyTorchModelHubMixin writes the constructor's arguments to config.json, but one that JSON cannot hold
# (numpy.float32, numpy.int64, an array, a tensor) is replaced by the parameter's DEFAULT.
# Generator(slope=numpy.float32(0.1)) is saved as slope 0.2 and from_pretrained() builds that. One would expect an
# error, a conversion, or that the key is left out. No warning. Seen with huggingface_hub 2.4.0. Hurt: whoever
# computes hyper-parameters with numpy: what fixes a shape fails on loading, but a slope, a dilation, a rate or a data
# range loads and makes other samples, and config.json vouches for the wrong value. Pass float(), int(), list().
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 huggingface_hub==2.4.0 safetensors==0.8.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import json
import tempfile
import warnings
from pathlib import Path

import huggingface_hub
import numpy as np
import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import nn

print("huggingface_hub", huggingface_hub.__version__, "torch", torch.__version__)


class Generator(nn.Module, PyTorchModelHubMixin):
    def __init__(self, slope=0.2, dilations=(1, 3, 5)):
        super().__init__()
        self.slope, self.dilations, self.layer = slope, dilations, nn.Linear(1, 1)


seen = {}
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for given in ({"slope": 0.1}, {"slope": np.float32(0.1)}, {"slope": torch.tensor(0.1)}, {"dilations": np.array([1, 2, 4])}):
        folder = tempfile.mkdtemp(dir=".")
        Generator(**given).save_pretrained(folder)
        config = json.loads((Path(folder) / "config.json").read_text())
        back = Generator.from_pretrained(folder)
        [(name, value)] = given.items()
        seen[name, type(value).__name__] = (config[name], getattr(back, name))
        print(f"given {name}={value!r}: config.json has {config[name]}, from_pretrained() builds {getattr(back, name)}")
print("warnings:", len(caught))
assert seen["slope", "float"] == (0.1, 0.1)
assert seen["slope", "float32"] == (0.2, 0.2) and seen["slope", "Tensor"] == (0.2, 0.2) and len(caught) == 0
assert seen["dilations", "ndarray"] == ([1, 3, 5], [1, 3, 5])
PYTHON

# seen:
#   huggingface_hub 2.4.0 torch 2.13.0+cpu
#   Loading weights from local directory
#   given slope=0.1: config.json has 0.1, from_pretrained() builds 0.1
#   Loading weights from local directory
#   given slope=np.float32(0.1): config.json has 0.2, from_pretrained() builds 0.2
#   Loading weights from local directory
#   given slope=tensor(0.1000): config.json has 0.2, from_pretrained() builds 0.2
#   Loading weights from local directory
#   given dilations=array([1, 2, 4]): config.json has [1, 3, 5], from_pretrained() builds [1, 3, 5]
#   warnings: 0
