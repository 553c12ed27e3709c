#!/usr/bin/env bash
# wandb.log(values, step=N) of an offline run is kept in memory until a later step is logged or finish() is called: a
# process that is killed 20 seconds after its last call leaves a .wandb file without that row. Without step=, the row
# is in the file. One would expect a logged row to be safe a moment later, as a service process writes it, apart from
# the training. Seen with wandb 0.31.0. Hurt: preempted and out-of-memory jobs lose their last row, which is often the
# FID that was computed before hours of other work. Log without step=, or pass commit=True.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile wandb==0.31.0
cd "$work"
export WANDB_MODE=offline WANDB_SILENT=true
"$work/venv/bin/python" - <<'PYTHON'
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import wandb
from wandb.proto import wandb_internal_pb2

print("wandb", wandb.__version__)
TRAINING = """
import os, signal, sys, time, wandb
wandb.init(project="gan", dir=sys.argv[1])
for index in range(10):
    how = {"none": {}, "step": {"step": index * 1000}, "commit": {"step": index * 1000, "commit": True}}[sys.argv[2]]
    wandb.log({"fid": 100.0 - index}, **how)
if sys.argv[3] == "finish":
    wandb.finish()
else:
    time.sleep(20)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def rows(file):
    """How many history records are whole: a log of 32 KiB blocks, fragments with a head of 7 bytes, behind 7 bytes."""
    data, at, record, count = file.read_bytes(), 7, b"", 0
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        size, kind = struct.unpack("<HB", data[at + 4 : at + 7])
        if kind == 0:
            break
        record += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):
            parsed = wandb_internal_pb2.Record()
            parsed.ParseFromString(record)
            count += parsed.WhichOneof("record_type") == "history"
            record = b""
    return count


seen = {}
for given, end in (("step", "finish"), ("step", "kill"), ("commit", "kill"), ("none", "kill")):
    folder = tempfile.mkdtemp(dir=".")
    subprocess.run([sys.executable, "-c", TRAINING, folder, given, end], capture_output=True)
    [file] = {path.resolve() for path in Path(folder).rglob("*.wandb")}
    seen[given, end] = rows(file)
    named = {"none": "wandb.log(values)", "step": "with step=", "commit": "with step= and commit=True"}[given]
    print(f"10 rows, {named:26} {end:6}: {seen[given, end]} in the file")
assert seen["step", "finish"] == 10 and seen["none", "kill"] == 10 and seen["commit", "kill"] == 10
assert seen["step", "kill"] == 9
PYTHON

# seen:
#   wandb 0.31.0
#   10 rows, with step=                 finish: 10 in the file
#   10 rows, with step=                 kill  : 9 in the file
#   10 rows, with step= and commit=True kill  : 10 in the file
#   10 rows, wandb.log(values)          kill  : 10 in the file
