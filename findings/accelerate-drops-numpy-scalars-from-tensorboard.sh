#!/usr/bin/env bash
# accelerator.log({"fid": numpy.float32(12.3)}) with log_with="tensorboard" writes nothing and says nothing: the
# tracker writes what is an int, a float, a string or a dict, and a numpy.float32 or numpy.int64 is neither, while
# numpy.float64 is a float. One would expect all of them, as SummaryWriter.add_scalar takes all of them. Seen with
# accelerate 1.15.0, tensorboard 2.21.0. Hurt: whoever logs what numpy metrics return: PSNR or FID computed in float32
# is missing from the log, in float64 it is there. Wrap values in float().
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 accelerate==1.15.0 tensorboard==2.21.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile
import warnings
from pathlib import Path

import accelerate
import numpy as np
import torch
from accelerate import Accelerator
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

print("accelerate", accelerate.__version__)
VALUES = {"float": 1.0, "float64": np.float64(1), "float32": np.float32(1), "int64": np.int64(1), "tensor": torch.tensor(1.0)}


def tags(folder):
    found = set()
    for file in Path(folder).rglob("events.out.*"):
        events = EventAccumulator(str(file))
        events.Reload()
        found |= set(events.Tags()["scalars"])
    return sorted(found)


with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    folder = tempfile.mkdtemp(dir=".")
    accelerator = Accelerator(log_with="tensorboard", project_dir=folder, cpu=True)
    accelerator.init_trackers("run")
    accelerator.log(VALUES, step=1)
    accelerator.end_training()
by_accelerate = tags(folder)
folder = tempfile.mkdtemp(dir=".")
with SummaryWriter(folder) as writer:
    for name, value in VALUES.items():
        writer.add_scalar(name, value, 1)
by_writer = tags(folder)
about_scalars = [str(one.message) for one in caught if "float32" in str(one.message) or "int64" in str(one.message)]
print("given:           ", sorted(VALUES))
print("by SummaryWriter:", by_writer)
print("by accelerate:   ", by_accelerate, "warnings:", about_scalars)
assert by_writer == sorted(VALUES)
assert by_accelerate == ["float", "float64", "tensor"] and about_scalars == []
PYTHON

# seen:
#   accelerate 1.15.0
#   given:            ['float', 'float32', 'float64', 'int64', 'tensor']
#   by SummaryWriter: ['float', 'float32', 'float64', 'int64', 'tensor']
#   by accelerate:    ['float', 'float64', 'tensor'] warnings: []
