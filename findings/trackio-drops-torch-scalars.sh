#!/usr/bin/env bash
# trackio.log({"d_loss": loss}) keeps nothing of a loss that is a tensor: the row is there, {}, and a warning was printed
# once. So it is of a NumPy array without axes; numpy.float32 and float are kept. One would expect what wandb.log does,
# whose drop-in replacement it is: a tensor of one value is that value. Seen with trackio 0.43.0 and torch 2.13.0. Hurt:
# `import trackio as wandb` in a training that logs its losses as they come from the network; the run has as many rows
# as before and no curve, and the warning stands at the top of a long log. Log loss.item().
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 trackio==0.43.0
cd "$work"
export TRACKIO_DIR="$work/kept"
"$work/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import json
import sqlite3
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import trackio

loss = torch.nn.functional.softplus(torch.zeros(())).detach()
with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True) as told:
    trackio.init(project="gan", name="run")
    trackio.log({"tensor": loss, "array": loss.numpy(), "float32": np.float32(loss), "item": loss.item()})
    trackio.log({"tensor": loss})
    trackio.finish()
(file,) = Path("kept").glob("*.db")
rows = [json.loads(row) for (row,) in sqlite3.connect(file).execute("SELECT metrics FROM metrics ORDER BY id")]
print("trackio", version("trackio"), "torch", torch.__version__)
print("given: ", ["tensor", "array", "float32", "item"], ["tensor"])
print("kept:  ", *map(list, rows))
print("warned:", *sorted({str(one.message).partition(": ")[0] for one in told if "skipped" in str(one.message)}), sep="\n  ")
assert [list(row) for row in rows] == [["float32", "item"], []]
PYTHON

# seen:
#   trackio 0.43.0 torch 2.13.0+cpu
#   given:  ['tensor', 'array', 'float32', 'item'] ['tensor']
#   kept:   ['float32', 'item'] []
#   warned:
#     trackio.log() skipped metric 'array'
#     trackio.log() skipped metric 'tensor'
