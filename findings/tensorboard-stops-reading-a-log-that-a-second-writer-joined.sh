#!/usr/bin/env bash
# A live reader (TensorBoard, or EventAccumulator.Reload() called again and again) leaves an event file for good once
# a later one is in the folder. If G's writer is at work and a second SummaryWriter, of the validation or of
# accelerate, opens its own file in the same log_dir, whatever G's writer adds from then on is never read by that
# reader; one started afresh sees all. One would expect Reload() to read both. A line in the log, no error. Seen with
# tensorboard 2.21.0, torch 2.13.0. Hurt: watchers that stop a run or pick a checkpoint by the newest value: they look
# at one that stands still. One folder a writer.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 tensorboard==2.21.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile
import time

import tensorboard
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch.utils.tensorboard import SummaryWriter

logging.disable(logging.WARNING)
print("tensorboard", tensorboard.__version__)
folder = tempfile.mkdtemp(dir=".")
train = SummaryWriter(folder)


def log_until(end, start=0):
    for step in range(start, end):
        train.add_scalar("g_loss", step, step)
    train.flush()


def last_step(reader):
    reader.Reload()
    return reader.Scalars("g_loss")[-1].step


watcher = EventAccumulator(folder)
log_until(100)
seen = {"alone": last_step(watcher)}
log_until(200, 100)
seen["alone, later"] = last_step(watcher)
time.sleep(1.1)  # a file's name holds the second
validation = SummaryWriter(folder)
validation.add_scalar("fid", 30.0, 200)
validation.flush()
seen["a second writer opens"] = last_step(watcher)
log_until(1000, 200)
seen["the first goes on"] = last_step(watcher)
train.close()
validation.close()
seen["both closed"] = last_step(watcher)
fresh = last_step(EventAccumulator(folder))
for moment, step in seen.items():
    print(f"{moment:22} last step of g_loss that the watcher has: {step}")
print(f"{'a fresh reader':22} last step of g_loss: {fresh}")
assert seen["alone"] == 99 and seen["alone, later"] == 199 and fresh == 999
assert seen["the first goes on"] == 199 and seen["both closed"] == 199
PYTHON

# seen:
#   tensorboard 2.21.0
#   alone                  last step of g_loss that the watcher has: 99
#   alone, later           last step of g_loss that the watcher has: 199
#   a second writer opens  last step of g_loss that the watcher has: 199
#   the first goes on      last step of g_loss that the watcher has: 199
#   both closed            last step of g_loss that the watcher has: 199
#   a fresh reader         last step of g_loss: 999
