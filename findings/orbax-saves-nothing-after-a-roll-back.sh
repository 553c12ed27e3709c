#!/usr/bin/env bash
# Orbax's CheckpointManager.save(step) returns False and writes nothing while step is not above the newest step in the
# folder. After going back from a collapsed GAN at 3000 to the checkpoint of 1000, nothing is saved until 3001, and
# latest_step() goes on naming the collapsed one, from which the next restart resumes. One would expect the file to be
# written, or an error; the return value is seldom looked at. Seen with orbax-checkpoint 0.12.8, jax 0.10.2. Hurt:
# whoever rolls back in place; all work up to the old step is lost if the job stops. Delete the later steps with
# manager.delete(step) first.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile orbax-checkpoint==0.12.8 jax==0.10.2 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile
import warnings

import jax.numpy as jnp
import orbax.checkpoint as ocp

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
print("orbax-checkpoint", ocp.__version__)
folder = tempfile.mkdtemp() + "/run"


def saved(manager, *steps):
    done = {step: manager.save(step, args=ocp.args.StandardSave({"w": jnp.full(2, float(step))})) for step in steps}
    manager.wait_until_finished()
    return done


first = saved(ocp.CheckpointManager(folder), 1000, 2000, 3000)
manager = ocp.CheckpointManager(folder)
manager.restore(1000, args=ocp.args.StandardRestore({"w": jnp.zeros(2)}))
back = saved(manager, 1500, 2000, 2500, 3000, 3500)
print("first run:", first)
print("after going back to 1000:", back)
print("steps kept:", sorted(manager.all_steps()))
assert first == {1000: True, 2000: True, 3000: True}
assert back == {1500: False, 2000: False, 2500: False, 3000: False, 3500: True}
assert sorted(manager.all_steps()) == [1000, 2000, 3000, 3500]
PYTHON

# seen:
#   orbax-checkpoint 0.12.8
#   first run: {1000: True, 2000: True, 3000: True}
#   after going back to 1000: {1500: False, 2000: False, 2500: False, 3000: False, 3500: True}
#   steps kept: [1000, 2000, 3000, 3500]
