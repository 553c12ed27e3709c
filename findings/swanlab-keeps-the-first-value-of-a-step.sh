#!/usr/bin/env bash
# Of two values that are logged under one name for one step, swanlab keeps the first and says nothing of the second;
# a value for an earlier step is kept. One would expect the last, as wandb keeps it, or both, as TensorBoard does.
# Seen with swanlab 0.10.3. Hurt: a critic that is updated five times before its generator and logged each time for the
# generator's step: the curve is that of the first update, after the generator moved and before the critic followed.
# Log once a step, or count the critic's own steps.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile swanlab==0.10.3
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import contextlib
import io
import struct
from importlib.metadata import version
from pathlib import Path

import swanlab

GIVEN = [(10, 1.5), (10, 2.5), (10, 3.5), (20, 4.5), (15, 5.5)]

told = io.StringIO()
with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
    swanlab.init(project="gan", mode="offline", logdir="kept")
    for step, value in GIVEN:
        swanlab.log({"critic_loss": value}, step=step)
    swanlab.finish()
(file,) = Path("kept").rglob("*.swanlab")
content = file.read_bytes()
kept = [(step, value) for step, value in GIVEN if struct.pack("<d", value) in content]
print("swanlab", version("swanlab"))
print("given:", GIVEN)
print("kept: ", kept)
print("lines of its output that name the step:", sum("step" in line for line in told.getvalue().splitlines()))
assert kept == [(10, 1.5), (20, 4.5), (15, 5.5)]
PYTHON

# seen:
#   swanlab 0.10.3
#   given: [(10, 1.5), (10, 2.5), (10, 3.5), (20, 4.5), (15, 5.5)]
#   kept:  [(10, 1.5), (20, 4.5), (15, 5.5)]
#   lines of its output that name the step: 0
