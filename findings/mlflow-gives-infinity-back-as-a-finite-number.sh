#!/usr/bin/env bash
# MLflow's database store, the default, keeps a logged infinity as the largest double: inf comes back as 1.797e308 and
# -inf as -1.797e308 from the run, from its history and in searches, while NaN comes back as NaN. One would expect
# inf. No warning. Seen with mlflow 3.17.2 on SQLite. Hurt: a gate that asks isfinite() passes a diverged GAN (WGAN
# critics go to -inf), and "metrics.d_loss < 20" ordered upwards returns the diverged run as the best. Test abs(value)
# >= 1e308.
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

logged = {"healthy": 15.0, "to_inf": math.inf, "to_minus_inf": -math.inf, "to_nan": math.nan}
name_of, back = {}, {}
for name, value in logged.items():
    run = client.create_run(experiment, run_name=name).info.run_id
    name_of[run] = name
    client.log_metric(run, "d_loss", value, step=1)
    back[name] = client.get_run(run).data.metrics["d_loss"]
    [point] = client.get_metric_history(run, "d_loss")
    assert point.value == back[name] or math.isnan(point.value)
    print(f"{name:13} logged {value!s:5} read {back[name]!s:24} isfinite: {math.isfinite(back[name])}")
found = client.search_runs([experiment], "metrics.d_loss < 20", order_by=["metrics.d_loss ASC"])
best = [name_of[run.info.run_id] for run in found]
print("metrics.d_loss < 20, lowest first:", best)
assert back["healthy"] == 15.0 and math.isnan(back["to_nan"])
assert back["to_inf"] == 1.7976931348623157e308 and back["to_minus_inf"] == -1.7976931348623157e308
assert best == ["to_minus_inf", "healthy"]
PYTHON

# seen:
#   mlflow 3.17.2
#   healthy       logged 15.0  read 15.0                     isfinite: True
#   to_inf        logged inf   read 1.7976931348623157e+308  isfinite: True
#   to_minus_inf  logged -inf  read -1.7976931348623157e+308 isfinite: True
#   to_nan        logged nan   read nan                      isfinite: False
#   metrics.d_loss < 20, lowest first: ['to_minus_inf', 'healthy']
