#!/usr/bin/env bash
# run.data.metrics["fid"] of MLflow is the value of the highest STEP, not the value logged last. After a roll-back
# from step 5000 to 3000 the run goes on showing 5000's value of the abandoned branch, in the run, the table and in
# searches, until the new branch has passed 5000; if that stops at 4000, for ever. One would expect the value logged
# last. Seen with mlflow 3.17.2 on SQLite. Hurt: whoever gates or sorts by the run's metric after resuming a collapsed
# GAN from an earlier checkpoint. Log the new branch to a new run.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile mlflow==3.17.2
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import math
import warnings

import mlflow
from mlflow import MlflowClient

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
print("mlflow", mlflow.__version__)
client = MlflowClient("sqlite:///runs.db")
experiment = client.create_experiment("gan", artifact_location="artifacts")

run = client.create_run(experiment).info.run_id
for step, fid in ((1000, 60.0), (2000, 40.0), (3000, 30.0), (4000, 90.0), (5000, 300.0)):
    client.log_metric(run, "fid", fid, step=step)
for step, fid in ((3500, 25.0), (4000, 20.0)):  # rolled back to 3000
    client.log_metric(run, "fid", fid, step=step)
latest = client.get_run(run).data.metrics["fid"]
found = len(client.search_runs([experiment], "metrics.fid < 50"))
history = [(point.step, point.value) for point in client.get_metric_history(run, "fid")]
print("in the order of logging:", history)
print("the run's metric:", latest, "- runs with fid < 50:", found)
assert history[-1] == (4000, 20.0)
assert latest == 300.0 and found == 0
PYTHON

# seen:
#   mlflow 3.17.2
#   in the order of logging: [(1000, 60.0), (2000, 40.0), (3000, 30.0), (4000, 90.0), (5000, 300.0), (3500, 25.0), (4000, 20.0)]
#   the run's metric: 300.0 - runs with fid < 50: 0
