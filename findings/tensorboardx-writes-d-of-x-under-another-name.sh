#!/usr/bin/env bash
# tensorboardX turns every character of a tag outside letters, digits, "-", "/", "_" and "." into "_": D(x) is stored
# as D_x_ and D(G(z)) as D_G_z__, while torch's SummaryWriter, taken for the same thing, keeps them. Tags that differ
# only there become one curve of interleaved values: "loss G" and "loss_G", or "fid@5k" and "fid_5k". One would expect
# tags as given. Seen with tensorboardX 2.6.5, torch 2.13.0. Hurt: gates and comparisons by tag between two code
# bases: D(x) is "not in the log", or the last value under a name is another metric's. Use plain names.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 tensorboard==2.21.0 tensorboardX==2.6.5
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile

import tensorboardX
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

logging.disable(logging.WARNING)
print("tensorboardX", tensorboardX.__version__, "torch", torch.__version__)
TAGS = {"D(x)": 0.7, "D(G(z))": 0.3, "fid_5k": 40.0, "fid@5k": 12.0}


def stored(writer_class):
    folder = tempfile.mkdtemp(dir=".")
    writer = writer_class(folder)
    for tag, value in TAGS.items():
        writer.add_scalar(tag, value, 1)
    writer.close()
    events = EventAccumulator(folder)
    events.Reload()
    return {tag: [round(event.value, 3) for event in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


by_torch, by_x = stored(SummaryWriter), stored(tensorboardX.SummaryWriter)
print("given:       ", TAGS)
print("torch:       ", by_torch)
print("tensorboardX:", by_x)
assert by_torch == {tag: [value] for tag, value in TAGS.items()}
assert by_x == {"D_x_": [0.7], "D_G_z__": [0.3], "fid_5k": [40.0, 12.0]}
PYTHON

# seen:
#   tensorboardX 2.6.5 torch 2.13.0+cpu
#   given:        {'D(x)': 0.7, 'D(G(z))': 0.3, 'fid_5k': 40.0, 'fid@5k': 12.0}
#   torch:        {'D(x)': [0.7], 'D(G(z))': [0.3], 'fid_5k': [40.0], 'fid@5k': [12.0]}
#   tensorboardX: {'D_x_': [0.7], 'D_G_z__': [0.3], 'fid_5k': [40.0, 12.0]}
