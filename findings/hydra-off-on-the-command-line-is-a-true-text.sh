#!/usr/bin/env bash
# "use_ema: off" in a Hydra config file is the boolean False, and "use_ema=off" on the command line is the text "off",
# which is true: YAML 1.1's words hold in the file, Hydra's own grammar (true/false only) on the line. no, yes and on
# differ in the same way. One would expect an override to mean what the same text means in the file;
# OmegaConf.from_dotlist reads it so. Seen with hydra-core 1.3.8, omegaconf 2.3.1. Hurt: an ablation run with
# use_ema=off, use_gp=no or spectral_norm=off trains with the thing on, and its row in the table repeats the baseline.
# Write false, or give the config a typed schema.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile hydra-core==1.3.8 omegaconf==2.3.1
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import subprocess
import sys
from pathlib import Path

import hydra
import omegaconf
from omegaconf import OmegaConf

print("hydra-core", hydra.__version__, "omegaconf", omegaconf.__version__)
Path("conf").mkdir()
Path("train.py").write_text("""
import hydra

@hydra.main(version_base=None, config_path="conf", config_name="train")
def main(cfg):
    print(f"{cfg.use_ema!r} -> EMA {'on' if cfg.use_ema else 'off'}")

main()
""")


def run(in_file, *overrides):
    Path("conf/train.yaml").write_text(f"use_ema: {in_file}\n")
    command = [sys.executable, "train.py", *overrides, "hydra.run.dir=.", "hydra/job_logging=none", "hydra/hydra_logging=none"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


in_file = {word: run(word) for word in ("off", "no", "false")}
on_line = {word: run("true", f"use_ema={word}") for word in ("off", "no", "false")}
dotlist = OmegaConf.from_dotlist(["use_ema=off"]).use_ema
for word in in_file:
    print(f"file 'use_ema: {word}': {in_file[word]:22} command line 'use_ema={word}': {on_line[word]}")
print("OmegaConf.from_dotlist(['use_ema=off']):", dotlist)
assert set(in_file.values()) == {"False -> EMA off"} and on_line["false"] == "False -> EMA off" and dotlist is False
assert on_line["off"] == "'off' -> EMA on" and on_line["no"] == "'no' -> EMA on"
PYTHON

# seen:
#   hydra-core 1.3.8 omegaconf 2.3.1
#   file 'use_ema: off': False -> EMA off       command line 'use_ema=off': 'off' -> EMA on
#   file 'use_ema: no': False -> EMA off       command line 'use_ema=no': 'no' -> EMA on
#   file 'use_ema: false': False -> EMA off       command line 'use_ema=false': False -> EMA off
#   OmegaConf.from_dotlist(['use_ema=off']): False
